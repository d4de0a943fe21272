"""Each kind of work has its part of a claim, and "there is no such post" is believed when it was said twice."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals.actions import organising, scheduling
from connectors.sandbox import demo_credentials
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


async def test_absent_is_believed_at_the_second_look_and_not_before(house: House, platforms: Platforms) -> None:
    await _threads(house)
    platforms.fault(platform="threads", call="create", kind="drop")
    post = await house.scheduled(channels=("threads",))
    await house.publish()
    assert await house.states(post) == ["unconfirmed"]
    house.clock.pass_by(seconds=5)
    await house.publish()
    (delivery,) = await house.deliveries(post)
    assert (delivery.state, delivery.absent_at, delivery.lookups) == ("unconfirmed", house.clock(), 1)
    assert delivery.next_attempt_at >= house.clock() + timedelta(seconds=10)
    house.clock.pass_by(seconds=20)
    await house.publish()  # absent again, so it is due, and goes out
    assert await house.states(post) == ["published"]
    assert len(platforms.posts("threads")) == 1


async def test_a_post_that_appears_after_the_first_look_is_found_and_not_sent_again(
    house: House, platforms: Platforms
) -> None:
    """The request of a worker that was given up for dead may arrive late."""
    await _threads(house)
    platforms.fault(platform="threads", call="create", kind="drop")
    post = await house.scheduled(channels=("threads",))
    await house.publish()
    house.clock.pass_by(seconds=5)
    await house.publish()
    (delivery,) = await house.deliveries(post)
    async with house.porth.sessions() as session:
        account = await session.get_one(m.Account, delivery.account_id)
    connector = house.porth.connector("threads", "sandbox")
    await connector._line.call(  # type: ignore[attr-defined]
        connector._publish, house.porth.credentials(account), delivery.attempt["container"]  # type: ignore[attr-defined]
    )  # fmt: skip
    house.clock.pass_by(seconds=20)
    await house.publish()
    assert await house.states(post) == ["published"]
    assert len(platforms.posts("threads")) == 1
    async with house.porth.sessions() as session:
        kinds = set(await session.scalars(select(m.LogEntry.kind).where(m.LogEntry.post_id == post.id)))
    assert "delivery-absent" not in kinds


async def _threads(house: House) -> None:
    huw, now = house.demo.actors["huw"], house.clock()
    async with house.porth.sessions.begin() as session:
        channel = await organising.register_channel(session, huw, "threads", "threads", "bilingual", now=now)
        credentials, account = demo_credentials("threads", "mainc"), uuid7()
        await organising.register_account(
            session, huw, channel.id, credentials.account, ["cy", "en"],
            house.porth.sealed(account, credentials.secrets), "sandbox", handle="mainc", account_id=account, now=now,
        )  # fmt: skip
