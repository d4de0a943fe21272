import json
import os
import subprocess
import sys
from pathlib import Path

from gateway.commands import parity

ROOT = Path(__file__).parents[2]
PROGRAM = """
import argparse, sys
from gateway.commands import parity
parser = argparse.ArgumentParser()
parity.add(parser.add_subparsers())
arguments = parser.parse_args(["parity", "--jsonl"])
sys.exit(arguments.run(arguments))
"""
PAIR = {"id": "a", "cy": "Dewch ddydd Llun 5 Mai.", "en": "Come on Monday 6 May."}


def start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )


def test_each_line_is_answered_before_the_next_is_written() -> None:
    with start() as process:
        for number in range(3):
            process.stdin.write(json.dumps({**PAIR, "id": number}).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert answer["id"] == number
            [finding] = [f for f in answer["findings"] if f["kind"] == "date"]
            assert (finding["code"], finding["severity"]) == ("WEL-FACT", "block")
            assert PAIR["cy"][slice(*finding["cy"])] == "ddydd Llun 5 Mai"
            assert finding["message"] == "The date differs: Dydd Llun 5 Mai in the Welsh, Monday 6 May in the English."
        process.stdin.close()
        assert process.wait() == 0


def test_a_bad_line_is_answered_with_an_error_and_the_rest_goes_on() -> None:
    lines = [
        b"no json",
        b'["a list"]',
        b'{"id": 7, "cy": 3, "en": "x"}',
        b"[" * 5_000,
        b"\xff",
        json.dumps(PAIR).encode(),
    ]
    with start() as process:
        written, _ = process.communicate(b"\n".join(lines) + b"\n")
    answers = [json.loads(line) for line in written.splitlines()]
    assert [a["id"] for a in answers] == [None, None, 7, None, None, "a"]
    assert all("error" in a for a in answers[:-1])
    assert answers[-1]["findings"]
    assert process.returncode == 2


def test_half_a_surrogate_pair_can_be_answered() -> None:
    answer = parity.answered(b'{"id": "\\ud800", "cy": "\\ud800 helo bawb", "en": "hello everyone"}', "cy")
    assert json.loads(json.dumps(answer)) == {"id": "\ud800", "findings": []}


def test_answers_are_in_the_language_that_was_asked_for() -> None:
    [finding] = parity.answered(json.dumps(PAIR).encode(), "cy")["findings"][:1]
    assert finding["message"] == "Mae'r dyddiad yn wahanol: Dydd Llun 5 Mai yn y Gymraeg, Monday 6 May yn y Saesneg."
