"""The delivery worker: sleeps until something is due or a `NOTIFY` wakes it, claims, publishes.

Several may run, on one machine or many. A worker that is told to stop drains; one that dies leaves leases that run
out (gateway/queue.py). It survives the database's restarts.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import spacing
from approvals.actions.scheduling import CHANNEL
from gateway import clocks, queue
from gateway.chores import Round
from gateway.database import connection_parameters
from gateway.mail import chores as mails
from gateway.publishing import Publisher
from gateway.queue import Claim
from gateway.runtime import Runtime

log = logging.getLogger(__name__)

POLL = 1.0
"""Seconds between looks when nothing is known to be due: what a lost notification can cost."""
DRAIN = 10.0
"""Seconds that running work gets, beyond one call's longest, to end after a stop is asked for."""
GONE_AFTER = timedelta(days=1)
CHORES = 60.0
"""Seconds between looks for chores."""


def name() -> str:
    """This worker's name, unique among all that ever ran."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


class Worker:
    def __init__(self, porth: Runtime) -> None:
        self.porth = porth
        self.name = name()
        self.publisher = Publisher(porth, self.name)
        self._running: dict[asyncio.Task[None], UUID] = {}
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._skew: timedelta | None = None
        """How far this clock is ahead of the database's, as last seen."""

    def stop(self) -> None:
        """Take nothing more, finish what is running."""
        self._stopping.set()
        self._woken.set()

    async def run(self) -> None:
        """Until `stop`."""
        side = [asyncio.create_task(work) for work in (self._listen(), self._beat(), *self._tidying())]
        try:
            while not self._stopping.is_set():
                try:
                    await self._turn()
                except (DBAPIError, OSError) as error:
                    log.warning("the database is away (%s); trying again", type(error).__name__)
                    await asyncio.sleep(POLL)
            if self._running:
                await asyncio.wait(self._running, timeout=self.porth.settings.call_seconds + DRAIN)
        finally:
            for task in (*side, *self._running):
                task.cancel()
            await asyncio.gather(*side, *self._running, return_exceptions=True)

    async def _turn(self) -> None:
        """Claim as much as there are free hands, then sleep until there is reason to look again."""
        self._woken.clear()
        free = self.porth.settings.worker_concurrency - len(self._running)
        claims: list[Claim] = []
        wait = POLL
        if free > 0:
            async with self.porth.sessions() as session:
                now, settings = self.porth.clock(), self.porth.settings
                if await self._on_time(session):
                    claims = await queue.claim(
                        session, self.name, now, now + settings.lease, free, late_after=settings.late_after
                    )
                if not claims:
                    wait = await self._until_due(session)
                await session.commit()
        for claim in claims:
            task = asyncio.create_task(self._work(claim))
            self._running[task] = claim.delivery
            task.add_done_callback(self._done)
        if len(claims) < free or free <= 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), wait)

    async def _on_time(self, session: AsyncSession) -> bool:
        """Whether this clock can be gone by; looked at before the first claim, then with every beat."""
        if self._skew is None:
            self._skew = await clocks.skew(session, self.porth.clock)
        return abs(self._skew) <= clocks.tolerated(self.porth.settings)

    async def _look_at_clock(self, session: AsyncSession) -> timedelta:
        before, self._skew = self._skew, await clocks.skew(session, self.porth.clock)
        astray = not await self._on_time(session)
        if astray:
            log.error(
                "this clock is %+.1f s off the database's: nothing is sent until it is right (is NTP running?)",
                self._skew.total_seconds(),
            )
        elif before is not None and abs(before) > clocks.tolerated(self.porth.settings):
            log.warning("this clock is right again")
        return self._skew

    async def _until_due(self, session: AsyncSession) -> float:
        now = self.porth.clock()
        due = await queue.next_due(session, now)
        return POLL if due is None else min((due - now).total_seconds(), POLL)

    async def _work(self, claim: Claim) -> None:
        try:
            await self.publisher.work(claim)
        except (DBAPIError, OSError) as error:
            # the lease runs out and the delivery is found again, in the state that was last committed
            log.warning("delivery %s was left (%s)", claim.delivery, type(error).__name__)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._woken.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("a delivery's task failed", exc_info=task.exception())

    async def _listen(self) -> None:
        """Be woken by whoever schedules something."""
        while True:
            with suppress(psycopg.OperationalError, OSError):
                async with await psycopg.AsyncConnection.connect(
                    **connection_parameters(self.porth.database_url), autocommit=True
                ) as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    async for _ in connection.notifies():
                        self._woken.set()
            await asyncio.sleep(POLL)

    async def _beat(self) -> None:
        """Say that this worker lives, keep its leases, adopt what dead ones left in `sending`."""
        started, lease = self.porth.clock(), self.porth.settings.lease
        while True:
            with suppress(DBAPIError, OSError):
                async with self.porth.sessions() as session:
                    skew = await self._look_at_clock(session)
                    now = self.porth.clock() - skew  # what others compare with is not this clock
                    said = {"seen_at": now, "skew_seconds": skew.total_seconds()}
                    await session.execute(
                        insert(m.Worker)
                        .values(name=self.name, started_at=started, **said)
                        .on_conflict_do_update(index_elements=["name"], set_=said)
                    )
                    await session.execute(delete(m.Worker).where(m.Worker.seen_at < now - GONE_AFTER))
                    await queue.renew(session, self.name, list(self._running.values()), now + lease)
                    await spacing.lay_out(session, now, self.porth.settings.late_after)
                    on_time = await self._on_time(session)
                    await session.commit()
                if on_time and await self.publisher.adopt_abandoned():
                    self._woken.set()
            await asyncio.sleep(lease.total_seconds() / 3)

    def _tidying(self) -> tuple[Coroutine[Any, Any, None], ...]:
        return self._tidy(Round()), self._tidy(Round(mails.CHORES, mails.LOCK))

    async def _tidy(self, chores: Round) -> None:
        """The chores, beside everything else."""
        while True:
            try:
                with suppress(DBAPIError, OSError):
                    async with self.porth.sessions() as session:
                        on_time = await self._on_time(session)
                    if on_time:
                        await chores.make(self.porth)
            except Exception as error:  # noqa: BLE001  # one chore that fails must not end all of them for good
                log.error("a chore failed: %s", type(error).__name__)  # noqa: TRY400  # a traceback may carry tokens
            await asyncio.sleep(CHORES)
