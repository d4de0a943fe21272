"""What another route of approval would do to the posts that are under way, said before it is set."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.content import Content
from approvals.findings import Finding
from approvals.permissions import Actor, Permission
from approvals.route import RouteStep, outstanding

_UNSENT = ("due", "held", "missed", "failed")


class RouteEffects(Struct, frozen=True):
    """Of posts that are submitted and not out yet."""

    posts: int
    """How many there are."""
    more: int
    """Get a step that they would not have had to pass."""
    approved: int
    """Have every sign-off that the new route asks for, and lacked one for the old."""
    reopened: int
    """Are approved, and would lack a sign-off; not on the schedule yet."""
    held: int
    """Are on the schedule, and are held at their time unless somebody signs before."""
    first_held: datetime | None
    """When the first of those is to go out."""


class _Open(NamedTuple):
    content: Content
    findings: tuple[Finding, ...]
    signed: frozenset[str]
    decided: frozenset[str]
    publish_at: datetime | None


async def route_effects(
    session: AsyncSession, actor: Actor, old: Sequence[RouteStep], new: Sequence[RouteStep]
) -> RouteEffects:
    actor.require(Permission.POLICY_EDIT)
    posts = more = approved = reopened = held = 0
    times: list[datetime] = []
    for post in await _open(session, actor):
        before, after = (_steps(route, post) for route in (old, new))
        posts += 1
        more += bool(after - before)
        approved += bool(before) and not after
        if not before and after:
            if post.publish_at is None:
                reopened += 1
            else:
                held += 1
                times.append(post.publish_at)
    return RouteEffects(posts, more, approved, reopened, held, min(times, default=None))


def _steps(route: Sequence[RouteStep], post: _Open) -> set[str]:
    return {one.step for one in outstanding(route, post.content, post.findings, post.signed, post.decided)}


async def _open(session: AsyncSession, actor: Actor) -> list[_Open]:
    unsent = select(m.Delivery.version_id, func.min(m.Delivery.publish_at).label("at"))
    unsent_at = unsent.where(m.Delivery.state.in_(_UNSENT)).group_by(m.Delivery.version_id).subquery()
    any_sent = select(m.Delivery.id).where(
        m.Delivery.version_id == m.Version.id, m.Delivery.state.not_in((*_UNSENT, "cancelled"))
    )
    rows = list(
        await session.execute(
            select(m.Version.id, m.Version.content, m.Submission.findings, unsent_at.c.at)
            .select_from(m.Post)
            .join(m.Version, and_(m.Version.post_id == m.Post.id, m.Version.number == m.Post.latest))
            .join(m.Submission, m.Submission.version_id == m.Version.id)
            .outerjoin(unsent_at, unsent_at.c.version_id == m.Version.id)
            .where(m.Post.organisation_id == actor.organisation, m.Post.state == "in_review")
            .where(or_(unsent_at.c.at.is_not(None), ~any_sent.exists()))
        )
    )
    return list(await _with_evidence(session, rows))


async def _with_evidence(session: AsyncSession, rows: Sequence[Any]) -> Iterator[_Open]:
    versions = [row[0] for row in rows]
    signed = await _grouped(session, m.SignOff.version_id, m.SignOff.step, versions)
    decided = await _grouped(session, m.Decision.version_id, m.Decision.finding, versions)
    return (
        _Open(
            msgspec.convert(content, Content), msgspec.convert(findings, tuple[Finding, ...]),
            frozenset(signed.get(version, ())), frozenset(decided.get(version, ())), at,
        )
        for version, content, findings, at in rows
    )  # fmt: skip


async def _grouped(session: AsyncSession, by: Any, what: Any, versions: Sequence[UUID]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for version, value in await session.execute(select(by, what).where(by.in_(versions))):
        found.setdefault(version, set()).add(value)
    return found
