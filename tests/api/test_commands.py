"""The commands that administer Porth, as people run them."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from gateway.database import plain_url


def porth(*arguments: str, home: Path, given: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway", "--language", "en", *arguments], capture_output=True, text=True, check=False,
        timeout=110, input=given,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("PORTH_")}, "PORTH_HOME": str(home), **environ},
    )  # fmt: skip


@pytest.fixture
def password(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text("tri-gair-ar-hap\n")
    return str(path)


@pytest.fixture
def founded(tmp_path: Path, database: str, password: str) -> str:
    """A database with one organisation and its administrator."""
    done = porth(
        "user", "add", "--organisation", "bwrdd", "--found", "--name-cy", "Bwrdd", "--name-en", "Board",
        "--email", "Huw@bwrdd.example", "--name", "Huw", "--role", "administrator", "--team", "Ward 4",
        home=tmp_path, DATABASE_URL=database, PORTH_PASSWORD_FILE=password,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "huw@bwrdd.example" in done.stdout
    return database


def test_a_person_is_added_with_a_password_that_argon2_keeps(founded: str) -> None:
    with psycopg.connect(plain_url(founded)) as connection:
        kept, roles = connection.execute(
            "SELECT password_hash, array_agg(role) FROM people JOIN role_grants ON person_id = id GROUP BY 1"
        ).fetchone() or ("", [])
    assert kept.startswith("$argon2id$")
    assert roles == ["administrator"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--organisation", "arall"), "no organisation called arall"),
        (("--organisation", "bwrdd", "--email", "huw@bwrdd.example"), "has this e-mail address already"),
        (("--organisation", "bwrdd", "--email", "huw"), "not an e-mail address"),
    ],
)
def test_a_person_who_cannot_be_added_is_explained(
    tmp_path: Path, founded: str, password: str, arguments: tuple[str, ...], said: str
) -> None:
    done = porth(
        "user", "add", "--email", "new@bwrdd.example", "--name", "N", "--role", "submitter", *arguments,
        home=tmp_path, DATABASE_URL=founded, PORTH_PASSWORD_FILE=password,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_terminal_or_a_file_no_password_is_taken(tmp_path: Path, database: str) -> None:
    done = porth(
        "user", "add", "--organisation", "b", "--email", "a@b.example", "--name", "A", "--role", "submitter",
        home=tmp_path, DATABASE_URL=database, given="tri-gair-ar-hap\n",
    )  # fmt: skip
    assert (done.returncode, "PORTH_PASSWORD_FILE" in done.stderr) == (2, True)


def test_a_key_is_printed_once_alone_on_standard_output(tmp_path: Path, founded: str) -> None:
    done = porth(
        "key", "create", "--name", "Ward system", "--role", "submitter", "--responsible", "huw@bwrdd.example",
        "--team", "Ward 4", home=tmp_path, DATABASE_URL=founded,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    word, prefix, secret = done.stdout.strip().split("_", 2)
    assert (word, len(prefix)) == ("porth", 8)
    with psycopg.connect(plain_url(founded)) as connection:
        kept = connection.execute("SELECT prefix, secret_hash FROM api_keys").fetchone()
    assert kept is not None
    assert kept[0] == prefix
    assert secret.encode() not in bytes(kept[1])


def test_a_key_for_a_team_that_is_not_there_names_those_that_are(tmp_path: Path, founded: str) -> None:
    done = porth(
        "key", "create", "--name", "k", "--role", "submitter", "--responsible", "huw@bwrdd.example", "--team", "Ward 5",
        home=tmp_path, DATABASE_URL=founded,
    )  # fmt: skip
    assert (done.returncode, "Ward 4" in done.stderr) == (2, True)


@pytest.fixture
def exported(tmp_path: Path, founded: str) -> list[dict[str, object]]:
    done = porth("log", "export", home=tmp_path, DATABASE_URL=founded)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def verified(tmp_path: Path, entries: list[dict[str, object]], *more: str) -> subprocess.CompletedProcess[str]:
    given = "".join(json.dumps(entry) + "\n" for entry in entries)
    return porth("log", "verify", "-", *more, home=tmp_path, given=given, DATABASE_URL="postgresql://x@127.0.0.1:1/x")


def test_an_export_verifies_without_a_database(tmp_path: Path, exported: list[dict[str, object]]) -> None:
    done = verified(tmp_path, exported)
    assert (done.returncode, "3 entries" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "number", "reason"),
    [
        ({"kind": "team-removed"}, 2, "was changed"),
        ({"payload": "{}"}, 2, "says was changed"),
        ({"salt": "no salt"}, 2, "says was changed"),
        ({"previous": "00"}, 2, "does not follow"),
        ({"number": 7}, 2, "missing"),
        ({"hash": 5}, 2, "cannot be read"),
    ],
)
def test_the_first_broken_entry_is_named_with_the_reason(
    tmp_path: Path, exported: list[dict[str, object]], change: dict[str, object], number: int, reason: str
) -> None:
    done = verified(tmp_path, [exported[0], {**exported[1], **change}, exported[2]])
    assert done.returncode == 1
    assert f" {number} " in done.stdout
    assert reason in done.stdout


def test_a_tail_that_was_cut_off_shows_against_a_signed_head(
    tmp_path: Path, founded: str, exported: list[dict[str, object]]
) -> None:
    done = porth("log", "head", home=tmp_path, DATABASE_URL=founded)
    assert done.returncode == 0, done.stderr
    head = next((tmp_path / "heads" / "bwrdd").glob("*.json"))
    assert verified(tmp_path, exported, "--against", str(head)).returncode == 0
    cut = verified(tmp_path, exported[:2], "--against", str(head))
    assert (cut.returncode, "cut off before entry 3" in cut.stdout) == (1, True), cut.stdout


def test_a_head_that_somebody_else_signed_is_not_believed(
    tmp_path: Path, founded: str, exported: list[dict[str, object]]
) -> None:
    porth("log", "head", home=tmp_path, DATABASE_URL=founded)
    head = next((tmp_path / "heads" / "bwrdd").glob("*.json"))
    forged = json.loads(head.read_text()) | {"number": 2}
    head.write_text(json.dumps(forged))
    done = verified(tmp_path, exported, "--against", str(head))
    assert (done.returncode, "was not signed by this installation" in done.stderr) == (2, True)


def test_the_signing_key_is_closed_to_others(tmp_path: Path, founded: str) -> None:
    porth("log", "head", home=tmp_path, DATABASE_URL=founded)
    assert (tmp_path / "log-key").stat().st_mode & 0o077 == 0
    assert len(base64.b64decode((tmp_path / "log-key.pub").read_text())) == 32


def test_the_log_in_the_database_is_verified_against_the_newest_head(tmp_path: Path, founded: str) -> None:
    porth("log", "head", home=tmp_path, DATABASE_URL=founded)
    assert porth("log", "verify", home=tmp_path, DATABASE_URL=founded).returncode == 0
    with psycopg.connect(plain_url(founded)) as connection:
        connection.execute("ALTER TABLE log_entries DISABLE TRIGGER USER")
        connection.execute("DELETE FROM log_entries WHERE number = 3")
    done = porth("log", "verify", home=tmp_path, DATABASE_URL=founded)
    assert (done.returncode, "entry 3" in done.stdout) == (1, True), done.stdout + done.stderr
