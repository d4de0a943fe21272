"""One delivery, from its claim to what became of it.

    look     transaction: every check again             (only where something must be prepared)
    prepare  no transaction: credential test, uploads, for this half and the other
    begin    transaction: every check again, `sending`
    publish  no transaction: the one call that makes the post
    settle   transaction: published, failed, unconfirmed, due again, held

What happens between two steps, a crash included, leaves a state from which the right thing follows: before `begin`
is committed nothing was posted; after it the outcome is looked up, never guessed.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import delivering, spacing
from approvals.actions.delivering import Case
from connectors.contract import Absent, Credentials, Found, Outgoing, Receipt, Unsure
from connectors.errors import AuthExpired, OutcomeUnknown, PublishingError, RateLimited, Rejected, Retryable
from gateway import queue
from gateway.attempts import LeaseLost, StoredAttempt
from gateway.editing import Sender, sender
from gateway.queue import Claim
from gateway.runtime import Runtime

log = logging.getLogger(__name__)

_NEEDS_PREPARING = text("""
    SELECT NOT d.prepared AND (
        d.code = 'not-prepared' OR d.follows_id IS NOT NULL OR d.edits_id IS NOT NULL
        OR EXISTS (SELECT FROM deliveries h WHERE h.version_id = d.version_id AND h.follows_id = d.id)
        OR position(convert_to('"sha256"', 'UTF8') IN s.document) > 0
    ) FROM deliveries d JOIN submissions s ON s.version_id = d.version_id WHERE d.id = :delivery
""")
AT_ONCE = 4
"""Deliveries of a burst whose last look goes on at the same time. With all at once, the first call would wait until
the last of them had been looked at."""
STALLED = 1 / 3
"""Of a call's longest time: what may pass between the commit of `sending` and the call. Together less than a lease."""


class Outcome(Struct, frozen=True):
    """What became of one delivery in one go."""

    delivery: UUID
    post: UUID
    channel: str
    state: str
    code: str | None = None
    url: str | None = None


