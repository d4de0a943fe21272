"""People are counted and located, in the upright picture's pixels, and nothing else is learned of them."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from gateway.media import people
from gateway.media.colour import upright
from gateway.media.people import Face, Finder, ModelWrong, distinct, model
from gateway.media.process import Decoder
from gateway.media.protocol import Recipe, Region
from tests.media import files

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
PHOTOS = ROOT.parent / "shared" / "photos" / "people"
needs_photos = pytest.mark.skipif(
    not (PHOTOS / "labels.jsonl").exists(), reason="no labelled photos beside the repository"
)


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder(model())


def photo(name: str) -> tuple[Image.Image, list[dict[str, float]]]:
    rows = map(json.loads, (PHOTOS / "labels.jsonl").read_text().splitlines())
    faces = next(row["faces"] for row in rows if row["file"] == name)
    with Image.open(PHOTOS / name) as file:
        return upright(file).convert("RGB"), faces


def near(region: Region, x: float, y: float) -> bool:
    left, top, width, height = region.box
    return left <= x <= left + width and top <= y <= top + height


@needs_photos
@pytest.mark.parametrize("name", ["a009.jpg", "a012.jpg", "a002.jpg"])
def test_every_labelled_face_is_in_a_proposed_box(name: str, finder: Finder) -> None:
    picture, faces = photo(name)
    regions = finder.find([picture])
    assert all(any(near(region, face["cx"], face["cy"]) for region in regions) for face in faces)
    assert len(regions) == len(faces)


@needs_photos
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_photo_that_lies_on_its_side_has_as_many_people(turn: int, finder: Finder) -> None:
    picture, faces = photo("a012.jpg")
    regions = finder.find([picture.rotate(turn, expand=True)])
    assert len(regions) == len(faces)


@needs_photos
def test_boxes_of_a_turned_photo_are_in_its_own_pixels(finder: Finder) -> None:
    picture, faces = photo("a009.jpg")
    regions = finder.find([picture.rotate(90, expand=True)])
    width = picture.width
    assert all(any(near(region, face["cy"], width - face["cx"]) for region in regions) for face in faces)


@needs_photos
async def test_cleaning_proposes_people_before_anything_is_obscured(decoder: Decoder) -> None:
    data = (PHOTOS / "a009.jpg").read_bytes()
    before = (await decoder.clean(data, Recipe(people=True))).people
    everything = files.jpeg(10, 10)
    assert len(before) == 4
    assert (await decoder.inspect(data, with_people=True)).people == before
    assert (await decoder.clean(everything)).people == ()


def test_a_picture_of_nobody_has_nobody_in_it(finder: Finder) -> None:
    assert finder.find([files.scene(900, 700)]) == ()
    assert finder.find([Image.new("RGB", (4, 4))]) == ()
    assert finder.find([Image.new("L", (3000, 40), 200)]) == ()


def test_a_strip_too_narrow_for_the_network_shows_nobody_however_often_one_looks(finder: Finder) -> None:
    strips = [Image.new("RGB", size, "silver") for size in ((640, 9), (1280, 17), (9, 640))]
    assert [found for _ in range(20) for strip in strips if (found := finder._detected(strip, 0.3))] == []


def test_the_model_is_the_one_that_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(model()) > 200_000
    monkeypatch.setattr(people, "MODEL_SHA256", "0" * 64)
    with pytest.raises(ModelWrong):
        model()


async def test_with_another_model_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MODEL_SHA256", "0" * 64)
    with pytest.raises(ModelWrong):
        async with Decoder():
            pass


def test_a_face_found_in_several_passes_is_one() -> None:
    sure, again, part, other = (
        Face(100, 100, 50, 60, 0.9),
        Face(103, 98, 52, 62, 0.7),
        Face(110, 110, 20, 20, 0.8),
        Face(300, 100, 50, 60, 0.6),
    )
    assert distinct([again, part, other, sure]) == [sure, other]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turning_back_undoes_turning(turn: int) -> None:
    picture = Image.new("L", (60, 40))
    picture.paste(255, (10, 5, 18, 11))
    box = picture.rotate(turn, expand=True).getbbox()
    assert box is not None
    found = Face(box[0], box[1], box[2] - box[0], box[3] - box[1], 1.0)
    assert found.turned_back(turn, picture.size) == Face(10, 5, 8, 6, 1.0)


def test_a_proposal_is_a_place_and_a_score_and_nothing_more() -> None:
    assert {field.name for field in msgspec.structs.fields(Region)} == {"box", "score"}


def test_nothing_here_could_recognise_anybody() -> None:
    """IDP-14: the part of OpenCV and of other packages that computes a likeness is never called."""
    names = {name.lower() for path in (ROOT / "gateway").rglob("*.py") for name in _names(path)}
    forbidden = (
        "facerecognizer",
        "embedding",
        "face_recognition",
        "arcface",
        "facenet",
        "dlib",
        "deepface",
        "insightface",
    )
    assert not {name for name in names if any(word in name for word in forbidden)}


def _names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.name for alias in node.names)
