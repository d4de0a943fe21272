"""The proof, twice: exiftool finds nothing but the allowed, and the container holds nothing but a picture.

What fails is not stored. Source: MET-01.
"""

from typing import Any, Final

from gateway.media.containers import foreign
from gateway.media.errors import PictureRefused
from gateway.media.metadata import EVERYTHING, Exiftool, ExiftoolFailed

_FILE: Final = {"FileType", "FileTypeExtension", "MIMEType"}
_ALLOWED: Final = {
    "image/jpeg": {
        "File": {*_FILE, "ImageWidth", "ImageHeight", "EncodingProcess", "BitsPerSample", "ColorComponents"}
        | {"YCbCrSubSampling"},
        "JFIF": {"JFIFVersion", "ResolutionUnit", "XResolution", "YResolution"},
    },
    "image/png": {
        "File": _FILE,
        "PNG": {"ImageWidth", "ImageHeight", "BitDepth", "ColorType", "Compression", "Filter", "Interlace"},
    },
    "image/webp": {
        "File": _FILE,
        "RIFF": {"VP8Version", "ImageWidth", "ImageHeight", "HorizontalScale", "VerticalScale", "WebP_Flags"}
        | {"BackgroundColor", "AnimationLoopCount", "FrameCount", "Duration", "ImageVersion", "AlphaIsUsed"}
        | {"AlphaPreprocessing", "AlphaFiltering", "AlphaCompression"},
    },
    "image/gif": {
        "File": _FILE,
        "GIF": {"GIFVersion", "ImageWidth", "ImageHeight", "HasColorMap", "ColorResolutionDepth", "BitsPerPixel"}
        | {"BackgroundColor", "AnimationIterations", "TransparentColor", "FrameCount", "Duration"},
    },
}
_EVERYWHERE: Final = {"ExifTool:ExifToolVersion", "Composite:ImageSize", "Composite:Megapixels"}
OUTPUT_TYPES: Final = frozenset(_ALLOWED)
"""What our encoder writes, and so all that can be proved clean."""


def prove(data: bytes, media_type: str, exiftool: Exiftool) -> tuple[int, int]:
    """Width and height of a picture that is clean. Raises `PictureRefused`, whose `found` names kinds, never values."""
    if media_type not in OUTPUT_TYPES:
        raise PictureRefused("MEDIA-NOT-CLEAN", found=media_type)
    found = foreign(data, media_type)
    if found:
        raise PictureRefused("MEDIA-NOT-CLEAN", found=", ".join(found[:10]))
    try:
        tags = exiftool.read(data, EVERYTHING)
    except ExiftoolFailed:
        raise PictureRefused("MEDIA-PROOF") from None
    strange = unexpected(tags, media_type)
    if strange:
        raise PictureRefused("MEDIA-NOT-CLEAN", found=", ".join(strange[:10]))
    width, height = str(tags["Composite:ImageSize"]).split()
    return int(width), int(height)


def unexpected(tags: dict[str, Any], media_type: str) -> tuple[str, ...]:
    """Tags and warnings outside the allow-list, and a type that exiftool sees differently."""
    allowed = _ALLOWED[media_type]
    strange = []
    for name in tags:
        group, _, tag = name.partition(":")
        if name not in _EVERYWHERE and tag not in allowed.get(group, ()):
            strange.append(name)
    if tags.get("File:MIMEType") != media_type:
        strange.append("File:MIMEType")
    return tuple(strange)
