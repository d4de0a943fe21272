"""`porth log verify|bundle|export|head`: the quality log outside Porth. Verifying a file needs no database.

Exit code of `verify`: 0 it holds, 1 it is broken (the first broken entry is named), 2 it could not be read.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from approvals import models as m
from approvals import quality_log
from approvals.quality_log import Broken, Entry, Head, Verified, Verifier
from gateway import bundles, heads, installation, runtime, settings
from gateway.bundles import Unsound
from gateway.commands import Parsers
from gateway.commands.organisations import chosen
from gateway.faults import Fault
from gateway.settings import Settings
from i18n.messages import say


def add(parsers: Parsers) -> None:
    commands = parsers.command("log").add_subparsers(required=True)
    verify = commands.add_parser("verify", help=parsers.words("cli.log.verify"))
    verify.add_argument("export", nargs="?", help=parsers.words("cli.log.file"))
    verify.add_argument("--against", type=Path, metavar="HEAD", help=parsers.words("cli.log.against"))
    verify.add_argument("--key", type=Path, help=parsers.words("cli.log.public-key"))
    verify.set_defaults(run=run_verify)
    bundle = commands.add_parser("bundle", help=parsers.words("cli.log.bundle"))
    bundle.add_argument("bundle", type=Path, help=parsers.words("cli.log.bundle-file"))
    bundle.add_argument("--key", type=Path, help=parsers.words("cli.log.public-key"))
    bundle.set_defaults(run=run_bundle)
    export = commands.add_parser("export", help=parsers.words("cli.log.export"))
    export.add_argument("--output", type=Path, help=parsers.words("cli.log.output"))
    export.set_defaults(run=run_export)
    head = commands.add_parser("head", help=parsers.words("cli.log.head"))
    head.set_defaults(run=run_head)
    for parser in (verify, export, head):
        parser.add_argument("--organisation", help=parsers.words("cli.user.organisation"))


def run_verify(arguments: argparse.Namespace) -> int:
    try:
        found = _of_export(arguments) if arguments.export else asyncio.run(_of_database(arguments))
    except Broken as broken:
        print(say(arguments.language, f"log.broken.{broken.reason}", {"number": broken.number}))  # noqa: T201  # prints
        return 1
    print(say(arguments.language, "log.whole", msgspec.structs.asdict(found)))  # noqa: T201  # a command line prints
    return 0


def run_bundle(arguments: argparse.Namespace) -> int:
    """0 it holds, 1 it does not (what shows it is named). Without a key of this installation's, one must be given."""
    key = _key(arguments, settings.load(os.environ).home)
    try:
        manifest = bundles.check(arguments.bundle.read_bytes(), key)
    except OSError as error:
        raise Fault("log.no-file", path=str(arguments.bundle), said=error.strerror) from error
    except Unsound as unsound:
        print(say(arguments.language, f"bundle.{unsound.reason}", {"name": unsound.name}))  # noqa: T201  # it prints
        return 1
    params = {"n": len(manifest.files), "post": manifest.post, "at": manifest.made_at}
    print(say(arguments.language, "bundle.whole", params))  # noqa: T201  # a command line prints
    return 0


def _of_export(arguments: argparse.Namespace) -> Verified:
    home = settings.load(os.environ).home
    head = heads.read(arguments.against, _key(arguments, home)) if arguments.against else None
    verifier = Verifier(head)
    with _opened(arguments.export) as lines:
        for number, line in enumerate(lines, 1):
            try:
                entry = msgspec.json.decode(line, type=Entry)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise Broken(number, "unreadable") from None
            verifier.add(entry)
    return verifier.end()


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise Fault("log.no-file", path=path, said=error.strerror) from error


async def _of_database(arguments: argparse.Namespace) -> Verified:
    """Against the head that is given, else the newest that was written here."""
    found = installation.prepared(os.environ)
    with installation.database(found) as (url, _cluster):
        async with runtime.opened(found, url) as porth, porth.sessions() as session:
            organisation = await chosen(session, arguments.organisation)
            path = arguments.against or heads.newest(found.home, organisation.slug)
            head: Head | None = heads.read(path, _key(arguments, found.home)) if path else None
            verifier = Verifier(head)
            async for entry in quality_log.entries(session, organisation.id):
                verifier.add(entry)
            return verifier.end()


def _key(arguments: argparse.Namespace, home: Path) -> Ed25519PublicKey:
    return heads.public_key(arguments.key or home / heads.PUBLIC)


def run_export(arguments: argparse.Namespace) -> int:
    found = installation.prepared(os.environ)
    with installation.database(found) as (url, _cluster):
        asyncio.run(_export(found, url, arguments))
    return 0


async def _export(found: Settings, url: str, arguments: argparse.Namespace) -> None:
    async with runtime.opened(found, url) as porth, porth.sessions() as session:
        organisation = await chosen(session, arguments.organisation)
        with arguments.output.open("wb") if arguments.output else os.fdopen(os.dup(1), "wb") as file:
            async for entry in quality_log.entries(session, organisation.id):
                file.write(msgspec.json.encode(entry) + b"\n")


def run_head(arguments: argparse.Namespace) -> int:
    found = installation.prepared(os.environ)
    with installation.database(found) as (url, _cluster):
        number, path = asyncio.run(_head(found, url, arguments.organisation))
    print(say(arguments.language, "log.head-written", {"number": number, "path": path}))  # noqa: T201  # it prints
    return 0


async def _head(found: Settings, url: str, slug: str | None) -> tuple[int, Path]:
    async with runtime.opened(found, url) as porth, porth.sessions() as session:
        organisation = await chosen(session, slug)
        head = await session.get_one(m.LogHead, organisation.id)
        path = heads.write(found.home, organisation.slug, head, porth.clock())
        return heads.read(path, heads.public_key(found.home / heads.PUBLIC)).number, path
