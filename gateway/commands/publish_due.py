"""`porth publish-due --once`: what the worker does, once, for an outside scheduler. Safe when two run at once.

Exit code: 0 all done, 1 something is held, missed, failed or unconfirmed, 2 it could not run.
"""

import argparse
import asyncio
import os
import sys

import msgspec
from rich.console import Console
from rich.table import Table

from gateway import clocks, installation, runtime
from gateway.commands import Parsers
from gateway.due import due, publish_due
from gateway.faults import Fault
from gateway.publishing import Outcome
from gateway.settings import Settings
from gateway.worker import name
from i18n.messages import Language, say

WELL = frozenset({"published", "retracted", "due"})
"""`due` again is well: the platform asked to wait, and the next run takes it."""


def add(parsers: Parsers) -> None:
    parser = parsers.command("publish-due")
    parser.add_argument("--once", action="store_true", required=True, help=parsers.words("cli.publish-due.once"))
    parser.add_argument("--dry-run", action="store_true", help=parsers.words("cli.publish-due.dry-run"))
    parser.add_argument("--limit", type=int, help=parsers.words("cli.publish-due.limit"))
    parser.add_argument("--json", action="store_true", help=parsers.words("cli.publish-due.json"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if arguments.limit is not None and arguments.limit < 1:
        raise Fault("publish-due.limit")
    settings = installation.prepared(os.environ)
    with installation.database(settings) as (url, _cluster):
        outcomes = asyncio.run(_publish(settings, url, arguments))
    _show(outcomes, arguments)
    return 0 if all(outcome.state in WELL for outcome in outcomes) else 1


async def _publish(settings: Settings, url: str, arguments: argparse.Namespace) -> list[Outcome]:
    async with runtime.opened(settings, url) as porth:
        if arguments.dry_run:
            return await due(porth, limit=arguments.limit)
        async with porth.sessions() as session:
            skew = await clocks.skew(session, porth.clock)
        if abs(skew) > clocks.tolerated(settings):
            raise Fault("publish-due.clock", seconds=round(skew.total_seconds()))
        return await publish_due(porth, limit=arguments.limit, worker=name(), concurrency=settings.worker_concurrency)


def _show(outcomes: list[Outcome], arguments: argparse.Namespace) -> None:
    if arguments.json:
        sys.stdout.write(msgspec.json.encode({"deliveries": outcomes}).decode() + "\n")
        return
    language: Language = arguments.language
    if not outcomes:
        Console().print(say(language, "publish-due.nothing"))
        return
    table = Table(*(say(language, f"publish-due.{column}") for column in ("channel", "state", "code", "url")))
    for outcome in outcomes:
        table.add_row(
            outcome.channel, say(language, f"delivery.{outcome.state}"), outcome.code or "", outcome.url or ""
        )
    Console().print(table)
