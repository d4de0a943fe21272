"""A picture rebuilt from its pixels, always: there is no short cut for one that looks clean. Source: MET-01, MET-02.

Runs inside the decoding process.
"""

import codecs
import io
import warnings
from types import ModuleType
from typing import Final

from PIL import Image, JpegImagePlugin, TiffImagePlugin, features

from gateway.media import colour, people
from gateway.media.encode import Frames, encode
from gateway.media.errors import PictureRefused
from gateway.media.intake import IntakeLimits, check_size
from gateway.media.obscure import obscure
from gateway.media.protocol import Done, Inspect, Rebuild, Recipe, Region, Removed, Warned
from gateway.media.removed import jpeg_end

_FORMATS: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/tiff": "TIFF",
    "image/heic": "HEIF",
    "image/avif": "AVIF",
}
_MOVING: Final = frozenset({"image/gif", "image/webp"})
_CAN_MOVE: Final = _MOVING | {"image/png", "image/avif"}
"""Several pictures in a HEIC, a TIFF or a multi-picture JPEG are no animation."""
_LOSSLESS: Final = frozenset({"image/png", "image/gif"})
_FEW_COLOURS: Final = frozenset({"1", "P"})
_DEFAULT_DURATION: Final = 100
_MOST_FRAMES_SEARCHED: Final = 6
_CORNER: Final = 8
"""Pixels: one block of JPEG."""
_FILLING: Final = b"\x5a\xa5\x3c\x96" * 64
_BAND: Final = 256
"""Rows."""


class Opened(Frames, frozen=True):
    """What was decoded, and what the file said about how it was encoded."""

    sampling: str = "4:2:0"
    few_colours: bool = False
    removed: frozenset[Removed] = frozenset()
    warnings: tuple[Warned, ...] = ()


def prepare_decoders() -> None:
    """Load every decoder and all that each imports when first used: soon the process can open no file."""
    import pillow_heif  # noqa: PLC0415 - loading it takes a library of its own, which only this process needs

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=2)
    Image.init()
    for name in ("webp", "avif", "littlecms2"):
        features.check(name)
    Image.MAX_IMAGE_PIXELS = None  # `check_size` is the bound, and it refuses where Pillow would warn
    warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which is about to be dropped
    for codec in ("ascii", "latin-1", "utf-16", "utf-16-be", "utf-16-le", "utf-32"):
        codecs.lookup(codec)
    for name in (colour.P3, colour.BT2020):
        colour.display_profile(name)
    _try_decoders(pillow_heif)


def _try_decoders(pillow_heif: ModuleType) -> None:
    picture, other = Image.linear_gradient("L").resize((64, 64)).convert("RGB"), Image.new("RGB", (64, 64))
    for media_type, name in _FORMATS.items():
        out = io.BytesIO()
        if name == "HEIF":
            pillow_heif.from_pillow(picture).save(out)
        elif name == "GIF":
            picture.save(out, name, save_all=True, append_images=[other], duration=100)
        else:
            picture.save(out, name, icc_profile=colour.display_profile(colour.P3))
        encode(decode(out.getvalue(), media_type, IntakeLimits(), animation=True), "image/jpeg")


def rebuild(job: Rebuild, data: bytes, finder: people.Finder) -> tuple[Done, bytes]:
    """The clean picture and its facts. Raises `PictureRefused`, and whatever a decoder raises."""
    opened = decode(data, job.media_type, job.limits, animation=job.recipe.animation)
    proposals = _people(opened, finder) if job.recipe.people else ()
    _obscure(opened, job.recipe)
    media_type = _output_type(job.media_type, opened)
    body = encode(opened, media_type, sampling=opened.sampling)
    return _done(opened, media_type, proposals), body


def inspect(job: Inspect, data: bytes, finder: people.Finder) -> Done:
    opened = decode(data, job.media_type, job.limits, animation=True)
    return _done(opened, job.media_type, _people(opened, finder) if job.people else ())


def _done(opened: Opened, media_type: str, proposals: tuple[Region, ...]) -> Done:
    width, height = opened.size
    return Done(
        media_type=media_type,
        width=width,
        height=height,
        frames=len(opened.images),
        people=proposals,
        removed=tuple(sorted(opened.removed)),
        warnings=opened.warnings,
    )


