"""The quality log as people read it: the newest entry first, with what it says while that is kept."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.errors import Invalid
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


TOPICS: Mapping[str, tuple[str, ...]] = {
    "writing": (
        "post-created", "translation-asked", "translation-returned", "commented", "picture-added",
        "withdrawn",
    ),
    "checking": ("submitted", "submission-refused", "decided"),
    "signing": ("signed-off", "sent-back", "refused"),
    "sending": (
        "scheduled", "moved", "cancelled", "held", "released", "resolved", "paused", "resumed", "account-stopped",
        "delivery-published", "delivery-unconfirmed", "delivery-ask-a-person", "delivery-absent", "delivery-failed",
        "delivery-held", "delivery-missed", "delivery-account-stopped",
    ),
    "afterwards": (
        "takedown-asked", "removal-asked", "removed-by-hand", "delivery-retracted", "delivery-cannot-retract",
        "drift-seen", "drift-settled", "foreign-seen", "foreign-settled", "corrected",
    ),
    "consents": (
        "consent-requested", "consent-recorded", "consents-imported", "consent-verified", "consent-withdrawn",
        "consent-superseded", "consent-disputed", "consent-settled", "consent-left", "consent-lapsed",
        "consent-basis-decided", "evidence-added", "evidence-viewed", "contact-viewed", "original-viewed",
        "original-deleted",
    ),
}  # fmt: skip
"""Kinds of entries that somebody looks for together; everything else is the organisation's own housekeeping."""
HOUSEKEEPING = "housekeeping"
COMMON = 1000
"""Entries or posts with a word, from which on it is no use to gather all of them."""
_WILD = re.compile(r"[\\%_]")
SHORTEST = 3
"""Letters of the shortest word that can be searched for: trigrams find nothing shorter."""


class EntryFilter(Struct, frozen=True):
    """All of it must hold."""

    post: UUID | None = None
    kind: str | None = None
    topic: str | None = None
    """One of `TOPICS`, or `HOUSEKEEPING`."""
    words: tuple[str, ...] = ()
    """Each stands in the entry, or in some version of its post, whatever its accents and capitals."""
    person: str = ""
    """Part of the name or address of whoever acted."""
    channel: str | None = None
    """Some version of the entry's post is for it."""
    since: datetime | None = None
    until: datetime | None = None
    """Before this."""


async def log_entries(
    session: AsyncSession, actor: Actor, wanted: EntryFilter, *, before: int | None = None, limit: int = 50
) -> list[EntryView]:
    """Entries with numbers under `before`. Whoever reaches only their own posts sees those posts' entries."""
    says = [
        _says(actor.organisation, word, common=await _is_common(session, actor.organisation, word))
        for word in wanted.words
    ]
    query = (
        select(m.LogEntry, m.LogPayload.payload, m.Person.id, m.Person.name)
        .outerjoin(
            m.LogPayload,
            and_(m.LogPayload.organisation_id == m.LogEntry.organisation_id, m.LogPayload.number == m.LogEntry.number),
        )
        .outerjoin(m.Person, m.Person.id == m.LogEntry.actor_id)
        .where(
            m.LogEntry.organisation_id == actor.organisation,
            m.LogEntry.number < before if before else true(),
            *_conditions(actor.organisation, wanted),
            *says,
        )
    )
    if actor.reach(Permission.LOG_READ) is not Reach.ALL:
        query = query.where(m.LogEntry.post_id.in_(select(m.Post.id).where(within_reach(actor, Permission.LOG_READ))))
    rows = await session.execute(query.order_by(m.LogEntry.number.desc()).limit(limit))
    return [_entry(*row) for row in rows]


def words_of(asked: str) -> tuple[str, ...]:
    """The words of a search. Raises `Invalid` for one that is too short to be found."""
    words = tuple(asked.split())
    for word in words:
        if len(word) < SHORTEST:
            raise Invalid("search-word-short", "/words", word=word, least=SHORTEST)
    return words


def _conditions(organisation: UUID, wanted: EntryFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.post is not None:
        yield m.LogEntry.post_id == wanted.post
    if wanted.kind is not None:
        yield m.LogEntry.kind == wanted.kind
    if wanted.topic == HOUSEKEEPING:
        yield m.LogEntry.kind.not_in([kind for kinds in TOPICS.values() for kind in kinds])
    elif wanted.topic is not None:
        yield m.LogEntry.kind.in_(TOPICS.get(wanted.topic, ()))
    if wanted.since is not None:
        yield m.LogEntry.at >= wanted.since
    if wanted.until is not None:
        yield m.LogEntry.at < wanted.until
    if wanted.person:
        named = or_(*(column.icontains(wanted.person, autoescape=True) for column in (m.Person.name, m.Person.email)))
        yield m.LogEntry.actor_id.in_(select(m.Person.id).where(m.Person.organisation_id == organisation, named))
    if wanted.channel is not None:
        yield m.LogEntry.post_id.in_(
            select(m.Version.post_id).where(m.Version.content["channels"].contains([wanted.channel]))
        )


def _sought(word: str) -> Any:
    return func.plain_words("%" + _WILD.sub(r"\\\g<0>", word) + "%")


async def _is_common(session: AsyncSession, organisation: UUID, word: str) -> bool:
    """Whether so much has it that the newest entries are found sooner by reading back from the last."""
    entries = select(literal(1)).where(
        m.LogPayload.organisation_id == organisation, func.payload_words(m.LogPayload.payload).like(_sought(word))
    )
    posts = select(literal(1)).where(func.content_words(m.Version.content).like(_sought(word)))
    either = union_all(entries.limit(COMMON).subquery().select(), posts.limit(COMMON).subquery().select())
    return (await session.scalar(select(func.count()).select_from(either.subquery())) or 0) >= COMMON


def _says(organisation: UUID, word: str, *, common: bool) -> ColumnElement[bool]:
    """A rare word by two searches by index, put together: one condition over both tables could use neither."""
    entry, post = (
        func.payload_words(m.LogPayload.payload).like(_sought(word)),
        func.content_words(m.Version.content).like(_sought(word)),
    )
    if common:
        return or_(entry, exists().where(m.Version.post_id == m.LogEntry.post_id, post))
    entries = select(m.LogPayload.number).where(m.LogPayload.organisation_id == organisation, entry)
    of_posts = select(m.LogEntry.number).where(
        m.LogEntry.organisation_id == organisation, m.LogEntry.post_id.in_(select(m.Version.post_id).where(post))
    )
    return m.LogEntry.number.in_(entries.union(of_posts))


def _entry(entry: m.LogEntry, payload: bytes | None, person: UUID | None, name: str | None) -> EntryView:
    return EntryView(
        number=entry.number, at=entry.at, kind=entry.kind,
        actor=PersonRef(person, name or "") if person else None, post=entry.post_id,
        payload=msgspec.json.decode(payload) if payload is not None else None, hash=entry.hash.hex(),
    )  # fmt: skip
