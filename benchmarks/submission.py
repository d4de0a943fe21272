"""A submission through the API, all checks included, beside a bare Litestar handler that inserts one row.

A submission is two requests: the draft is created and submitted. The bare handler is called once, on the same
database, through the same engine.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
from litestar import Litestar, post
from sqlalchemy import text

from approvals.actions import organising
from approvals.permissions import Role
from benchmarks import Figure, show
from benchmarks.rig import ANSWERS, BILINGUAL, PAIRED, Office, rig
from gateway.app import create_app
from gateway.runtime import Runtime

WARM, ROUNDS = 20, 200


def bare(porth: Runtime) -> Litestar:
    @post("/", sync_to_thread=None)
    async def insert(data: dict[str, Any]) -> dict[str, str]:
        async with porth.sessions.begin() as session:
            await session.execute(
                text("INSERT INTO workers (name, started_at, seen_at) VALUES (:name, now(), now())"),
                {"name": str(data["name"])},
            )
        return {"name": str(data["name"])}

    return Litestar([insert], logging_config=None)


async def measured(call: Callable[[int], Awaitable[None]]) -> tuple[float, float, float]:
    """Milliseconds of the clock in the middle and at the 95th percentile, and of this process's CPU, a round."""
    for number in range(WARM):
        await call(-number - 1)
    taken, cpu = [], time.process_time()
    for number in range(ROUNDS):
        began = time.perf_counter()
        await call(number)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1], (time.process_time() - cpu) * 1000 / ROUNDS


async def main() -> None:
    with rig() as stand:
        async with stand.porth() as porth:
            office = Office(porth)
            await office.found()
            await office.channel("facebook", BILINGUAL)
            await office.channel("x", PAIRED)
            key = await _key(office)
            floor = await _floor(porth)
            submission = await _submissions(porth, office, key)
    show(
        "A submission through the API against a bare handler inserting one row",
        [
            Figure("submission, median", submission[0], "ms", floor[0], "", f"{ROUNDS} of two requests, three parts"),
            Figure("submission, 95th percentile", submission[1], "ms", floor[1]),
            Figure("CPU of the web process", submission[2], "ms", floor[2]),
            Figure("ratio of the medians", submission[0] / floor[0], "times"),
        ],
    )


async def _key(office: Office) -> str:
    async with office.porth.sessions() as session:
        nurse = office.actors["nurse"].person
        made = await organising.create_key(
            session, office.root, "bench", Role.SUBMITTER, nurse, team=office.team, now=office.porth.clock()
        )
        await session.commit()
        return made.secret


async def _floor(porth: Runtime) -> tuple[float, float, float]:
    transport = httpx.ASGITransport(bare(porth))
    async with httpx.AsyncClient(transport=transport, base_url="http://bare") as client:

        async def call(number: int) -> None:
            (await client.post("/", json={"name": f"row {number}"})).raise_for_status()

        return await measured(call)


async def _submissions(porth: Runtime, office: Office, key: str) -> tuple[float, float, float]:
    headers = {"Authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(create_app(porth))
    async with httpx.AsyncClient(transport=transport, base_url="http://porth/api/v1", headers=headers) as client:

        async def call(_: int) -> None:
            content = msgspec.to_builtins(office.words())
            made = await client.post("/posts", json={"team": str(office.team), "content": content})
            path = f"/posts/{made.raise_for_status().json()['id']}/submission"
            sent = await client.post(path, json={"seen": 1, "declaration": msgspec.to_builtins(ANSWERS)})
            sent.raise_for_status()

        return await measured(call)


if __name__ == "__main__":
    asyncio.run(main())
