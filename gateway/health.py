"""`/health`: whether Porth does its work, with reasons where it does not; for whoever runs it, and their monitoring."""

from datetime import datetime, timedelta
from typing import Any

from litestar import Response, get
from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from approvals import models as m
from gateway.api.injected import Porth
from gateway.api.routing import PUBLIC, needs
from gateway.runtime import Runtime

SILENT_AFTER = timedelta(minutes=1)
"""A worker says that it lives three times in this."""
NOT_TAKEN_AFTER = timedelta(minutes=1)

_WAITING = text(
    """
    SELECT min(d.next_attempt_at) FROM deliveries d
    JOIN organisations o ON o.id = d.organisation_id
    JOIN accounts a ON a.id = d.account_id
    LEFT JOIN deliveries first ON first.id = d.follows_id
    WHERE d.state = 'due' AND d.next_attempt_at <= :now AND (d.lease_until IS NULL OR d.lease_until < :now)
      AND o.paused_at IS NULL AND (a.limited_until IS NULL OR a.limited_until <= :now)
      AND (d.follows_id IS NULL OR first.state = 'published')
    """
)
"""The longest due of what a worker would take now (gateway/queue.py)."""


class Health(Struct, frozen=True):
    well: bool
    reasons: tuple[str, ...] = ()
    """`database-away`, `no-worker`, `deliveries-not-taken`."""
    workers: int = 0
    """That live."""
    waiting_seconds: int = 0
    """How long the oldest due delivery has not been taken."""


@get("/health", **needs(PUBLIC, says="Whether Porth does its work", refusals=()))
async def health(porth: Porth) -> Response[Health]:
    found = await look(porth)
    return Response(found, status_code=200 if found.well else 503)


async def look(porth: Runtime) -> Health:
    now = porth.clock()
    try:
        async with porth.sessions() as session:
            await session.execute(text("SET LOCAL statement_timeout = '5s'"))
            seen: Any = await session.scalar(
                select(func.count()).select_from(m.Worker).where(m.Worker.seen_at > now - SILENT_AFTER)
            )
            oldest: datetime | None = await session.scalar(_WAITING, {"now": now})
    except (SQLAlchemyError, OSError):
        return Health(well=False, reasons=("database-away",))
    waiting = now - oldest if oldest else timedelta()
    reasons = []
    if not seen:
        reasons.append("no-worker")
    if waiting > NOT_TAKEN_AFTER:
        reasons.append("deliveries-not-taken")
    return Health(not reasons, tuple(reasons), seen, int(waiting.total_seconds()))
