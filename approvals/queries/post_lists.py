"""Posts as lines of a list: by status, by the step that waits for them, the newest or the longest waiting first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, and_, exists, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from approvals import models as m
from approvals.content import Content
from approvals.findings import Finding
from approvals.permissions import Actor, Permission
from approvals.queries.correction_views import put_right
from approvals.queries.reach import PersonRef, within_reach
from approvals.route import Outstanding, RouteStep, decode, outstanding
from approvals.status import SHOWN_BY, STORED, Sent, Status, status

BATCH = 100


class PostSummary(Struct, frozen=True):
    """One line of a list."""

    id: UUID
    status: Status
    waiting_for: tuple[str, ...]
    """Steps still to be signed, the next one first."""
    team: UUID
    team_name: str
    version: int
    text: Mapping[str, str]
    """The texts of the newest version by language."""
    channels: tuple[str, ...]
    author: PersonRef
    created_at: datetime
    changed_at: datetime
    publish_at: datetime | None = None
    """Of the earliest delivery that stands."""
    translate_by: datetime | None = None


class PostFilter(Struct, frozen=True):
    status: Status | None = None
    waiting_for: str | None = None
    """Posts whose next step is this one."""
    team: UUID | None = None
    channel: str | None = None
    mine: bool = False
    oldest_first: bool = False
    """By the deadline of a translation, else by how long a post has stood as it is; otherwise the newest first."""


async def posts(
    session: AsyncSession, actor: Actor, wanted: PostFilter, *, after: UUID | None = None, limit: int = 50
) -> list[PostSummary]:
    """Up to `limit` posts. Status is derived, so rows are read in batches until enough of them match; the database
    leaves out what cannot match.
    """
    found: list[PostSummary] = []
    route, batch = await route_of(session, actor.organisation), min(limit, BATCH)
    while len(found) < limit:
        rows = await _post_rows(session, actor, wanted, route, after, batch)
        if not rows:
            break
        found += [line for line in await _summaries(session, route, rows) if _matches(line, wanted)]
        after = rows[-1][0].id
        if len(rows) < batch:
            break
        batch = BATCH
    return found[:limit]


def _matches(line: PostSummary, wanted: PostFilter) -> bool:
    return (wanted.status is None or line.status == wanted.status) and (
        wanted.waiting_for is None or line.waiting_for[:1] == (wanted.waiting_for,)
    )


async def _post_rows(
    session: AsyncSession,
    actor: Actor,
    wanted: PostFilter,
    route: Sequence[RouteStep],
    after: UUID | None,
    limit: int,
) -> list[Any]:
    rows = await session.execute(
        select(m.Post, m.Version, m.Person.id, m.Person.name, m.Team.name)
        .join(m.Version, and_(m.Version.post_id == m.Post.id, m.Version.number == m.Post.latest))
        .join(m.Person, m.Person.id == m.Post.created_by)
        .join(m.Team, m.Team.id == m.Post.team_id)
        .where(within_reach(actor, Permission.POST_READ), *_conditions(actor, wanted, route), _past(after, wanted))
        .order_by(*(_order(wanted, m.Post) if wanted.oldest_first else (m.Post.id.desc(),)))
        .limit(limit)
    )
    return list(rows)


def _conditions(actor: Actor, wanted: PostFilter, route: Sequence[RouteStep]) -> Iterator[ColumnElement[bool]]:
    if wanted.waiting_for is not None:
        yield from (m.Post.state == "in_review", m.Post.scheduled.is_(False), ~_signed(wanted.waiting_for))
        yield from (_signed(s.step) for s in takewhile(lambda s: s.step != wanted.waiting_for, route) if s.always)
    if wanted.status is not None:
        yield from _may_be(actor, wanted.status, route)
    if wanted.team is not None:
        yield m.Post.team_id == wanted.team
    if wanted.mine:
        yield m.Post.created_by == actor.person
    if wanted.channel is not None:
        yield m.Version.content["channels"].contains([wanted.channel])


def _signed(step: str) -> ColumnElement[bool]:
    return exists().where(m.SignOff.version_id == m.Version.id, m.SignOff.step == step)


def _may_be(actor: Actor, wanted: Status, route: Sequence[RouteStep]) -> Iterator[ColumnElement[bool]]:
    """What a post of this status has at least, by which the database finds it."""
    yield m.Post.state == (wanted if wanted in STORED else "in_review")
    if wanted in {"in-review", "approved"}:
        yield m.Post.scheduled.is_(False)
        if wanted == "approved":
            yield from (_signed(s.step) for s in route if s.always)
    elif wanted == "corrected":
        corrections = aliased(m.Post)
        yield m.Post.id.in_(select(corrections.corrects_id).where(corrections.organisation_id == actor.organisation))
    elif wanted in SHOWN_BY:
        yield m.Post.id.in_(
            select(m.Delivery.post_id).where(
                m.Delivery.organisation_id == actor.organisation, m.Delivery.state.in_(SHOWN_BY[wanted])
            )
        )


def _order(wanted: PostFilter, of: Any) -> tuple[Any, ...]:
    return of.translate_by if wanted.status == "translating" else of.changed_at, of.id


def _past(after: UUID | None, wanted: PostFilter) -> ColumnElement[bool]:
    """Beyond the post `after`, wherever that stands now."""
    if after is None:
        return true()
    if not wanted.oldest_first:
        return m.Post.id < after
    last = aliased(m.Post)
    there = (select(each).where(last.id == after).scalar_subquery() for each in _order(wanted, last))
    return tuple_(*_order(wanted, m.Post)) > tuple_(*there)


async def _summaries(session: AsyncSession, route: Sequence[RouteStep], rows: Sequence[Any]) -> list[PostSummary]:
    versions = [version.id for post, version, *_ in rows if post.state == "in_review"]
    findings = await _grouped(session, m.Submission.version_id, m.Submission.findings, versions)
    signed = await _grouped(session, m.SignOff.version_id, m.SignOff.step, versions)
    decided = await _grouped(session, m.Decision.version_id, m.Decision.finding, versions)
    sent = await _sent(session, versions)
    righted = await put_right(session, [post.id for post, *_ in rows])
    lines: list[PostSummary] = []
    for post, version, person, name, team in rows:
        content = msgspec.convert(version.content, Content)
        todo: tuple[Outstanding, ...] = ()
        if known := findings.get(version.id):
            found = msgspec.convert(known[0], tuple[Finding, ...])
            todo = outstanding(route, content, found, signed.get(version.id, ()), decided.get(version.id, ()))
        author, deliveries = PersonRef(person, name), sent.get(version.id, [])
        lines.append(_line(post, content, team, author, todo, deliveries, corrected=post.id in righted))
    return lines


def _line(
    post: m.Post,
    content: Content,
    team: str,
    author: PersonRef,
    todo: tuple[Outstanding, ...],
    sent: Sequence[Sent],
    *,
    corrected: bool,
) -> PostSummary:
    standing = [delivery.publish_at for delivery in sent if delivery.state != "cancelled"]
    return PostSummary(
        id=post.id, status=status(post.state, approved=not todo, deliveries=sent, corrected=corrected),
        waiting_for=tuple(o.step for o in todo), team=post.team_id, team_name=team, version=post.latest,
        text={language: words for language in ("cy", "en") if (words := getattr(content.text, language))},
        channels=content.channels, author=author, created_at=post.created_at, changed_at=post.changed_at,
        publish_at=min(standing, default=None), translate_by=post.translate_by,
    )  # fmt: skip


async def _grouped(session: AsyncSession, by: Any, what: Any, versions: Sequence[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    if versions:
        for version, value in await session.execute(select(by, what).where(by.in_(versions))):
            found[version].append(value)
    return found


async def _sent(session: AsyncSession, versions: Sequence[UUID]) -> dict[UUID, list[Sent]]:
    found: dict[UUID, list[Sent]] = defaultdict(list)
    if versions:
        rows = await session.execute(
            select(m.Delivery.version_id, m.Delivery.state, m.Delivery.publish_at, m.Delivery.takedown_at).where(
                m.Delivery.version_id.in_(versions)
            )
        )
        for version, state, publish_at, takedown_at in rows:
            found[version].append(Sent(state, publish_at, takedown_at is not None))
    return found


async def route_of(session: AsyncSession, organisation: UUID) -> tuple[RouteStep, ...]:
    return decode(await session.scalar(select(m.Organisation.route).where(m.Organisation.id == organisation)) or ())
