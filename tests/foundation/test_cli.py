"""The command line: one sentence for what was wrong, in the reader's language, and never a traceback."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway import cli
from gateway.commands import COMMANDS
from gateway.faults import Fault


class Probe:
    """A command of our own, in place of a real one."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome

    def add(self, parsers: Any) -> None:
        parser = parsers.command("serve")
        parser.add_argument("--port", type=int)
        parser.add_argument("name", nargs="?")
        parser.set_defaults(run=self.run)

    def run(self, arguments: Any) -> int:
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        self.arguments = arguments
        return self.outcome


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(outcome: Any) -> Probe:
        probe = Probe(outcome)
        monkeypatch.setattr(cli, "import_module", lambda _: probe)
        return probe

    return install


@pytest.mark.parametrize(("language", "word"), [("en", "start everything"), ("cy", "cychwyn popeth")])
def test_help_lists_every_command_in_either_language(language: str, word: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.run(["--help"], {"LANG": f"{language}_GB.UTF-8"})
    assert stopped.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert word in text
    for name in COMMANDS:
        assert f" {name} " in text


def test_the_language_asked_for_wins_over_the_systems(serve: Any) -> None:
    probe = serve(0)
    cli.run(["--language", "cy", "serve"], {"LANG": "en_GB.UTF-8"})
    assert probe.arguments.language == "cy"
    cli.run(["serve"], {"LC_ALL": "cy_GB.UTF-8", "LANG": "en_GB.UTF-8"})
    assert probe.arguments.language == "cy"
    cli.run(["serve"], {})
    assert probe.arguments.language == "en"


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_commands_exit_code_is_kept(serve: Any, code: int) -> None:
    serve(code)
    assert cli.run(["serve"], {}) == code


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], "porth: missing: COMMAND. Help: porth --help"),
        (["serve", "--port", "x"], "porth serve: --port: x cannot be used here. Help: porth serve --help"),
        (["serve", "--prt=1"], "porth: not understood: --prt=1. Help: porth --help"),
        (["serve", "--port"], "porth serve: --port: a value is missing. Help: porth serve --help"),
    ],
)
def test_a_usage_fault_is_one_sentence(serve: Any, capsys: Any, argv: list[str], expected: str) -> None:
    serve(0)
    assert cli.run(argv, {}) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == expected + "\n"


def test_an_unknown_command_is_answered_with_the_known_ones_in_welsh(capsys: Any) -> None:
    assert cli.run(["cyhoeddi"], {"LANG": "cy"}) == 2
    said = capsys.readouterr().err
    assert "nid yw cyhoeddi yn un o" in said
    assert "publish-due" in said


def test_a_fault_is_said_without_a_traceback(serve: Any, capsys: Any) -> None:
    serve(Fault("embedded.not-running", folder="var"))
    assert cli.run(["serve"], {}) == 2
    said = capsys.readouterr().err
    assert said == "No embedded database is running for var. Start it with: porth run\n"


def test_an_interruption_is_quiet(serve: Any, capsys: Any) -> None:
    serve(KeyboardInterrupt())
    assert cli.run(["serve"], {}) == 130
    assert capsys.readouterr() == ("", "")


def test_a_fault_of_ours_is_not_hidden(serve: Any) -> None:
    serve(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        cli.run(["serve"], {})


def test_a_reader_who_stops_reading_is_no_fault() -> None:
    command = f"set -o pipefail; {sys.executable} -m gateway --help | true"
    done = subprocess.run(
        ["bash", "-c", command], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
