"""`porth vault rotate [--retire]`, `porth vault verify`: the key with which credentials and originals are sealed.

Exit code: 0 nothing is left under an older key, 1 something is, 2 it could not be done. No key is ever printed.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator

from gateway import installation, resealing, runtime
from gateway.commands import Parsers
from gateway.faults import Fault
from gateway.resealing import Count
from gateway.runtime import Runtime
from gateway.settings import Settings
from i18n.messages import Language, say


def add(parsers: Parsers) -> None:
    commands = parsers.command("vault").add_subparsers(required=True)
    rotate = commands.add_parser("rotate", help=parsers.words("cli.vault.rotate"))
    rotate.add_argument("--retire", action="store_true", help=parsers.words("cli.vault.retire"))
    rotate.set_defaults(run=run_rotate)
    verify = commands.add_parser("verify", help=parsers.words("cli.vault.verify"))
    verify.set_defaults(run=run_verify)


def run_rotate(arguments: argparse.Namespace) -> int:
    settings = installation.prepared(os.environ)
    with installation.database(settings) as (url, _cluster):
        return asyncio.run(_rotate(settings, url, retire=arguments.retire, language=arguments.language))


def run_verify(arguments: argparse.Namespace) -> int:
    settings = installation.prepared(os.environ)
    with installation.database(settings) as (url, _cluster):
        return asyncio.run(_verify(settings, url, arguments.language))


async def _rotate(settings: Settings, url: str, *, retire: bool, language: Language) -> int:
    async with runtime.opened(settings, url) as porth, resealing.alone(porth):
        if porth.vault.size == 1:
            if settings.key is not None:
                raise Fault("vault.not-ours", where="PORTH_KEY")
            if others := await resealing.elsewhere(porth):
                raise Fault("vault.elsewhere", where=str(settings.key_file), workers=", ".join(others))
            resealing.add_key(settings.key_file)
            _say(language, "vault.key-made", path=settings.key_file)
        if await _told(resealing.reseal(porth), language):
            return _unfinished(language)
        if not retire:
            _say(language, "vault.nothing-left")
            return 0
        if settings.key is not None:
            raise Fault("vault.not-ours", where="PORTH_KEY")
        return await _retire(porth, language)


async def _retire(porth: Runtime, language: Language) -> int:
    """Looked at once more when everything that was under way with the old key is committed."""
    path = porth.settings.key_file
    wait = (resealing.SETTLED - resealing.age(path)).total_seconds()
    if wait > 0:
        _say(language, "vault.waiting", seconds=round(wait))
        await asyncio.sleep(wait)
    if await _told(resealing.reseal(porth), language):
        return _unfinished(language)
    _say(language, "vault.retired", n=resealing.retire(path))
    return 0


async def _verify(settings: Settings, url: str, language: Language) -> int:
    async with runtime.opened(settings, url) as porth:
        if await _told(resealing.count(porth), language, "vault.left"):
            _say(language, "vault.something-left")
            return 1
        _say(language, "vault.nothing-left" if porth.vault.size > 1 else "vault.one-key")
    return 0


async def _told(counts: AsyncIterator[Count], language: Language, key: str = "vault.progress") -> int:
    """Say how each place stands; how much is left in all of them."""
    left = 0
    async for found in counts:
        left += found.left
        place = say(language, f"vault.place-{found.place}")
        _say(language, key, place=place, done=found.done, left=found.left)
    return left


def _unfinished(language: Language) -> int:
    _say(language, "vault.something-left")
    return 1


def _say(language: Language, key: str, **params: object) -> None:
    print(say(language, key, params), file=sys.stderr, flush=True)  # noqa: T201  # a command line prints
