"""`porth mail test ADDRESS`, so that an operator sees that mail arrives; `porth mail send`, one round of what the
worker does for mail, for installations without one.
"""

import argparse
import asyncio
import os
from datetime import UTC, datetime

from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals.mailbox import MAILBOX
from gateway import installation, runtime
from gateway.chores import Round
from gateway.commands import Parsers
from gateway.faults import Fault
from gateway.mail import chores, compose, transport
from gateway.settings import Settings
from i18n.messages import Language, say


def add(parsers: Parsers) -> None:
    commands = parsers.command("mail").add_subparsers(required=True)
    test = commands.add_parser("test", help=parsers.words("cli.mail.test"))
    test.add_argument("address", help=parsers.words("cli.mail.address"))
    test.set_defaults(run=run_test)
    send = commands.add_parser("send", help=parsers.words("cli.mail.send"))
    send.set_defaults(run=run_send)


def run_test(arguments: argparse.Namespace) -> int:
    """0: it was taken, or written; 1: it was not, and why."""
    address, language = arguments.address.strip(), arguments.language
    if not MAILBOX.fullmatch(address):
        raise Fault("mail.no-address", example="nia@example.wales")
    settings = installation.prepared(os.environ)
    name = str(uuid7())
    try:
        asyncio.run(_test(settings, language, address, name))
    except transport.Undelivered as outcome:
        code, _, number = outcome.code.partition(" ")
        words = {"trouble": say(language, f"mail.trouble.{code}"), "code": number or code}
        print(say(language, "mail.not-sent", words))  # noqa: T201  # a command line prints
        return 1
    if settings.smtp_host is None:
        path = settings.home / "outbox" / f"{name}.eml"
        print(say(language, "mail.written-to", {"path": path}))  # noqa: T201  # as above
    else:
        print(say(language, "mail.sent-to", {"address": address}))  # noqa: T201  # as above
    return 0


async def _test(settings: Settings, language: Language, address: str, name: str) -> None:
    letter = compose.plain(settings, language, "test")
    mail = compose.message(settings, letter, address, name=name, list_id="porth", made=datetime.now(UTC))
    async with transport.opened(settings) as out:
        await out.send(name, mail)


def run_send(arguments: argparse.Namespace) -> int:
    """0: nothing is left; 1: something still is."""
    settings = installation.prepared(os.environ)
    with installation.database(settings) as (url, _cluster):
        left = asyncio.run(_send(settings, url))
    print(say(arguments.language, "mail.round", {"n": left}))  # noqa: T201  # a command line prints
    return 1 if left else 0


async def _send(settings: Settings, url: str) -> int:
    async with runtime.opened(settings, url) as porth:
        await Round(chores.CHORES, chores.LOCK).make(porth)
        async with porth.sessions() as session:
            return await session.scalar(select(func.count()).select_from(m.Mail).where(m.Mail.state == "open")) or 0
