"""After an outage, what is overdue goes out one by one on each account; what is on time and the English never wait."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from approvals import models as m
from approvals import queries
from approvals.actions import organising, scheduling, spacing
from approvals.policy import Policy
from gateway import queue
from gateway.publishing import Publisher
from gateway.queue import Claim
from tests.gateway.conftest import House, Platforms

pytestmark = pytest.mark.anyio


async def backlog(house: House, number: int, *channels: str) -> list[m.Post]:
    """Posts that were due one minute after the other, the last of them two minutes ago."""
    posts = [await house.scheduled(channels=channels or ("facebook",)) for _ in range(number)]
    async with house.porth.sessions.begin() as session:
        for place, post in enumerate(posts):
            at = house.clock() + timedelta(minutes=place)
            await session.execute(
                update(m.Delivery).where(m.Delivery.post_id == post.id).values(publish_at=at, next_attempt_at=at)
            )
    house.clock.pass_by(minutes=number + 1)
    return posts


async def waiting(house: House) -> list[tuple[str | None, datetime]]:
    async with house.porth.sessions() as session:
        rows = await session.scalars(
            select(m.Delivery).where(m.Delivery.state == "due").order_by(m.Delivery.publish_at)
        )
        return [(row.code, row.next_attempt_at) for row in rows]


async def test_a_backlog_goes_out_at_its_spacing_the_longest_overdue_first(house: House, platforms: Platforms) -> None:
    posts = await backlog(house, 3)
    await house.publish()
    now = house.clock()
    assert [await house.states(post) for post in posts] == [["published"], ["due"], ["due"]]
    assert await waiting(house) == [("spacing", now + timedelta(minutes=n)) for n in (1, 2)]
    house.clock.pass_by(seconds=59)
    assert await house.publish() == []
    house.clock.pass_by(seconds=1)
    assert [o.post for o in await house.publish()] == [posts[1].id]
    house.clock.pass_by(seconds=60)
    assert [o.post for o in await house.publish()] == [posts[2].id]
    assert len(platforms.posts("facebook")) == 3


async def test_whoever_reads_the_delivery_sees_when_its_turn_is_expected(house: House) -> None:
    posts = await backlog(house, 2)
    await house.publish()
    async with house.porth.sessions() as session:
        (seen,) = await queries.deliveries_of(session, posts[1].id)
    assert (seen.state, seen.code, seen.next_attempt_at) == ("due", "spacing", house.clock() + timedelta(minutes=1))


async def test_each_account_has_a_spacing_of_its_own(house: House, platforms: Platforms) -> None:
    await backlog(house, 1, "facebook")
    await backlog(house, 1, "x")
    await house.publish()
    assert (len(platforms.posts("facebook")), len(platforms.posts("x"))) == (1, 2)


async def test_two_workers_at_the_last_look_at_once_let_one_late_post_through(
    house: House, platforms: Platforms
) -> None:
    posts = await backlog(house, 2)
    claims = []
    async with house.porth.sessions.begin() as session:
        for post, worker in zip(posts, ("one", "two"), strict=True):
            until = house.clock() + timedelta(minutes=1)
            claimed = update(m.Delivery).where(m.Delivery.post_id == post.id).returning(m.Delivery.id)
            claims.append((await session.execute(claimed.values(leased_by=worker, lease_until=until))).scalar_one())
    platforms.fault(platform="facebook", call="create", kind="slow", seconds=0.3, count=2)
    await asyncio.gather(
        *(Publisher(house.porth, w).work(Claim(id_, "send")) for w, id_ in zip(("one", "two"), claims, strict=True))
    )
    assert len(platforms.posts("facebook")) == 1
    assert await waiting(house) == [("spacing", house.clock() + timedelta(minutes=1))]


async def test_a_claim_takes_one_late_delivery_of_an_account_and_all_that_are_on_time(house: House) -> None:
    await backlog(house, 3)
    on_time = [await house.scheduled(channels=("facebook",)) for _ in range(2)]
    async with house.porth.sessions() as session:
        now = house.clock()
        claims = await queue.claim(session, "w", now, now + timedelta(minutes=1), 10)
        claimed = set(
            await session.scalars(select(m.Delivery.post_id).where(m.Delivery.id.in_([c.delivery for c in claims])))
        )
    assert {post.id for post in on_time} < claimed
    assert len(claims) == 3


async def test_what_is_on_time_goes_out_at_once_whatever_waits(house: House, platforms: Platforms) -> None:
    await backlog(house, 2)
    await house.publish()
    posts = [await house.scheduled(channels=("facebook",)) for _ in range(3)]
    await house.publish()
    assert [await house.states(post) for post in posts] == [["published"]] * 3


async def test_the_english_follows_the_welsh_at_once_however_late_both_are(house: House, platforms: Platforms) -> None:
    first, second = await backlog(house, 2, "x")
    await house.publish()
    assert await house.states(first) == ["published", "published"]
    assert await house.states(second) == ["due", "due"]


async def test_what_is_too_late_is_missed_at_once_and_takes_nobodys_turn(house: House) -> None:
    late, later = await backlog(house, 1), await backlog(house, 2)
    house.clock.pass_by(minutes=27)  # the first was due 32 minutes ago, the others less than 30
    await house.publish()
    assert await house.states(late[0]) == ["missed"]
    assert [(await house.states(post))[0] for post in later] == ["published", "due"]


async def test_a_late_post_waits_for_the_platforms_own_time_as_well(house: House, platforms: Platforms) -> None:
    posts = await backlog(house, 2)
    platforms.fault(platform="facebook", call="create", kind="refuse", error="rate-limited", seconds=300)
    await house.publish()
    assert [(await house.states(post))[0] for post in posts] == ["due", "due"]
    async with house.porth.sessions() as session:
        until = await session.scalar(select(m.Account.limited_until).where(m.Account.limited_until.is_not(None)))
    assert until is not None
    house.clock.now = until - timedelta(seconds=1)
    assert await house.publish() == []
    house.clock.now = until
    assert [o.state for o in await house.publish()] == ["published"]


async def test_a_pause_that_ends_does_not_end_in_a_burst(house: House, platforms: Platforms) -> None:
    tom = house.demo.actors["tom"]
    async with house.porth.sessions.begin() as session:
        await scheduling.pause(session, tom, "major incident", now=house.clock())
    await backlog(house, 3)
    assert await house.publish() == []
    async with house.porth.sessions.begin() as session:
        await scheduling.resume(session, tom, "over", now=house.clock())
    await house.publish()
    assert len(platforms.posts("facebook")) == 1


async def test_an_organisation_may_choose_another_spacing_or_none(house: House, platforms: Platforms) -> None:
    async with house.porth.sessions.begin() as session:
        await organising.set_policy(
            session, house.demo.actors["huw"], policy=Policy(spacing_seconds=0), now=house.clock()
        )
    await backlog(house, 3)
    await house.publish()
    assert len(platforms.posts("facebook")) == 3


async def test_laying_out_again_changes_nothing_and_a_cancelled_one_gives_its_turn_away(house: House) -> None:
    posts = await backlog(house, 4)
    await house.publish()
    before = await waiting(house)
    async with house.porth.sessions.begin() as session:
        assert await spacing.lay_out(session, house.clock(), house.porth.settings.late_after) == []
        await scheduling.cancel(session, house.demo.actors["tom"], posts[1].id, "not any more", now=house.clock())
    assert (await waiting(house))[:1] == before[1:2]
    house.clock.pass_by(minutes=2)
    assert [o.post for o in await house.publish()] == [posts[2].id]


async def test_the_turn_is_recorded_on_the_account_for_posts_on_time_too(house: House) -> None:
    await house.scheduled(channels=("facebook",))
    await house.publish()
    async with house.porth.sessions() as session:
        assert await session.scalar(select(func.max(m.Account.begun_at))) == house.clock()
