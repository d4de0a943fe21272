"""What the service and a decoding process say to each other: length-prefixed frames of JSON and bytes.

A frame is the header's length and the body's length (big-endian, 4 bytes each), the header as JSON, the body.
Nothing is unpickled: the process that decodes hostile files is not believed, its answers are decoded strictly.
"""

import struct
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from gateway.media.intake import IntakeLimits

LENGTHS: Final = struct.Struct(">II")
MOST_HEADER: Final = 256 * 1024
MOST_BODY: Final = 512 * 1024 * 1024

Box = tuple[int, int, int, int]
"""x, y of the upper left corner, width and height, in pixels of the upright picture."""


class Region(Struct, frozen=True, forbid_unknown_fields=True):
    """Where somebody seems to be. A place and a score, nothing that could tell who (IDP-14)."""

    box: Box
    score: float


class Obscure(Struct, frozen=True, forbid_unknown_fields=True):
    """One region to destroy, in pixels of the upright picture. Source: MET-04."""

    box: Box
    how: Literal["pixelate", "solid"] = "pixelate"


class Recipe(Struct, frozen=True, forbid_unknown_fields=True):
    """What is made of an original. The same original and recipe give the same picture."""

    obscure: Annotated[tuple[Obscure, ...], Meta(max_length=1000)] = ()
    people: bool = False
    """Propose people, as they are before anything is obscured."""
    animation: bool = True
    """Keep the frames of a moving GIF or WebP; `False` refuses it."""


class Fit(Struct, frozen=True, forbid_unknown_fields=True):
    """What a rendition must fit into: the picture part of `connectors.contract.Limits`."""

    types: tuple[str, ...]
    bytes: int | None = None
    min_width: int | None = None
    max_width: int | None = None
    max_pixels: int | None = None
    ratio: tuple[float, float] | None = None
    animation: bool = False


class Rebuild(Struct, frozen=True, tag="rebuild", forbid_unknown_fields=True):
    media_type: str
    recipe: Recipe
    limits: IntakeLimits


class Render(Struct, frozen=True, tag="render", forbid_unknown_fields=True):
    media_type: str
    fit: Fit
    limits: IntakeLimits


class Inspect(Struct, frozen=True, tag="inspect", forbid_unknown_fields=True):
    media_type: str
    limits: IntakeLimits
    people: bool = False


Job = Rebuild | Render | Inspect


class Ready(Struct, frozen=True, tag="ready", forbid_unknown_fields=True):
    pid: int


Word = Annotated[str, Meta(max_length=200)]
Removed = Literal["hidden colours", "further pictures", "orientation"]
"""What only the decoding process can know; words of ours, so that nothing of a file can pass for one."""
Warned = Literal["MEDIA-PAGES"]


class Done(Struct, frozen=True, tag="done", forbid_unknown_fields=True):
    """The answer to a job; the frame's body is the encoded picture, empty after `Inspect`."""

    media_type: Word
    width: int
    height: int
    frames: int = 1
    people: Annotated[tuple[Region, ...], Meta(max_length=1000)] = ()
    removed: tuple[Removed, ...] = ()
    warnings: tuple[Warned, ...] = ()


class Refused(Struct, frozen=True, tag="refused", forbid_unknown_fields=True):
    code: Word
    params: dict[Word, Word | int | float] = {}


Answer = Ready | Done | Refused

jobs: Final = msgspec.json.Decoder(Job)
answers: Final = msgspec.json.Decoder(Answer)


def opening(header: Job | Answer, body: bytes = b"") -> bytes:
    """All of a frame but its body, which follows it over the pipe."""
    head = msgspec.json.encode(header)
    return LENGTHS.pack(len(head), len(body)) + head
