"""What may come in is told by content, and bounded before anything is decoded."""

import struct

import pytest

from gateway.media.errors import CODES, PictureRefused
from gateway.media.intake import MIB, IntakeLimits, admit, check_size, sniff
from i18n.messages import keys, say
from tests.media import files


def tiff_with(*tags: tuple[int, int, int]) -> bytes:
    """A little-endian TIFF whose first directory holds (tag, type, value)."""
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\x00" + struct.pack("<IH", 8, len(tags)) + entries + b"\x00" * 4


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("image/jpeg", files.jpeg()),
        ("image/png", files.png()),
        ("image/gif", files.moving("GIF")),
        ("image/webp", files.saved(files.scene(), "WEBP")),
        ("image/tiff", files.saved(files.scene(), "TIFF")),
        ("image/avif", files.saved(files.scene(), "AVIF")),
        ("image/heic", files.heic()),
    ],
)
def test_the_seven_types_are_told_by_their_content(media_type: str, data: bytes) -> None:
    assert sniff(data) == media_type


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("MEDIA-EMPTY", b""),
        ("MEDIA-TYPE", b"hello, this is no picture"),
        ("MEDIA-SVG", b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("MEDIA-SVG", b"<svg/>"),
        ("MEDIA-PDF", b"%PDF-1.7\n"),
        ("MEDIA-PDF", b"junk\n%PDF-1.7\n"),
        ("MEDIA-RAW", b"II*\x00\x10\x00\x00\x00CR\x02\x00"),
        ("MEDIA-RAW", b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom"),
        ("MEDIA-RAW", b"FUJIFILMCCD-RAW 0201"),
        ("MEDIA-RAW", b"IIRO\x08\x00\x00\x00"),
        ("MEDIA-RAW", tiff_with((0xC612, 1, 0x00000401))),
        ("MEDIA-RAW", tiff_with((0x00FE, 4, 1), (0x014A, 4, 100))),
        ("MEDIA-RAW", tiff_with((0x0106, 3, 32803))),
        ("MEDIA-VIDEO", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42"),
        ("MEDIA-VIDEO", b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  "),
        ("MEDIA-VIDEO", b"RIFF\x00\x00\x00\x00AVI LIST"),
        ("MEDIA-VIDEO", b"\x1aE\xdf\xa3\x01"),
        ("MEDIA-OFFICE", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("MEDIA-OFFICE", b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml"),
        ("MEDIA-ARCHIVE", files.archive()),
        ("MEDIA-ARCHIVE", b"\x1f\x8b\x08"),
    ],
)
def test_everything_else_is_refused_with_what_to_do_instead(code: str, data: bytes) -> None:
    with pytest.raises(PictureRefused) as refusal:
        sniff(data)
    assert refusal.value.code == code


def test_a_scanned_tiff_is_no_camera_raw() -> None:
    assert sniff(tiff_with((0x00FE, 4, 0), (0x0106, 3, 2))) == "image/tiff"


def test_a_file_of_too_many_bytes_is_refused_whatever_it_is() -> None:
    with pytest.raises(PictureRefused) as refusal:
        admit(files.jpeg() + b"\x00" * MIB, IntakeLimits(bytes=MIB))
    assert (refusal.value.code, refusal.value.params) == ("MEDIA-BYTES", {"size": 2, "most": 1})


@pytest.mark.parametrize("size", [(50_000, 10), (10, 50_000), (9000, 9000)])
def test_a_picture_of_too_many_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureRefused) as refusal:
        check_size(*size, IntakeLimits())
    assert refusal.value.code == "MEDIA-PIXELS"


@pytest.mark.parametrize("size", [(1, 1), (4000, 1)])
def test_a_picture_of_one_pixel_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureRefused) as refusal:
        check_size(*size, IntakeLimits())
    assert refusal.value.code == "MEDIA-TINY"


def test_phone_photos_of_48_megapixels_and_panoramas_may_come_in() -> None:
    check_size(8064, 6048, IntakeLimits())
    check_size(16_382, 3_900, IntakeLimits())


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    for code in CODES:
        assert code in keys("cy")
        assert code in keys("en")
        assert say("en", code) != say("cy", code)
