"""When an approved post goes out, and everything people do to its deliveries before and after."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import checks, evidence, originals, quality_log
from approvals import models as m
from approvals.actions import correcting, posts
from approvals.actions.correcting import SamePost
from approvals.actions.delivering import IN_RESERVE
from approvals.content import Content, window
from approvals.errors import Blocked, Invalid, NotFound, Stale, WrongState
from approvals.findings import Finding, blocks
from approvals.originals import correction_of
from approvals.outgoing import Part, unseal
from approvals.permissions import Actor, Permission
from connectors.contract import Limits, Receipt

CHANNEL = "porth_deliveries"
"""The PostgreSQL channel on which workers are woken."""
REMOVAL = "removal-asked"
"""Why something is held or removed on the wish of a person shown or named, without a consent."""
UNSENT = frozenset({"due", "held", "missed", "failed"})
"""Provably nothing of these is public."""
GRACE = timedelta(minutes=1)
"""A time that passed while somebody pressed the button is not yet the past."""


async def schedule(
    session: AsyncSession,
    actor: Actor,
    post_id: UUID,
    digest: str,
    at: datetime,
    platforms: Mapping[str, Limits],
    *,
    now: datetime,
) -> list[m.Delivery]:
    """Queue every part of an approved version for `at`, which must lie in the approved window."""
    case = await posts.submitted(session, actor, Permission.SCHEDULE, post_id, digest)
    _in_window(case.content, at, now)
    await _approved(session, case, at, platforms, now)
    document = unseal(case.submission.document, case.submission.digest)
    before = await _locked(session, m.Delivery.version_id == case.version.id)
    if any(delivery.state != "cancelled" for delivery in before):
        raise WrongState("already-scheduled")
    made = before or await _queue(session, case, document.manifest, now)
    for delivery in made:
        _set_due(delivery, at)
    await _announce(session, case.post, actor, "scheduled", {"at": at.isoformat(), "digest": digest}, now)
    return made


async def _queue(
    session: AsyncSession, case: posts.Submitted, manifest: Sequence[Part], now: datetime
) -> list[m.Delivery]:
    made: list[m.Delivery] = []
    for number, part in enumerate(manifest):
        delivery = m.Delivery(
            organisation_id=case.post.organisation_id, post_id=case.post.id, version_id=case.version.id, part=number,
            account_id=UUID(part.account), follows_id=made[-1].id if part.follows else None, state="due",
            publish_at=now, next_attempt_at=now, created_at=now,
        )  # fmt: skip
        stale = await correcting.why_not(session, case.post, part)
        if stale is not None:
            raise WrongState(stale)
        await correcting.linked(session, delivery, part)
        session.add(delivery)
        await session.flush()
        made.append(delivery)
    return made


def _set_due(delivery: m.Delivery, at: datetime) -> None:
    delivery.state, delivery.code = "due", None
    delivery.publish_at = delivery.next_attempt_at = at
    delivery.tries, delivery.lookups = 0, 0
    # a worker that took it for its earlier time, and is only preparing, must not go on: it would send it at once
    delivery.leased_by = delivery.lease_until = None
    # nothing of it is public, so it starts afresh: what was uploaded for an earlier try may have gone by now
    delivery.attempt, delivery.prepared, delivery.started_at = {}, False, None


def _in_window(content: Content, at: datetime, now: datetime) -> None:
    allowed = window(content)
    if at < now - GRACE:
        raise Invalid("time-past", "/at")
    if allowed is None or not allowed[0] <= at <= allowed[1]:
        limits = allowed or (now, now)
        raise Invalid("outside-window", "/at", earliest=limits[0].isoformat(), latest=limits[1].isoformat())


async def _approved(
    session: AsyncSession, case: posts.Submitted, at: datetime, platforms: Mapping[str, Limits], now: datetime
) -> None:
    """Every step signed, every finding decided, and nothing that the chosen time changes."""
    context, _ = await evidence.context(
        session, case.post.organisation_id, case.content, platforms, now=now, publish_at=at, lock=True,
        pictures=False, correction=correction_of(case.post),
    )  # fmt: skip
    timed = checks.run(case.content, context, timed_only=True)
    if blocks(timed):
        raise Blocked("blocked-since", blocks(timed))
    findings: tuple[Finding, ...] = tuple({f.key: f for f in (*case.findings, *timed)}.values())
    missing = await posts.still_outstanding(session, case, findings)
    if missing:
        raise WrongState("not-approved", steps=", ".join(o.step for o in missing))


async def cancel(session: AsyncSession, actor: Actor, post_id: UUID, reason: str, *, now: datetime) -> m.Post:
    """Take an approved post off the schedule. Its approval stays: it can be scheduled again inside its window."""
    _reasoned(reason)
    post = await posts.post(session, actor, Permission.SCHEDULE, post_id)
    await cancel_unsent(session, actor, post, reason, now=now)
    return post


async def cancel_unsent(session: AsyncSession, actor: Actor, post: m.Post, code: str, *, now: datetime) -> None:
    """Cancel what has not gone out. Raises `WrongState` if anything of the post is, or may be, public."""
    deliveries = await _locked(session, m.Delivery.post_id == post.id)
    if any(d.state in {"sending", "unconfirmed", "published"} for d in deliveries):
        raise WrongState("already-public")
    unsent = [d for d in deliveries if d.state in UNSENT]
    for delivery in unsent:
        delivery.state, delivery.code = "cancelled", None
    if unsent:
        await _announce(session, post, actor, "cancelled", {"reason": code, "deliveries": len(unsent)}, now)


async def move(
    session: AsyncSession,
    actor: Actor,
    post_id: UUID,
    at: datetime,
    platforms: Mapping[str, Limits],
    *,
    was: datetime | None = None,
    now: datetime,
) -> list[m.Delivery]:
    """Take a post off its time and schedule it for another in the approved window, after every check again.

    It moves whole, so a pair stays together. `was` is the time that the mover saw: `Stale` if it has been moved since.
    """
    case = await posts.submitted(session, actor, Permission.SCHEDULE, post_id)
    _in_window(case.content, at, now)
    await _approved(session, case, at, platforms, now)
    locked = await _locked(session, m.Delivery.version_id == case.version.id)
    standing = [delivery for delivery in locked if delivery.state != "cancelled"]
    before = _movable(standing)
    if was is not None and was not in before:
        raise Stale("moved-meanwhile", "/was", stands=before[0].isoformat())
    manifest = unseal(case.submission.document, case.submission.digest).manifest
    for delivery in standing:
        stale = await correcting.why_not(session, case.post, manifest[delivery.part], delivery.id)
        if stale is not None:
            raise WrongState(stale)
        _set_due(delivery, at)
    payload = {"was": before[0].isoformat(), "at": at.isoformat(), "digest": case.submission.digest}
    await _announce(session, case.post, actor, "moved", payload, now)
    return standing


def _movable(standing: Sequence[m.Delivery]) -> list[datetime]:
    """The times that they have now, the earliest first. Raises `WrongState` where they cannot have another."""
    if not standing:
        raise WrongState("not-scheduled")
    if any(d.state not in UNSENT for d in standing):
        raise WrongState("already-public")
    if not all(can_move(d.state, d.code) for d in standing):
        raise WrongState("held-not-moved")
    return sorted({delivery.publish_at for delivery in standing})


def can_move(state: str, code: str | None) -> bool:
    """It waits for its time, or has missed it. What somebody or a check holds back waits for a decision first."""
    return state in {"due", "missed"} or (state == "held" and code == IN_RESERVE)


async def hold(session: AsyncSession, actor: Actor, delivery_id: UUID, reason: str, *, now: datetime) -> m.Delivery:
    """Keep one delivery from going out until somebody releases it."""
    _reasoned(reason)
    delivery, post = await _one(session, actor, Permission.SCHEDULE, delivery_id)
    _from(delivery, "due")
    delivery.state, delivery.code = "held", "by-hand"
    await _announce(session, post, actor, "held", {"delivery": str(delivery.id), "reason": reason}, now)
    return delivery


async def release(
    session: AsyncSession,
    actor: Actor,
    delivery_id: UUID,
    reason: str,
    platforms: Mapping[str, Limits],
    *,
    at: datetime | None = None,
    now: datetime,
) -> m.Delivery:
    """Let a held, missed or failed delivery go out at `at` (now, if not said), after every check again."""
    _reasoned(reason)
    post, version_id = await _post_of(session, actor, Permission.DELIVERY_RESOLVE, delivery_id)
    version = await session.get_one(m.Version, version_id)
    submission = await session.get_one(m.Submission, version_id)
    content = msgspec.convert(version.content, Content)
    await evidence.relied_on(session, post.organisation_id, content, lock=True)  # before the delivery, as all do
    (delivery,) = await _locked(session, m.Delivery.id == delivery_id)
    _from(delivery, "held", "missed", "failed")
    case = posts.Submitted(
        post, version, submission, content, msgspec.convert(submission.findings, tuple[Finding, ...])
    )
    when = at or max(now, delivery.publish_at)
    _in_window(content, when, now)
    await _approved(session, case, when, platforms, now)
    part = unseal(submission.document, submission.digest).manifest[delivery.part]
    stale = await correcting.why_not(session, post, part, delivery.id)
    if stale is not None:
        raise WrongState(stale)
    _set_due(delivery, when)
    await _announce(session, post, actor, "released", {"delivery": str(delivery.id), "reason": reason}, now)
    return delivery


async def resolve(
    session: AsyncSession,
    actor: Actor,
    delivery_id: UUID,
    found: Receipt | None,
    reason: str,
    *,
    now: datetime,
) -> m.Delivery:
    """A person has looked: the post of an unconfirmed delivery is there (attach it), or it is not (send again)."""
    _reasoned(reason)
    delivery, post = await _one(session, actor, Permission.DELIVERY_RESOLVE, delivery_id)
    _from(delivery, "unconfirmed")
    if found is None and delivery.lease_until is not None and delivery.lease_until > now:
        raise WrongState("being-looked-for")
    if found is None:
        delivery.state, delivery.code = "held", "not-there"
    else:
        await correcting.found(session, delivery, found.id)
        delivery.state, delivery.code = "published", None
        delivery.platform_id, delivery.url, delivery.published_at = found.id, found.url, found.at
        submission = await session.get_one(m.Submission, delivery.version_id)
        part = unseal(submission.document, submission.digest).manifest[delivery.part]
        await correcting.settled(session, delivery, post, part, submission.digest, now=now)
    payload = {"delivery": str(delivery.id), "reason": reason, "found": found.id if found else None}
    await _announce(session, post, actor, "resolved", payload, now)
    return delivery


async def take_down(session: AsyncSession, actor: Actor, post_id: UUID, reason: str, *, now: datetime) -> int:
    """Ask for the removal of everything public of a post, in both languages, and hold the rest (WEL-17, PUB-03).

    Returns how many posts will be removed. Workers carry it out and read back until they are gone.
    """
    _reasoned(reason)
    post = await posts.post(session, actor, Permission.TAKEDOWN_APPROVE, post_id)
    found = await correcting.same_post(session, m.Delivery.post_id == post.id)
    marked = mark_for_takedown(found, "takedown", now)
    await _announce(session, post, actor, "takedown-asked", {"reason": reason, "posts": marked}, now)
    return marked


async def ask_removal(session: AsyncSession, actor: Actor, post_id: UUID, reason: str, *, now: datetime) -> int:
    """Somebody shown or named asks to be removed, though there is no consent to withdraw (IDP-03, CON-06).

    Everybody may pass that on, and nobody can refuse it: the same removal as after a withdrawal, with the same clock.
    Returns how many posts will be removed.
    """
    _reasoned(reason)
    post = await posts.post(session, actor, Permission.TAKEDOWN_REQUEST, post_id)
    found = await correcting.same_post(session, m.Delivery.post_id == post.id)
    marked = mark_for_takedown(found, REMOVAL, now)
    held = sum(d.state == "held" and d.code == REMOVAL for d in found.own)
    if not marked and not held:
        raise WrongState("nothing-to-remove")
    await _announce(session, post, actor, REMOVAL, {"reason": reason, "posts": marked, "held": held}, now)
    return marked


async def removed_by_hand(
    session: AsyncSession, actor: Actor, delivery_id: UUID, reason: str, *, now: datetime
) -> m.Delivery:
    """A person has deleted on the platform what Porth could not, and has looked that it is gone."""
    _reasoned(reason)
    post, _ = await _post_of(session, actor, Permission.TAKEDOWN_APPROVE, delivery_id)
    (delivery,), _ = await correcting.same_post(session, m.Delivery.id == delivery_id)
    if delivery.state != "published" or delivery.takedown_at is None:
        raise WrongState("no-takedown")
    delivery.state, delivery.code, delivery.retracted_at = "retracted", "by-hand", now
    await correcting.retracted_with(session, delivery, now=now)
    await _announce(session, post, actor, "removed-by-hand", {"delivery": str(delivery.id), "reason": reason}, now)
    return delivery


def mark_for_takedown(found: SamePost, code: str, now: datetime) -> int:
    """Hold what is due and mark what is or may be public, edits of it and what it edits included.

    The deliveries are locked by the caller, by id. Returns how many posts of platforms will be removed.
    """
    marked: set[UUID] = set()
    for delivery in (*found.own, *correcting.public_with(found)):
        if delivery.state in originals.LIVE and delivery.takedown_at is None:
            delivery.takedown_at, delivery.takedown_reason = now, code
            delivery.next_attempt_at = now
            marked.add(correcting.name(delivery))
    for delivery in found.own:
        if delivery.state in {"due", "missed", "failed"}:
            delivery.state, delivery.code = "held", code
    return len(marked)


async def pause(session: AsyncSession, actor: Actor, reason: str, *, now: datetime) -> None:
    """Stop every send of the organisation before its call (EMG-07)."""
    _reasoned(reason)
    actor.require(Permission.PAUSE, author=actor.person)
    organisation = await _organisation(session, actor)
    if organisation.paused_at is not None:
        raise WrongState("already-paused")
    organisation.paused_at, organisation.paused_by, organisation.pause_reason = now, actor.person, reason
    await quality_log.append(session, organisation.id, "paused", {"reason": reason}, now=now, actor=actor.person)


async def resume(session: AsyncSession, actor: Actor, reason: str, *, now: datetime) -> None:
    """End the pause. What has become too late meanwhile is `missed` and asks."""
    _reasoned(reason)
    actor.require(Permission.PAUSE, author=actor.person)
    organisation = await _organisation(session, actor)
    if organisation.paused_at is None:
        raise WrongState("not-paused")
    organisation.paused_at = organisation.paused_by = organisation.pause_reason = None
    await quality_log.append(session, organisation.id, "resumed", {"reason": reason}, now=now, actor=actor.person)
    await session.execute(select(func.pg_notify(CHANNEL, "")))


async def _organisation(session: AsyncSession, actor: Actor) -> m.Organisation:
    # not FOR UPDATE, which whoever writes to the log waits for while holding what this needs next: the log's head
    return await session.get_one(
        m.Organisation, actor.organisation, with_for_update={"key_share": True}, populate_existing=True
    )


async def _one(
    session: AsyncSession, actor: Actor, permission: Permission, delivery_id: UUID
) -> tuple[m.Delivery, m.Post]:
    """One delivery and its post, both locked in the house's order."""
    post, _ = await _post_of(session, actor, permission, delivery_id)
    return (await _locked(session, m.Delivery.id == delivery_id))[0], post


