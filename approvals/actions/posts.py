"""Finding a post and its versions, under the actor's reach. Shared by every action."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from approvals import models as m
from approvals.content import Content
from approvals.errors import NotFound, Stale, WrongState
from approvals.findings import Finding
from approvals.permissions import Actor, Permission
from approvals.route import Outstanding, decode, outstanding


class Submitted(NamedTuple):
    """A post in review, as its reviewers see it."""

    post: m.Post
    version: m.Version
    submission: m.Submission
    content: Content
    findings: tuple[Finding, ...]


async def post(session: AsyncSession, actor: Actor, permission: Permission, post_id: UUID) -> m.Post:
    """The post, locked until the commit. Raises `NotFound` or `NotAllowed`."""
    found = await session.scalar(
        select(m.Post)
        .where(m.Post.id == post_id, m.Post.organisation_id == actor.organisation)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("no-such-post")
    actor.require(permission, team=found.team_id, author=found.created_by)
    return found


async def version(session: AsyncSession, found: m.Post, number: int | None = None) -> m.Version:
    """A version by number, the newest unless one is named."""
    row = await session.scalar(
        select(m.Version).where(m.Version.post_id == found.id, m.Version.number == (number or found.latest))
    )
    if row is None:
        raise NotFound("no-such-version")
    return row


async def submitted(
    session: AsyncSession, actor: Actor, permission: Permission, post_id: UUID, digest: str | None = None
) -> Submitted:
    """The post in review whose newest version has the digest that the actor saw; `Stale` if it is another."""
    found = await post(session, actor, permission, post_id)
    newest = await version(session, found)
    submission = await session.get(m.Submission, newest.id)
    if found.state != "in_review" or submission is None:
        raise WrongState("post-state", state=found.state, wanted="in_review")
    if digest is not None and submission.digest != digest:
        raise Stale("stale-digest", digest=submission.digest, version=newest.number)
    return Submitted(
        found,
        newest,
        submission,
        msgspec.convert(newest.content, Content),
        msgspec.convert(submission.findings, tuple[Finding, ...]),
    )


async def authors(session: AsyncSession, post_id: UUID) -> frozenset[UUID]:
    """Everybody who wrote or edited any version; of a correction also of what it corrects, whose words it repeats."""
    written = select(m.Post.id, m.Post.corrects_id).where(m.Post.id == post_id).cte(recursive=True)
    original = aliased(m.Post)
    written = written.union_all(
        select(original.id, original.corrects_id).join(written, written.c.corrects_id == original.id)
    )
    query = select(m.Version.author_id).where(m.Version.post_id.in_(select(written.c.id)))
    return frozenset(await session.scalars(query))


async def decided(session: AsyncSession, case: Submitted) -> frozenset[str]:
    return frozenset(await session.scalars(select(m.Decision.finding).where(m.Decision.version_id == case.version.id)))


async def still_outstanding(
    session: AsyncSession, case: Submitted, findings: Sequence[Finding]
) -> tuple[Outstanding, ...]:
    """`route.outstanding` with what the database holds about this version."""
    route = await session.scalar(select(m.Organisation.route).where(m.Organisation.id == case.post.organisation_id))
    signed = set(await session.scalars(select(m.SignOff.step).where(m.SignOff.version_id == case.version.id)))
    return outstanding(decode(route or ()), case.content, findings, signed, await decided(session, case))
