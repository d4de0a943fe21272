"""`porth media`, as a person or a script at a terminal meets it."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gateway.commands import media
from tests.media import files

ROOT = Path(__file__).parents[2]


def porth(*arguments: str, language: str = "en") -> int:
    parser = argparse.ArgumentParser("porth")
    media.add(parser.add_subparsers(required=True))
    args = parser.parse_args(["media", *arguments])
    args.language = language
    with ThreadPoolExecutor(1) as thread:  # other tests may keep an event loop in this one
        return int(thread.submit(args.run, args).result())


def lines(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """By file name. Standard output must be lines of JSON, all of it."""
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {Path(row["file"]).name: row for row in rows}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    (folder / "ward").mkdir(parents=True)
    (folder / "one.JPG").write_bytes(files.jpeg(exif=files.exif(6)))
    (folder / "ward" / "two.heic").write_bytes(files.heic(exif=files.exif()))
    (folder / "ward" / "three.png").write_bytes(files.png_text())
    (folder / "misnamed.txt").write_bytes(files.jpeg())
    (folder / "notes.jpg").write_bytes(b"these are no pixels")
    (folder / "half.jpg").write_bytes(files.jpeg()[:-900])
    return folder


def test_a_folder_is_cleaned_with_its_folders_and_names(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert porth("clean", str(library), str(tmp_path / "new"), "--jsonl") == 1
    found = sorted(str(path.relative_to(tmp_path / "new")) for path in (tmp_path / "new").rglob("*") if path.is_file())
    assert found == ["misnamed.jpg", "one.jpg", "ward/three.png", "ward/two.jpg"]
    rows = lines(capsys)
    assert {name for name, row in rows.items() if row["ok"]} == {"one.JPG", "two.heic", "three.png", "misnamed.txt"}
    for row in rows.values():
        assert set(row) == {"file", "ok", "removed", "width", "height", "format", "sha256", "error"}
        assert row["ok"] == (row["error"] is None) == (row["sha256"] is not None)
    assert (rows["one.JPG"]["width"], rows["one.JPG"]["height"], rows["one.JPG"]["format"]) == (120, 160, "JPEG")
    assert "GPS" in rows["one.JPG"]["removed"]
    assert rows["notes.jpg"]["error"].startswith("MEDIA-TYPE: ")
    assert rows["half.jpg"]["error"].startswith("MEDIA-TRUNCATED: ")
    assert all(files.SECRET not in path.read_bytes() for path in (tmp_path / "new").rglob("*") if path.is_file())


def test_one_file_is_cleaned_to_a_name_or_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.heic").write_bytes(files.heic(exif=files.exif()))
    (tmp_path / "there").mkdir()
    assert porth("clean", str(tmp_path / "a.heic"), str(tmp_path / "b.jpg"), "--jsonl") == 0
    assert porth("clean", str(tmp_path / "a.heic"), str(tmp_path / "there"), "--jsonl") == 0
    assert porth("clean", str(tmp_path / "a.heic"), str(tmp_path / "new" / "c"), "--jsonl") == 0
    same = {(tmp_path / name).read_bytes() for name in ("b.jpg", "there/a.jpg", "new/c.jpg")}
    assert len(same) == 1
    assert same.pop().startswith(b"\xff\xd8\xff")


def test_two_originals_of_one_stem_both_come_out(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "IMG_1.heic").write_bytes(files.heic())
    (tmp_path / "old" / "IMG_1.jpg").write_bytes(files.jpeg())
    (tmp_path / "old" / "IMG_1.heic.jpg").write_bytes(files.jpeg(64, 48))
    assert porth("clean", str(tmp_path / "old"), str(tmp_path / "new"), "--jsonl") == 0
    assert len(list((tmp_path / "new").iterdir())) == 3


@pytest.mark.parametrize("destination", ["old", "old/inside", "old/../old/ward/deeper"])
def test_nothing_is_written_among_the_originals(destination: str, library: Path, tmp_path: Path) -> None:
    before = sorted(library.rglob("*"))
    assert porth("clean", str(library), str(tmp_path / destination), "--jsonl") == 2
    assert sorted(library.rglob("*")) == before


def test_an_original_is_not_replaced_by_its_clean_picture(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(files.jpeg(exif=files.exif()))
    assert porth("clean", str(tmp_path / "a.jpg"), str(tmp_path / "a.jpg"), "--jsonl") == 2
    assert porth("clean", str(tmp_path / "a.jpg"), str(tmp_path), "--jsonl") == 2
    assert (tmp_path / "a.jpg").read_bytes() == files.jpeg(exif=files.exif())


def test_a_source_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert porth("clean", str(tmp_path / "nowhere"), str(tmp_path / "new")) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_destination_that_cannot_be_made_is_said(library: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert porth("clean", str(library), str(tmp_path / "file" / "new")) == 2


@pytest.mark.parametrize(
    "name", ["new\nline -o x.jpg", "-delete_original.jpg", "ŵ ŷ’s photo.jpg", "a;b$(c).jpg", "\x1b[31mred.jpg"]
)
def test_no_name_does_any_harm(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / name).write_bytes(files.jpeg(exif=files.exif()))
    assert porth("clean", str(tmp_path / "old"), str(tmp_path / "new"), "--jsonl") == 0
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 1
    assert "\x1b" not in printed
    assert sorted(path.name for path in (tmp_path / "old").iterdir()) == [name]
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_a_name_that_is_not_unicode_is_cleaned_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "old") + b"/caf\xe9.jpg")).write_bytes(files.jpeg())
    assert porth("clean", str(tmp_path / "old"), str(tmp_path / "new"), "--jsonl") == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_a_clean_picture_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old" / "ward").mkdir(parents=True)
    (tmp_path / "old" / "ward" / "one.jpg").write_bytes(files.jpeg())
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "ward").write_bytes(b"a file stands where the folder would")
    assert porth("clean", str(tmp_path / "old"), str(tmp_path / "new"), "--jsonl") == 1
    assert "Nothing can be written to" in lines(capsys)["one.jpg"]["error"]


def test_links_and_pipes_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "secret.jpg").write_bytes(files.jpeg())
    (tmp_path / "old" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    os.mkfifo(tmp_path / "old" / "pipe.jpg")
    assert porth("clean", str(tmp_path / "old"), str(tmp_path / "new"), "--jsonl") == 0
    assert capsys.readouterr().out == ""


def test_without_jsonl_a_person_reads_what_happened(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert porth("clean", str(library), str(tmp_path / "new"), language="cy") == 1
    said = capsys.readouterr()
    assert said.out.strip() == "Glanhawyd 4 llun, gwrthodwyd 2."
    assert "notes.jpg" in said.err


def test_people_answers_a_line_for_each_file(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        porth("people", str(library / "one.JPG"), str(library / "notes.jpg"), str(library / "gone.jpg"), "--jsonl") == 1
    )
    rows = lines(capsys)
    assert rows["one.JPG"] == {"file": str(library / "one.JPG"), "people": []}
    assert rows["notes.jpg"]["error"].startswith("MEDIA-TYPE: ")
    assert rows["gone.jpg"]["error"].startswith("MEDIA-FILE: ")


def test_without_exiftool_nothing_is_cleaned(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gateway.media.metadata._ROOT", tmp_path)
    monkeypatch.delenv("PORTH_NODE_MODULES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert porth("clean", str(library), str(tmp_path / "new"), "--jsonl") == 2
    assert "exiftool" in capsys.readouterr().err


def test_being_stopped_leaves_nothing_half_written_and_no_process(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    picture = files.jpeg(1600, 1200)
    for number in range(300):  # far more than can be cleaned before the signal arrives
        (tmp_path / "old" / f"{number}.jpg").write_bytes(picture)
    program = (
        "import argparse, sys; from gateway.commands import media; parser = argparse.ArgumentParser();"
        "media.add(parser.add_subparsers()); args = parser.parse_args(); sys.exit(args.run(args))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, "media", "clean", str(tmp_path / "old"), str(tmp_path / "new"), "--jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    assert child.stdout is not None
    with child:
        child.stdout.readline()
        below = _children(child.pid)
        child.send_signal(signal.SIGTERM)
        child.stdout.read()
    assert child.returncode == 130
    assert below
    for pid in below:
        _gone(pid)
    left = [path.name for path in (tmp_path / "new").iterdir()]
    assert 0 < len(left) < 40
    assert all(name.endswith(".jpg") and not name.startswith(".") for name in left)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _gone(pid: int) -> None:
    for _ in range(200):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} is still there")
