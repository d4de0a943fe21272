"""The picture that comes out looks like the one that went in."""

import io
import struct
from collections.abc import Callable

import pillow_heif
import pytest
from PIL import Image

from gateway.media.colour import ADOBE, BT2020, P3, display_profile
from gateway.media.errors import PictureRefused
from gateway.media.process import Clean, Decoder
from gateway.media.protocol import Recipe
from tests.media import files

pytestmark = pytest.mark.anyio


def opened(clean: Clean) -> Image.Image:
    picture = Image.open(io.BytesIO(clean.data))
    picture.load()
    return picture


def near(one: object, other: object, by: int = 12) -> bool:
    assert isinstance(one, tuple)
    assert isinstance(other, tuple)
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


async def refusal(decoder: Decoder, data: bytes, recipe: Recipe = Recipe()) -> str:  # noqa: B008 - frozen
    with pytest.raises(PictureRefused) as refused:
        await decoder.clean(data, recipe)
    return refused.value.code


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
async def test_every_orientation_comes_out_upright(orientation: int, kind: str, decoder: Decoder) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    scene = files.scene()
    stored = scene.transpose(undo[orientation]) if orientation in undo else scene
    clean = await decoder.clean(files.saved(stored, kind, exif=files.exif(orientation)))
    assert (clean.width, clean.height) == scene.size
    assert near(opened(clean).convert("RGB").getpixel((10, 10)), (220, 30, 30), 20)


async def test_a_turned_heic_comes_out_upright_once(decoder: Decoder) -> None:
    stored = files.scene().transpose(Image.Transpose.ROTATE_90)
    clean = await decoder.clean(files.heic(stored, exif=files.exif(6)))
    assert (clean.width, clean.height) == (160, 120)
    assert near(opened(clean).getpixel((10, 10)), (220, 30, 30), 20)


async def test_a_broken_orientation_does_not_stop_the_picture(decoder: Decoder) -> None:
    broken = files.with_segment(files.jpeg(), 0xE1, b"Exif\x00\x00II*\x00\xff\xff\xff\x7f\x01\x00")
    assert (await decoder.clean(broken)).width == 160


@pytest.mark.parametrize(
    ("name", "stored", "seen"),
    [
        # the same light, in the wide profile's numbers and in sRGB's
        (P3, (215, 82, 56), (230, 70, 45)),
        (P3, (128, 128, 128), (128, 128, 128)),
        (ADOBE, (204, 80, 60), (230, 79, 54)),
    ],
)
async def test_a_wide_colour_looks_the_same_in_srgb(
    name: str, stored: tuple[int, int, int], seen: tuple[int, int, int], decoder: Decoder
) -> None:
    picture = Image.new("RGB", (64, 64), stored)
    for data in (
        files.saved(picture, "JPEG", quality=98, subsampling=0, icc_profile=display_profile(name)),
        files.saved(picture, "PNG", icc_profile=display_profile(name)),
        files.saved(picture, "AVIF", quality=98, icc_profile=display_profile(name)),
        files.heic(picture, icc_profile=display_profile(name)),
    ):
        clean = await decoder.clean(data)
        assert near(opened(clean).getpixel((32, 32)), seen, 6)
        assert "colour profile" in clean.removed


async def test_a_profile_that_is_srgb_by_another_name_changes_nothing(decoder: Decoder) -> None:
    from PIL import ImageCms  # noqa: PLC0415 - for this one profile

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with_profile = await decoder.clean(files.png(icc_profile=profile))
    without = await decoder.clean(files.png())
    assert with_profile.sha256 == without.sha256


async def test_wide_primaries_named_by_number_are_converted(decoder: Decoder) -> None:
    picture = Image.new("RGB", (64, 64), (215, 82, 56))
    data = files.saved(picture, "PNG")
    clean = await decoder.clean(files.with_chunk(data, b"cICP", bytes((12, 13, 0, 1))))
    assert near(opened(clean).getpixel((32, 32)), (230, 70, 45), 6)


async def test_a_high_dynamic_range_picture_is_refused_and_not_washed_out(decoder: Decoder) -> None:
    data = files.with_chunk(files.png(), b"cICP", bytes((9, 16, 0, 1)))
    assert await refusal(decoder, data) == "MEDIA-HDR"


async def test_a_broken_profile_is_ignored(decoder: Decoder) -> None:
    clean = await decoder.clean(files.jpeg(icc_profile=b"no profile at all"))
    assert near(opened(clean).getpixel((10, 10)), (220, 30, 30), 20)


@pytest.mark.parametrize("profile", [display_profile(BT2020)[:200], display_profile(P3)[:131]])
async def test_a_profile_that_ends_too_soon_is_ignored(profile: bytes, decoder: Decoder) -> None:
    assert (await decoder.clean(files.jpeg(icc_profile=profile))).width == 160


