"""From what happened to what people are told: messages are derived from the quality log, each once.

Every change appends to the log in its own transaction, and numbers of a log are committed in their order. So a cursor
over them misses nothing and tells of nothing that was rolled back, and no other action needs to know about messages.
Where a payload has been erased, what it said is not told.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals import queries
from approvals.content import LONDON
from approvals.messages.audience import Circle, Readers, circle
from approvals.messages.cases import Case, case, facts, instant
from approvals.messages.choices import chosen, send_after
from approvals.messages.kinds import AFTER, BY_NAME, OVERDUE, STAFFING, STANDING, Kind

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Entries read in one transaction."""
SOON = timedelta(hours=24)
"""A translation that is wanted within this is due soon."""
CONSENT_ENDS = timedelta(days=30)
ENDING = frozenset({"stopped", "expired", "expiring"})
"""What of an account's troubles somebody is told by message; the others stand on the first page."""


async def behind(session: AsyncSession) -> list[UUID]:
    """Organisations whose log has entries that nobody has been told of yet."""
    rows = await session.scalars(
        select(m.LogHead.organisation_id)
        .outerjoin(m.MessageCursor, m.MessageCursor.organisation_id == m.LogHead.organisation_id)
        .where(or_(m.MessageCursor.number.is_(None), m.MessageCursor.number < m.LogHead.number))
    )
    return list(rows)


async def catch_up(session: AsyncSession, organisation: UUID, *, now: datetime) -> bool:
    """Read on in the log and write what follows from it. Whether there may be more; the caller commits each time."""
    cursor = await _cursor(session, organisation)
    if cursor is None:  # another process is at it
        return False
    entries = await _entries(session, organisation, cursor.number)
    if not entries:
        return False
    people = await circle(session, organisation)
    for entry, payload in entries:
        for kind in AFTER.get(entry.kind, ()):
            try:
                await _follow(session, people, kind, entry, _read(payload), now)
            except (ValueError, LookupError, TypeError):  # one entry that nobody understands must not silence the rest
                log.exception("entry %s of %s: no message %s", entry.number, organisation, kind.name)
    if any(entry.kind in STAFFING for entry, _ in entries):
        await _look_again(session, people, organisation, now)
    cursor.number = entries[-1][0].number
    await session.flush()
    return len(entries) == AT_ONCE


