"""Posts as people read them: a line of a list, or one post whole."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.content import Content
from approvals.errors import NotFound
from approvals.findings import Finding
from approvals.outgoing import Part, unseal
from approvals.permissions import Actor, Permission
from approvals.queries.correction_views import CorrectionView, corrections_of, put_right
from approvals.queries.delivery_views import DeliveryView, deliveries_of
from approvals.queries.reach import PersonRef, within_reach
from approvals.route import Outstanding, RouteStep, decode, outstanding
from approvals.status import STORED, Sent, Status, status

T = TypeVar("T")
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


class PostFilter(Struct, frozen=True):
    status: Status | None = None
    waiting_for: str | None = None
    """Posts whose next step is this one."""
    team: UUID | None = None
    channel: str | None = None
    mine: bool = False


async def posts(
    session: AsyncSession, actor: Actor, wanted: PostFilter, *, after: UUID | None = None, limit: int = 50
) -> list[PostSummary]:
    """Up to `limit` posts. Status is derived, so rows are read in batches until enough of them match."""
    found: list[PostSummary] = []
    while len(found) < limit:
        rows = await _post_rows(session, actor, wanted, after)
        if not rows:
            break
        found += [line for line in await _summaries(session, actor.organisation, rows) if _matches(line, wanted)]
        after = rows[-1][0].id
        if len(rows) < BATCH:
            break
    return found[:limit]


def _matches(line: PostSummary, wanted: PostFilter) -> bool:
    return (wanted.status is None or line.status == wanted.status) and (
        wanted.waiting_for is None or line.waiting_for[:1] == (wanted.waiting_for,)
    )


async def _post_rows(session: AsyncSession, actor: Actor, wanted: PostFilter, after: UUID | None) -> list[Any]:
    conditions = [within_reach(actor, Permission.POST_READ)]
    if after is not None:
        conditions.append(m.Post.id < after)
    if wanted.waiting_for is not None:
        conditions.append(m.Post.state == "in_review")
    if wanted.status is not None:
        conditions.append(m.Post.state == (wanted.status if wanted.status in STORED else "in_review"))
    if wanted.team is not None:
        conditions.append(m.Post.team_id == wanted.team)
    if wanted.mine:
        conditions.append(m.Post.created_by == actor.person)
    if wanted.channel is not None:
        conditions.append(m.Version.content["channels"].contains([wanted.channel]))
    rows = await session.execute(
        select(m.Post, m.Version, m.Person.id, m.Person.name, m.Team.name)
        .join(m.Version, and_(m.Version.post_id == m.Post.id, m.Version.number == m.Post.latest))
        .join(m.Person, m.Person.id == m.Post.created_by)
        .join(m.Team, m.Team.id == m.Post.team_id)
        .where(*conditions)
        .order_by(m.Post.id.desc())
        .limit(BATCH)
    )
    return list(rows)


async def _summaries(session: AsyncSession, organisation: UUID, rows: Sequence[Any]) -> list[PostSummary]:
    versions = [version.id for post, version, *_ in rows if post.state == "in_review"]
    route = await _route(session, organisation)
    findings = await _grouped(session, m.Submission.version_id, m.Submission.findings, versions)
    signed = await _grouped(session, m.SignOff.version_id, m.SignOff.step, versions)
    decided = await _grouped(session, m.Decision.version_id, m.Decision.finding, versions)
    sent = await _sent(session, versions)
    righted = await put_right(session, [post.id for post, *_ in rows])
    lines: list[PostSummary] = []
    for post, version, person, name, team in rows:
        content = msgspec.convert(version.content, Content)
        known = findings.get(version.id)
        todo = (
            outstanding(route, content, _findings(known[0]), signed.get(version.id, ()), decided.get(version.id, ()))
            if known
            else ()
        )
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


def _findings(stored: Any) -> tuple[Finding, ...]:
    return msgspec.convert(stored, tuple[Finding, ...])


async def _route(session: AsyncSession, organisation: UUID) -> tuple[RouteStep, ...]:
    return decode(await session.scalar(select(m.Organisation.route).where(m.Organisation.id == organisation)) or ())


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
            await _route(session, found.organisation_id), content, submission.findings,
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
