"""One post as people read it, whole."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.content import Content
from approvals.errors import NotFound
from approvals.findings import Finding
from approvals.outgoing import Part, unseal
from approvals.permissions import Actor, Permission
from approvals.queries.correction_views import CorrectionView, corrections_of, put_right
from approvals.queries.delivery_views import DeliveryView, deliveries_of
from approvals.queries.post_lists import route_of
from approvals.queries.reach import PersonRef
from approvals.route import Outstanding, outstanding
from approvals.status import Sent, Status, status


class SignOffView(Struct, frozen=True):
    step: str
    person: PersonRef
    digest: str
    signed_at: datetime


class DecisionView(Struct, frozen=True):
    finding: str
    code: str
    reason: str
    person: PersonRef
    decided_at: datetime


class CommentView(Struct, frozen=True):
    id: UUID
    version: int
    kind: str
    words: str
    where: Mapping[str, Any] | None
    person: PersonRef
    created_at: datetime


class VersionView(Struct, frozen=True):
    number: int
    author: PersonRef
    created_at: datetime
    digest: str | None


class SubmissionView(Struct, frozen=True):
    """What the reviewers of the newest version see."""

    digest: str
    findings: tuple[Finding, ...]
    manifest: tuple[Part, ...]
    """Exactly what each account will get."""
    rules: str
    declaration: Mapping[str, str]
    person: PersonRef
    submitted_at: datetime


class PostView(Struct, frozen=True):
    """Everything about one post that whoever may read it sees."""

    id: UUID
    status: Status
    state: str
    team: UUID
    team_name: str
    version: int
    content: Content
    origin: Mapping[str, Any]
    author: PersonRef
    created_at: datetime
    changed_at: datetime
    translate_by: datetime | None
    corrects: UUID | None
    """The post that this one corrects in public."""
    corrections: tuple[CorrectionView, ...]
    """Posts that correct this one."""
    outstanding: tuple[Outstanding, ...]
    submission: SubmissionView | None
    sign_offs: tuple[SignOffView, ...]
    decisions: tuple[DecisionView, ...]
    deliveries: tuple[DeliveryView, ...]
    comments: tuple[CommentView, ...]
    versions: tuple[VersionView, ...]


def _findings(stored: Any) -> tuple[Finding, ...]:
    return msgspec.convert(stored, tuple[Finding, ...])


async def post(session: AsyncSession, actor: Actor, post_id: UUID, *, fresh: Iterable[Finding] = ()) -> PostView:
    """One post, whole. `fresh` are findings that time has added since submission. Raises `NotFound`, `NotAllowed`."""
    found, author, team = await _readable(session, actor, post_id)
    version = await session.scalar(
        select(m.Version).where(m.Version.post_id == post_id, m.Version.number == found.latest)
    )
    if version is None:
        raise NotFound("no-such-version")
    content = msgspec.convert(version.content, Content)
    submission = await _submission(session, version.id, fresh)
    sign_offs = await _sign_offs(session, version.id)
    decisions = await _decisions(session, version.id)
    sent = await deliveries_of(session, post_id)
    todo: tuple[Outstanding, ...] = ()
    if submission is not None and found.state == "in_review":
        todo = outstanding(
            await route_of(session, found.organisation_id), content, submission.findings,
            {s.step for s in sign_offs}, {d.finding for d in decisions},
        )  # fmt: skip
    corrections = await corrections_of(session, actor, post_id)
    righted = bool(await put_right(session, [post_id]))
    newest = [Sent(d.state, d.publish_at, d.takedown_at is not None) for d in sent if d.version == version.number]
    return PostView(
        id=found.id, status=status(found.state, approved=not todo, deliveries=newest, corrected=righted),
        state=found.state,
        team=found.team_id, team_name=team, version=version.number, content=content, origin=version.origin,
        author=author, created_at=found.created_at, changed_at=found.changed_at, translate_by=found.translate_by,
        corrects=found.corrects_id, corrections=corrections, outstanding=todo, submission=submission,
        sign_offs=sign_offs, decisions=decisions, deliveries=sent, comments=await _comments(session, post_id),
        versions=await _versions(session, post_id),
    )  # fmt: skip


async def _readable(session: AsyncSession, actor: Actor, post_id: UUID) -> tuple[m.Post, PersonRef, str]:
    row = (
        await session.execute(
            select(m.Post, m.Person.id, m.Person.name, m.Team.name)
            .join(m.Person, m.Person.id == m.Post.created_by)
            .join(m.Team, m.Team.id == m.Post.team_id)
            .where(m.Post.id == post_id, m.Post.organisation_id == actor.organisation)
        )
    ).first()
    if row is None:
        raise NotFound("no-such-post")
    found, person, name, team = row
    actor.require(Permission.POST_READ, team=found.team_id, author=found.created_by)
    return found, PersonRef(person, name), team


async def content_of(session: AsyncSession, actor: Actor, post_id: UUID, number: int | None = None) -> Content:
    """One version's content, the newest unless one is named."""
    found, _, _ = await _readable(session, actor, post_id)
    stored = await session.scalar(
        select(m.Version.content).where(
            m.Version.post_id == post_id, m.Version.number == (found.latest if number is None else number)
        )
    )
    if stored is None:
        raise NotFound("no-such-version")
    return msgspec.convert(stored, Content)


