"""The commands of `porth`, one module each, named as the command is (`publish_due` for `publish-due`).

    def add(parsers: Parsers) -> None:
        parser = parsers.command("serve")
        parser.add_argument("--port", type=int, help=parsers.words("cli.serve.port"))
        parser.set_defaults(run=serve)

    def serve(arguments: argparse.Namespace) -> int: ...

`arguments.language` is the language to answer in. What a person can put right is raised as `gateway.faults.Fault`.
"""

import argparse
from typing import Any

from i18n.messages import Language, say

COMMANDS = (
    "run",
    "demo",
    "serve",
    "worker",
    "sandbox",
    "publish-due",
    "user",
    "key",
    "vault",
    "log",
    "check",
    "parity",
    "media",
    "consent",
    "mail",
)


class Parsers(argparse._SubParsersAction):  # type: ignore[type-arg]  # noqa: SLF001  # argparse's documented hook, named so
    """Where commands add their parsers, and the language that these speak."""

    language: Language = "en"

    def command(self, name: str) -> argparse.ArgumentParser:
        """A parser described by `cli.help.NAME`."""
        parser: argparse.ArgumentParser = self.add_parser(name, help=self.words(f"cli.help.{name}"))
        parser.description = self.words(f"cli.help.{name}")
        return parser

    def words(self, key: str, **params: Any) -> str:
        return say(self.language, key, params)
