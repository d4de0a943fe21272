"""Colour as it was meant, in sRGB: embedded profiles, coded primaries, odd modes. Source: MET-01.

The output carries no profile, and a picture without one is sRGB everywhere.
"""

import io
import struct
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from PIL import Image, ImageCms

from gateway.media.errors import PictureRefused

SRGB: Final = ImageCms.createProfile("sRGB")
P3, BT2020, ADOBE = "Display P3", "BT.2020", "Adobe RGB"
_PRIMARIES: Final = {
    P3: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    ADOBE: ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)),
}
_CODED: Final = {12: P3, 11: P3, 9: BT2020}
"""ISO/IEC 23091-2 colour primaries that are wider than sRGB's."""
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF's orientation values and what turns each upright."""
_HDR_TRANSFER: Final = frozenset({16, 18})
_CUBE_STEPS: Final = (0, 36, 73, 109, 146, 182, 219, 255)


def to_srgb(picture: Image.Image, data: bytes) -> Image.Image:
    """The same look in `L`, `RGB` or `RGBA`, 8 bits, sRGB. `data` is the file, for what the decoder does not tell."""
    profile = picture.info.get("icc_profile") or _coded_profile(picture.info, data)
    picture = _plain_mode(picture)
    if profile:
        picture = _convert(picture, profile)
    return _without_profile(picture)


def _convert(picture: Image.Image, profile: bytes) -> Image.Image:
    """Through the profile, where it is one that fits; a broken one is ignored, as every viewer does."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = picture.mode if picture.mode in {"L", "RGB", "RGBA"} else "RGB"
        transform = ImageCms.buildTransform(source, SRGB, picture.mode, target)
        if picture.mode != target:
            return ImageCms.applyTransform(picture, transform) or picture
        if not _changes_nothing(transform, picture.mode):
            ImageCms.applyTransform(picture, transform, inPlace=True)
    except (ImageCms.PyCMSError, OSError):
        pass
    return picture


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether the profile is sRGB by another name: then a 12-megapixel conversion is saved. Measured, not believed."""
    if mode == "L":
        sample = Image.frombytes("L", (256, 1), bytes(range(256)))
    else:
        cube = bytes(c for r in _CUBE_STEPS for g in _CUBE_STEPS for b in _CUBE_STEPS for c in (r, g, b))
        sample = Image.frombytes("RGB", (len(cube) // 3, 1), cube).convert(mode)
    changed = ImageCms.applyTransform(sample, transform)
    if changed is None:
        return False
    return max(abs(a - b) for a, b in zip(sample.tobytes(), changed.tobytes(), strict=True)) <= 1


def _plain_mode(picture: Image.Image) -> Image.Image:
    """A mode that the colour engine takes, with nothing lost that can be seen."""
    if "transparency" in picture.info and picture.mode in {"1", "L", "P", "RGB"}:
        return picture.convert("RGBA")
    if picture.mode in {"L", "RGB", "RGBA", "CMYK", "LAB"}:
        return picture
    if picture.mode.startswith("I;16"):
        return _from_16_bits(picture)
    if picture.mode in {"I", "F"}:
        raise PictureRefused("MEDIA-DECODE", kind=f"{picture.mode} 32")
    if picture.mode == "1":
        return picture.convert("L")
    return picture.convert("RGBA" if picture.mode in {"LA", "La", "PA", "RGBa"} else "RGB")


def _from_16_bits(picture: Image.Image) -> Image.Image:
    order = "big" if picture.mode.endswith("B") else "little"
    high = picture.tobytes()[0 if order == "big" else 1 :: 2]
    return Image.frombytes("L", picture.size, high)


def _without_profile(picture: Image.Image) -> Image.Image:
    if picture.mode == "CMYK":
        return picture.convert("RGB")
    if picture.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(picture, lab, SRGB, outputMode="RGB") or picture.convert("RGB")
    return picture


def upright(picture: Image.Image) -> Image.Image:
    """Turned as its orientation says, so that coordinates are those that people see."""
    try:
        turn = _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a broken EXIF block raises anything; viewers show such a picture as it lies
        return picture
    return picture if turn is None else picture.transpose(turn)


def _coded_profile(info: Mapping[Any, Any], data: bytes) -> bytes | None:
    """A profile for wide primaries that are named by number (HEIC, AVIF, PNG) or by EXIF's Adobe RGB mark."""
    primaries, transfer = _coded_point(info, data)
    if transfer in _HDR_TRANSFER:
        raise PictureRefused("MEDIA-HDR")
    name = _CODED.get(primaries)
    return display_profile(name) if name else None


def _coded_point(info: Mapping[Any, Any], data: bytes) -> tuple[int, int]:
    nclx = info.get("nclx_profile")
    if nclx:
        return int(nclx["color_primaries"]), int(nclx["transfer_characteristics"])
    head = data[:65536]
    at = head.find(b"colrnclx")
    if at > 0 and data[4:8] == b"ftyp" and len(head) >= at + 12:
        return struct.unpack_from(">HH", head, at + 8)
    at = head.find(b"\x00\x00\x00\x04cICP")
    if at > 0 and data[:4] == b"\x89PNG" and len(head) >= at + 10:
        return head[at + 8], head[at + 9]
    return 1, 13


@cache
def display_profile(name: str) -> bytes:
    """An ICC profile, version 4, for one of the wide primaries above, with white at D65 and sRGB's curve
    (Adobe RGB's: gamma 2.2).
    """
    columns = _adapted(_PRIMARIES[name])
    if name == ADOBE:
        curve = b"para" + struct.pack(">IHHi", 0, 0, 0, _fixed(563 / 256))
    else:
        parts = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        curve = b"para" + struct.pack(">IHH5i", 0, 3, 0, *(_fixed(part) for part in parts))
    text = name.encode("utf-16-be")
    words = b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(text), 28) + text
    tags = [(b"desc", words), (b"cprt", words), (b"wtpt", _xyz(0.9642, 1.0, 0.8249))]
    tags += [(key, _xyz(*column)) for key, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)]
    tags += [(key, curve) for key in (b"rTRC", b"gTRC", b"bTRC")]
    return _assembled(tags)


def _assembled(tags: list[tuple[bytes, bytes]]) -> bytes:
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for key, value in tags:
        table += key + struct.pack(">II", at + len(body), len(value))
        body += value + b"\x00" * (-len(value) % 4)
    head = struct.pack(">I4sI", at + len(body), b"\x00" * 4, 0x04000000) + b"mntrRGB XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\x00" * 28 + _xyz(0.9642, 1.0, 0.8249)[8:]
    return head.ljust(128, b"\x00") + table + body


def _fixed(value: float) -> int:
    return round(value * 65536)


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \x00\x00\x00\x00" + struct.pack(">3i", _fixed(x), _fixed(y), _fixed(z))


def _adapted(primaries: tuple[tuple[float, float], ...]) -> list[tuple[float, ...]]:
    """The XYZ columns of primaries whose white is D65, adapted to the profile's D50 (Bradford)."""
    import numpy as np  # noqa: PLC0415 - only pictures with coded wide primaries need it

    white = np.array([0.9505, 1.0, 1.0891])
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    columns = columns * np.linalg.solve(columns, white)
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    gain = (bradford @ np.array([0.9642, 1.0, 0.8249])) / (bradford @ white)
    adapted = np.linalg.inv(bradford) @ np.diag(gain) @ bradford @ columns
    return [tuple(float(value) for value in column) for column in adapted.T]