class Publisher:
    """Works on claims under one worker's name."""

    def __init__(self, porth: Runtime, worker: str) -> None:
        self.porth = porth
        self.worker = worker
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def work(self, claim: Claim) -> bool:
        """Carry one claim as far as it goes. False if another worker has taken it over."""
        try:
            match claim.task:
                case "send":
                    await self._send(claim.delivery)
                case "look":
                    await self._look(claim.delivery)
                case "retract":
                    await self._retract(claim.delivery)
        except LeaseLost:
            return False
        return True

    async def outcome(self, claim: Claim) -> Outcome | None:
        """`work`, and what became of it."""
        return await self._outcome(claim.delivery) if await self.work(claim) else None

    async def _send(self, delivery: UUID) -> None:
        async with self._turns:
            needs_preparing = await self._needs_preparing(delivery)
            begun = None if needs_preparing else await self._begin(delivery)
        if needs_preparing and await self._prepare(delivery):
            async with self._turns:
                begun = await self._begin(delivery)
        if begun is None:
            return
        outgoing, credentials, connector, attempt = begun
        if self.porth.clock() > attempt.begun + timedelta(seconds=self.porth.settings.call_seconds * STALLED):
            return  # this process stood still; before the call could end, others would look for its post
        try:
            receipt = await connector.publish(outgoing, credentials, attempt)
        except PublishingError as error:
            await self._settle_failure(delivery, error)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the post may exist
            log.error("a connector raised %s", type(error).__name__)  # noqa: TRY400  # a traceback may carry tokens
            await self._settle_failure(delivery, OutcomeUnknown("internal", type(error).__name__))
        else:
            await self._settle(delivery, receipt)

    # -- before the call ------------------------------------------------------------------------------------------

    async def _needs_preparing(self, delivery: UUID) -> bool:
        """Pictures are uploaded before, and a pair's halves both stand ready before the first is made (WEL-03)."""
        async with self.porth.sessions() as session:
            return bool(await session.scalar(_NEEDS_PREPARING, {"delivery": delivery}))

    async def _prepare(self, delivery: UUID) -> bool:
        """Uploads and the credential test, for this half and for the one that follows. True: go on."""
        looked = await self._under_lock(delivery, begin=False)
        if looked is None:
            return False
        try:
            outgoing, credentials, connector, attempt = looked
            await connector.prepare(outgoing, credentials, attempt)
            await self._prepare_second_half(delivery)
        except PublishingError as error:
            failure = Retryable(error.code, error.detail) if isinstance(error, OutcomeUnknown) else error
            await self._settle_failure(delivery, failure, state="due")
            return False
        return True

    async def _prepare_second_half(self, delivery: UUID) -> None:
        second = await self._take_second_half(delivery)
        if second is None:
            return
        try:
            async with self.porth.sessions() as session:
                found = await delivering.case(session, second, self.worker)
                if found is None:
                    return
                outgoing, credentials, connector, attempt = await self._ready(session, found)
                await session.commit()
            await connector.prepare(outgoing, credentials, attempt)
        except BaseException:
            await self._hand_back(second, prepared=False)
            raise
        await self._hand_back(second, prepared=True)

    async def _take_second_half(self, delivery: UUID) -> UUID | None:
        """Its lease, in one statement: it may be on its way already, if this worker was given up for dead."""
        now = self.porth.clock()
        version = select(m.Delivery.version_id).where(m.Delivery.id == delivery).scalar_subquery()
        free = or_(m.Delivery.lease_until.is_(None), m.Delivery.lease_until < now)
        async with self.porth.sessions() as session:
            second = await session.scalar(
                update(m.Delivery)
                .where(m.Delivery.version_id == version, m.Delivery.follows_id == delivery)
                .where(m.Delivery.state == "due", free)
                .where(m.Delivery.prepared.is_(False))
                .values(leased_by=self.worker, lease_until=now + self.porth.settings.lease)
                .returning(m.Delivery.id)
            )
            await session.commit()
            return second

    async def _hand_back(self, second: UUID, *, prepared: bool) -> None:
        """The second half is nobody's again until the first is public."""
        async with self.porth.sessions() as session:
            await session.execute(
                update(m.Delivery)
                .where(m.Delivery.id == second, m.Delivery.leased_by == self.worker)
                .values(leased_by=None, lease_until=None, prepared=prepared)
            )
            await session.commit()

    async def _begin(self, delivery: UUID) -> tuple[Outgoing, Credentials, Sender, StoredAttempt] | None:
        return await self._under_lock(delivery, begin=True)

    async def _under_lock(
        self, delivery: UUID, *, begin: bool
    ) -> tuple[Outgoing, Credentials, Sender, StoredAttempt] | None:
        """One transaction with every lock: all checks, and with `begin` the entry into `sending`."""
        async with self.porth.sessions() as session:
            found = await delivering.case(session, delivery, self.worker)
            if found is None:
                raise LeaseLost
            now = self.porth.clock()
            if found.delivery.state != "due":  # somebody has held or cancelled it since the claim
                delivering.release_lease(found.delivery)
                await session.commit()
                return None
            stopped = await self._why_not(session, found, now)
            if stopped is not None:
                await delivering.stop(session, found, stopped, now=now)
                await session.commit()
                return None
            if begin and not await spacing.take_turn(session, found, now=now):
                await session.commit()
                return None
            if begin:
                delivering.begin(found, now=now)
            found.delivery.lease_until = now + self.porth.settings.lease
            ready = await self._ready(session, found)
            await session.commit()
            return ready

    async def _why_not(self, session: AsyncSession, found: Case, now: datetime) -> delivering.Stop | None:
        late_after = self.porth.settings.late_after
        return await delivering.why_not(session, found, self.porth.limits, late_after=late_after, now=now)

    async def _ready(self, session: AsyncSession, found: Case) -> tuple[Outgoing, Credentials, Sender, StoredAttempt]:
        attached = await session.scalars(
            select(m.Delivery.platform_id).where(
                m.Delivery.account_id == found.account.id,
                m.Delivery.platform_id.is_not(None),
                m.Delivery.published_at > self.porth.clock() - timedelta(days=1),
            )
        )
        attempt = StoredAttempt(
            self.porth, self.worker, found.delivery, frozenset(platform_id for platform_id in attached if platform_id)
        )
        credentials = self.porth.credentials(found.account)
        return found.outgoing(), credentials, await sender(self.porth, session, found), attempt

    # -- after the call -------------------------------------------------------------------------------------------

    async def _settle(self, delivery: UUID, receipt: Receipt, *, state: str = "sending", how: str = "sent") -> None:
        try:
            async with self._settling(delivery, state) as (session, found):
                if found is not None:
                    await delivering.published(session, found, receipt, now=self.porth.clock(), how=how)
        except IntegrityError:
            # the platform named a post that another delivery owns: nobody may guess which is which
            await self._settle_failure(delivery, OutcomeUnknown("id-taken"), state=state)

    async def _settle_failure(self, delivery: UUID, error: PublishingError, *, state: str = "sending") -> None:
        log.warning("delivery %s: %s (%s)", delivery, type(error).__name__, error.code)
        async with self._settling(delivery, state) as (session, found):
            if found is None:
                return
            now = self.porth.clock()
            match error:
                case RateLimited(until=until):
                    await delivering.try_later(session, found, error.code, until=until, limited=True, now=now)
                case Retryable():
                    await delivering.try_later(session, found, error.code, now=now)
                case AuthExpired():
                    await delivering.account_stopped(session, found, error.code, now=now)
                case Rejected():
                    await delivering.failed(session, found, error.code, now=now)
                case _:
                    await delivering.unconfirmed(session, found, error.code, now=now)

    def _settling(self, delivery: UUID, state: str) -> "_Settling":
        return _Settling(self.porth, delivery, self.worker, state)

    # -- unknown outcomes and removals ----------------------------------------------------------------------------

    async def _look(self, delivery: UUID) -> None:
        """Ask the platform whether the post of an unknown outcome exists; repeat only where that is harmless."""
        async with self.porth.sessions() as session:
            found = await delivering.case(session, delivery, self.worker)
            if found is None:
                raise LeaseLost
            outgoing, credentials, connector, attempt = await self._ready(session, found)
            now = self.porth.clock()
            repeatable = (
                _repeatable(connector, found.delivery, now) and await self._why_not(session, found, now) is None
            )
            await session.commit()
        try:
            if repeatable:
                seen: Any = Found(await connector.publish(outgoing, credentials, attempt))
            else:
                seen = await connector.find(outgoing, credentials, attempt)
        except PublishingError as error:
            log.warning("looking for delivery %s: %s", delivery, error.code)
            seen = Unsure()
        await self._settle_look(delivery, seen)

    async def _settle_look(self, delivery: UUID, seen: Found | Absent | Unsure) -> None:
        if isinstance(seen, Found):
            await self._settle(delivery, seen.receipt, state="unconfirmed", how="found")
            return
        async with self._settling(delivery, "unconfirmed") as (session, found):
            if found is None:
                return
            now = self.porth.clock()
            if isinstance(seen, Absent):
                await delivering.absent(session, found, now=now)
            else:
                await delivering.looked(session, found, seen.seen, now=now)

    async def _retract(self, delivery: UUID) -> None:
        """Remove a public post and read back until it is really gone."""
        async with self.porth.sessions() as session:
            found = await delivering.case(session, delivery, self.worker)
            if found is None:
                raise LeaseLost
            _, credentials, connector, _ = await self._ready(session, found)
            row = found.delivery
            receipt = Receipt(row.platform_id or "", row.url or "", row.published_at or self.porth.clock())
            await session.commit()
        code, refused = await _removed(connector, receipt, credentials)
        async with self._settling(delivery, "published") as (session, found):
            if found is None:
                return
            if code is None:
                await delivering.retracted(session, found, now=self.porth.clock())
            elif refused:
                await delivering.retract_refused(session, found, code, now=self.porth.clock())
            else:
                await delivering.retract_later(session, found, code, now=self.porth.clock())

    async def adopt_abandoned(self) -> int:
        """Whatever died in `sending` becomes `unconfirmed`. Returns how many."""
        async with self.porth.sessions() as session:
            now = self.porth.clock()
            ids = await queue.abandoned(session, now)
            for delivery in ids:
                await queue.adopt(session, delivery, self.worker, now + self.porth.settings.lease)
            await session.commit()
        for delivery in ids:
            await self._settle_failure(delivery, OutcomeUnknown("worker-died"))
        return len(ids)

    async def _outcome(self, delivery: UUID) -> Outcome:
        async with self.porth.sessions() as session:
            row, channel = (
                await session.execute(
                    select(m.Delivery, m.Channel.name)
                    .join(m.Account, m.Account.id == m.Delivery.account_id)
                    .join(m.Channel, m.Channel.id == m.Account.channel_id)
                    .where(m.Delivery.id == delivery)
                )
            ).one()
            return Outcome(row.id, row.post_id, channel, row.state, row.code, row.url)


