"""What `/health` says while a worker and the database are really killed."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.chaos import strike_database
from benchmarks.rig import Rig, rig
from gateway import health
from gateway.health import Health
from tests.gateway.test_killing import posts, states, wait

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def installation() -> Iterator[Rig]:
    with rig(call_seconds=2) as made:
        yield made


def said(installation: Rig, after: timedelta = timedelta()) -> Health:
    """As a web process says it, so long after now."""

    async def look() -> Health:
        async with installation.porth() as porth:
            return await health.look(replace(porth, clock=lambda: datetime.now(UTC) + after))

    return asyncio.run(look())


def within_a_minute(installation: Rig, wanted: Callable[[Health], bool]) -> None:
    wait(lambda: wanted(said(installation)))


def test_health_follows_a_worker_and_a_database_that_are_killed(installation: Rig) -> None:
    assert said(installation).degraded == ("no-worker",)
    posts(installation, "facebook", number=2)
    move(installation, "SELECT max(id::text)::uuid FROM deliveries", "1 hour")
    worker = installation.start_worker()
    within_a_minute(installation, lambda found: found.workers == 1 and found.well and not found.degraded)
    wait(lambda: states(installation)["published"] == 1)
    assert said(installation).waiting_seconds == 0

    worker.kill()
    worker.wait()
    move(installation, "SELECT id FROM deliveries WHERE state = 'due'", "0")
    later = said(installation, after=timedelta(seconds=90))
    assert (later.well, later.reasons, later.workers) == (False, ("deliveries-not-taken",), 0)

    installation.start_worker()
    wait(lambda: states(installation)["published"] == 2)
    within_a_minute(installation, lambda found: found.well and found.workers == 1)

    strike_database(installation)
    away = said(installation)
    assert (away.well, away.reasons, away.database) == (False, ("database-away",), "away")
    wait(installation.cluster.tend)
    within_a_minute(installation, lambda found: found.well)


def move(installation: Rig, which: str, away: str) -> None:
    """Have this delivery be due so long from now."""
    installation.rows(
        f"UPDATE deliveries SET publish_at = now() + interval '{away}', next_attempt_at = now() + interval '{away}'"  # noqa: S608  # ours
        f" WHERE id = ({which})"
    )
