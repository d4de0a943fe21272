"""What has to be done now and then, whoever does it: one worker at a time, under an advisory lock."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import consenting
from gateway.foreign import look_for_foreign
from gateway.heads import write_heads
from gateway.renewing import renew_credentials
from gateway.runtime import Runtime
from gateway.verifying import verify_logs
from gateway.watching import look_for_drift

log = logging.getLogger(__name__)

ORIGINALS_KEPT = timedelta(days=30)
"""REC-01: an original lies in quarantine no longer than this; the clean picture stays."""
ANSWERS_KEPT = timedelta(days=1)
"""How long an `Idempotency-Key` is remembered."""
LOCK = 0x63686F726573  # "chores"


class Chore(NamedTuple):
    name: str
    every: timedelta
    do: Callable[[Runtime, AsyncSession, datetime], Awaitable[None]]


async def forget_originals(porth: Runtime, session: AsyncSession, now: datetime) -> None:
    """Delete originals whose time is up: first the record that one exists, then the file."""
    items = list(
        await session.scalars(
            select(m.MediaItem)
            .where(m.MediaItem.original.is_not(None), m.MediaItem.uploaded_at < now - ORIGINALS_KEPT)
            .limit(500)
            .with_for_update(skip_locked=True)
        )
    )
    names = {item.original for item in items if item.original}
    for item in items:
        item.original = None
    await session.flush()
    still = set(await session.scalars(select(m.MediaItem.original).where(m.MediaItem.original.in_(names))))
    await session.commit()
    for name in names - still:
        porth.quarantine.delete(name)


async def forget_answers(_: Runtime, session: AsyncSession, now: datetime) -> None:
    """Answers kept for repeated requests, and sign-ins that have ended."""
    await session.execute(delete(m.RememberedAnswer).where(m.RememberedAnswer.created_at < now - ANSWERS_KEPT))
    await session.execute(delete(m.SignIn).where(m.SignIn.expires_at < now))
    await session.commit()


async def lapse_consents(_: Runtime, session: AsyncSession, now: datetime) -> None:
    """Hold what relies on consents that have ended; each in a transaction of its own, for the order of the locks."""
    for consent in await consenting.ending(session, now):
        await session.commit()
        await consenting.lapse(session, consent, now=now)
    await session.commit()


CHORES = (
    Chore("originals", timedelta(hours=1), forget_originals),
    Chore("answers", timedelta(hours=1), forget_answers),
    Chore("consents", timedelta(hours=1), lapse_consents),
    Chore("heads", timedelta(hours=1), write_heads),
    Chore("log", timedelta(days=1), verify_logs),
    Chore("drift", timedelta(minutes=5), look_for_drift),
    Chore("foreign", timedelta(minutes=10), look_for_foreign),
    Chore("credentials", timedelta(minutes=15), renew_credentials),
)


class Round:
    """Remembers when each chore was last done by this process."""

    def __init__(self, chores: tuple[Chore, ...] = CHORES, lock: int = LOCK) -> None:
        self._chores = chores
        self._lock = lock
        self._done: dict[str, datetime] = {}

    async def make(self, porth: Runtime) -> None:
        """Do what is due. Another worker may have done it a moment ago: each chore bears being done twice."""
        now = porth.clock()
        for chore in self._chores:
            last = self._done.get(chore.name)
            if last is not None and now - last < chore.every:
                continue
            self._done[chore.name] = now
            async with alone(porth, self._lock) as nobody_else, porth.sessions() as session:
                if nobody_else:
                    await chore.do(porth, session, now)


@asynccontextmanager
async def alone(porth: Runtime, lock: int = LOCK) -> AsyncIterator[bool]:
    """Whether no other process is at these chores. The lock outlasts the commits that a chore makes."""
    async with porth.sessions() as holder:
        connection = await holder.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        if not await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": lock}):
            yield False
            return
        try:
            yield True
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": lock})
