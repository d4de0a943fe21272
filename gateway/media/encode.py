"""Pixels to bytes, with nothing beside them."""

import io
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from PIL import Image

JPEG_QUALITY: Final = 92
WEBP_QUALITY: Final = 90
PNG_EFFORT: Final = 3
"""zlib level: twice as fast as the default for a tenth more bytes. Renditions are what is sent, and are made to fit."""
SHORTEST_FRAME: Final = 20
"""Milliseconds. Viewers slow anything shorter down to a tenth of a second."""


class Frames(Struct, frozen=True):
    """One picture, or the frames of a moving one, upright, sRGB, without any metadata."""

    images: tuple[Image.Image, ...]
    durations: tuple[int, ...] = ()
    """Milliseconds, one for each frame of a moving picture."""
    loop: int | None = None
    """How often it is repeated; 0 is for ever, `None` plays it once."""

    @property
    def size(self) -> tuple[int, int]:
        return self.images[0].size

    @property
    def moving(self) -> bool:
        return len(self.images) > 1

    @property
    def transparent(self) -> bool:
        return any(image.mode == "RGBA" for image in self.images)


def encode(frames: Frames, media_type: str, quality: int = JPEG_QUALITY, sampling: str = "4:2:0") -> bytes:
    """The bytes of a picture. `quality` and `sampling` are JPEG's (and `quality` a moving WebP's)."""
    for image in frames.images:
        image.info.clear()  # Pillow's encoders carry comments, profiles and transparency over from here
    first, out = frames.images[0], io.BytesIO()
    if frames.moving:
        _encode_moving(frames, media_type, quality, out)
    elif media_type == "image/jpeg":
        first.save(out, "JPEG", quality=quality, subsampling=sampling)
    elif media_type == "image/webp":
        first.save(out, "WEBP", quality=quality, method=4)
    elif media_type == "image/gif":
        first.save(out, "GIF")
    else:
        first.save(out, "PNG", compress_level=PNG_EFFORT)
    return out.getvalue()


def _encode_moving(frames: Frames, media_type: str, quality: int, out: io.BytesIO) -> None:
    first, *rest = frames.images
    options = {
        "save_all": True,
        "append_images": rest,
        "duration": [max(SHORTEST_FRAME, duration) for duration in frames.durations],
    }
    if media_type == "image/webp":
        loop = 1 if frames.loop is None else frames.loop
        first.save(out, "WEBP", loop=loop, quality=min(quality, WEBP_QUALITY), **options)
    else:
        if frames.loop is not None:
            options["loop"] = frames.loop
        first.save(out, "GIF", disposal=2 if frames.transparent else 1, **options)


def on_white(images: Sequence[Image.Image]) -> tuple[Image.Image, ...]:
    """Without transparency, as on a white page: for formats that have none."""
    flat = []
    for image in images:
        if image.mode == "RGBA":
            page = Image.new("RGB", image.size, "white")
            page.paste(image, mask=image.getchannel("A"))
            flat.append(page)
        else:
            flat.append(image)
    return tuple(flat)
