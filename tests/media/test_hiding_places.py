"""Whatever travels with a picture is gone after cleaning, and the proof would have found it."""

import io

import pytest
from PIL import Image

from gateway.media.containers import foreign
from gateway.media.errors import PictureRefused
from gateway.media.metadata import EVERYTHING, Exiftool
from gateway.media.process import Decoder
from gateway.media.protocol import Recipe
from gateway.media.verify import prove, unexpected
from tests.media import files

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("place", files.ORIGINALS)
async def test_nothing_of_a_hiding_place_survives_cleaning(place: str, decoder: Decoder, exiftool: Exiftool) -> None:
    original = files.ORIGINALS[place]()
    clean = await decoder.clean(original)
    assert files.SECRET not in clean.data
    assert foreign(clean.data, clean.media_type) == ()
    assert unexpected(exiftool.read(clean.data, EVERYTHING), clean.media_type) == ()


@pytest.mark.parametrize("place", files.PLANTED)
def test_the_proof_refuses_what_is_planted(place: str, exiftool: Exiftool) -> None:
    media_type, plant = files.PLANTED[place]
    prove(files.plain(media_type), media_type, exiftool)
    with pytest.raises(PictureRefused) as refusal:
        prove(plant(), media_type, exiftool)
    assert refusal.value.code == "MEDIA-NOT-CLEAN"
    assert files.SECRET.decode() not in str(refusal.value)


@pytest.mark.parametrize("place", files.PLANTED)
def test_the_walk_alone_finds_what_is_planted(place: str) -> None:
    media_type, plant = files.PLANTED[place]
    assert foreign(files.plain(media_type), media_type) == ()
    assert foreign(plant(), media_type) != ()


@pytest.mark.parametrize(
    "place",
    ["EXIF", "XMP", "IPTC", "thumbnail", "profile", "JPEG comment", "PNG text", "PNG EXIF", "WebP EXIF", "GIF comment"],
)
def test_exiftool_alone_finds_metadata(place: str, exiftool: Exiftool) -> None:
    media_type, plant = files.PLANTED[place]
    assert unexpected(exiftool.read(plant(), EVERYTHING), media_type) != ()


@pytest.mark.parametrize("kind", ["HEIC", "AVIF", "TIFF"])
def test_a_type_that_our_encoder_does_not_write_is_never_proved(kind: str, exiftool: Exiftool) -> None:
    data = files.heic() if kind == "HEIC" else files.saved(files.scene(), kind)
    with pytest.raises(PictureRefused) as refusal:
        prove(data, f"image/{kind.lower()}", exiftool)
    assert refusal.value.code == "MEDIA-NOT-CLEAN"


def test_a_picture_that_calls_itself_something_else_is_not_proved(exiftool: Exiftool) -> None:
    with pytest.raises(PictureRefused):
        prove(files.jpeg(), "image/png", exiftool)
    assert unexpected(exiftool.read(files.jpeg(), EVERYTHING), "image/png") != ()


@pytest.mark.parametrize(
    ("place", "kinds"),
    [
        ("EXIF and GPS in JPEG", {"GPS", "camera", "dates", "names"}),
        ("IPTC and XMP in JPEG", {"iptc", "xmp", "names"}),
        ("thumbnail of the uncropped original", {"thumbnail", "GPS"}),
        ("Display P3 profile", {"colour profile"}),
        ("motion photo", {"motion photo", "trailer", "xmp"}),
        ("archive after the end", {"trailer"}),
        ("comment in JPEG", {"comment"}),
        ("comment in GIF", {"comment"}),
        ("EXIF in WebP", {"GPS", "camera"}),
        ("EXIF in PNG", {"GPS", "camera"}),
        ("EXIF in AVIF", {"GPS", "camera"}),
        ("EXIF in HEIC", {"GPS", "camera"}),
        ("multi-picture file", {"further pictures"}),
        ("colours under transparency", {"hidden colours"}),
    ],
)
async def test_the_record_names_the_kinds_and_no_values(place: str, kinds: set[str], decoder: Decoder) -> None:
    clean = await decoder.clean(files.ORIGINALS[place]())
    assert kinds <= set(clean.removed)
    assert not any(files.SECRET.decode() in kind for kind in clean.removed)


async def test_a_clean_picture_has_nothing_removed(decoder: Decoder) -> None:
    assert (await decoder.clean(files.jpeg())).removed == ()
    assert (await decoder.clean(files.png())).removed == ()
    assert (await decoder.clean(files.saved(files.scene(), "WEBP"))).removed == ()


async def test_colours_under_transparency_are_wiped(decoder: Decoder) -> None:
    clean = await decoder.clean(files.hidden_alpha())
    picture = Image.open(io.BytesIO(clean.data))
    assert picture.convert("RGBA").getextrema() == ((0, 0), (0, 0), (0, 0), (0, 0))


async def test_colours_that_hardly_show_keep_no_shades(decoder: Decoder) -> None:
    picture = files.scene().convert("RGBA")
    picture.putalpha(1)
    clean = await decoder.clean(files.saved(picture, "PNG"))
    red, _, _, alpha = Image.open(io.BytesIO(clean.data)).split()
    assert set(red.tobytes()) <= {0, 255}
    assert alpha.getextrema() == (1, 1)


async def test_a_picture_that_needs_no_change_is_rebuilt_all_the_same(decoder: Decoder) -> None:
    original = files.jpeg(comment=files.SECRET)
    clean = await decoder.clean(original, Recipe())
    assert (clean.width, clean.height) == (160, 120)
    assert clean.data != original
    assert files.SECRET not in clean.data


async def test_a_polyglot_comes_out_as_a_plain_picture(decoder: Decoder) -> None:
    script = b"<script>alert(1)</script>"
    for original in (
        files.with_segment(files.jpeg(), 0xFE, b"*/=" + script) + files.archive(),
        files.with_chunk(files.png(), b"tEXt", b"Title\x00%PDF-1.7 " + script) + files.archive(),
        files.moving("GIF", comment=script) + files.archive(),
    ):
        clean = await decoder.clean(original)
        assert script not in clean.data
        assert b"PK\x03\x04" not in clean.data
        assert foreign(clean.data, clean.media_type) == ()