async def _cursor(session: AsyncSession, organisation: UUID) -> m.MessageCursor | None:
    await session.execute(
        insert(m.MessageCursor).values(organisation_id=organisation, number=0).on_conflict_do_nothing()
    )
    return await session.scalar(
        select(m.MessageCursor)
        .where(m.MessageCursor.organisation_id == organisation)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


async def _entries(session: AsyncSession, organisation: UUID, after: int) -> Sequence[tuple[m.LogEntry, bytes | None]]:
    rows = await session.execute(
        select(m.LogEntry, m.LogPayload.payload)
        .outerjoin(
            m.LogPayload,
            (m.LogPayload.organisation_id == m.LogEntry.organisation_id) & (m.LogPayload.number == m.LogEntry.number),
        )
        .where(m.LogEntry.organisation_id == organisation, m.LogEntry.number > after)
        .order_by(m.LogEntry.number)
        .limit(AT_ONCE)
    )
    return [(entry, payload) for entry, payload in rows]


def _read(payload: bytes | None) -> Mapping[str, Any]:
    return msgspec.json.decode(payload, type=dict[str, Any]) if payload is not None else {}


async def _follow(
    session: AsyncSession, people: Circle, kind: Kind, entry: m.LogEntry, payload: Mapping[str, Any], now: datetime
) -> None:
    """What one row of the table makes of one entry. Whoever did it knows already."""
    subject = _subject(kind, entry, payload)
    found = await case(session, entry.organisation_id, kind.about, subject) if subject else None
    if found is None or subject is None:
        return
    affects = any(payload.get(name) for name in ("held", "review", "takedowns"))
    kept = facts(found, kind=payload.get("kind"), affects=affects)
    done_by = {entry.actor_id} if kind.group != "waiting" else set()
    await _tell(
        session, people, kind, subject, found, kept, _occasion(kind, kept, entry.number), entry.at, now, done_by
    )


def _subject(kind: Kind, entry: m.LogEntry, payload: Mapping[str, Any]) -> UUID | None:
    if kind.about == "post":
        return entry.post_id
    if kind.about == "organisation":
        return entry.organisation_id
    try:
        return UUID(str(payload[kind.about]))
    except (KeyError, ValueError):  # erased, or written before the payload said so
        return None


def _occasion(kind: Kind, kept: Mapping[str, Any], number: int | None = None) -> str:
    return {
        "entry": f"entry {number}",
        "version": f"version {kept.get('version')}",
        "step": f"version {kept.get('version')} {kept.get('step')}",
        "deadline": f"by {kept.get('by')}",
    }[kind.once]


async def _look_again(session: AsyncSession, people: Circle, organisation: UUID, now: datetime) -> None:
    """Other people can do what is waiting since roles or the route have changed: tell those who were not told."""
    going = exists().where(m.Delivery.post_id == m.Post.id, m.Delivery.state != "cancelled")
    waiting = await session.scalars(
        select(m.Post.id).where(
            m.Post.organisation_id == organisation, m.Post.state.in_(("in_review", "translating")), ~going
        )
    )
    for post in list(waiting):
        for kind in STANDING:
            await _stand(session, people, kind, organisation, post, now)


async def _stand(
    session: AsyncSession,
    people: Circle,
    kind: Kind,
    organisation: UUID,
    subject: UUID,
    now: datetime,
    by: str | None = None,
) -> None:
    """A message that follows from how something stands, not from an entry."""
    found = await case(session, organisation, kind.about, subject)
    if found is not None:
        kept = facts(found, **({"by": by} if by else {}))
        await _tell(session, people, kind, subject, found, kept, _occasion(kind, kept), now, now, set())


async def _tell(
    session: AsyncSession,
    people: Circle,
    kind: Kind,
    subject: UUID,
    found: Case,
    kept: Mapping[str, Any],
    occasion: str,
    happened: datetime,
    now: datetime,
    but: Iterable[UUID | None],
) -> None:
    if not kind.stands(found, kept):
        return
    readers: Readers = kind.to(found, people) - set(but)
    for person in sorted(readers):
        wanted = people.readers[person].choices
        how = chosen(wanted, kind.group, kind.how)
        if how == "off":
            continue
        await session.execute(
            insert(m.Message)
            .values(
                id=uuid7(), organisation_id=found.organisation.id, person_id=person, kind=kind.name, subject=subject,
                occasion=occasion, facts=dict(kept), happened_at=happened, how=how,
                send_after=send_after(wanted, how, now), state="waiting",
            )
            .on_conflict_do_nothing()
        )  # fmt: skip


async def remind(session: AsyncSession, organisation: UUID, *, now: datetime) -> None:
    """What follows from time alone: what is due soon, late, or about to end. Each is told once for its deadline."""
    people: Circle | None = None
    for name, subject, by in await _reminders(session, organisation, now):
        people = people or await circle(session, organisation)
        await _stand(session, people, BY_NAME[name], organisation, subject, now, by)


async def _reminders(session: AsyncSession, organisation: UUID, now: datetime) -> list[tuple[str, UUID, str | None]]:
    """(kind, subject, deadline)"""
    translating = await session.execute(
        select(m.Post.id, m.Post.translate_by).where(
            m.Post.organisation_id == organisation, m.Post.state == "translating", m.Post.translate_by < now + SOON
        )
    )
    removals = await session.execute(
        select(m.Delivery.id, m.Delivery.takedown_at).where(
            m.Delivery.organisation_id == organisation,
            m.Delivery.takedown_at < now - OVERDUE,
            m.Delivery.state.in_(("sending", "unconfirmed", "published")),
        )
    )
    today = now.astimezone(LONDON).date()
    consents = await session.execute(
        select(m.ConsentRecord.id, m.ConsentRecord.expires).where(
            m.ConsentRecord.organisation_id == organisation,
            m.ConsentRecord.lapsed_at.is_(None),
            m.ConsentRecord.withdrawn_at.is_(None),
            m.ConsentRecord.superseded_by.is_(None),
            m.ConsentRecord.expires.between(today, today + CONSENT_ENDS),
        )
    )
    return [
        *(("translation-due", row.id, instant(row.translate_by)) for row in translating),
        *(("takedown-late", row.id, instant(row.takedown_at)) for row in removals),
        *(("consent-ends", row.id, row.expires.isoformat()) for row in consents),
        *await _accounts(session, organisation, now),
    ]


async def _accounts(session: AsyncSession, organisation: UUID, now: datetime) -> list[tuple[str, UUID, str | None]]:
    """Accounts that take no deliveries, and those whose credentials end soon or have ended."""
    return [
        ("account-stopped", each.account, instant(each.stopped_at))
        if each.stopped_at
        else ("account-ends", each.account, instant(each.expires_at))
        for each in await queries.accounts_needing_attention(session, organisation, now)
        if ENDING.intersection(each.reasons)
    ]


async def log_is_broken(session: AsyncSession, organisation: UUID, number: int, *, now: datetime) -> None:
    """The quality log does not verify from this entry on; for whoever verifies it to say, once for each entry."""
    people = await circle(session, organisation)
    await _stand(session, people, BY_NAME["log-broken"], organisation, organisation, now, f"entry {number}")


async def organisations(session: AsyncSession) -> list[UUID]:
    return list(await session.scalars(select(m.Organisation.id)))


__all__ = ["behind", "catch_up", "log_is_broken", "organisations", "remind"]
