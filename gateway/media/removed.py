"""Kinds of what a file carried beside its pixels: for the record, never the values. Source: MET-06."""

import re
from collections.abc import Iterable
from typing import Final

_GROUPS: Final = (
    (re.compile(r"GPS"), "GPS"),
    (re.compile(r"XMP"), "xmp"),
    (re.compile(r"IPTC"), "iptc"),
    (re.compile(r"ICC"), "colour profile"),
    (re.compile(r"IFD1|SubIFD\d*$"), "thumbnail"),
    (re.compile(r"MPF|MPImage"), "further pictures"),
    (re.compile(r"Photoshop|Adobe|Ducky"), "editing history"),
    (re.compile(r"JUMBF|C2PA|CBOR"), "content credentials"),
    (re.compile(r"Canon|Nikon|Sony|Apple|Panasonic|Olympus|FujiFilm|Pentax|Samsung|Casio|Minolta|Ricoh|Kodak|Sanyo"
                r"|Leica|Sigma|Google|DJI|Reconyx|MakerNotes|MakerUnknown"), "camera"),
)  # fmt: skip
_TAGS: Final = (
    (re.compile(r"^GPS|^Geo|Latitude|Longitude|^City$|^Country|^State$|Location|Province"), "GPS"),
    (re.compile(r"^(Make|Model|HostComputer|Software|LensMake|LensModel|UniqueCameraModel)$|Serial|LensID|CameraID"
                r"|^LensInfo$|ImageUniqueID|FNumber|ExposureTime|ISO$|FocalLength|ShutterSpeed|Flash$"), "camera"),
    (re.compile(r"Date|Time$|TimeOriginal|TimeDigitized|TimeStamp|SubSecTime|OffsetTime"), "dates"),
    (re.compile(r"Artist|Creator$|By-?line|Owner|Author|Copyright|Person|RegionName|Writer|Credit|Contact|Rights"),
     "names"),
    (re.compile(r"Thumbnail|PreviewImage|JpgFromRaw|OtherImage"), "thumbnail"),
    (re.compile(r"Comment|Description|Caption|Keywords|Subject|Title|Headline|ObjectName|Document|Text|XP[A-Z]"),
     "comment"),
    (re.compile(r"MotionPhoto|MicroVideo|EmbeddedVideo|LivePhoto|ContentIdentifier"), "motion photo"),
    (re.compile(r"DepthMap|DepthImage|DepthData|Auxiliary|AuxType|GainMap|PortraitEffects"), "further pictures"),
    (re.compile(r"^Orientation$"), "orientation"),
)  # fmt: skip
_STRUCTURE: Final = frozenset({"File", "ExifTool", "Composite", "JFIF", "PNG", "RIFF", "GIF", "QuickTime", "Meta"})
"""Groups that describe the picture itself; their tags count only where `_TAGS` names them."""
_EXIF: Final = frozenset({"IFD0", "ExifIFD", "InteropIFD"})


def kinds(tags: Iterable[str]) -> frozenset[str]:
    """Kinds for `Group:Tag` names; anything else that is no part of the picture is "other"."""
    found: set[str] = set()
    for name in tags:
        group, _, tag = name.partition(":")
        named = {kind for pattern, kind in _GROUPS if pattern.search(group)}
        if group not in {"ExifTool", "Composite"} and "colour profile" not in named:
            named |= {kind for pattern, kind in _TAGS if pattern.search(tag)}
        if not named and group not in _STRUCTURE:
            named = {"exif"} if group in _EXIF else {"other"}
        found |= named
    return frozenset(found)


_JPEG_TRAILER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_VIDEO_IN_TRAILER: Final = re.compile(rb"ftyp(mp4|isom|qt  |avc1|3gp)")


def trailing(data: bytes, media_type: str) -> frozenset[str]:
    """What follows the end of the picture, which exiftool does not always tell."""
    end = _end(data, media_type)
    if end is None or end >= len(data):
        return frozenset()
    rest = data[end : end + 64 * 1024]
    if not rest.strip(b"\x00"):
        return frozenset()
    if rest.startswith(b"\xff\xd8\xff"):
        return frozenset({"trailer", "further pictures"})
    return frozenset({"trailer", "motion photo"}) if _VIDEO_IN_TRAILER.search(rest) else frozenset({"trailer"})


def _end(data: bytes, media_type: str) -> int | None:
    if media_type == "image/jpeg":
        return jpeg_end(data)
    if media_type == "image/png":
        at = data.rfind(b"IEND\xaeB`\x82")
        first = data.find(b"IEND\xaeB`\x82")
        return first + 8 if at >= 0 else None
    if media_type == "image/webp":
        return int.from_bytes(data[4:8], "little") + 8
    return None


def jpeg_end(data: bytes) -> int | None:
    """The index after the end marker of the first picture in `data`, `None` where there is none."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - JPEG's marker
        code = data[at + 1]
        if code == 0xD9:  # noqa: PLR2004 - its end
            return at + 2
        if code == 0xFF:  # noqa: PLR2004 - filling
            at += 1
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if code == 0xDA:  # noqa: PLR2004 - a scan
            found = _JPEG_TRAILER.search(data, at)
            if found is None:
                return None
            at = found.start()
    return at + 2 if data[at : at + 2] == b"\xff\xd9" else None