async def _submission(session: AsyncSession, version: UUID, fresh: Iterable[Finding]) -> SubmissionView | None:
    row = (
        await session.execute(
            select(m.Submission, m.Person.id, m.Person.name)
            .join(m.Person, m.Person.id == m.Submission.submitted_by)
            .where(m.Submission.version_id == version)
        )
    ).first()
    if row is None:
        return None
    found, person, name = row
    merged = {f.key: f for f in (*_findings(found.findings), *fresh)}
    return SubmissionView(
        found.digest, tuple(merged.values()), unseal(found.document, found.digest).manifest, found.rules,
        found.declaration, PersonRef(person, name), found.submitted_at,
    )  # fmt: skip


async def _sign_offs(session: AsyncSession, version: UUID) -> tuple[SignOffView, ...]:
    rows = await session.execute(
        select(m.SignOff, m.Person.id, m.Person.name)
        .join(m.Person, m.Person.id == m.SignOff.person_id)
        .where(m.SignOff.version_id == version)
        .order_by(m.SignOff.id)
    )
    return tuple(SignOffView(s.step, PersonRef(p, n), s.digest, s.signed_at) for s, p, n in rows)


async def _decisions(session: AsyncSession, version: UUID) -> tuple[DecisionView, ...]:
    rows = await session.execute(
        select(m.Decision, m.Person.id, m.Person.name)
        .join(m.Person, m.Person.id == m.Decision.person_id)
        .where(m.Decision.version_id == version)
        .order_by(m.Decision.id)
    )
    return tuple(DecisionView(d.finding, d.code, d.reason, PersonRef(p, n), d.decided_at) for d, p, n in rows)


async def _comments(session: AsyncSession, post_id: UUID) -> tuple[CommentView, ...]:
    rows = await session.execute(
        select(m.Comment, m.Person.id, m.Person.name)
        .join(m.Person, m.Person.id == m.Comment.person_id)
        .where(m.Comment.post_id == post_id)
        .order_by(m.Comment.id)
    )
    return tuple(
        CommentView(c.id, c.version, c.kind, c.words, c.where, PersonRef(p, n), c.created_at) for c, p, n in rows
    )


async def _versions(session: AsyncSession, post_id: UUID) -> tuple[VersionView, ...]:
    rows = await session.execute(
        select(m.Version.number, m.Version.created_at, m.Person.id, m.Person.name, m.Submission.digest)
        .join(m.Person, m.Person.id == m.Version.author_id)
        .outerjoin(m.Submission, m.Submission.version_id == m.Version.id)
        .where(m.Version.post_id == post_id)
        .order_by(m.Version.number)
    )
    return tuple(VersionView(number, PersonRef(p, n), at, digest) for number, at, p, n, digest in rows)
