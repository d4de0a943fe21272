"""How far this machine's clock is from the database's.

Leases and times to publish are compared with each worker's own clock. One that is ahead sends early and takes others
for dead while they work; one that is behind gives up its own work to others. So a worker whose clock is off by more
than `tolerated` claims nothing and adopts nothing, and says so (gateway/worker.py, `/health`).
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.runtime import Clock
from gateway.settings import Settings

MOST = timedelta(seconds=5)


def tolerated(settings: Settings) -> timedelta:
    """Two workers that are off by this, in opposite directions, still leave each other two thirds of a lease."""
    return min(MOST, settings.lease / 6)


async def skew(session: AsyncSession, clock: Clock) -> timedelta:
    """How far `clock` is ahead of the database's, behind is negative; what the question took counts for nothing."""
    await session.connection()
    before = clock()
    theirs: datetime = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    after = clock()
    if theirs < before:
        return before - theirs
    return min(after - theirs, timedelta())
