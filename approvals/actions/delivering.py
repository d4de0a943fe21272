"""What workers do to deliveries: the last look before a send, and what each outcome means.

Everything here runs inside a short transaction; the platform is called between them (gateway/publishing.py).
Locks are taken in the house's order: organisation, consents by id, deliveries by id, log head.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import checks, evidence, quality_log
from approvals import models as m
from approvals.actions import correcting
from approvals.content import Content
from approvals.findings import Finding, Severity, blocks
from approvals.originals import correction_of
from approvals.outgoing import Document, Part, unseal
from approvals.policy import Policy
from approvals.route import decode, outstanding
from connectors.contract import Limits, Outgoing, Receipt

BACKOFF = (2, 5, 15, 30, 60, 120, 300)
"""Seconds until the next try after each retryable failure; the last repeats until the delivery is `missed`."""
LOOKUPS = (5, 15, 45, 120, 300)
"""Seconds between looks for a post whose outcome is unknown; then a person decides."""
APART = timedelta(seconds=10)
"""Between two looks that must agree that there is no post: a request of a worker that was given up for dead may still
have been on its way at the first."""
LOOK_AGAIN = timedelta(hours=1)
"""Between tries of a removal that the platform refuses."""
CANNOT_RETRACT = "cannot-retract-"
"""Before the platform's own code, where a person must remove what Porth cannot."""
IN_RESERVE = "other-half"
"""Why the second half of a pair is held when the first did not go out."""


class Case(NamedTuple):
    """One delivery with everything that its sending depends on."""

    delivery: m.Delivery
    organisation: m.Organisation
    post: m.Post
    version: m.Version
    submission: m.Submission
    account: m.Account
    channel: m.Channel
    policy: Policy

    @property
    def content(self) -> Content:
        return msgspec.convert(self.version.content, Content)

    def document(self) -> Document:
        """Raises `ValueError` when the stored bytes are not those that were approved."""
        return unseal(self.submission.document, self.submission.digest)

    def part(self) -> Part:
        """Raises `ValueError` as `document` does, and when the delivery is not what its part was sealed as."""
        part = self.document().manifest[self.delivery.part]
        if part.account != str(self.account.id):
            raise ValueError("the manifest names another account")
        if part.edits != (str(self.delivery.edits_id) if self.delivery.edits_id else None):
            raise ValueError("the manifest edits another post")
        return part

    def outgoing(self) -> Outgoing:
        return self.part().outgoing


class Stop(NamedTuple):
    """Why a delivery does not go out now, and the state it is left in (`due`: nothing is wrong, only not now)."""

    state: str
    code: str


