"""Each kind of work has its part of a claim."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import update

from approvals import models as m
from approvals.actions import scheduling
from gateway import queue
from tests.gateway.conftest import House, Platforms

pytestmark = pytest.mark.anyio


async def tasks(house: House, most: int) -> Counter[str]:
    async with house.porth.sessions() as session:  # nothing is kept
        now = house.clock()
        claims = await queue.claim(session, "w", now, now + timedelta(minutes=1), most)
        assert len({claim.delivery for claim in claims}) == len(claims)
        return Counter(claim.task for claim in claims)


async def work(house: House, platforms: Platforms, *, sends: int, lookups: int, removals: int) -> None:
    """So much of each kind, due."""
    tom = house.demo.actors["tom"]
    if lookups:
        platforms.fault(platform="facebook", call="create", kind="store-then-drop", count=lookups)
    for _ in range(lookups):
        await house.scheduled(channels=("facebook",))
    await house.publish()
    removed = [await house.scheduled(channels=("facebook",)) for _ in range(removals)]
    async with house.porth.sessions.begin() as session:  # the lookups are not due yet
        await session.execute(
            update(m.Delivery).where(m.Delivery.state == "unconfirmed")
            .values(next_attempt_at=house.clock() + timedelta(seconds=5))
        )  # fmt: skip
    await house.publish()
    async with house.porth.sessions.begin() as session:
        for post in removed:
            await scheduling.take_down(session, tom, post.id, "wrong", now=house.clock())
    for _ in range(sends):
        await house.scheduled(channels=("facebook",))
    house.clock.pass_by(seconds=10)


async def test_lookups_and_removals_do_not_wait_behind_a_backlog_of_sends(house: House, platforms: Platforms) -> None:
    await work(house, platforms, sends=5, lookups=2, removals=1)
    assert await tasks(house, 4) == Counter(send=2, look=1, retract=1)


async def test_sends_do_not_wait_behind_lookups_and_removals(house: House, platforms: Platforms) -> None:
    await work(house, platforms, sends=1, lookups=3, removals=3)
    assert await tasks(house, 4) == Counter(retract=2, look=1, send=1)


async def test_where_one_kind_has_nothing_to_do_the_others_have_all_hands(house: House, platforms: Platforms) -> None:
    await work(house, platforms, sends=0, lookups=5, removals=0)
    assert await tasks(house, 4) == Counter(look=4)
    assert await tasks(house, 20) == Counter(look=5)


async def test_with_one_free_hand_every_kind_has_its_turn(house: House, platforms: Platforms) -> None:
    await work(house, platforms, sends=2, lookups=1, removals=1)
    seen: Counter[str] = Counter()
    while len(seen) < 3:  # each has at least one chance in eight
        seen += await tasks(house, 1)
