"""What a claim costs with 1,000,000 past deliveries in the table, beside 1,000. It should not be felt.

The past is written by SQL as the owner, with the guards of the table switched off; what is due is the same both times.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from approvals.models import Delivery
from benchmarks import Figure, show
from benchmarks.rig import BILINGUAL, Office, Rig, now, rig
from gateway import queue, runtime
from gateway.runtime import Runtime

FEW = 1000
MOST = 20
ROUNDS = 200
LATE = timedelta(minutes=30)

# spread over the year before, on every account; one version may have any number of parts
_PAST = """
    INSERT INTO deliveries (id, organisation_id, post_id, version_id, part, account_id, state, publish_at,
        next_attempt_at, tries, prepared, attempt, lookups, seen, platform_id, url, published_at, created_at,
        started_at)
    SELECT gen_random_uuid(), d.organisation_id, d.post_id, d.version_id, 1000000 + n, a.id, 'published', t.at, t.at, 1,
        true, '{}', 0, '[]', 'past-' || n, 'https://example.org/' || n, t.at, t.at, t.at
    FROM generate_series(1, %s::int) AS n
    CROSS JOIN LATERAL (SELECT now() - n * interval '31 s' AS at) AS t
    CROSS JOIN LATERAL (SELECT * FROM deliveries WHERE part = 0 ORDER BY id LIMIT 1) AS d
    JOIN accounts_in_order AS a ON a.place = n %% (SELECT count(*) FROM accounts_in_order)
"""

_ACCOUNTS = "CREATE VIEW accounts_in_order AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts"
_ATTACHED = text(
    "SELECT platform_id FROM deliveries WHERE account_id = :account AND platform_id IS NOT NULL"
    " AND published_at > :since"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--past", type=int, default=1_000_000)
    parser.add_argument("--explain", action="store_true", help="show the plans with the full table")
    given = parser.parse_args()
    with rig() as installation:
        figures = asyncio.run(_run(installation, given.past, explain=given.explain))
    show(f"claims of {MOST} due deliveries, with {given.past:,} past ones in the table and with {FEW:,}", figures)


async def _run(installation: Rig, past: int, *, explain: bool) -> list[Figure]:
    async with installation.porth() as porth:
        await _due(porth)
    installation.rows(_ACCOUNTS)
    urls = (installation.cluster.create_database("few", template="porth"), installation.database)
    for url, number in zip(urls, (FEW, past), strict=True):
        _fill(url, number)
    async with AsyncExitStack() as stack:
        sessions = []
        for url in urls:
            porth = await stack.enter_async_context(runtime.opened(installation.settings, url))
            sessions.append(await stack.enter_async_context(porth.sessions()))
        took = await _measured(sessions)
        if explain:
            await _explain(sessions[1])
    return [
        Figure(
            name,
            many * 1000,
            "ms",
            few * 1000,
            "within 1.2 of the floor",
            f"median of {ROUNDS}: {many / few:.2f} times",
        )
        for name, (few, many) in took.items()
    ]


async def _due(porth: Runtime) -> None:
    """Twice as much as one claim takes, on 20 accounts."""
    office = Office(porth)
    await office.found()
    for _ in range(20):
        await office.channel("facebook", BILINGUAL)
    for _ in range(2):
        post, digest = await office.approved(office.words())
        await office.schedule(post, digest, now())


def _fill(url: str, number: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE deliveries DISABLE TRIGGER ALL")
        connection.execute(_PAST, (number,))
        connection.execute("ALTER TABLE deliveries ENABLE TRIGGER ALL")
        connection.execute("VACUUM ANALYZE deliveries")


async def _measured(sessions: Sequence[AsyncSession]) -> dict[str, tuple[float, ...]]:
    """Median seconds of each thing that every delivery costs the table, in both databases by turns."""
    moment = now()
    until, since = moment + timedelta(minutes=1), moment - timedelta(days=1)
    account = await sessions[0].scalar(text("SELECT account_id FROM deliveries WHERE state = 'due' LIMIT 1"))
    things: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
        "claim": lambda s: queue.claim(s, "bench", moment, until, MOST, late_after=LATE),
        "when the next is due": lambda s: queue.next_due(s, moment),
        "what died in sending": lambda s: queue.abandoned(s, moment),
        "what is attached": lambda s: s.execute(_ATTACHED, {"account": account, "since": since}),
    }
    found = {}
    for name, once in things.items():
        took: list[list[float]] = [[] for _ in sessions]
        for _ in range(ROUNDS):
            for place, session in enumerate(sessions):
                took[place].append(await _timed(session, once))
        found[name] = tuple(map(statistics.median, took))
    return found


async def _timed(session: AsyncSession, once: Callable[[AsyncSession], Awaitable[Any]]) -> float:
    """Each time from the same state: rolled back. The connection is taken from the pool outside the measure."""
    await session.execute(text("SELECT 1"))
    start = time.perf_counter()
    await once(session)
    took = time.perf_counter() - start
    await session.rollback()
    return took


async def _explain(session: AsyncSession) -> None:
    moment = now()
    values = {
        "now": moment, "most": MOST, "removals": MOST // 2, "lookups": MOST // 4, "organisation": None,
        "worker": "bench", "until": moment, "late_after": LATE,
    }  # fmt: skip
    rows = await session.execute(text(f"EXPLAIN (ANALYZE, BUFFERS) {queue.CLAIM.text}"), values)
    print("\n".join(row[0] for row in rows))
    await session.rollback()
    print(f"\nindexes: {', '.join(sorted(str(index.name) for index in Delivery.__table__.indexes))}")


if __name__ == "__main__":
    main()
