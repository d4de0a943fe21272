"""Processes die: workers and the database with kill -9, at chosen moments. Counted on the platforms' side."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from benchmarks.chaos import kill_database
from benchmarks.rig import BILINGUAL, PAIRED, Office, Rig, rig

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def installation() -> Iterator[Rig]:
    with rig(call_seconds=2) as made:
        yield made


def posts(installation: Rig, *channels: str, number: int = 1) -> None:
    """So many posts on each of these platforms, due now."""

    async def make() -> None:
        async with installation.porth() as porth:
            office = Office(porth)
            await office.found()
            for platform in channels:
                await office.channel(platform, PAIRED if platform == "x" else BILINGUAL)
            for _ in range(number):
                post, digest = await office.approved(office.words())
                await office.schedule(post, digest, datetime.now(UTC) + timedelta(seconds=1))

    asyncio.run(make())


def wait(until: Callable[[], Any]) -> None:
    while not until():
        time.sleep(0.05)


def script(installation: Rig, **fault: Any) -> None:
    installation.control.post("/faults", json=fault).raise_for_status()


def met(installation: Rig) -> bool:
    """Whether a call has run into every fault that was scripted."""
    return installation.control.get("/faults").json() == []


def states(installation: Rig) -> Counter[str]:
    with suppress(Exception):  # the database may be away
        return Counter(row["state"] for row in installation.rows("SELECT state FROM deliveries"))
    return Counter()


def each_once(installation: Rig) -> None:
    """Every text that was approved for an account is there, and once."""
    wanted: Counter[tuple[str, str]] = Counter()
    for row in installation.rows(
        "SELECT a.handle, d.part, s.document FROM deliveries d JOIN accounts a ON a.id = d.account_id"
        " JOIN submissions s ON s.version_id = d.version_id"
    ):
        part = msgspec.json.decode(row["document"])["manifest"][row["part"]]
        wanted[row["handle"], part["outgoing"]["text"]] += 1
    assert Counter((post.account, post.text) for post in installation.sent()) == wanted


@pytest.mark.parametrize(
    ("call", "kind"),
    [("verify", "slow"), ("create", "slow"), ("create", "store-then-hang")],
    ids=["before the call", "during it", "after the platform has the post"],
)
def test_a_worker_killed_leaves_each_post_once(installation: Rig, call: str, kind: str) -> None:
    # only where something is scripted: what is killed between its beginning and its call, on a platform that cannot
    # say that nothing is there, rightly waits for a person
    platforms = ("x", "facebook") if call == "create" else ("x",)
    posts(installation, *platforms)
    for platform in platforms:
        script(installation, platform=platform, call=call, kind=kind, seconds=1)
    worker = installation.start_worker()
    wait(lambda: met(installation))
    worker.kill()
    installation.start_worker()
    wait(lambda: states(installation) == Counter(published=len(platforms) + 1))
    each_once(installation)


def test_a_database_killed_during_the_calls_leaves_each_post_once(installation: Rig) -> None:
    posts(installation, "x", "facebook")
    script(installation, platform="facebook", call="create", kind="slow", seconds=1)
    script(installation, platform="x", call="create", kind="slow", seconds=1)
    installation.start_worker()
    wait(lambda: met(installation))
    kill_database(installation)
    wait(lambda: states(installation) == Counter(published=3))
    each_once(installation)


def test_a_worker_that_stands_still_for_long_sends_nothing_twice(installation: Rig) -> None:
    posts(installation, "facebook", number=4)
    script(installation, platform="facebook", call="create", kind="slow", seconds=1, count=4)
    still = installation.start_worker()
    wait(lambda: met(installation))
    os.kill(still.pid, signal.SIGSTOP)
    installation.start_worker()
    wait(lambda: states(installation) == Counter(published=4))
    os.kill(still.pid, signal.SIGCONT)
    still.terminate()
    still.wait(30)
    assert states(installation) == Counter(published=4)
    each_once(installation)


def test_a_worker_told_to_stop_finishes_what_it_is_sending(installation: Rig) -> None:
    posts(installation, "facebook")
    script(installation, platform="facebook", call="create", kind="slow", seconds=1)
    worker = installation.start_worker()
    wait(lambda: met(installation))
    worker.terminate()
    assert worker.wait(30) == 0
    assert states(installation) == Counter(published=1)
    each_once(installation)


def test_publishing_what_is_due_twice_at_once_sends_each_post_once(installation: Rig) -> None:
    posts(installation, "facebook", "x", number=6)
    time.sleep(1)  # until all are due
    runs = [installation.command("publish-due", "--once", "--json", stdout=-1) for _ in range(2)]
    said = [msgspec.json.decode(run.communicate()[0])["deliveries"] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sorted(d["delivery"] for one in said for d in one) == sorted(
        str(row["id"]) for row in installation.rows("SELECT id FROM deliveries")
    )
    each_once(installation)
