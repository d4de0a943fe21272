"""The quality log as people read it: the newest entry first, with what it says while that is kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import and_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.permissions import Actor, Permission, Reach
from approvals.queries.reach import PersonRef, within_reach


class EntryView(Struct, frozen=True):
    number: int
    at: datetime
    kind: str
    """`log.` and this is the key of its sentence."""
    actor: PersonRef | None
    post: UUID | None
    payload: Mapping[str, Any] | None
    """`null` once it was erased."""
    hash: str


class EntryFilter(Struct, frozen=True):
    post: UUID | None = None
    kind: str | None = None


async def log_entries(
    session: AsyncSession, actor: Actor, wanted: EntryFilter, *, before: int | None = None, limit: int = 50
) -> list[EntryView]:
    """Entries with numbers under `before`. Whoever reaches only their own posts sees those posts' entries."""
    query = (
        select(m.LogEntry, m.LogPayload.payload, m.Person.id, m.Person.name)
        .outerjoin(
            m.LogPayload,
            and_(m.LogPayload.organisation_id == m.LogEntry.organisation_id, m.LogPayload.number == m.LogEntry.number),
        )
        .outerjoin(m.Person, m.Person.id == m.LogEntry.actor_id)
        .where(
            m.LogEntry.organisation_id == actor.organisation,
            m.LogEntry.post_id == wanted.post if wanted.post else true(),
            m.LogEntry.kind == wanted.kind if wanted.kind else true(),
            m.LogEntry.number < before if before else true(),
        )
    )
    if actor.reach(Permission.LOG_READ) is not Reach.ALL:
        query = query.where(m.LogEntry.post_id.in_(select(m.Post.id).where(within_reach(actor, Permission.LOG_READ))))
    rows = await session.execute(query.order_by(m.LogEntry.number.desc()).limit(limit))
    return [_entry(*row) for row in rows]


def _entry(entry: m.LogEntry, payload: bytes | None, person: UUID | None, name: str | None) -> EntryView:
    return EntryView(
        number=entry.number, at=entry.at, kind=entry.kind,
        actor=PersonRef(person, name or "") if person else None, post=entry.post_id,
        payload=msgspec.json.decode(payload) if payload is not None else None, hash=entry.hash.hex(),
    )  # fmt: skip
