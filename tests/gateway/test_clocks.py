"""A worker whose clock is off claims nothing and says so; one that is right again goes on."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from approvals import models as m
from gateway import clocks, health, settings
from gateway.runtime import Runtime
from gateway.worker import Worker
from tests.gateway.conftest import House, Platforms

pytestmark = pytest.mark.anyio


def off_by(porth: Runtime, **delta: float) -> Runtime:
    return replace(porth, clock=lambda: datetime.now(UTC) + timedelta(**delta))


@asynccontextmanager
async def working(porth: Runtime) -> AsyncIterator[Worker]:
    worker = Worker(porth)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await running


async def beaten(porth: Runtime) -> m.Worker:
    """Once the worker has said that it lives."""
    while True:
        async with porth.sessions() as session:
            found = (await session.scalars(select(m.Worker))).first()
        if found is not None:
            return found
        await asyncio.sleep(0.02)


async def states(house: House) -> set[str]:
    async with house.porth.sessions() as session:
        return set(await session.scalars(select(m.Delivery.state)))


async def test_a_clock_that_is_the_databases_is_not_off_at_all(porth: Runtime) -> None:
    async with porth.sessions() as session:
        assert await clocks.skew(session, lambda: datetime.now(UTC)) == timedelta()


@pytest.mark.parametrize("seconds", [-61.0, 61.0])
async def test_how_far_a_clock_is_off_is_measured_against_the_database(porth: Runtime, seconds: float) -> None:
    async with porth.sessions() as session:
        skew = await clocks.skew(session, off_by(porth, seconds=seconds).clock)
    assert abs(skew.total_seconds() - seconds) < 1


def test_what_is_tolerated_is_a_small_part_of_a_lease() -> None:
    for seconds, tolerated in (("30", 5), ("2", 0.5)):
        found = settings.load({"PORTH_CALL_SECONDS": seconds})
        assert clocks.tolerated(found) == timedelta(seconds=tolerated) <= found.lease / 6


@pytest.mark.parametrize("minutes", [-3, 3])
async def test_a_worker_whose_clock_is_off_claims_nothing_and_is_named(
    house: House, platforms: Platforms, caplog: pytest.LogCaptureFixture, minutes: int
) -> None:
    house.clock.now = datetime.now(UTC) - timedelta(minutes=10)
    await house.scheduled(channels=("facebook",))
    astray = off_by(house.porth, minutes=minutes)
    with caplog.at_level(logging.ERROR):
        async with working(astray) as worker:
            seen = await beaten(astray)
            await worker._turn()
    assert abs(seen.skew_seconds - minutes * 60) < 1
    assert await states(house) == {"due"}
    assert platforms.posts() == []
    assert "clock" in caplog.text
    assert "worker-clock" in (await health.look(off_by(house.porth))).degraded


async def test_a_worker_whose_clock_is_right_publishes(house: House, platforms: Platforms) -> None:
    house.clock.now = datetime.now(UTC) - timedelta(minutes=1)
    await house.scheduled(channels=("facebook",))
    async with working(off_by(house.porth)):
        while await states(house) != {"published"}:  # noqa: ASYNC110 - it is the database that is asked
            await asyncio.sleep(0.05)
    assert len(platforms.posts("facebook")) == 1


async def test_a_worker_whose_clock_is_off_takes_nobody_for_dead(house: House) -> None:
    """Ahead by minutes, every lease of the others looks as if it had run out."""
    house.clock.now = datetime.now(UTC)
    await house.scheduled(channels=("facebook",))
    async with house.porth.sessions.begin() as session:
        row = (await session.scalars(select(m.Delivery))).one()
        row.state, row.leased_by, row.lease_until = "sending", "another", datetime.now(UTC) + timedelta(seconds=40)
    ahead = off_by(house.porth, minutes=3)
    async with working(ahead):
        await beaten(ahead)
    assert await states(house) == {"sending"}
