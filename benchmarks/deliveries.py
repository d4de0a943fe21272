"""1,000 text posts over 20 accounts, due in the same second: how many a second, how late, at what cost.

The sandbox takes 50 ms for each answer. The floor is the same calls by the same connectors, 20 at a time, with no
database and no checks. Lateness is from `publish_at` to the moment at which the platform has the post, its 50 ms
included.
"""

import argparse
import asyncio
import statistics
import time
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psutil

from benchmarks import Figure, show
from benchmarks.rig import BILINGUAL, Office, Rig, now, rig, until
from connectors import registry
from connectors.contract import Outgoing
from connectors.sandbox import demo_credentials

ACCOUNTS = 20
CONCURRENCY = 20
LATENCY_MS = 50


class Measured(NamedTuple):
    rate: float
    """Deliveries a second, from the first post to the last."""
    first: float
    """Milliseconds from `publish_at` to the first post."""
    late_99: float
    """Milliseconds."""
    worker_ms: float
    """CPU of the workers for one delivery."""
    database_ms: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=1000)
    wanted = parser.parse_args().deliveries
    with rig(latency_ms=LATENCY_MS) as installation:
        figures = asyncio.run(_run(installation, wanted // ACCOUNTS))
    show(f"{wanted} deliveries over {ACCOUNTS} accounts, platform answers in {LATENCY_MS} ms", figures)


async def _run(installation: Rig, posts: int) -> list[Figure]:
    async with installation.porth() as porth:
        office = Office(porth)
        await office.found()
        for _ in range(ACCOUNTS):
            await office.channel("facebook", BILINGUAL)
        floor = await _bare(installation, office, posts * ACCOUNTS)
        one = await _same_second(installation, office, posts, workers=1)
        steady = await _spread(installation, office, posts, one.rate / 2, workers=1)
        two = await _same_second(installation, office, posts, workers=2)
        steady_two = await _spread(installation, office, posts, two.rate / 2, workers=2)
    return [
        Figure(
            "rate, 1 worker", one.rate, "/s", floor.rate, how=f"all due in the same second, concurrency {CONCURRENCY}"
        ),
        Figure("rate, 2 workers", two.rate, "/s", floor.rate, how="the same"),
        Figure("CPU of the worker", one.worker_ms, "ms each", floor.worker_ms, how="user and system"),
        Figure("CPU of PostgreSQL", one.database_ms, "ms each"),
        Figure("first one out, 1 worker", one.first, "ms", LATENCY_MS, "< 100"),
        Figure("first one out, 2 workers", two.first, "ms", LATENCY_MS, "< 100"),
        Figure("lateness, 99th percentile, 1 worker", steady.late_99, "ms", LATENCY_MS, "< 250", "at half the rate"),
        Figure("lateness, 99th percentile, 2 workers", steady_two.late_99, "ms", LATENCY_MS, "< 250", "at half theirs"),
    ]


async def _bare(installation: Rig, office: Office, number: int) -> Measured:
    """The same calls, straight from the connector."""
    connector = registry.connector("facebook", installation.wire())
    accounts = [demo_credentials("facebook", f"bare-{n}") for n in range(ACCOUNTS)]
    hands = asyncio.Semaphore(CONCURRENCY)

    async def one(n: int) -> None:
        async with hands:
            outgoing = Outgoing(f"{office.words().text.cy} {n}", ("cy",))
            await connector.publish(outgoing, accounts[n % ACCOUNTS], _NoAttempt())

    before, start = time.process_time(), time.perf_counter()
    await asyncio.gather(*(one(n) for n in range(number)))
    took, cpu = time.perf_counter() - start, time.process_time() - before
    return Measured(number / took, 0, 0, cpu / number * 1000, 0)


class _NoAttempt:
    """What a text post asks of its attempt: nothing."""

    key = "0" * 32
    attached: frozenset[str] = frozenset()
    started = now()

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    async def save(self, state: Any) -> None:
        self.state = state

    async def read(self, sha256: str) -> bytes:
        raise NotImplementedError(sha256)

    def address(self, sha256: str) -> str:
        raise NotImplementedError(sha256)


async def _same_second(installation: Rig, office: Office, posts: int, *, workers: int) -> Measured:
    approved = [await office.approved(office.words()) for _ in range(posts)]
    at = now() + timedelta(seconds=4 + posts * 0.25)
    await office.schedule_all(approved, at)
    return await _measured(installation, posts * ACCOUNTS, workers, at)


async def _spread(installation: Rig, office: Office, posts: int, rate: float, *, workers: int) -> Measured:
    """Each delivery has a moment of its own, `rate` a second; the actions put whole posts at one, so SQL moves them."""
    approved = [await office.approved(office.words()) for _ in range(posts)]
    start = now() + timedelta(seconds=8 + posts * 0.25)
    await office.schedule_all(approved, start)
    installation.rows(
        "WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM deliveries WHERE state = 'due')"
        " UPDATE deliveries d SET publish_at = publish_at + n * %s, next_attempt_at = next_attempt_at + n * %s"
        " FROM numbered WHERE d.id = numbered.id RETURNING d.id",
        timedelta(seconds=1 / rate), timedelta(seconds=1 / rate),
    )  # fmt: skip
    return await _measured(installation, posts * ACCOUNTS, workers, start)


async def _measured(installation: Rig, number: int, workers: int, start: datetime) -> Measured:
    """Start workers, wait until all is out, ask the platform when."""
    before = len(installation.sent())
    processes = [psutil.Process(installation.start_worker().pid) for _ in range(workers)]
    await until(start - timedelta(seconds=0.5))
    cpu, database = sum(map(_cpu, processes)), _database_cpu(installation)
    while len(installation.sent()) < before + number:  # noqa: ASYNC110 - another process: it can only be asked
        await asyncio.sleep(1)
    worker_ms = (sum(map(_cpu, processes)) - cpu) / number * 1000
    database_ms = (_database_cpu(installation) - database) / number * 1000
    sent = installation.sent()[before:]
    await _settled(installation)
    installation.stop_workers()
    due = {
        r["platform_id"]: r["publish_at"] for r in installation.rows("SELECT platform_id, publish_at FROM deliveries")
    }
    late = [(post.at - due[post.id]).total_seconds() * 1000 for post in sent]
    took = (sent[-1].at - sent[0].at).total_seconds()
    return Measured(number / took, min(late), statistics.quantiles(late, n=100)[98], worker_ms, database_ms)


async def _settled(installation: Rig) -> None:
    while installation.rows("SELECT 1 FROM deliveries WHERE state IN ('due', 'sending') LIMIT 1"):  # noqa: ASYNC110 - the same
        await asyncio.sleep(0.2)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _database_cpu(installation: Rig) -> float:
    """Of all server processes there are; those that ended took theirs along into the parent's account."""
    server = psutil.Process(installation.cluster.pid)
    times = server.cpu_times()
    return sum(map(_cpu, server.children())) + _cpu(server) + times.children_user + times.children_system


if __name__ == "__main__":
    main()
