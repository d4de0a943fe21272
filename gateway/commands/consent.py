"""`porth consent import`: consents from a CSV, all or none; `--dry-run` lists every cell that is wrong.

Exit code: 0 recorded, or nothing to object to; 1 cells are wrong and nothing was recorded; 2 it could not run.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from approvals import consent_table
from approvals import models as m
from approvals.actions import consent_import
from gateway import installation, runtime
from gateway.access import actor_of
from gateway.api.consent_imports import WrongCell, decoded, described, sealing
from gateway.commands import Parsers
from gateway.commands.organisations import said
from gateway.faults import Fault
from gateway.settings import Settings
from i18n.messages import Language, say


def add(parsers: Parsers) -> None:
    commands = parsers.command("consent").add_subparsers(required=True)
    parser = commands.add_parser("import", help=parsers.words("cli.consent.import"))
    parser.add_argument("file", type=Path, help=parsers.words("cli.consent.file"))
    parser.add_argument("--custodian", required=True, help=parsers.words("cli.consent.custodian"))
    parser.add_argument("--dry-run", action="store_true", help=parsers.words("cli.consent.dry-run"))
    parser.add_argument("--json", action="store_true", help=parsers.words("cli.consent.json"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    try:
        data = arguments.file.read_bytes()
    except OSError as error:
        raise Fault("consent-import.unreadable", file=str(arguments.file), said=error.strerror) from error
    with said():
        table = consent_table.read(decoded(data))
    settings = installation.prepared(os.environ)
    with installation.database(settings) as (url, _cluster), said():
        done = asyncio.run(_take(settings, url, arguments, table))
    _show(done, arguments)
    return 1 if done.wrong else 0


async def _take(
    settings: Settings, url: str, arguments: argparse.Namespace, table: consent_table.Table
) -> consent_import.Import:
    async with runtime.opened(settings, url) as porth, porth.sessions.begin() as session:
        person = await session.scalar(select(m.Person).where(m.Person.email == arguments.custodian.lower()))
        if person is None or person.left_at is not None:
            raise Fault("consent-import.no-person", email=arguments.custodian)
        actor = await actor_of(session, person)
        tried = await consent_import.tried(session, actor, table)
        if arguments.dry_run or tried.wrong:
            return tried
        return await consent_import.take(session, actor, table, sealing(porth), now=porth.clock())


def _show(done: consent_import.Import, arguments: argparse.Namespace) -> None:
    language: Language = arguments.language
    wrong = [described(cell, language) for cell in done.wrong]
    if arguments.json:
        shown = {"rows": done.rows, "wrong": wrong, "recorded": done.recorded}
        sys.stdout.write(msgspec.json.encode(shown).decode() + "\n")
        return
    if wrong:
        Console().print(_table(wrong, language))
    key = "consent-import.recorded" if done.recorded else "consent-import.nothing-recorded"
    Console().print(say(language, key, {"n": done.recorded, "rows": done.rows, "wrong": len(wrong)}))


def _table(wrong: list[WrongCell], language: Language) -> Table:
    table = Table(*(say(language, f"consent-import.head.{column}") for column in ("line", "column", "message")))
    for cell in wrong:
        table.add_row(str(cell.line), cell.column, cell.message)
    return table