def decode(data: bytes, media_type: str, limits: IntakeLimits, *, animation: bool) -> Opened:
    """Upright sRGB pixels with no colour under transparency. Bounds are checked before any pixel is decoded."""
    picture = Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]])
    check_size(picture.width, picture.height, limits)
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and media_type in _CAN_MOVE:
        if not animation or media_type not in _MOVING:
            raise PictureRefused("MEDIA-ANIMATION", frames=frames)
        return _decode_moving(picture, frames, data, limits)
    few_colours = picture.mode in _FEW_COLOURS
    sampling = _sampling(picture, media_type)
    notes: tuple[Warned, ...] = (
        ("MEDIA-PAGES",) if frames > 1 and isinstance(picture, TiffImagePlugin.TiffImageFile) else ()
    )
    pixels, wiped = _pixels(picture, data)
    check_size(pixels.width, pixels.height, limits)
    removed: set[Removed] = {"hidden colours"} if wiped else set()
    if frames > 1:
        removed.add("further pictures")
    if pixels.size != picture.size:
        removed.add("orientation")
    return Opened(
        images=(pixels,), sampling=sampling, few_colours=few_colours, removed=frozenset(removed), warnings=notes
    )


def _pixels(picture: Image.Image, data: bytes) -> tuple[Image.Image, bool]:
    """The upright sRGB pixels of the current frame, and whether transparency hid colours that were wiped."""
    picture.load()
    if isinstance(picture, JpegImagePlugin.JpegImageFile) and _ends_early(picture, data):
        raise PictureRefused("MEDIA-TRUNCATED")
    turned = colour.upright(picture)
    plain = colour.to_srgb(turned, data)
    if plain is picture:
        plain = picture.copy()  # a bare `Image`, no longer tied to the file
    if plain.mode != "RGBA":
        return plain, False
    if plain.getchannel("A").getextrema() == (255, 255):
        return plain.convert("RGB"), False
    # colour times transparency and back: what cannot be seen through it becomes nothing
    wiped = plain.convert("RGBa").convert("RGBA")
    return wiped, _differ(wiped, plain)


def _ends_early(picture: Image.Image, data: bytes) -> bool:
    """Whether the picture data end before the picture does, with an end marker all the same.

    The decoder fills what is missing with the last colour and says nothing. Bytes put before the end marker are
    ignored after a whole picture, but become pixels where some are missing.
    """
    width, height = picture.size
    corner = picture.crop((max(0, width - _CORNER), max(0, height - _CORNER), width, height))
    end = jpeg_end(data)
    if end is None or corner.getcolors(1) is None:
        return False
    longer = data[: end - 2] + _FILLING + data[end - 2 : end]
    with Image.open(io.BytesIO(longer), formats=["JPEG"]) as again:
        again.load()
        bottom = (0, max(0, height - _BAND), width, height)
        return again.crop(bottom).tobytes() != picture.crop(bottom).tobytes()


def _differ(one: Image.Image, other: Image.Image) -> bool:
    """Band by band: two whole copies of a large picture would be too much memory."""
    bands = ((0, top, one.width, min(top + _BAND, one.height)) for top in range(0, one.height, _BAND))
    return any(one.crop(band).tobytes() != other.crop(band).tobytes() for band in bands)


def _decode_moving(picture: Image.Image, frames: int, data: bytes, limits: IntakeLimits) -> Opened:
    if frames > limits.frames or frames * picture.width * picture.height > limits.animation_pixels:
        raise PictureRefused(
            "MEDIA-FRAMES", frames=frames, most=limits.frames, pixels=limits.animation_pixels // 1_000_000
        )
    images, durations, hidden = [], [], False
    loop = picture.info.get("loop")
    for number in range(frames):
        picture.seek(number)
        pixels, wiped = _pixels(picture, data)
        images.append(pixels)
        durations.append(int(picture.info.get("duration") or _DEFAULT_DURATION))
        hidden = hidden or wiped
    removed: frozenset[Removed] = frozenset({"hidden colours"}) if hidden else frozenset()
    return Opened(images=_one_mode(images), durations=tuple(durations), loop=loop, removed=removed)


def _one_mode(images: list[Image.Image]) -> tuple[Image.Image, ...]:
    mode = "RGBA" if any(image.mode == "RGBA" for image in images) else "RGB"
    return tuple(image if image.mode == mode else image.convert(mode) for image in images)


def _sampling(picture: Image.Image, media_type: str) -> str:
    """Chroma as the source had it: what a phone has thrown away needs no room, what a poster has kept is kept."""
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        return {0: "4:4:4", 1: "4:2:2"}.get(JpegImagePlugin.get_sampling(picture), "4:2:0")
    return "4:2:0" if media_type in {"image/heic", "image/avif", "image/webp"} else "4:4:4"


def _output_type(media_type: str, opened: Opened) -> str:
    if opened.moving:
        return media_type
    return "image/png" if media_type in _LOSSLESS or opened.transparent or opened.few_colours else "image/jpeg"


def _obscure(opened: Opened, recipe: Recipe) -> None:
    for image in opened.images:
        obscure(image, recipe.obscure)


def _people(opened: Opened, finder: people.Finder) -> tuple[Region, ...]:
    """Of a moving picture, in several frames spread over it: somebody may walk in later."""
    step = max(1, len(opened.images) // _MOST_FRAMES_SEARCHED)
    return finder.find(opened.images[::step])