MODES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "palette": (lambda: files.saved(files.scene().quantize(16), "PNG"), "image/png", "RGB"),
    "palette with transparency": (
        lambda: files.saved(files.scene().quantize(16), "PNG", transparency=0),
        "image/png",
        "RGBA",
    ),
    "one bit": (lambda: files.saved(files.scene().convert("1"), "PNG"), "image/png", "L"),
    "grey": (lambda: files.saved(files.scene().convert("L"), "JPEG"), "image/jpeg", "L"),
    "grey with alpha": (lambda: files.saved(_half_clear().convert("LA"), "PNG"), "image/png", "RGBA"),
    "16 bits of grey": (lambda: files.saved(_deep_grey(), "PNG"), "image/png", "L"),
    "CMYK": (lambda: files.saved(files.scene().convert("CMYK"), "JPEG"), "image/jpeg", "RGB"),
    "Lab": (lambda: files.saved(_lab(), "TIFF"), "image/jpeg", "RGB"),
    "opaque alpha": (lambda: files.saved(files.scene().convert("RGBA"), "PNG"), "image/png", "RGB"),
    "transparent WebP": (lambda: files.saved(_half_clear(), "WEBP", lossless=True), "image/png", "RGBA"),
    "fax": (lambda: files.saved(files.scene().convert("1"), "TIFF", compression="group4"), "image/png", "L"),
    "scan": (lambda: files.saved(files.scene(), "TIFF", compression="tiff_lzw"), "image/jpeg", "RGB"),
}


def _half_clear() -> Image.Image:
    picture = files.scene().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


def _deep_grey() -> Image.Image:
    return Image.frombytes("I;16", (64, 32), struct.pack("<2048H", *(value * 32 for value in range(2048))))


def _lab() -> Image.Image:
    from PIL import ImageCms  # noqa: PLC0415 - for this one picture

    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    made = ImageCms.profileToProfile(files.scene(), srgb, lab, outputMode="LAB")
    assert made is not None
    return made


@pytest.mark.parametrize("name", MODES)
async def test_every_way_of_storing_pixels_comes_out_as_one_of_three(name: str, decoder: Decoder) -> None:
    make, media_type, mode = MODES[name]
    original = make()
    clean = await decoder.clean(original)
    assert (clean.media_type, opened(clean).mode) == (media_type, mode)
    with Image.open(io.BytesIO(original)) as before:
        assert before.size == (clean.width, clean.height)


async def test_16_bits_of_grey_keep_their_upper_half(decoder: Decoder) -> None:
    picture = opened(await decoder.clean(files.saved(_deep_grey(), "PNG")))
    assert [picture.getpixel((x, 31)) for x in (0, 63)] == [1984 * 32 >> 8, 2047 * 32 >> 8]


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
async def test_a_moving_picture_keeps_its_frames(kind: str, decoder: Decoder) -> None:
    clean = await decoder.clean(files.moving(kind, 4))
    picture = opened(clean)
    assert (clean.frames, picture.n_frames, picture.info["loop"]) == (4, 4, 0)  # type: ignore[attr-defined] - set by each plugin
    assert picture.info["duration"] == 100


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
async def test_a_moving_picture_is_refused_where_it_may_not_move(kind: str, decoder: Decoder) -> None:
    assert await refusal(decoder, files.moving(kind), Recipe(animation=False)) == "MEDIA-ANIMATION"


@pytest.mark.parametrize("kind", ["PNG", "AVIF"])
async def test_moving_pictures_of_other_kinds_are_refused(kind: str, decoder: Decoder) -> None:
    assert await refusal(decoder, files.moving(kind)) == "MEDIA-ANIMATION"


async def test_too_many_frames_are_refused_before_they_are_decoded(decoder: Decoder) -> None:
    first, *rest = [Image.new("L", (8, 8), number % 256) for number in range(320)]
    many = files.saved(first, "GIF", save_all=True, append_images=rest, duration=20)
    assert await refusal(decoder, many) == "MEDIA-FRAMES"


async def test_of_several_pages_the_first_is_kept_and_said(decoder: Decoder) -> None:
    pages = files.saved(files.scene(), "TIFF", save_all=True, append_images=[files.scene().rotate(90)])
    clean = await decoder.clean(pages)
    assert (clean.frames, clean.warnings) == (1, ("MEDIA-PAGES",))
    assert "further pictures" in clean.removed


async def test_of_several_pictures_in_a_heic_only_the_primary_comes_out(decoder: Decoder) -> None:
    several = pillow_heif.from_pillow(files.scene())
    several.add_from_pillow(Image.new("RGB", (160, 120), "green"))
    out = io.BytesIO()
    several.save(out, primary_index=0)
    clean = await decoder.clean(out.getvalue())
    assert clean.frames == 1
    assert near(opened(clean).getpixel((10, 10)), (220, 30, 30), 20)


async def test_the_same_original_gives_the_same_picture(decoder: Decoder) -> None:
    original = files.jpeg(exif=files.exif(6))
    assert (await decoder.clean(original)).sha256 == (await decoder.clean(original)).sha256
