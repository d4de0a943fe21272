"""`porth media`: clean old libraries of pictures, and find people in them, without a database or a server."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import anyio
import anyio.to_thread
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from gateway.media import library
from gateway.media.errors import PictureRefused
from gateway.media.metadata import ExiftoolFailed, ExiftoolMissing
from gateway.media.people import ModelWrong
from gateway.media.process import Decoder
from gateway.media.protocol import Region
from i18n.messages import Language, say

ALL_WELL: Final = 0
SOME_REFUSED: Final = 1
UNUSABLE: Final = 2
INTERRUPTED: Final = 130

T = TypeVar("T")


class CleanLine(Struct, frozen=True):
    """One line of `media clean --jsonl`."""

    file: str
    ok: bool
    removed: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    format: str | None = None
    sha256: str | None = None
    error: str | None = None


class PeopleLine(Struct, frozen=True, omit_defaults=True):
    """One line of `media people --jsonl`; `error` stands only in that of a file that was refused."""

    file: str
    people: tuple[Region, ...]
    error: str | None = None


def add(subparsers: Any) -> None:
    """`subparsers`: what `ArgumentParser.add_subparsers` gives."""
    language: Language = getattr(subparsers, "language", "en")
    parser = subparsers.add_parser("media", help=say(language, "media.help"))
    actions = parser.add_subparsers(required=True, metavar="clean|people")
    clean = actions.add_parser("clean", help=say(language, "media.help.clean"))
    clean.add_argument("source", metavar="SRC", type=Path, help=say(language, "media.help.source"))
    clean.add_argument("destination", metavar="DST", type=Path, help=say(language, "media.help.destination"))
    clean.add_argument("--jsonl", action="store_true", help=say(language, "media.help.jsonl"))
    clean.set_defaults(run=run_clean)
    find = actions.add_parser("people", help=say(language, "media.help.people"))
    find.add_argument("files", metavar="FILE", type=Path, nargs="+", help=say(language, "media.help.files"))
    find.add_argument("--jsonl", action="store_true", help=say(language, "media.help.jsonl"))
    find.set_defaults(run=run_people)


def run_clean(args: argparse.Namespace) -> int:
    """0 when all are clean, 1 when some were refused, 2 when nothing could be done."""
    language: Language = getattr(args, "language", "en")
    return _run(lambda: _clean_all(args.source, args.destination, language, jsonl=args.jsonl), language)


def run_people(args: argparse.Namespace) -> int:
    """The same codes as `run_clean`."""
    language: Language = getattr(args, "language", "en")
    return _run(lambda: _find_all(args.files, language, jsonl=args.jsonl), language)


def _run(work: Callable[[], Awaitable[int]], language: Language) -> int:
    with contextlib.suppress(ValueError):  # not the main thread: whoever runs us there sees to signals
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what it runs behind with it ignored
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # leave nothing half done
    try:
        return anyio.run(work)
    except library.Unusable as unusable:
        return _unusable(language, unusable.key, unusable.params)
    except (ExiftoolMissing, ExiftoolFailed, ModelWrong) as missing:
        return _unusable(language, "media.cannot-start", {"why": str(missing)})
    except KeyboardInterrupt:
        return INTERRUPTED


def _unusable(language: Language, key: str, params: dict[str, str]) -> int:
    sys.stderr.write(_printable(say(language, key, params)) + "\n")
    return UNUSABLE


async def _clean_all(source: Path, destination: Path, language: Language, *, jsonl: bool) -> int:
    items = await anyio.to_thread.run_sync(library.plan, source, destination)
    taken: set[Path] = set()
    async with Decoder() as decoder:
        with _Report(len(items), language, jsonl=jsonl) as report:

            async def clean(item: library.Item) -> None:
                line = await _clean_one(decoder, item, taken, language)
                report.tell(line, line.error)

            await _all(items, clean, decoder.processes)
    if not jsonl:
        done = say(language, "media.cleaned", {"n": len(items) - report.refused, "refused": report.refused})
        sys.stdout.write(done + "\n")
    return SOME_REFUSED if report.refused else ALL_WELL


async def _clean_one(decoder: Decoder, item: library.Item, taken: set[Path], language: Language) -> CleanLine:
    name = _printable(str(item.source))
    try:
        data = await anyio.to_thread.run_sync(library.read, item.source, decoder.limits)
        picture = await decoder.clean(data)
    except (PictureRefused, OSError) as error:
        return CleanLine(file=name, ok=False, error=_reason(language, name, error))
    try:
        await anyio.to_thread.run_sync(library.write, item, picture, taken)
    except OSError as error:
        params = {"destination": _printable(str(item.folder)), "why": error.strerror or type(error).__name__}
        return CleanLine(file=name, ok=False, error=f"MEDIA-FILE: {say(language, 'media.no-destination', params)}")
    return CleanLine(
        file=name,
        ok=True,
        removed=picture.removed,
        width=picture.width,
        height=picture.height,
        format=picture.media_type.removeprefix("image/").upper(),
        sha256=picture.sha256,
    )


async def _find_all(files: Sequence[Path], language: Language, *, jsonl: bool) -> int:
    async with Decoder() as decoder:
        with _Report(len(files), language, jsonl=jsonl) as report:

            async def find(file: Path) -> None:
                line = await _find_one(decoder, file, language)
                report.tell(line, line.error)
                if not jsonl and line.error is None:
                    report.say("media.people-found", file=line.file, n=len(line.people))

            await _all(files, find, decoder.processes)
    return SOME_REFUSED if report.refused else ALL_WELL


async def _find_one(decoder: Decoder, file: Path, language: Language) -> PeopleLine:
    name = _printable(str(file))
    try:
        data = await anyio.to_thread.run_sync(library.read, file, decoder.limits)
        found = await decoder.inspect(data, with_people=True)
    except (PictureRefused, OSError) as error:
        return PeopleLine(file=name, people=(), error=_reason(language, name, error))
    return PeopleLine(file=name, people=found.people)


async def _all(items: Sequence[T], work: Callable[[T], Awaitable[None]], at_once: int) -> None:
    waiting = iter(items)

    async def take() -> None:
        for item in waiting:  # one iterator for all takers: each item goes to one of them
            await work(item)

    try:
        async with anyio.create_task_group() as group:
            for _ in range(at_once):
                group.start_soon(take)
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None  # the others are its echo: a closed pipe, a full disk


class _Report:
    """Lines of JSON on standard output, or a progress bar on standard error."""

    def __init__(self, total: int, language: Language, *, jsonl: bool) -> None:
        self.refused = 0
        self._language = language
        self._jsonl = jsonl
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), disable=jsonl)
        self._task = self._progress.add_task(say(language, "media.working"), total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._progress.stop()

    def tell(self, line: CleanLine | PeopleLine, error: str | None) -> None:
        self.refused += error is not None
        self._progress.advance(self._task)
        if self._jsonl:
            sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
            sys.stdout.flush()
        elif error is not None:
            self.say("media.refused", file=line.file, why=error)

    def say(self, key: str, **params: str | int) -> None:
        self._progress.console.print(Text(say(self._language, key, params)), soft_wrap=True)


def _reason(language: Language, name: str, error: PictureRefused | OSError) -> str:
    """`CODE: sentence`, so that people and programs can both read it."""
    if isinstance(error, PictureRefused):
        return f"{error.code}: {say(language, error.code, error.params)}"
    why = error.strerror or type(error).__name__
    return f"MEDIA-FILE: {say(language, 'MEDIA-FILE', {'file': name, 'why': why})}"


def _printable(text: str) -> str:
    """File names are not to be trusted with a terminal: control characters and broken bytes become `?`."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
