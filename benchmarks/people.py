"""Recall and false boxes of the proposals, on the labelled photos beside this repository.

    python benchmarks/people.py [FOLDER]

A label is found when a box overlaps it by a third (intersection over union), or when the box's centre lies in the
label and the label's in the box. Faces of 32 px and more count (the longer side of the label, in the upright photo);
a box that is no label of any size is false. Drawn or pictured faces ("depicted") count neither way.
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

from gateway.media.colour import upright
from gateway.media.people import Finder, model

LEAST = 32
SMALL = 64
PHOTOS = Path(__file__).parents[2] / "shared" / "photos" / "people"
Box = tuple[float, float, float, float]


def corner(face: dict[str, Any]) -> Box:
    """Labels hold centres; boxes hold upper left corners."""
    return face["cx"] - face["w"] / 2, face["cy"] - face["h"] / 2, face["w"], face["h"]


def matches(label: Box, box: Box) -> bool:
    return overlap(label, box) >= 1 / 3 or (holds(label, box) and holds(box, label))


def overlap(a: Box, b: Box) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def holds(outer: Box, inner: Box) -> bool:
    x, y = inner[0] + inner[2] / 2, inner[1] + inner[3] / 2
    return outer[0] <= x <= outer[0] + outer[2] and outer[1] <= y <= outer[1] + outer[3]


def turned(box: Box, turn: int, size: tuple[int, int]) -> Box:
    """A label in a photo of `size` that is turned anticlockwise."""
    x, y, w, h = box
    width, height = size
    if turn == 90:
        return y, width - x - w, h, w
    if turn == 180:
        return width - x - w, height - y - h, w, h
    return (height - y - h, x, h, w) if turn == 270 else box


class Tally:
    def __init__(self) -> None:
        self.there: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.false: Counter[str] = Counter()
        self.photos: Counter[str] = Counter()
        self.missed: list[str] = []

    def photo(self, row: dict[str, Any], boxes: list[Box], turn: int) -> None:
        self.photos[row["group"]] += 1
        free = list(boxes)
        for face in sorted(row["faces"], key=lambda face: -face["size"]):
            label = turned(corner(face), turn, (row["width"], row["height"]))
            hit = max((box for box in free if matches(label, box)), key=lambda box: overlap(label, box), default=None)
            if hit:
                free.remove(hit)
            if face["size"] >= LEAST and face["kind"] != "depicted":
                self.count(face, row["file"], hit=hit is not None)
        self.false[row["group"]] += len(free)

    def count(self, face: dict[str, Any], file: str, *, hit: bool) -> None:
        for kind in ["all", face["kind"], *(["small"] if face["size"] < SMALL else [])]:
            self.there[kind] += 1
            self.found[kind] += hit
        if not hit:
            self.missed.append(f"{file}: {face['kind']} of {face['size']:.0f} px {' '.join(face['attrs'])}")

    def say(self, name: str, seconds: float) -> None:
        photos = self.photos.total()
        print(f"\n{name}: {photos} photos, {seconds / photos:.2f} s a photo")
        for kind, there in self.there.most_common():
            print(f"  {kind:14} {self.found[kind]:4} of {there:4}   {self.found[kind] / there:7.1%}")
        print(f"  false boxes    {self.false.total():4}           {self.false.total() / photos:7.2f} a photo", end="")
        print(f"   ({', '.join(f'{group}: {count}' for group, count in self.false.items())})")


def run(rows: list[dict[str, Any]], folder: Path, finder: Finder, turn: int = 0) -> tuple[Tally, float]:
    tally, seconds = Tally(), 0.0
    for row in rows:
        with Image.open(folder / row["file"]) as file:
            picture = upright(file).convert("RGB")
        if turn:
            picture = picture.rotate(turn, expand=True)
        started = time.perf_counter()
        regions = finder.find([picture])
        seconds += time.perf_counter() - started
        tally.photo(row, [region.box for region in regions], turn)
    return tally, seconds


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PHOTOS
    if not (folder / "labels.jsonl").exists():
        print(f"skipped: no labelled photos in {folder}")
        return
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    finder = Finder(model())
    for turn, name in ((0, "upright"), (90, "on the side"), (180, "upside down"), (270, "on the other side")):
        tally, seconds = run(rows, folder, finder, turn)
        tally.say(name, seconds)
        if turn == 0:
            print("  missed:", *tally.missed, sep="\n    ")


if __name__ == "__main__":
    main()
