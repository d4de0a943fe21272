"""What the bytes of a picture are, for platforms that look themselves."""

import io
from typing import Literal

from msgspec import Struct
from PIL import Image

from connectors.sandbox.rules import Content

Wrong = Literal["type", "bytes", "pixels", "ratio"]


class Looked(Struct, frozen=True):
    kind: str
    """`application/octet-stream`: it is no picture."""
    width: int
    height: int


def look(content: bytes) -> Looked:
    try:
        with Image.open(io.BytesIO(content)) as image:
            return Looked(Image.MIME.get(image.format or "", "application/octet-stream"), image.width, image.height)
    except (OSError, ValueError, Image.DecompressionBombError):
        return Looked("application/octet-stream", 1, 1)


def sniff(content: bytes) -> str:
    return look(content).kind


def wrong(content: bytes, limit: Content) -> Wrong | None:
    """The first thing that the platform does not take. No platform refuses a width: Meta's scale by themselves."""
    looked = look(content)
    if len(content) > (limit.picture_bytes or len(content)):
        return "bytes"
    if not looked.kind.startswith(limit.picture_types):
        return "type"
    if looked.width * looked.height > (limit.max_pixels or looked.width * looked.height):
        return "pixels"
    low, high = limit.ratio or (0.0, float("inf"))
    if not low <= looked.width / looked.height <= high:
        return "ratio"
    return None


def is_scaled(content: bytes, limit: Content) -> bool:
    """Whether the platform shows other pixels than it was sent."""
    width = look(content).width
    return not (limit.min_width or 0) <= width <= (limit.max_width or width)