async def _post_of(
    session: AsyncSession, actor: Actor, permission: Permission, delivery_id: UUID
) -> tuple[m.Post, UUID]:
    """The post of a delivery, locked, and the id of the version that the delivery sends."""
    found = (
        await session.execute(
            select(m.Delivery.post_id, m.Delivery.version_id).where(
                m.Delivery.id == delivery_id, m.Delivery.organisation_id == actor.organisation
            )
        )
    ).one_or_none()
    if found is None:
        raise NotFound("no-such-delivery")
    return await posts.post(session, actor, permission, found.post_id), found.version_id


async def _locked(session: AsyncSession, condition: Any) -> list[m.Delivery]:
    rows = await session.scalars(
        select(m.Delivery)
        .where(condition)
        .order_by(m.Delivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


def _from(delivery: m.Delivery, *states: str) -> None:
    if delivery.state not in states:
        raise WrongState("delivery-state", state=delivery.state, wanted=", ".join(states))


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise Invalid("reason-needed", "/reason")


async def _announce(
    session: AsyncSession, post: m.Post, actor: Actor, kind: str, payload: Mapping[str, Any], now: datetime
) -> None:
    """Log, and wake the workers when this commits."""
    await quality_log.append(session, post.organisation_id, kind, payload, now=now, actor=actor.person, post=post.id)
    await session.execute(select(func.pg_notify(CHANNEL, "")))
