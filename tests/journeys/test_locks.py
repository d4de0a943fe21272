"""Two who want the same at the same moment: one waits, neither is lost, and nobody waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text

from approvals import models as m
from approvals.actions import delivering, scheduling
from approvals.actions.consenting import Withdrawal
from approvals.errors import WrongState
from connectors.contract import Receipt
from connectors.errors import OutcomeUnknown
from gateway import queue
from gateway.publishing import Publisher
from gateway.queue import Claim
from tests.gateway.conftest import House, Platforms
from tests.journeys.test_each_moment import Act, Moments

pytestmark = pytest.mark.anyio


@pytest.fixture
def moments(house: House, platforms: Platforms) -> Moments:
    return Moments(house, platforms)


@pytest.fixture
async def watcher(database: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        yield connection


async def waiting(watcher: psycopg.AsyncConnection[Any], number: int) -> None:
    """Until so many sessions wait for a lock."""
    while True:
        found = await watcher.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        row = await found.fetchone()
        if row and row[0] >= number:
            return
        await asyncio.sleep(0.01)


async def both(*tasks: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*tasks)


@pytest.mark.parametrize(("way", "done"), [("withdraw", Withdrawal(held=0, takedowns=1)), ("pause", None)])
async def test_who_stops_a_post_waits_for_a_look_that_has_begun(
    moments: Moments, watcher: psycopg.AsyncConnection[Any], way: str, done: Withdrawal | None
) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    async with moments.house.porth.sessions() as session:
        found = await delivering.case(session, claim.delivery, "by-hand")
        assert found is not None
        stopping = asyncio.create_task(moments.act(getattr(moments, way)()))
        await waiting(watcher, 1)
        delivering.begin(found, now=moments.house.clock())
        await session.commit()
    assert await stopping == done


@pytest.mark.parametrize("way", ["withdraw", "pause", "cancel", "hold"])
async def test_a_look_waits_for_who_has_begun_to_stop_the_post(
    moments: Moments, watcher: psycopg.AsyncConnection[Any], platforms: Platforms, way: str
) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    act: Act = getattr(moments, way)()
    async with moments.house.porth.sessions() as session:
        await act(session)
        work = asyncio.create_task(moments.worker.work(claim))
        await waiting(watcher, 1)
        await session.commit()
    await work
    assert platforms.posts() == []
    assert {s for s, _ in await moments.states()} <= {"held", "due", "cancelled"}


async def test_releasing_and_withdrawing_at_once_both_come_to_an_end(
    moments: Moments, watcher: psycopg.AsyncConnection[Any]
) -> None:
    await moments.post("facebook")
    await moments.act(moments.hold())
    (delivery,) = await moments.deliveries()
    tom, house = moments.house.demo.actors["tom"], moments.house

    async def release() -> None:
        await moments.act(
            lambda s: scheduling.release(s, tom, delivery.id, "go", house.porth.limits, now=house.clock())
        )

    async with house.porth.sessions() as session:
        await session.execute(select(m.Delivery).where(m.Delivery.id == delivery.id).with_for_update())
        releasing = asyncio.create_task(release())
        await waiting(watcher, 1)
        withdrawing = asyncio.create_task(moments.act(moments.withdraw()))
        await waiting(watcher, 2)
        await session.rollback()
    await both(releasing, withdrawing)
    assert await moments.states() == [("held", "CON-WITHDRAWN")]


async def test_a_pause_and_an_entry_in_the_log_at_once_both_come_to_an_end(
    moments: Moments, watcher: psycopg.AsyncConnection[Any]
) -> None:
    await moments.post("facebook")
    async with moments.house.porth.sessions() as session:
        await session.execute(select(m.LogHead).with_for_update())
        cancelling = asyncio.create_task(moments.act(moments.cancel()))
        await waiting(watcher, 1)
        pausing = asyncio.create_task(moments.act(moments.pause()))
        await waiting(watcher, 2)
        await session.rollback()
    await both(cancelling, pausing)
    assert await moments.states() == [("cancelled", None)]


async def test_renewing_leases_and_withdrawing_at_once_both_come_to_an_end(
    moments: Moments, watcher: psycopg.AsyncConnection[Any]
) -> None:
    """The later delivery's row is moved in front of the earlier one's, where an unordered update meets it first."""
    await moments.post("facebook", "x")
    rows = await moments.deliveries()
    for row in rows[:2]:
        await moments.act(
            lambda s, row=row: s.execute(  # type: ignore[misc]  # a default is how a loop's value is kept
                text("UPDATE deliveries SET leased_by = 'by-hand', tries = tries WHERE id = :id"), {"id": row.id}
            )
        )
    async with moments.house.porth.sessions() as session:
        await session.execute(select(m.Delivery).where(m.Delivery.id == rows[0].id).with_for_update())
        renewing = asyncio.create_task(
            moments.act(lambda s: queue.renew(s, "by-hand", [r.id for r in rows], moments.house.clock()))
        )
        await waiting(watcher, 1)
        withdrawing = asyncio.create_task(moments.act(moments.withdraw()))
        await waiting(watcher, 2)
        await session.rollback()
    await both(renewing, withdrawing)


async def test_a_person_does_not_say_it_is_not_there_while_porth_is_looking(
    moments: Moments, platforms: Platforms
) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    platforms.fault(kind="store-then-drop", call="create")
    await moments.worker.work(claim)
    await moments.act(moments.withdraw())
    (delivery,) = await moments.deliveries()
    assert delivery.state == "unconfirmed"
    moments.house.clock.pass_by(seconds=10)
    look = await moments.claim()
    assert look.task == "look"
    tom = moments.house.demo.actors["tom"]
    told = await moments.during(
        "find", look, lambda s: scheduling.resolve(s, tom, delivery.id, None, "no", now=moments.house.clock())
    )
    assert isinstance(told, WrongState)
    assert (await moments.states())[0][0] == "published"


async def test_what_a_person_attached_during_a_look_stays_attached(moments: Moments, platforms: Platforms) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    platforms.fault(kind="store-then-drop", call="create")
    await moments.worker.work(claim)
    moments.house.clock.pass_by(seconds=10)
    look = await moments.claim()
    (delivery,), (post,) = await moments.deliveries(), platforms.posts()
    tom, there = moments.house.demo.actors["tom"], Receipt(post["id"], "https://example.org/", moments.house.clock())
    await moments.during(
        "find", look, lambda s: scheduling.resolve(s, tom, delivery.id, there, "there", now=moments.house.clock())
    )
    (after,) = await moments.deliveries()
    assert (after.state, after.url, after.leased_by) == ("published", "https://example.org/", None)


async def test_an_account_at_its_limit_is_not_asked_again_by_what_was_claimed_already(
    house: House, platforms: Platforms
) -> None:
    for _ in range(2):
        await house.scheduled(channels=("facebook",))
    async with house.porth.sessions() as session:
        claims = await queue.claim(session, "by-hand", house.clock(), house.clock() + timedelta(minutes=1), 2)
        await session.commit()
    platforms.fault(platform="facebook", call="create", kind="refuse", error="rate-limited", count=-1)
    worker = Publisher(house.porth, "by-hand")
    for claim in claims:
        await worker.work(claim)
    assert [c["call"] for c in platforms.calls()] == ["create"]


async def test_a_stopped_account_holds_nothing_of_another_channel(house: House, platforms: Platforms) -> None:
    post = await house.scheduled()
    async with house.porth.sessions() as session:
        for account in await session.scalars(select(m.Account).where(m.Account.handle.like("%-cy"))):
            account.stopped_code, account.stopped_at = "token-refused", house.clock()
        await session.commit()
    await house.publish()
    assert await house.states(post) == ["published", "held", "held"]


async def test_a_worker_given_up_for_dead_takes_no_second_half_that_is_on_its_way(moments: Moments) -> None:
    await moments.post("x")
    first, second = await moments.deliveries()
    async with moments.house.porth.sessions() as session:
        row = await session.get_one(m.Delivery, second.id)
        row.leased_by, row.lease_until = "another", moments.house.clock() + timedelta(seconds=30)
        await session.commit()
    assert await moments.worker._take_second_half(first.id) is None
    assert (await moments.deliveries())[1].leased_by == "another"


async def test_a_worker_that_stood_still_before_its_call_does_not_make_it(
    moments: Moments, platforms: Platforms, monkeypatch: pytest.MonkeyPatch
) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    begin = moments.worker._begin

    async def begin_and_stall(delivery: Any) -> Any:
        begun = await begin(delivery)
        moments.house.clock.pass_by(seconds=60)
        return begun

    monkeypatch.setattr(moments.worker, "_begin", begin_and_stall)
    await moments.worker.work(Claim(claim.delivery, "send"))
    assert platforms.posts() == []
    await moments.house.publish("another")
    assert await moments.states() == [("unconfirmed", "worker-died")]


async def test_a_call_whose_outcome_was_unknown_is_never_settled_twice(moments: Moments, platforms: Platforms) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    begun = await moments.worker._begin(claim.delivery)
    assert begun is not None
    moments.house.clock.pass_by(seconds=60)
    await moments.house.publish("another")
    await moments.worker._settle_failure(claim.delivery, OutcomeUnknown("late"))
    assert await moments.states() == [("unconfirmed", "worker-died")]
