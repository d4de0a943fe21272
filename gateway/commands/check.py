"""`porth check FILE|-`: every check of a post, on a document, without a database or a server.

A table, or JSON with `--json`; with `--jsonl` a document a line, answered a line in the same order, at once:
`{"id", "findings": [{"code", "severity", "language", "where", "params", "message"}]}`. Exit code 0: nothing blocks,
1: something does, 2: unusable input, which and why; a bad line of many is answered `{"id", "error"}`.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn, get_args

import anyio
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from approvals import checks
from approvals.checks.context import Account, Channel, Context, Model
from approvals.checks.quotes import quote
from approvals.consent import Authority, Category, Covered
from approvals.content import Content, normalised, window
from approvals.findings import Finding, Severity, Where, blocks
from approvals.outgoing import Rendition, render
from connectors import registry
from gateway.commands import Parsers
from gateway.commands.check_pictures import Eyes, Looked
from gateway.faults import Fault
from i18n.messages import Language, known, say

NOTHING_BLOCKS: Final = 0
SOMETHING_BLOCKS: Final = 1
UNUSABLE: Final = 2
_PAIRED = frozenset({"x"})
"""Platforms with an account for each language unless an organisation says otherwise (WEL-05)."""
_AT = re.compile(r" - at `(?:key in )?\$?\.?(?P<field>[^`]*)`")
_FAULTS = {
    "wrong-length": re.compile(r"of length (?P<expected>\d+), got (?P<got>\d+)"),
    "wrong-type": re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`"),
    "wrong-choice": re.compile(r"Invalid enum value '?(?P<got>[^']*)'?"),
    "missing-field": re.compile(r"missing required field `(?P<name>[^`]+)`"),
    "wrong-date": re.compile(r"Invalid RFC3339 encoded (?P<expected>\w+)"),
}
_FEW: Mapping[str, Any] = {"category": Category, "authority": Authority, "covers": Covered}
_STYLES = {Severity.BLOCK: "bold red", Severity.DECIDE: "yellow", Severity.ADVISE: "cyan", Severity.NOTE: "dim"}
_NO_PICTURE = Rendition("0" * 64, "image/jpeg", 0, 0, 0)


class Unusable(Exception):  # noqa: N818 - an answer about the input
    """The document cannot be read. Carries the id, if there was one, and a sentence's key and parameters."""

    def __init__(self, number: Any, key: str, **params: Any) -> None:
        super().__init__(key)
        self.number, self.key, self.params = number, key, params

    def said(self, language: Language) -> dict[str, Any]:
        """The parameters with the names of types in words."""
        types = {name: self.params[name] for name in ("expected", "got") if self.key == "check.wrong-type"}
        return self.params | {name: _types(value, language) for name, value in types.items()}


