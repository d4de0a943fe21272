"""Deciding about a submitted post: findings, sign-offs, sending back, refusing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import checks, evidence, lifecycle, quality_log
from approvals import models as m
from approvals.actions import posts, scheduling
from approvals.errors import Blocked, Invalid, NotAllowed, NotFound, WrongState
from approvals.findings import Finding, Severity, Where, blocks, decided_by
from approvals.originals import correction_of
from approvals.permissions import SIGNS, Actor, Permission
from approvals.route import Step
from connectors.contract import Limits

LOOKED_FOR: tuple[str, ...] = ("screens", "whiteboards", "wristbands", "badges", "number-plates")
"""What the privacy reviewer confirms having looked for in each picture (issue: people; IDP-08, IDP-19)."""


async def sign_off(
    session: AsyncSession,
    actor: Actor,
    post_id: UUID,
    step: Step,
    digest: str,
    platforms: Mapping[str, Limits],
    *,
    attests: Sequence[str] = (),
    now: datetime,
) -> m.SignOff:
    """One step's yes to exactly the bytes behind `digest`.

    Raises `Stale` for another digest, `NotAllowed` for an author or a second step by the same person, `WrongState`
    out of turn or with findings still to decide, `Blocked` where time has changed something since submission.
    """
    if step not in SIGNS:
        raise Invalid("no-such-step", "/step", steps=", ".join(SIGNS))
    case = await posts.submitted(session, actor, SIGNS[step], post_id, digest)
    await _four_eyes(session, actor, case, step)
    fresh = await _fresh(session, case, platforms, now)
    first = next(iter(await posts.still_outstanding(session, case, fresh)), None)
    if first is None or first.step != step:
        raise WrongState("not-this-step", step=step, next=first.step if first else "")
    if first.undecided:
        raise WrongState("findings-undecided", step=step, n=len(first.undecided))
    if step == "privacy" and case.content.media and set(attests) != set(LOOKED_FOR):
        raise Invalid("look-first", "/attests", wanted=", ".join(LOOKED_FOR))
    made = m.SignOff(
        version_id=case.version.id, step=step, person_id=actor.person, digest=digest,
        attests={"looked_for": sorted(attests)} if attests else {}, signed_at=now,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await _log(session, actor, case, "signed-off", {"step": step, "digest": digest}, now)
    return made


async def decide(
    session: AsyncSession,
    actor: Actor,
    post_id: UUID,
    digest: str,
    finding: str,
    reason: str,
    platforms: Mapping[str, Limits],
    *,
    now: datetime,
) -> m.Decision:
    """Resolve one `decide` finding of a version, with a reason (APR-07)."""
    if not reason.strip():
        raise Invalid("reason-needed", "/reason")
    case = await posts.submitted(session, actor, Permission.POST_READ, post_id, digest)
    known = {f.key: f for f in (*case.findings, *await _timed(session, case, platforms, now))}
    found = known.get(finding)
    if found is None:
        raise NotFound("no-such-finding")
    if found.severity is not Severity.DECIDE:
        raise WrongState("finding-not-decidable", finding=found.code, severity=found.severity.value)
    actor.require(SIGNS[decided_by(found)], team=case.post.team_id)
    if actor.person in await posts.authors(session, case.post.id):
        raise NotAllowed("own-work")
    if finding in await posts.decided(session, case):
        raise WrongState("already-decided")
    made = m.Decision(
        version_id=case.version.id, finding=finding, code=found.code, reason=reason, person_id=actor.person,
        decided_at=now,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await _log(session, actor, case, "decided", {"finding": msgspec.to_builtins(found), "reason": reason}, now)
    return made


async def send_back(
    session: AsyncSession,
    actor: Actor,
    post_id: UUID,
    digest: str,
    words: str,
    *,
    where: Where | None = None,
    now: datetime,
) -> m.Post:
    """Ask the author to change something. The post is a draft again; what was signed stays in the log."""
    if not words.strip():
        raise Invalid("words-needed", "/words")
    case = await posts.submitted(session, actor, Permission.POST_READ, post_id, digest)
    _require_reviewer(actor)
    await scheduling.cancel_unsent(session, actor, case.post, "sent-back", now=now)
    lifecycle.advance(case.post, "draft", now)
    session.add(
        m.Comment(
            post_id=case.post.id, version=case.version.number, person_id=actor.person, kind="sent-back",
            words=words, where=msgspec.to_builtins(where) if where else None, created_at=now,
        )
    )  # fmt: skip
    await _log(session, actor, case, "sent-back", {"words": words}, now)
    return case.post


async def refuse(
    session: AsyncSession, actor: Actor, post_id: UUID, digest: str, reason: str, *, now: datetime
) -> m.Post:
    """Say no for good."""
    if not reason.strip():
        raise Invalid("reason-needed", "/reason")
    case = await posts.submitted(session, actor, Permission.REFUSE, post_id, digest)
    await scheduling.cancel_unsent(session, actor, case.post, "refused", now=now)
    lifecycle.advance(case.post, "refused", now)
    await _log(session, actor, case, "refused", {"reason": reason}, now)
    return case.post


def _require_reviewer(actor: Actor) -> None:
    if not any(actor.may(permission) for permission in SIGNS.values()):
        raise NotAllowed("not-your-role", permission="sign-off")


async def _four_eyes(session: AsyncSession, actor: Actor, case: posts.Submitted, step: Step) -> None:
    """The same refusals as the database's own (migration 0001), with words for a person."""
    if actor.person in await posts.authors(session, case.post.id):
        raise NotAllowed("own-work")
    signed = await session.execute(
        select(m.SignOff.step, m.SignOff.person_id).where(m.SignOff.version_id == case.version.id)
    )
    for signed_step, person in signed:
        if signed_step == step:
            raise WrongState("already-signed", step=step)
        if person == actor.person:
            raise NotAllowed("second-step", step=signed_step)
    if step == "line":
        manager = await session.scalar(select(m.Person.line_manager_id).where(m.Person.id == case.post.created_by))
        if manager != actor.person:
            raise NotAllowed("not-their-manager")


async def _timed(
    session: AsyncSession, case: posts.Submitted, platforms: Mapping[str, Limits], now: datetime
) -> tuple[Finding, ...]:
    context, _ = await evidence.context(
        session, case.post.organisation_id, case.content, platforms, now=now, lock=True, pictures=False,
        correction=correction_of(case.post),
    )  # fmt: skip
    return checks.run(case.content, context, timed_only=True)


async def _fresh(
    session: AsyncSession, case: posts.Submitted, platforms: Mapping[str, Limits], now: datetime
) -> tuple[Finding, ...]:
    """The findings of submission with those that time has added. Raises `Blocked` when any now blocks."""
    timed = await _timed(session, case, platforms, now)
    if blocks(timed):
        raise Blocked("blocked-since", blocks(timed))
    return tuple({f.key: f for f in (*case.findings, *timed)}.values())


async def _log(
    session: AsyncSession, actor: Actor, case: posts.Submitted, kind: str, payload: Mapping[str, Any], now: datetime
) -> None:
    await quality_log.append(
        session, case.post.organisation_id, kind, {"version": case.version.number, **payload},
        now=now, actor=actor.person, post=case.post.id,
    )  # fmt: skip
