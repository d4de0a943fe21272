"""What one platform receives: the largest quality that fits its limits, never enlarged. Source: platforms.md 12.1.

Runs inside the decoding process, on a picture that has been cleaned; it is encoded anew all the same (MET-02).
"""

from typing import Final

import msgspec
from PIL import Image

from gateway.media import clean
from gateway.media.encode import JPEG_QUALITY, Frames, encode, on_white
from gateway.media.errors import PictureRefused
from gateway.media.protocol import Done, Fit, Render

LEAST_QUALITY: Final = 70
"""Below it a smaller picture looks better than a coarser one."""
LEAST_WIDTH: Final = 200
_SHRINK: Final = 0.85
_STILL: Final = ("image/jpeg", "image/png", "image/webp", "image/gif")
_MOVING: Final = ("image/gif", "image/webp")
_RATIO_TOLERANCE: Final = 0.005
"""A 4:5 picture cut to whole pixels is still 4:5."""


def render(job: Render, data: bytes) -> tuple[Done, bytes]:
    """Raises `PictureRefused` where no rendition can fit: a finding while writing, not a failure at send time."""
    opened = clean.decode(data, job.media_type, job.limits, animation=True)
    check_shape(opened, job.fit)
    media_type = output_type(opened, job.media_type, job.fit)
    frames: Frames = opened if media_type != "image/jpeg" else opaque(opened)
    frames = shrunk(frames, longest_width(frames.size, job.fit))
    media_type, frames, body = fitted(frames, media_type, job.fit, opened.sampling)
    width, height = frames.size
    return Done(media_type=media_type, width=width, height=height, frames=len(frames.images)), body


def check_shape(frames: Frames, fit: Fit) -> None:
    width, height = frames.size
    if frames.moving and not fit.animation:
        raise PictureRefused("MEDIA-ANIMATION", frames=len(frames.images))
    if fit.ratio:
        least, most = fit.ratio
        shape = width / height
        if not least * (1 - _RATIO_TOLERANCE) <= shape <= most * (1 + _RATIO_TOLERANCE):
            raise PictureRefused("MEDIA-RATIO", ratio=round(shape, 2), least=round(least, 2), most=round(most, 2))
    if fit.min_width and width < fit.min_width:
        raise PictureRefused("MEDIA-SMALL", width=width, least=fit.min_width)


def output_type(frames: Frames, media_type: str, fit: Fit) -> str:
    """The picture's own type where the platform takes it, else the nearest one that it takes."""
    preferred: tuple[str, ...] = _MOVING if frames.moving else _STILL
    if media_type not in preferred:
        media_type = "image/png" if frames.transparent else "image/jpeg"
    order = (media_type, "image/png", *preferred) if frames.transparent else (media_type, *preferred)
    for candidate in order:
        if candidate in fit.types and candidate in preferred:
            return candidate
    raise PictureRefused("MEDIA-FORMAT", types=", ".join(fit.types))


def opaque(frames: Frames) -> Frames:
    return msgspec.structs.replace(frames, images=on_white(frames.images))


def longest_width(size: tuple[int, int], fit: Fit) -> int:
    """The width that keeps within the platform's pixels and width, never more than there is."""
    width, height = size
    widest = min(width, fit.max_width or width)
    if fit.max_pixels and widest * (widest * height / width) > fit.max_pixels:
        widest = int((fit.max_pixels * width / height) ** 0.5)
    return max(1, widest)


def shrunk(frames: Frames, width: int) -> Frames:
    if width >= frames.size[0]:
        return frames
    size = (width, max(1, round(frames.size[1] * width / frames.size[0])))
    images = tuple(_resized(image, size) for image in frames.images)
    return msgspec.structs.replace(frames, images=images)


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def fitted(frames: Frames, media_type: str, fit: Fit, sampling: str) -> tuple[str, Frames, bytes]:
    """Type, pixels and bytes within the platform's bytes: coarser first, then as JPEG, then smaller."""
    least = max(fit.min_width or 0, min(LEAST_WIDTH, frames.size[0]))
    while True:
        body = _finest(frames, media_type, fit, sampling)
        if body is not None:
            return media_type, frames, body
        if media_type != "image/jpeg" and not frames.moving and "image/jpeg" in fit.types:
            media_type, frames = "image/jpeg", opaque(frames)
            continue
        narrower = int(frames.size[0] * _SHRINK)
        if narrower < least:
            raise PictureRefused("MEDIA-FIT", most=fit.bytes or 0)
        frames = shrunk(frames, narrower)


def _finest(frames: Frames, media_type: str, fit: Fit, sampling: str) -> bytes | None:
    """The largest quality that fits, or `None`."""
    body = encode(frames, media_type, JPEG_QUALITY, sampling)
    if fit.bytes is None or len(body) <= fit.bytes:
        return body
    if media_type not in {"image/jpeg", "image/webp"}:
        return None
    best, low, high = None, LEAST_QUALITY, JPEG_QUALITY - 1
    while low <= high:
        middle = (low + high) // 2
        body = encode(frames, media_type, middle, sampling)
        if len(body) <= fit.bytes:
            best, low = body, middle + 1
        else:
            high = middle - 1
    return best
