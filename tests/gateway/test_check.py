"""`porth check`, as a person or a program runs it: a process of its own, no database."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

GOOD: dict[str, Any] = {
    "id": "good",
    "title": "ignored, as every field that is not the document's",
    "text": {
        "cy": "Dewch i'n diwrnod agored ddydd Sadwrn 6 Mawrth 2027.",
        "en": "Come to our open day on Saturday 6 March 2027.",
    },
    "channels": ["facebook", "x"],
    "publish_at": "2027-02-22T09:00",
}  # fmt: skip
PICTURE: dict[str, Any] = {
    "file": "garden.png", "alt": {"cy": "Gardd yr ysbyty.", "en": "The hospital garden."},
    "words": {"cy": "", "en": ""}, "rights": {"owner": "Board", "licence": "own", "credit": "Board"},
    "nobody": "an empty garden",
}  # fmt: skip


def check(*arguments: str, given: str | bytes = "", folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    source = given if isinstance(given, bytes) else given.encode()
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "check", *arguments], input=source, capture_output=True, check=False,
        timeout=110, cwd=folder, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "LANG": "C.UTF-8"},
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def lines(*documents: Any) -> str:
    return "".join(d if isinstance(d, str) else json.dumps(d) + "\n" for d in documents)


def codes(answer: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in answer["findings"]}


def test_a_stream_is_answered_a_line_each_in_order_with_places_and_the_words_there() -> None:
    bad = GOOD | {"id": 2, "text": GOOD["text"] | {"en": "Come to our open day on Saturday 13 March 2027."}}
    done = check("--jsonl", "-", given=lines(GOOD, bad, "\n", GOOD | {"id": None}))
    good, differs, again = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert good == {"id": "good", "findings": []}
    assert (differs["id"], again["id"]) == (2, None)
    (finding,) = differs["findings"]
    assert (finding["code"], finding["severity"], finding["language"]) == ("WEL-FACT", "block", "both")
    assert "6 Mawrth 2027" in finding["where"]["quote"]
    assert "13 March 2027" in finding["where"]["twin"]["quote"]
    start, end = finding["where"]["span"]
    assert GOOD["text"]["cy"][start:end] == finding["where"]["quote"]
    assert finding["message"]
    assert set(finding) == {"code", "severity", "language", "where", "params", "message"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"id": "a", "text": {"cy": 5}}', "text.cy"),
        ('{"id": "a", "channels": "x"}', "channels"),
        ('{"id": "a", "consents": [{"ref": "C"}]}', "consents[0]"),
        ('{"id": "a", "media": [{"people": [{"box": [1, 2]}]}]}', "media[0].people[0].box"),
        ("[1]", "object"),
        ("{", "JSON"),
        ('{"id": "a", "media": [{"people": [{"box": [NaN, 1, 2, 3]}]}]}', "JSON"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_a_bad_line_is_answered_with_its_reason_and_the_rest_goes_on(line: str, says: str) -> None:
    done = check("--jsonl", "-", given=f"{line}\n{json.dumps(GOOD)}\n")
    first, second = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 2
    assert says in first["error"]
    assert first["error"].startswith("Line 1")
    assert second == {"id": "good", "findings": []}
    assert "Traceback" not in done.stderr


def test_bytes_that_are_no_text_are_a_bad_line() -> None:
    done = check("--jsonl", "-", given=b'{"id": "\xff\xfe"}\n')
    assert done.returncode == 2
    assert "error" in json.loads(done.stdout)


def test_one_document_answers_as_json_or_as_a_table_in_either_language(tmp_path: Path) -> None:
    path = tmp_path / "post.json"
    path.write_text(json.dumps(GOOD | {"text": GOOD["text"] | {"en": ""}}), encoding="utf-8")
    as_json = check("--json", str(path))
    assert as_json.returncode == 1
    assert codes(json.loads(as_json.stdout)) == {"WEL-MISSING"}
    english, welsh = check(str(path)), check("--language", "cy", str(path))
    assert (english.returncode, welsh.returncode) == (1, 1)
    assert "WEL-MISSING" in english.stdout
    assert "blocks" in english.stdout
    assert "rhwystro" in welsh.stdout


def test_a_document_that_cannot_be_read_exits_with_2_and_one_sentence(tmp_path: Path) -> None:
    for done in (check("-", given='{"text": 1}'), check(str(tmp_path / "none.json")), check("-")):
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.strip().splitlines()) == 1


def test_an_empty_document_is_told_what_is_missing() -> None:
    done = check("--json", "-", given="{}")
    assert done.returncode == 1
    assert codes(json.loads(done.stdout)) == {"WEL-MISSING", "PUB-CHANNEL", "PUB-WINDOW"}


def test_a_file_beside_the_document_is_cleaned_and_looked_at_and_one_that_is_not_there_is_said(tmp_path: Path) -> None:
    pixels = np.random.default_rng(7).integers(0, 255, (400, 500, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "garden.png", pnginfo=None)
    (tmp_path / "not.png").write_bytes(b"%PDF-1.7 not a picture")
    (tmp_path / "post.jsonl").write_text(
        lines(
            GOOD | {"media": [PICTURE]},
            GOOD | {"media": [PICTURE | {"file": "elsewhere.png"}]},
            GOOD | {"media": [PICTURE | {"file": "not.png"}]},
            GOOD | {"media": [PICTURE | {"nobody": None, "people": [{"box": [490, 0, 50, 50], "consent": "C-1"}]}]},
        ),
        encoding="utf-8",
    )
    done = check("--jsonl", str(tmp_path / "post.jsonl"))
    clean, absent, refused, outside = map(json.loads, done.stdout.splitlines())
    assert codes(clean) <= {"META-STRIPPED"}
    assert [(f["code"], f["severity"]) for f in absent["findings"]] == [("IMG-FILE", "advise")]
    assert codes(refused) == {"IMG-REFUSED"}
    assert "IMG-BOX" in codes(outside)


def test_the_length_is_that_of_each_account_with_both_languages_on_a_bilingual_one() -> None:
    long = GOOD | {"text": {"cy": "Dewch i'r ardd. " * 20, "en": "Come to the garden. " * 20}}
    findings = json.loads(check("--json", "-", given=json.dumps(long)).stdout)["findings"]
    assert {(f["language"], f["params"]["channel"]) for f in findings if f["code"] == "TXT-LENGTH"} == {
        ("cy", "x"), ("en", "x"),
    }  # fmt: skip


def test_a_platform_that_is_not_offered_is_none_to_a_check() -> None:
    findings = json.loads(check("--json", "-", given=json.dumps(GOOD | {"channels": ["youtube"]})).stdout)["findings"]
    unknown = json.loads(check("--json", "-", given=json.dumps(GOOD | {"channels": ["myspace"]})).stdout)["findings"]
    assert [finding["code"] for finding in findings] == [finding["code"] for finding in unknown] != []
