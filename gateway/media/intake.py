"""What may come in: told by content, never by name, and bounded before anything is decoded. Source: MET-01, MET-03."""

import struct
from typing import Final

from msgspec import Struct

from gateway.media.errors import PictureRefused

MIB: Final = 1024 * 1024


class IntakeLimits(Struct, frozen=True):
    """Bounds of one picture and of the process that decodes it."""

    bytes: int = 64 * MIB
    pixels: int = 65_000_000
    """Of one frame: width times height. A phone's 48 or 64 megapixels fit."""
    side: int = 16_384
    """The longest side; phone panoramas end here."""
    smallest_side: int = 4
    frames: int = 300
    animation_pixels: int = 60_000_000
    """All frames together."""
    seconds: float = 30.0
    """Wall time for one job."""
    memory: int = 2048 * MIB
    """Address space of the decoding process, which is about twice what is resident."""


HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
STRUCTURE_BRANDS: Final = frozenset({b"mif1", b"msf1", b"mif2", b"1pic", b"miaf"})

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

_TURNED_AWAY: Final = (
    (b"%PDF-", "MEDIA-PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "MEDIA-OFFICE"),
    (b"{\\rtf", "MEDIA-OFFICE"),
    (b"FUJIFILMCCD-RAW", "MEDIA-RAW"),
    (b"IIRO", "MEDIA-RAW"),
    (b"IIRS", "MEDIA-RAW"),
    (b"MMOR", "MEDIA-RAW"),
    (b"IIU\x00", "MEDIA-RAW"),
    (b"FOVb", "MEDIA-RAW"),
    (b"\x00MRM", "MEDIA-RAW"),
    (b"\x1aE\xdf\xa3", "MEDIA-VIDEO"),
    (b"FLV\x01", "MEDIA-VIDEO"),
    (b"OggS", "MEDIA-VIDEO"),
    (b"\x00\x00\x01\xba", "MEDIA-VIDEO"),
    (b"\x00\x00\x01\xb3", "MEDIA-VIDEO"),
    (b"0&\xb2u\x8ef\xcf\x11", "MEDIA-VIDEO"),
    (b"7z\xbc\xaf\x27\x1c", "MEDIA-ARCHIVE"),
    (b"Rar!\x1a\x07", "MEDIA-ARCHIVE"),
    (b"\x1f\x8b", "MEDIA-ARCHIVE"),
)

_SCALE = {b"II*\x00": "<", b"MM\x00*": ">"}
_DNG_VERSION, _NEW_SUBFILE_TYPE, _PHOTOMETRIC, _SUB_IFDS = 0xC612, 0x00FE, 0x0106, 0x014A
_RAW_PHOTOMETRIC = frozenset({32803, 34892})  # colour filter array, linear raw


def sniff(data: bytes) -> str:
    """The media type that the content says. Raises `PictureRefused` with what to do instead.

    The head decides, but for TIFF the first directory is read too, so give the whole file: cameras' raw
    formats are TIFF by their first bytes.
    """
    if not data:
        raise PictureRefused("MEDIA-EMPTY")
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature):
            return media_type
    if data[:4] == b"RIFF":
        return _riff(data)
    if data[4:8] == b"ftyp":
        return _brands(data)
    if data[:4] in _SCALE:
        return _tiff(data)
    raise PictureRefused(_reason(data))


def admit(data: bytes, limits: IntakeLimits) -> str:
    """The media type of a file that may be decoded. Raises `PictureRefused`."""
    check_bytes(len(data), limits)
    return sniff(data)


def check_bytes(size: int, limits: IntakeLimits) -> None:
    """Raises `PictureRefused`; asked before a file is read, too."""
    if size > limits.bytes:
        raise PictureRefused("MEDIA-BYTES", size=_megabytes(size), most=_megabytes(limits.bytes))


def check_size(width: int, height: int, limits: IntakeLimits) -> None:
    """Raises `PictureRefused` for a frame that is too large or too small to decode."""
    if width * height > limits.pixels or max(width, height) > limits.side:
        raise PictureRefused(
            "MEDIA-PIXELS", width=width, height=height, most=limits.pixels // 1_000_000, side=limits.side
        )
    if min(width, height) < limits.smallest_side:
        raise PictureRefused("MEDIA-TINY", width=width, height=height, least=limits.smallest_side)


def _megabytes(size: int) -> int:
    return -(-size // MIB)


def _riff(data: bytes) -> str:
    if data[8:12] == b"WEBP":
        return "image/webp"
    raise PictureRefused("MEDIA-VIDEO" if data[8:12] == b"AVI " else "MEDIA-TYPE")


def _brands(data: bytes) -> str:
    """ISO base media files: the brands of `ftyp` tell still pictures from video and from Canon's raw."""
    size = min(int.from_bytes(data[:4], "big"), 256)
    major = data[8:12]
    brands = [major, *(data[at : at + 4] for at in range(16, size, 4))]
    if major == b"crx ":
        raise PictureRefused("MEDIA-RAW")
    if major not in HEIF_BRANDS | AVIF_BRANDS | STRUCTURE_BRANDS:
        raise PictureRefused("MEDIA-VIDEO")
    if any(brand in AVIF_BRANDS for brand in brands):
        return "image/avif"
    if any(brand in HEIF_BRANDS for brand in brands):
        return "image/heic"
    raise PictureRefused("MEDIA-TYPE")


def _tiff(data: bytes) -> str:
    if data[8:10] == b"CR":
        raise PictureRefused("MEDIA-RAW")
    first = _first_directory(data)
    reduced = first.get(_NEW_SUBFILE_TYPE, 0) & 1
    if _DNG_VERSION in first or first.get(_PHOTOMETRIC) in _RAW_PHOTOMETRIC or (reduced and _SUB_IFDS in first):
        raise PictureRefused("MEDIA-RAW")
    return "image/tiff"


def _first_directory(data: bytes) -> dict[int, int]:
    """Tag numbers and their inline values, of TIFF's first directory, as far as the bytes reach."""
    order = _SCALE[data[:4]]
    tags: dict[int, int] = {}
    try:
        (at,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, at)
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHI4s", data, at + 2 + entry * 12)
            tags[tag] = struct.unpack(order + "H", value[:2])[0] if kind == 3 else struct.unpack(order + "I", value)[0]  # noqa: PLR2004 - TIFF's SHORT
    except struct.error:
        pass  # a directory outside the file: the decoder refuses it
    return tags


def _reason(data: bytes) -> str:
    for signature, code in _TURNED_AWAY:
        if data.startswith(signature):
            return code
    if data[:4] == b"PK\x03\x04":
        office = (b"[Content_Types].xml", b"word/", b"ppt/", b"xl/", b"mimetypeapplication/vnd")
        return "MEDIA-OFFICE" if any(mark in data[:4096] for mark in office) else "MEDIA-ARCHIVE"
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<?xml", b"<svg", b"<!doctype svg", b"<!--")) and b"<svg" in start:
        return "MEDIA-SVG"
    if b"%PDF-" in data[:1024]:
        return "MEDIA-PDF"
    if data[4:8] in {b"moov", b"mdat", b"wide", b"free"}:
        return "MEDIA-VIDEO"
    return "MEDIA-TYPE"