def add(subparsers: Parsers) -> None:
    parser = subparsers.command("check")
    parser.add_argument("file", metavar="FILE", nargs="?", default="-", help=subparsers.words("check.help.file"))
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help=subparsers.words("check.help.json"))
    how.add_argument("--jsonl", action="store_true", help=subparsers.words("check.help.jsonl"))
    parser.add_argument("--language", choices=("cy", "en"), help=subparsers.words("cli.language"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    return anyio.run(_run, arguments)


async def _run(arguments: argparse.Namespace) -> int:
    language: Language = arguments.language or "en"
    folder = Path() if arguments.file == "-" else Path(arguments.file).parent
    with _opened(arguments.file) as file:
        async with Eyes(folder) as eyes:
            if arguments.jsonl:
                return await _stream(file, eyes, language)
            return await _one(file, eyes, language, as_json=arguments.json)


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise Fault("check.no-file", file=name) from error


async def _one(file: BinaryIO, eyes: Eyes, language: Language, *, as_json: bool) -> int:
    try:
        number, content, findings = await _checked(file.read(), eyes)
    except Unusable as error:
        raise Fault(error.key, **error.said(language)) from error
    if as_json:
        _print(answer(number, content, findings, language))
    else:
        _table(content, findings, language)
    return SOMETHING_BLOCKS if blocks(findings) else NOTHING_BLOCKS


async def _stream(file: BinaryIO, eyes: Eyes, language: Language) -> int:
    worst = NOTHING_BLOCKS
    for n, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            number, content, findings = await _checked(line, eyes)
        except Unusable as error:
            why = say(language, error.key, error.said(language))
            _print({"id": error.number, "error": say(language, "check.line", {"line": n, "why": why})})
            worst = UNUSABLE
        else:
            _print(answer(number, content, findings, language))
            worst = max(worst, SOMETHING_BLOCKS if blocks(findings) else NOTHING_BLOCKS)
    return worst


def _print(value: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


async def _checked(source: bytes, eyes: Eyes) -> tuple[Any, Content, tuple[Finding, ...]]:
    number, content = document(source)
    channels = {name: channel for name in content.channels if (channel := default_channel(name))}
    looked = await eyes.look(content, channels)
    return number, content, checks.run(content, context(content, channels, looked))


def document(source: bytes) -> tuple[Any, Content]:
    """The id as it stands and the content, in NFC. Raises `Unusable`."""
    try:
        raw = json.loads(source, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unusable(None, "check.not-json", at=getattr(error, "pos", 0)) from error
    if not isinstance(raw, dict):
        raise Unusable(None, "check.not-object")
    number = raw.pop("id", None)
    try:
        return number, normalised(msgspec.convert(raw, Content))
    except (msgspec.ValidationError, RecursionError) as error:
        raise _unusable(number, str(error)) from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _unusable(number: Any, message: str) -> Unusable:
    """A message of msgspec, whose types, values and path are data, as a sentence of ours that says what is taken."""
    at = _AT.search(message)
    field = at["field"] if at else ""
    for key, pattern in _FAULTS.items():
        found = pattern.search(message)
        if found:
            return Unusable(number, f"check.{key}", field=field, choices=_choices(field), **found.groupdict())
    return Unusable(number, "check.wrong-value", field=field)


def _types(names: str, language: Language) -> str:
    return " / ".join(
        say(language, key) if known(language, key := f"check.type.{n}") else n for n in names.split(" | ")
    )


def _choices(field: str) -> str:
    """The values that a field of few takes."""
    name = field.rsplit(".", 1)[-1].partition("[")[0]
    return ", ".join(get_args(_FEW.get(name)))


def default_channel(name: str) -> Channel | None:
    """A platform as most organisations have it; `None` for a name that is none."""
    if name not in registry.PLATFORMS:
        return None
    model: Model = "paired" if name in _PAIRED else "bilingual"
    accounts = (Account(f"{name}-cy", ("cy",)), Account(f"{name}-en", ("en",)))
    return Channel(
        name=name, platform=name, model=model, limits=registry.limits(name),
        accounts=accounts if model == "paired" else (Account(name, ("cy", "en")),),
    )  # fmt: skip


def context(content: Content, channels: Mapping[str, Channel], looked: Looked) -> Context:
    """What a check knows without a database: the document's own consents, files beside it, the platforms' limits."""
    now = datetime.now(UTC)
    try:
        when = window(content)
    except (ValueError, OverflowError):
        when = None  # the completeness check says what is wrong with it
    renditions = [looked.renditions.get(media.file or "", _NO_PICTURE) for media in content.media]
    parts = (part for channel in channels.values() for part in render(content, channel, renditions))
    return Context(
        now=now,
        publish_at=max(when[0], now) if when else None,
        channels=channels,
        consents={consent.ref: consent for consent in content.consents},
        pictures=looked.pictures,
        manifest=tuple((part.channel, part.outgoing) for part in parts),
    )


def answer(number: Any, content: Content, findings: tuple[Finding, ...], language: Language) -> dict[str, Any]:
    return {
        "id": number,
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "language": finding.language,
                "where": _where(finding.where, content),
                "params": dict(finding.params),
                "message": finding.message(language),
            }
            for finding in findings
        ],
    }


def _where(where: Where, content: Content) -> dict[str, Any]:
    """The place, with the words that stand there: the caller sent them."""
    place: dict[str, Any] = {"pointer": where.pointer}
    if where.span is not None:
        place["span"] = list(where.span)
    place["quote"] = quote(content, where)
    if where.twin is not None:
        place["twin"] = _where(where.twin, content)
    return place


def _table(content: Content, findings: tuple[Finding, ...], language: Language) -> None:
    console = Console()
    if not findings:
        console.print(say(language, "check.nothing"))
        return
    table = Table(*(say(language, f"check.column.{name}") for name in ("severity", "code", "words", "message")))
    for finding in sorted(findings, key=lambda f: list(Severity).index(f.severity)):
        severity = Text(say(language, f"check.severity.{finding.severity.value}"), style=_STYLES[finding.severity])
        words = Text("\n".join(dict.fromkeys(_words(finding.where, content))))
        table.add_row(severity, finding.code, words, Text(finding.message(language)))
    console.print(table)
    console.print(say(language, "check.summary", {"n": len(blocks(findings)), "all": len(findings)}))


def _words(where: Where, content: Content) -> Iterator[str]:
    for place in (where, where.twin):
        if place is not None:
            yield quote(content, place) or place.pointer