async def case(session: AsyncSession, delivery_id: UUID, worker: str) -> Case | None:
    """The delivery, locked, if `worker` still holds its lease; `None` if another has taken it over."""
    row = (
        await session.execute(
            select(m.Organisation, m.Post, m.Version, m.Submission, m.Account, m.Channel)
            .select_from(m.Delivery)
            .join(m.Organisation, m.Organisation.id == m.Delivery.organisation_id)
            .join(m.Post, m.Post.id == m.Delivery.post_id)
            .join(m.Version, m.Version.id == m.Delivery.version_id)
            .join(m.Submission, m.Submission.version_id == m.Delivery.version_id)
            .join(m.Account, m.Account.id == m.Delivery.account_id)
            .join(m.Channel, m.Channel.id == m.Account.channel_id)
            .where(m.Delivery.id == delivery_id)
            .with_for_update(of=m.Organisation, read=True)
        )
    ).one()
    organisation, post, version, submission, account, channel = row
    content = msgspec.convert(version.content, Content)
    await evidence.relied_on(session, organisation.id, content, lock=True)
    if post.corrects_id is not None:
        await correcting.lock(session, delivery_id, post.corrects_id)
    delivery = await session.scalar(
        select(m.Delivery)
        .where(m.Delivery.id == delivery_id, m.Delivery.leased_by == worker)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if delivery is None:
        return None
    policy = msgspec.convert(organisation.policy, Policy)
    return Case(delivery, organisation, post, version, submission, account, channel, policy)


async def why_not(
    session: AsyncSession, found: Case, platforms: Mapping[str, Limits], *, late_after: timedelta, now: datetime
) -> Stop | None:
    """The last look: everything that must still hold in the moment before the call. `None`: send."""
    delivery = found.delivery
    if found.organisation.paused_at is not None:
        return Stop("due", "paused")
    if found.account.stopped_at is not None:
        return Stop("held", f"account-{found.account.stopped_code}")
    if found.account.limited_until is not None and found.account.limited_until > now:
        return Stop("due", "limited")
    if delivery.takedown_at is not None:
        return Stop("held", delivery.takedown_reason or "takedown")
    late = await _too_late(session, found, late_after, now)
    if late is not None:
        return late
    if found.post.state != "in_review" or found.post.latest != found.version.number:
        return Stop("held", "not-approved")
    try:
        part = found.part()
    except ValueError:
        return Stop("held", "digest")
    stale = await correcting.why_not(session, found.post, part, delivery.id)
    if stale is not None:
        return Stop("held", stale)
    return await _not_approved(session, found, platforms, now)


async def _too_late(session: AsyncSession, found: Case, late_after: timedelta, now: datetime) -> Stop | None:
    """Lateness counts from `publish_at`; for a second half from the moment the first was public."""
    since = found.delivery.publish_at
    if found.delivery.follows_id is not None:
        first = await session.get_one(m.Delivery, found.delivery.follows_id)
        if first.state != "published":
            return Stop("due", "first-half")
        since = max(since, first.published_at or since)
    own = found.policy.late_after_minutes
    if now > since + (late_after if own is None else timedelta(minutes=own)):
        return Stop("missed", "late")
    return None


async def _not_approved(
    session: AsyncSession, found: Case, platforms: Mapping[str, Limits], now: datetime
) -> Stop | None:
    content = found.content
    context, _ = await evidence.context(
        session, found.organisation.id, content, platforms, now=now, publish_at=now, lock=True, pictures=False,
        correction=correction_of(found.post),
    )  # fmt: skip
    # `why_not` has looked at this delivery's account; that another channel's is stopped holds nothing here
    timed = tuple(f for f in checks.run(content, context, timed_only=True) if f.code != "PUB-CHANNEL")
    for finding in blocks(timed):
        return Stop("held", finding.code)
    findings = {f.key: f for f in (*msgspec.convert(found.submission.findings, tuple[Finding, ...]), *timed)}
    signed = set(await session.scalars(select(m.SignOff.step).where(m.SignOff.version_id == found.version.id)))
    decided = set(await session.scalars(select(m.Decision.finding).where(m.Decision.version_id == found.version.id)))
    for finding in timed:
        if finding.severity is Severity.DECIDE and finding.key not in decided:
            return Stop("held", finding.code)
    if outstanding(decode(found.organisation.route), content, findings.values(), signed, decided):
        return Stop("held", "not-approved")
    return None


async def stop(session: AsyncSession, found: Case, stopped: Stop, *, now: datetime) -> None:
    """Put a delivery aside. Its second half waits with it."""
    release_lease(found.delivery)
    if stopped.state == "due":
        return
    found.delivery.state, found.delivery.code = stopped.state, stopped.code
    await _keep_second_half(session, found.delivery)
    await _log(session, found, stopped.state, {"code": stopped.code}, now)


def begin(found: Case, *, now: datetime) -> None:
    """Enter `sending`: after the commit of this, an outcome that nobody reports is unknown."""
    found.delivery.state, found.delivery.code = "sending", None
    found.delivery.started_at = found.delivery.started_at or now
    found.delivery.prepared = True
    found.delivery.tries += 1


async def published(session: AsyncSession, found: Case, receipt: Receipt, *, now: datetime, how: str = "sent") -> None:
    """The post exists, or says what it should. A takedown that was asked for meanwhile begins at once."""
    delivery = found.delivery
    delivery.state, delivery.code = "published", None
    delivery.platform_id, delivery.url, delivery.published_at = receipt.id, receipt.url, receipt.at
    delivery.next_attempt_at = now
    release_lease(delivery)
    signers = await session.execute(
        select(m.SignOff.step, m.SignOff.person_id).where(m.SignOff.version_id == found.version.id)
    )
    consents = await session.scalars(select(m.ConsentUse.consent_id).where(m.ConsentUse.version_id == found.version.id))
    await _log(
        session, found, "published",
        {
            "receipt": msgspec.to_builtins(receipt), "how": how, "digest": found.submission.digest,
            "part": delivery.part, "signed": {step: str(person) for step, person in signers},
            "consents": sorted(map(str, consents)), "late_seconds": (receipt.at - delivery.publish_at).total_seconds(),
        },
        now,
    )  # fmt: skip
    await correcting.settled(session, delivery, found.post, found.part(), found.submission.digest, now=now)


async def try_later(
    session: AsyncSession,
    found: Case,
    code: str,
    *,
    until: datetime | None = None,
    limited: bool = False,
    now: datetime,
) -> None:
    """Provably nothing was posted: due again, not before `until`, or after a pause that grows."""
    delivery = found.delivery
    delivery.tries += delivery.state == "due"  # it failed while preparing; `begin` counts the others
    pause = BACKOFF[min(delivery.tries, len(BACKOFF)) - 1]
    if code == "not-prepared":  # its platform wants even a text prepared, or what was uploaded has gone by now
        delivery.prepared = False
        pause = 0 if delivery.tries == 1 else pause
    delivery.next_attempt_at = until or now + timedelta(seconds=pause)
    release_lease(delivery)
    if limited:
        found.account.limited_until = delivery.next_attempt_at
    if delivery.takedown_at is None:
        delivery.state, delivery.code = "due", code
        await session.flush()
    else:  # its removal was asked for during the call, and there is nothing to remove
        delivery.state, delivery.code, delivery.takedown_at = "held", delivery.takedown_reason, None
        await _log(session, found, "held", {"code": delivery.code}, now)


async def failed(session: AsyncSession, found: Case, code: str, *, now: datetime) -> None:
    """The platform refused it for good. Its second half is held; a first half that is public is a person's question."""
    if found.delivery.state == "due":
        found.delivery.state, found.delivery.code = "held", code
    else:
        found.delivery.state, found.delivery.code = "failed", code
        await correcting.refused(session, found.delivery, code)
    release_lease(found.delivery)
    await _keep_second_half(session, found.delivery)
    await _log(session, found, "failed", {"code": code, "first_half_public": await _first_public(session, found)}, now)


async def account_stopped(session: AsyncSession, found: Case, code: str, *, now: datetime) -> None:
    """The account's credentials are refused: it takes no deliveries, and those due are held, not failed."""
    found.account.stopped_code, found.account.stopped_at = code, now
    found.delivery.state, found.delivery.code = "held", f"account-{code}"
    release_lease(found.delivery)
    await _keep_second_half(session, found.delivery)
    waiting = await session.scalars(
        select(m.Delivery)
        .where(m.Delivery.account_id == found.account.id, m.Delivery.state == "due")
        .order_by(m.Delivery.id)
        .with_for_update(skip_locked=True)
    )
    for delivery in waiting:
        delivery.state, delivery.code = "held", f"account-{code}"
    await _log(session, found, "account-stopped", {"account": str(found.account.id), "code": code}, now)


async def unconfirmed(session: AsyncSession, found: Case, code: str, *, now: datetime) -> None:
    """It may be public. It is looked up, never sent again blindly; its second half waits."""
    found.delivery.state, found.delivery.code = "unconfirmed", code
    found.delivery.lookups, found.delivery.absent_at = 0, None
    found.delivery.next_attempt_at = now + timedelta(seconds=LOOKUPS[0])
    release_lease(found.delivery)
    await _log(session, found, "unconfirmed", {"code": code}, now)


async def looked(session: AsyncSession, found: Case, seen: Sequence[Receipt], *, now: datetime) -> None:
    """One more look that could not tell. After the last, a person decides with what was seen."""
    delivery = found.delivery
    delivery.lookups += 1
    delivery.seen = msgspec.to_builtins(list(seen))
    release_lease(delivery)
    if delivery.lookups < len(LOOKUPS):
        delivery.next_attempt_at = now + timedelta(seconds=LOOKUPS[delivery.lookups])
    elif delivery.code != "ask-a-person":
        delivery.code = "ask-a-person"
        await _log(session, found, "ask-a-person", {"seen": delivery.seen}, now)


async def absent(session: AsyncSession, found: Case, *, now: datetime) -> None:
    """Provably nothing was posted, or changed. Said twice, it may go out, after every check again."""
    delivery = found.delivery
    if delivery.absent_at is None or now < delivery.absent_at + APART:
        delivery.absent_at = delivery.absent_at or now
        await looked(session, found, (), now=now)
        delivery.next_attempt_at = max(delivery.next_attempt_at, delivery.absent_at + APART)
        return
    delivery.state, delivery.code = ("held", delivery.takedown_reason) if delivery.takedown_at else ("due", "absent")
    delivery.next_attempt_at = now
    delivery.takedown_at = None
    delivery.prepared = delivery.prepared and delivery.edits_id is None  # what it edits is read again before
    release_lease(delivery)
    await _log(session, found, "absent", {}, now)


async def retracted(session: AsyncSession, found: Case, *, now: datetime) -> None:
    """Removed, and read back as gone (PUB-03)."""
    found.delivery.state, found.delivery.retracted_at = "retracted", now
    release_lease(found.delivery)
    others = await correcting.retracted_with(session, found.delivery, now=now)
    await _log(session, found, "retracted", {"reason": found.delivery.takedown_reason, **_ids(others)}, now)


async def retract_later(session: AsyncSession, found: Case, code: str, *, now: datetime) -> None:
    delivery = found.delivery
    delivery.code = code
    delivery.lookups += 1
    delivery.next_attempt_at = now + timedelta(seconds=BACKOFF[min(delivery.lookups, len(BACKOFF)) - 1])
    release_lease(delivery)
    await session.flush()


async def retract_refused(session: AsyncSession, found: Case, code: str, *, now: datetime) -> None:
    """The platform will not delete it, so a person has to. Porth goes on looking whether it is gone."""
    delivery = found.delivery
    asked, delivery.code = delivery.code, CANNOT_RETRACT + code
    delivery.next_attempt_at = now + LOOK_AGAIN
    release_lease(delivery)
    if asked != delivery.code:
        await _log(session, found, "cannot-retract", {"code": code}, now)


def _ids(others: Sequence[m.Delivery]) -> dict[str, list[str]]:
    """For the log: further deliveries that named the same post."""
    return {"with": [str(other.id) for other in others]} if others else {}


def release_lease(delivery: m.Delivery) -> None:
    delivery.leased_by = delivery.lease_until = None


async def _keep_second_half(session: AsyncSession, delivery: m.Delivery) -> None:
    second = await session.scalar(
        select(m.Delivery)
        .where(m.Delivery.version_id == delivery.version_id, m.Delivery.follows_id == delivery.id)
        .where(m.Delivery.state == "due")
        .with_for_update()
    )
    if second is not None:
        second.state, second.code = "held", IN_RESERVE


async def _first_public(session: AsyncSession, found: Case) -> bool:
    if found.delivery.follows_id is None:
        return False
    return (
        await session.scalar(select(m.Delivery.state).where(m.Delivery.id == found.delivery.follows_id)) == "published"
    )


async def _log(session: AsyncSession, found: Case, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    await session.flush()
    await quality_log.append(
        session, found.organisation.id, f"delivery-{kind}",
        {
            "delivery": str(found.delivery.id), "account": str(found.account.id), "channel": found.channel.name,
            "mode": found.account.mode, "version": found.version.number, **payload,
        },
        now=now, post=found.post.id,
    )  # fmt: skip
