"""`/health`: whether Porth does its work, with reasons where it does not; for whoever runs it, and their monitoring.

It answers 503 exactly when something due is not being taken, or the database is away: then somebody is to be woken.
What needs attention but keeps nothing else from going out, a stopped account say, is `degraded` and answers 200: a
web server that is restarted because a platform refuses a token would help nobody.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from litestar import Response, get
from msgspec import Struct
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.queries import attention_views
from gateway import clocks, queue
from gateway.api.injected import Porth
from gateway.api.routing import PUBLIC, needs
from gateway.runtime import Runtime

SILENT_AFTER = timedelta(minutes=1)
"""A worker says that it lives three times in this."""
NOT_TAKEN_AFTER = timedelta(minutes=1)
AT_MOST = 4.0
"""Seconds: whoever asks waits five."""

# what a worker has taken and does not bring to an end counts from when it should have been long over
_STUCK = text(
    """
    SELECT least(
        (SELECT min(lease_until) FROM deliveries WHERE state = 'sending' AND lease_until < :now),
        (SELECT min(next_attempt_at) + interval '5 min' FROM deliveries
         WHERE state = 'due' AND next_attempt_at < :now - interval '5 min' AND lease_until >= :now)
    )
    """
)


class AccountHealth(Struct, frozen=True):
    account: UUID
    platform: str
    mode: str
    state: str
    """`well`, `limited`, `expiring` within 30 days, `expired`, `stopped`."""
    expires_at: datetime | None = None


class Health(Struct, frozen=True):
    well: bool
    reasons: tuple[str, ...] = ()
    """Why it is not: `database-away`, `deliveries-not-taken`."""
    degraded: tuple[str, ...] = ()
    """What needs attention all the same: `no-worker`, `worker-clock`, `account-stopped`, `account-expired`,
    `account-expiring`, `account-limited`."""
    database: Literal["there", "away"] = "there"
    workers: int = 0
    """That live."""
    last_beat: datetime | None = None
    """When a worker last said that it lives."""
    oldest_due: datetime | None = None
    """Since when the longest due of what can be done now waits: a send, a lookup or a removal."""
    waiting_seconds: int = 0
    accounts: tuple[AccountHealth, ...] = ()


@get("/health", **needs(PUBLIC, says="Whether Porth does its work", refusals=()))
async def health(porth: Porth) -> Response[Health]:
    found = await look(porth)
    return Response(found, status_code=200 if found.well else 503)


async def look(porth: Runtime) -> Health:
    try:
        async with asyncio.timeout(AT_MOST), porth.sessions() as session:
            return await _look(porth, session)
    except (SQLAlchemyError, OSError):
        return Health(well=False, reasons=("database-away",), database="away")


async def _look(porth: Runtime, session: AsyncSession) -> Health:
    now = porth.clock()
    workers = list(await session.scalars(select(m.Worker).order_by(m.Worker.seen_at.desc()).limit(100)))
    living = [worker for worker in workers if worker.seen_at > now - SILENT_AFTER]
    waiting = [await queue.oldest(session, now, porth.settings.late_after), await session.scalar(_STUCK, {"now": now})]
    oldest = min((since for since in waiting if since is not None), default=None)
    accounts = await _accounts(session, now)
    not_taken = oldest is not None and now - oldest > NOT_TAKEN_AFTER
    return Health(
        well=not not_taken,
        reasons=("deliveries-not-taken",) if not_taken else (),
        degraded=tuple(_degraded(porth, living, accounts)),
        workers=len(living),
        last_beat=workers[0].seen_at if workers else None,
        oldest_due=oldest,
        waiting_seconds=max(int((now - oldest).total_seconds()), 0) if oldest else 0,
        accounts=accounts,
    )


def _degraded(porth: Runtime, living: list[m.Worker], accounts: tuple[AccountHealth, ...]) -> Iterator[str]:
    if not living:
        yield "no-worker"
    if any(abs(worker.skew_seconds) > clocks.tolerated(porth.settings).total_seconds() for worker in living):
        yield "worker-clock"
    states = {account.state for account in accounts}
    yield from (f"account-{state}" for state in attention_views.REASONS if state in states)


async def _accounts(session: AsyncSession, now: datetime) -> tuple[AccountHealth, ...]:
    """Of every organisation, by id: everybody may read this, so it names nobody."""
    rows = await session.execute(
        select(m.Account, m.Channel.platform)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .order_by(m.Account.id)
    )
    return tuple(
        AccountHealth(account.id, platform, account.mode, attention_views.state(account, now), account.expires_at)
        for account, platform in rows
    )
