"""The worker's chores for mail, beside the others and under a lock of their own: a mail server that hangs must not keep
a consent from lapsing, nor a slow look at the platforms keep a failed delivery from being told.
"""

import logging
import time
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import mailing, telling
from gateway.chores import Chore
from gateway.mail import compose, transport
from gateway.mail.transport import Undelivered
from gateway.runtime import Runtime
from gateway.vault import CannotOpenError
from i18n.messages import Language

log = logging.getLogger(__name__)

LOCK = 0x6D61696C73  # "mails"
MOST, BUDGET = 500, 45.0
"""Mails and seconds in one round; the next one is a minute later."""


class Ready(NamedTuple):
    """A mail that this process holds the lease of."""

    id: str
    row: m.Mail
    message: EmailMessage


async def remind(_: Runtime, session: AsyncSession, now: datetime) -> None:
    """What follows from time alone, and what may be forgotten by now."""
    for organisation in await telling.organisations(session):
        await telling.remind(session, organisation, now=now)
        await session.commit()
    await mailing.forget(session, now=now)
    await session.commit()


async def tell(porth: Runtime, session: AsyncSession, now: datetime) -> None:
    """From the log to messages, from messages to mails, from mails out."""
    for organisation in await telling.behind(session):
        await session.commit()
        while await telling.catch_up(session, organisation, now=now):
            await session.commit()
        await session.commit()
    for person in await mailing.readers_waiting(session, now):
        await mailing.gather(session, person, now=now)
        await session.commit()
    await session.commit()
    await send(porth, session, now)


async def send(porth: Runtime, session: AsyncSession, now: datetime) -> None:
    """Every mail that is open, until there is none, the server is away, or the time of a round is up."""
    until = time.monotonic() + BUDGET
    async with transport.opened(porth.settings) as out:
        for _ in range(MOST):
            mail = await mailing.claim(session, now=now) if time.monotonic() < until else None
            ready = await _prepare(porth, session, mail, now) if mail else None
            await session.commit()
            if mail is None:
                return
            if ready is not None and not await _try(session, out, ready, now):
                return


async def _try(session: AsyncSession, out: transport.Transport, ready: Ready, now: datetime) -> bool:
    """Whether another mail may be tried after this one. No transaction is open during the call."""
    try:
        await out.send(ready.id, ready.message)
    except Undelivered as outcome:
        if outcome.permanent:
            await mailing.settle(session, ready.row.id, "failed", outcome.code, now=now)
        else:
            await mailing.try_later(session, ready.row.id, outcome.code, now=now)
        await session.commit()
        return not outcome.everybody
    await mailing.settle(session, ready.row.id, "sent", None, now=now)
    await session.commit()
    return True


async def _prepare(porth: Runtime, session: AsyncSession, mail: m.Mail, now: datetime) -> Ready | None:
    """The mail in words, as things stand now; `None` where there is nothing to say any more."""
    person = await session.get_one(m.Person, mail.person_id, populate_existing=True)
    house = await session.get_one(m.Organisation, mail.organisation_id)
    letter = None if person.left_at else await _letter(porth, session, mail, person, now)
    if letter is None:
        await mailing.settle(session, mail.id, "dropped", None, now=now)
        return None
    try:
        message = compose.message(
            porth.settings, letter, person.email, name=str(mail.id), list_id=house.slug, made=mail.made_at
        )
    except (ValueError, UnicodeError):  # an address that no header can hold
        await mailing.settle(session, mail.id, "failed", "address", now=now)
        return None
    return Ready(str(mail.id), mail, message)


async def _letter(
    porth: Runtime, session: AsyncSession, mail: m.Mail, person: m.Person, now: datetime
) -> compose.Letter | None:
    language: Language = "en" if person.language == "en" else "cy"
    if mail.kind in {"at-once", "digest"}:
        items = await mailing.items(session, mail)
        return compose.of_items(porth.settings, language, mail.kind, items) if items else None
    if mail.kind == "password-changed":
        return compose.plain(porth.settings, language, mail.kind)
    if mail.sealed is None or mail.expires_at is None or mail.expires_at <= now:
        return None
    try:
        code = porth.vault.open(mail.sealed, mail.id.bytes).decode()
    except CannotOpenError:
        log.exception("mail %s was sealed with a key that is not here", mail.id)
        return None
    return compose.with_code(porth.settings, language, mail.kind, code, mail.expires_at)


CHORES = (Chore("reminders", timedelta(minutes=10), remind), Chore("messages", timedelta(0), tell))