async def _removed(connector: Sender, receipt: Receipt, credentials: Credentials) -> tuple[str | None, bool]:
    """Why the post is not known to be gone, `None` once it is; and whether the platform refuses to delete it."""
    refused: Rejected | None = None
    try:
        try:
            await connector.retract(receipt, credentials)
        except Rejected as error:
            refused = error  # it may be gone all the same: by the hand of the person who was asked
        if await connector.read(receipt, credentials) is None:
            return None, False
    except PublishingError as error:
        return (refused or error).code, refused is not None
    return (refused.code, True) if refused else ("still-there", False)


class _Settling:
    """A transaction over one delivery with its locks, committed at the end.

    Yields `None` for a lost lease, and where the delivery has left `state` meanwhile: what a person has decided
    during a call stands.
    """

    def __init__(self, porth: Runtime, delivery: UUID, worker: str, state: str) -> None:
        self._session = porth.sessions()
        self._delivery = delivery
        self._worker = worker
        self._state = state

    async def __aenter__(self) -> tuple[AsyncSession, Case | None]:
        found = await delivering.case(self._session, self._delivery, self._worker)
        if found is not None and found.delivery.state != self._state:
            delivering.release_lease(found.delivery)
            found = None
        return self._session, found

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self._session.commit()
        finally:
            await self._session.close()


def _repeatable(connector: Sender, delivery: m.Delivery, now: datetime) -> bool:
    """Whether the same call with the same key cannot make a second post. Never for what is to be taken down."""
    if connector.repeat_safe_for is None or delivery.started_at is None or delivery.takedown_at is not None:
        return False
    return now - delivery.started_at < connector.repeat_safe_for
