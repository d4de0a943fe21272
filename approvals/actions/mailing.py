"""From messages to mails, and what became of each mail. Nothing is sent here (gateway/mail/).

A mail gathers what one person is to be told at one time. Whoever tries it first puts off its next attempt and commits:
that is the lease. A crash leaves it open, and it is tried again under the same Message-ID: at least once, and one can
tell that it is the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.messages.audience import Circle, circle
from approvals.messages.cases import Case, case
from approvals.messages.choices import chosen
from approvals.messages.kinds import BY_NAME, Kind

LEASE = timedelta(minutes=5)
"""Longer than any mail may take; after it, whoever tried it has died."""
BACKOFF = (60, 120, 300, 900, 1800, 3600)
"""Seconds until the next try; the last repeats."""
GIVE_UP = timedelta(days=3)
MOST = 50
"""Things in one mail; the rest comes in the next."""
KEPT = timedelta(days=400)
"""What was told is remembered for longer than any deadline that is told once lasts."""


class Item(NamedTuple):
    """One thing to tell, with its subject as it is now."""

    kind: Kind
    message: m.Message
    case: Case


async def readers_waiting(session: AsyncSession, now: datetime, most: int = 500) -> list[UUID]:
    """People for whom something is ready to be gathered."""
    rows = await session.scalars(
        select(m.Message.person_id)
        .where(m.Message.state == "waiting", m.Message.send_after <= now)
        .distinct()
        .limit(most)
    )
    return list(rows)


async def gather(session: AsyncSession, person: UUID, *, now: datetime) -> list[m.Mail]:
    """Put what is ready for one person into mails: one for what is told at once, one digest."""
    rows = await session.scalars(
        select(m.Message)
        .where(m.Message.person_id == person, m.Message.state == "waiting", m.Message.send_after <= now)
        .order_by(m.Message.id)
        .limit(2 * MOST)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    items = await standing(session, list(rows))
    made = []
    for how in ("at-once", "digest"):
        ready = [item.message for item in items if item.message.how == how][:MOST]
        if not ready:
            continue
        mail = m.Mail(
            organisation_id=ready[0].organisation_id, person_id=person, kind=how, made_at=now, next_attempt_at=now,
            state="open",
        )  # fmt: skip
        session.add(mail)
        await session.flush()
        for message in ready:
            message.state, message.mail_id = "gathered", mail.id
        made.append(mail)
    await session.flush()
    return made


async def standing(session: AsyncSession, messages: Sequence[m.Message]) -> list[Item]:
    """The messages of one person that still stand; the others are dropped: done meanwhile, or no longer theirs.

    Of two of the same kind about the same thing the later one is told.
    """
    kept: dict[tuple[str, UUID], Item] = {}
    people: Circle | None = None
    for message in messages:
        people = people or await circle(session, message.organisation_id)
        item = await _still(session, people, message)
        before = kept.pop((message.kind, message.subject), None) if item else None
        if before is not None:
            before.message.state = "dropped"
        if item is None:
            message.state = "dropped"
        else:
            kept[message.kind, message.subject] = item
    await session.flush()
    return list(kept.values())


async def _still(session: AsyncSession, people: Circle, message: m.Message) -> Item | None:
    kind, reader = BY_NAME.get(message.kind), people.readers.get(message.person_id)
    if kind is None or reader is None or chosen(reader.choices, kind.group, kind.how) == "off":
        return None
    found = await case(session, message.organisation_id, kind.about, message.subject)
    if found is None or not kind.stands(found, message.facts) or message.person_id not in kind.to(found, people):
        return None
    return Item(kind, message, found)


async def claim(session: AsyncSession, *, now: datetime) -> m.Mail | None:
    """The next mail to try, put off by the lease; the caller commits before it sends."""
    found = await session.scalar(
        select(m.Mail)
        .where(m.Mail.state == "open", m.Mail.next_attempt_at <= now)
        .order_by(m.Mail.next_attempt_at, m.Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if found is not None:
        found.tries += 1
        found.next_attempt_at = now + LEASE
        await session.flush()
    return found


async def items(session: AsyncSession, mail: m.Mail) -> list[Item]:
    """What a mail still has to say."""
    rows = await session.scalars(
        select(m.Message).where(m.Message.mail_id == mail.id, m.Message.state == "gathered").order_by(m.Message.id)
    )
    return await standing(session, list(rows))


async def settle(session: AsyncSession, mail_id: UUID, state: str, code: str | None, *, now: datetime) -> None:
    """`sent`, `failed` for good, or `dropped`: what it carried sealed is forgotten."""
    await session.execute(
        update(m.Mail)
        .where(m.Mail.id == mail_id, m.Mail.state == "open")
        .values(state=state, code=code, settled_at=now, sealed=None)
    )


async def try_later(session: AsyncSession, mail_id: UUID, code: str, *, now: datetime) -> None:
    """After a pause that grows; after three days not any more."""
    mail = await session.get_one(m.Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail.made_at < now - GIVE_UP:
        await settle(session, mail_id, "failed", code, now=now)
        return
    mail.code = code
    mail.next_attempt_at = now + timedelta(seconds=BACKOFF[min(mail.tries, len(BACKOFF)) - 1])
    await session.flush()


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """What was told long ago, and codes that ended long ago."""
    await session.execute(delete(m.Message).where(m.Message.happened_at < now - KEPT, m.Message.state != "waiting"))
    carried = select(m.Message.mail_id).where(m.Message.mail_id.is_not(None))
    await session.execute(delete(m.Mail).where(m.Mail.settled_at < now - KEPT, m.Mail.id.not_in(carried)))
    await session.execute(delete(m.PasswordCode).where(m.PasswordCode.expires_at < now - GIVE_UP))
