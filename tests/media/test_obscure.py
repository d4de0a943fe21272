"""What is obscured is gone from the pixels, and nothing else is touched."""

import io

import pytest
from PIL import Image, ImageDraw

from gateway.media.errors import PictureRefused
from gateway.media.obscure import BLOCKS_ACROSS, obscure
from gateway.media.process import Decoder
from gateway.media.protocol import Obscure, Recipe
from tests.media import files

pytestmark = pytest.mark.anyio


def stripes(mode: str = "RGB") -> Image.Image:
    picture = Image.new("RGB", (200, 100), "white")
    draw = ImageDraw.Draw(picture)
    for x in range(0, 200, 4):
        draw.line((x, 0, x, 100), fill="black", width=2)
    return picture.convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_solid_region_is_one_colour_and_the_rest_is_as_it_was(mode: str) -> None:
    before, picture = stripes(mode), stripes(mode)
    obscure(picture, [Obscure(box=(40, 20, 50, 30), how="solid")])
    assert len(set(picture.crop((40, 20, 90, 50)).get_flattened_data())) == 1
    assert picture.crop((0, 0, 200, 20)).tobytes() == before.crop((0, 0, 200, 20)).tobytes()
    assert picture.crop((90, 20, 200, 50)).tobytes() == before.crop((90, 20, 200, 50)).tobytes()


@pytest.mark.parametrize("box", [(40, 20, 60, 60), (10, 10, 20, 50), (3, 3, 5, 5)])
def test_a_pixelated_region_keeps_a_few_averages_only(box: tuple[int, int, int, int]) -> None:
    picture = files.scene(200, 100)
    obscure(picture, [Obscure(box=box, how="pixelate")])
    x, y, width, height = box
    left = picture.crop((x, y, x + width, y + height))
    assert len(set(left.get_flattened_data())) <= BLOCKS_ACROSS**2


def test_two_faces_with_the_same_averages_come_out_the_same() -> None:
    fine, coarse = stripes(), Image.new("RGB", (200, 100), (127, 127, 127))
    for picture in (fine, coarse):
        obscure(picture, [Obscure(box=(40, 20, 40, 40))])
    pairs = zip(
        fine.crop((40, 20, 80, 60)).get_flattened_data(),
        coarse.crop((40, 20, 80, 60)).get_flattened_data(),
        strict=True,
    )
    assert all(abs(one[0] - other[0]) <= 2 for one, other in pairs)


def test_a_region_that_reaches_over_the_edge_is_obscured_as_far_as_the_picture_goes() -> None:
    picture = stripes()
    obscure(picture, [Obscure(box=(-10, -10, 40, 40), how="solid")])
    assert set(picture.crop((0, 0, 30, 30)).get_flattened_data()) == {(0, 0, 0)}
    assert picture.getpixel((31, 31)) == stripes().getpixel((31, 31))


@pytest.mark.parametrize("box", [(200, 0, 10, 10), (0, 100, 10, 10), (-20, 0, 20, 10), (5, 5, 0, 10), (5, 5, 10, -3)])
async def test_a_region_outside_the_picture_is_refused(box: tuple[int, int, int, int], decoder: Decoder) -> None:
    with pytest.raises(PictureRefused) as refused:
        await decoder.clean(files.saved(stripes(), "PNG"), Recipe(obscure=(Obscure(box=box),)))
    assert refused.value.code == "MEDIA-REGION"


async def test_regions_are_in_pixels_of_the_upright_picture(decoder: Decoder) -> None:
    stored = Image.new("RGB", (100, 50), "white")
    data = files.saved(stored, "PNG", exif=files.exif(6))
    clean = await decoder.clean(data, Recipe(obscure=(Obscure(box=(0, 80, 10, 20), how="solid"),)))
    picture = Image.open(io.BytesIO(clean.data))
    assert picture.size == (50, 100)
    assert picture.getpixel((5, 90)) == (0, 0, 0)
    assert picture.getpixel((5, 70)) == (255, 255, 255)


async def test_every_frame_of_a_moving_picture_is_obscured(decoder: Decoder) -> None:
    recipe = Recipe(obscure=(Obscure(box=(0, 0, 60, 50), how="solid"),))
    clean = await decoder.clean(files.moving("GIF", 4), recipe)
    picture = Image.open(io.BytesIO(clean.data))
    for number in range(4):
        picture.seek(number)
        assert picture.convert("RGB").crop((0, 0, 60, 50)).getextrema() == ((0, 0), (0, 0), (0, 0))


async def test_another_recipe_over_the_same_original_undoes_the_first(decoder: Decoder) -> None:
    original = files.jpeg()
    plain = await decoder.clean(original)
    hidden = await decoder.clean(original, Recipe(obscure=(Obscure(box=(0, 0, 60, 50)),)))
    assert hidden.sha256 != plain.sha256
    assert (await decoder.clean(original)).sha256 == plain.sha256


async def test_a_hidden_face_is_in_no_preview_either(decoder: Decoder) -> None:
    recipe = Recipe(obscure=(Obscure(box=(0, 0, 100, 80), how="solid"),))
    clean = await decoder.clean(files.uncropped_thumbnail(), recipe)
    assert clean.data.count(b"\xff\xd8\xff") == 1
