"""The commands that people run, as they run them: processes of their own, the whole stack."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def porth(*arguments: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments], capture_output=True, text=True, check=False, timeout=110,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("PORTH_")}, "PORTH_HOME": str(home), **environ},
    )  # fmt: skip


@pytest.mark.parametrize("language", ["cy", pytest.param("en", marks=pytest.mark.slow)])
def test_the_demonstration_plays_the_whole_job_and_says_so_to_a_machine(tmp_path: Path, language: str) -> None:
    done = porth("--language", language, "demo", "--json", home=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["ok"]
    assert [receipt["channel"] for receipt in answer["receipts"]] == ["facebook", "x", "x"]
    refused = next(step["shows"] for step in answer["steps"] if step["key"] == "refused")
    assert {"CON-MISSING", "WEL-FACT"} <= {finding["code"] for finding in refused}
    assert answer["log"]["whole"]


def test_publish_due_finds_nothing_due_and_says_so(tmp_path: Path, database: str) -> None:
    done = porth("publish-due", "--once", "--json", home=tmp_path, DATABASE_URL=database)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"deliveries": []}), done.stderr


def test_publish_due_that_cannot_reach_its_database_exits_with_2_and_a_sentence(tmp_path: Path) -> None:
    done = porth("publish-due", "--once", home=tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
