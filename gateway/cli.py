"""`porth`: one command line for people, timers and containers.

Each command is a module of `gateway.commands` with `add(subparsers)`, which adds its parser and sets `run`, a
function from the parsed arguments to an exit code. It is imported only when it is called. Exit codes: 0 well,
1 the command's own bad news, 2 it could not be done as asked, 130 interrupted.
"""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

from gateway.commands import COMMANDS, Parsers
from gateway.faults import Fault
from i18n.messages import Language, known, say

UNUSABLE = 2
INTERRUPTED = 128 + signal.SIGINT


def main(argv: Sequence[str] | None = None) -> NoReturn:
    sys.exit(run(sys.argv[1:] if argv is None else argv, os.environ))


def run(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what the command line says; the exit code."""
    language = _language(argv, environ)
    try:
        arguments = _parser(argv, language).parse_args(argv)
        arguments.language = language
        return int(arguments.run(arguments) or 0)
    except Fault as fault:
        print(fault.sentence(language), file=sys.stderr)  # noqa: T201  # a command line prints
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one sentence and where help is; a wall of usage hides it."""

    def error(self, message: str) -> NoReturn:
        raise Fault("cli.usage", message=message, command=self.prog)


def _parser(argv: Sequence[str], language: Language) -> argparse.ArgumentParser:
    """The parser of all commands, with the options of the one that is called."""
    _translate_argparse(language)
    parser = _Parser(prog="porth", description=say(language, "cli.description"), allow_abbrev=False)
    parser.add_argument("--language", choices=("cy", "en"), help=say(language, "cli.language"))
    parsers: Parsers = parser.add_subparsers(  # type: ignore[assignment]  # typeshed does not follow `action`
        action=Parsers, metavar=say(language, "cli.command"), required=True, title=say(language, "cli.commands")
    )
    parsers.language = language
    called = next((word for word in argv if word in COMMANDS), None)
    for name in COMMANDS:
        if name == called:
            import_module(f"gateway.commands.{name.replace('-', '_')}").add(parsers)
        else:
            parsers.command(name)
    return parser


def _language(argv: Sequence[str], environ: Mapping[str, str]) -> Language:
    """`--language` decides, then the locale: the first of its variables that is set, as POSIX orders them."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    early.add_argument("--language")
    asked = early.parse_known_args(argv)[0].language
    locale = asked or next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "cy" if locale.lower().startswith("cy") else "en"


def _translate_argparse(language: Language) -> None:
    """Let argparse, which asks gettext for its own sentences, ask our catalog: it has those that a person can meet."""

    def translated(message: str, *_: Any) -> str:
        key = f"argparse.{message}"
        return say(language, key) if known(language, key) else message

    argparse._ = translated  # type: ignore[attr-defined]  # it has no other opening
    argparse.ngettext = lambda one, many, n: translated(one if n == 1 else many)  # type: ignore[attr-defined]  # same
