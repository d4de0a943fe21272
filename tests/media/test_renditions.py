"""Each platform gets the largest quality that fits it; what cannot fit is said while writing."""

import io

import pytest
from PIL import Image

from connectors.contract import Limits
from gateway.media.containers import foreign
from gateway.media.errors import PictureRefused
from gateway.media.process import Clean, Decoder
from tests.media import files

pytestmark = pytest.mark.anyio


def takes(**pictures: object) -> Limits:
    return Limits(text=None, counting="code-points", **pictures)  # type: ignore[arg-type] - the keywords under test


def opened(clean: Clean) -> Image.Image:
    return Image.open(io.BytesIO(clean.data))


def photo(width: int, height: int) -> bytes:
    noise = Image.effect_noise((width, height), 60).convert("RGB")
    return files.saved(Image.blend(noise, files.scene(width, height), 0.5), "JPEG", quality=92)


async def test_a_picture_that_fits_keeps_its_size_and_its_quality(decoder: Decoder) -> None:
    clean = await decoder.clean(files.jpeg(800, 600))
    rendition = await decoder.rendition(clean.data, takes(picture_bytes=8_000_000))
    assert (rendition.width, rendition.height, rendition.media_type) == (800, 600, "image/jpeg")
    assert opened(rendition).quantization == opened(clean).quantization  # type: ignore[attr-defined] - JPEG's


async def test_a_rendition_is_never_enlarged(decoder: Decoder) -> None:
    rendition = await decoder.rendition(files.jpeg(400, 300), takes(max_width=1440, max_pixels=36_000_000))
    assert (rendition.width, rendition.height) == (400, 300)


async def test_a_rendition_is_no_wider_than_the_platform_takes(decoder: Decoder) -> None:
    rendition = await decoder.rendition(files.jpeg(3000, 2000), takes(max_width=1440))
    assert (rendition.width, rendition.height) == (1440, 960)


async def test_a_rendition_has_no_more_pixels_than_the_platform_takes(decoder: Decoder) -> None:
    rendition = await decoder.rendition(files.jpeg(3000, 2000), takes(max_pixels=1_500_000))
    assert rendition.width * rendition.height <= 1_500_000
    assert rendition.width >= 1495


@pytest.mark.parametrize("most", [400_000, 150_000, 40_000])
async def test_the_largest_quality_that_fits_the_bytes_is_taken(most: int, decoder: Decoder) -> None:
    rendition = await decoder.rendition(photo(1000, 800), takes(picture_bytes=most))
    assert most * 0.6 < len(rendition.data) <= most
    assert foreign(rendition.data, rendition.media_type) == ()


async def test_what_cannot_be_made_small_enough_is_refused(decoder: Decoder) -> None:
    with pytest.raises(PictureRefused) as refused:
        await decoder.rendition(photo(1000, 800), takes(picture_bytes=2_000, min_width=320))
    assert refused.value.code == "MEDIA-FIT"


@pytest.mark.parametrize(
    ("size", "fits"), [((800, 1000), True), ((1910, 1000), True), ((700, 1000), False), ((2000, 1000), False)]
)
async def test_a_shape_that_the_platform_does_not_take_is_refused(
    size: tuple[int, int], *, fits: bool, decoder: Decoder
) -> None:
    instagram = takes(ratio=(0.8, 1.91), picture_types=("image/jpeg",))
    if fits:
        assert (await decoder.rendition(files.jpeg(*size), instagram)).width == size[0]
        return
    with pytest.raises(PictureRefused) as refused:
        await decoder.rendition(files.jpeg(*size), instagram)
    assert refused.value.code == "MEDIA-RATIO"


async def test_a_picture_that_is_too_narrow_is_refused_and_not_enlarged(decoder: Decoder) -> None:
    with pytest.raises(PictureRefused) as refused:
        await decoder.rendition(files.jpeg(300, 300), takes(min_width=320))
    assert (refused.value.code, refused.value.params) == ("MEDIA-SMALL", {"width": 300, "least": 320})


async def test_a_drawing_stays_png_where_png_is_taken(decoder: Decoder) -> None:
    rendition = await decoder.rendition(files.png(), takes(picture_types=("image/jpeg", "image/png")))
    assert rendition.media_type == "image/png"


async def test_a_png_becomes_jpeg_where_only_jpeg_is_taken(decoder: Decoder) -> None:
    rendition = await decoder.rendition(files.png(), takes(picture_types=("image/jpeg",)))
    assert rendition.media_type == "image/jpeg"


async def test_transparency_becomes_white_paper_where_only_jpeg_is_taken(decoder: Decoder) -> None:
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    rendition = await decoder.rendition(files.saved(clear, "PNG"), takes(picture_types=("image/jpeg",)))
    assert opened(rendition).getpixel((50, 50)) == (255, 255, 255)


async def test_a_png_of_too_many_bytes_becomes_jpeg(decoder: Decoder) -> None:
    noise = files.saved(Image.effect_noise((900, 900), 50).convert("RGB"), "PNG")
    rendition = await decoder.rendition(noise, takes(picture_bytes=500_000))
    assert rendition.media_type == "image/jpeg"
    assert len(rendition.data) <= 500_000


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
async def test_a_moving_picture_moves_where_the_platform_takes_it(kind: str, decoder: Decoder) -> None:
    rendition = await decoder.rendition(
        files.moving(kind), takes(animation=True, picture_types=("image/jpeg", "image/gif", "image/webp"))
    )
    assert (rendition.media_type, rendition.frames) == (f"image/{kind.lower()}", 3)


async def test_a_moving_webp_becomes_gif_where_only_gif_is_taken(decoder: Decoder) -> None:
    rendition = await decoder.rendition(
        files.moving("WEBP"), takes(animation=True, picture_types=("image/jpeg", "image/gif"))
    )
    assert (rendition.media_type, rendition.frames) == ("image/gif", 3)


async def test_a_moving_picture_is_refused_where_it_would_stand_still(decoder: Decoder) -> None:
    with pytest.raises(PictureRefused) as refused:
        await decoder.rendition(files.moving("GIF"), takes(picture_types=("image/jpeg", "image/gif")))
    assert refused.value.code == "MEDIA-ANIMATION"


async def test_a_platform_that_takes_no_format_of_ours_is_said(decoder: Decoder) -> None:
    with pytest.raises(PictureRefused) as refused:
        await decoder.rendition(files.jpeg(), takes(picture_types=("image/bmp",)))
    assert refused.value.code == "MEDIA-FORMAT"


async def test_the_same_picture_and_limits_give_the_same_bytes(decoder: Decoder) -> None:
    limits = takes(picture_bytes=60_000, max_width=700)
    picture = photo(900, 700)
    assert (await decoder.rendition(picture, limits)).sha256 == (await decoder.rendition(picture, limits)).sha256
