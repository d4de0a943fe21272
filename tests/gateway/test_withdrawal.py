"""Consents that end while posts are scheduled, sent and removed: two who act at once, and platforms that refuse."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import queries
from approvals.actions import consenting, delivering, scheduling
from approvals.consent import Consent
from approvals.content import Named
from approvals.errors import Blocked, WrongState
from gateway import chores, queue
from gateway.publishing import Publisher
from tests.gateway.conftest import House, Platforms

pytestmark = pytest.mark.anyio

Act = Callable[[AsyncSession], Awaitable[Any]]
NAMED = (Named(name="Mair Puw", consent="C-1"),)


@pytest.fixture
async def watcher(database: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        yield connection


async def somebody_waits(watcher: psycopg.AsyncConnection[Any]) -> None:
    """Until a session waits for a lock."""
    while True:
        found = await watcher.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        row = await found.fetchone()
        if row and row[0]:
            return
        await asyncio.sleep(0.01)


async def act(house: House, action: Act) -> Any:
    async with house.porth.sessions() as session:
        done = await action(session)
        await session.commit()
        return done


async def agreed(house: House, *, days: int = 300) -> None:
    today = house.clock().date()
    consent = Consent(
        ref="C-1", category="staff", signatory="Mair Puw", authority="self", covers=("name", "story"),
        channels=("facebook", "x"), starts=today - timedelta(days=30), expires=today + timedelta(days=days),
        publication_approved=today - timedelta(days=20),
    )  # fmt: skip
    await act(house, lambda s: consenting.record(s, house.demo.actors["gwen"], consent, now=house.clock()))


def withdrawal(house: House) -> Act:
    return lambda s: consenting.withdraw(s, house.demo.actors["gwen"], "C-1", "asked", now=house.clock())


def schedule(house: House, post: m.Post, digest: str) -> Act:
    tom, limits = house.demo.actors["tom"], house.porth.limits
    return lambda s: scheduling.schedule(s, tom, post.id, digest, house.clock(), limits, now=house.clock())


async def lapse(house: House) -> None:
    async with house.porth.sessions() as session:
        await chores.lapse_consents(house.porth, session, house.clock())


# -- two at once -------------------------------------------------------------------------------------------------


async def test_a_withdrawal_waits_for_a_scheduling_that_has_begun_and_holds_what_it_made(
    house: House, platforms: Platforms, watcher: psycopg.AsyncConnection[Any]
) -> None:
    await agreed(house)
    post, digest = await house.approved(people=NAMED)
    async with house.porth.sessions() as session:
        await schedule(house, post, digest)(session)
        withdrawing = asyncio.create_task(act(house, withdrawal(house)))
        await somebody_waits(watcher)
        await session.commit()
    assert await withdrawing == consenting.Withdrawal(held=3, takedowns=0)
    await house.publish()
    assert platforms.posts() == []


async def test_a_scheduling_waits_for_a_withdrawal_that_has_begun_and_is_refused(
    house: House, watcher: psycopg.AsyncConnection[Any]
) -> None:
    await agreed(house)
    post, digest = await house.approved(people=NAMED)
    async with house.porth.sessions() as session:
        await withdrawal(house)(session)
        scheduling_it = asyncio.create_task(act(house, schedule(house, post, digest)))
        await somebody_waits(watcher)
        await session.commit()
    with pytest.raises(Blocked) as refusal:
        await scheduling_it
    assert "CON-WITHDRAWN" in {finding.code for finding in refusal.value.findings}
    assert await house.states(post) == []


@pytest.mark.parametrize("way", ["left", "dispute", "lapse"])
async def test_an_end_waits_for_a_last_look_that_has_begun(
    house: House, watcher: psycopg.AsyncConnection[Any], way: str
) -> None:
    """Whichever of the two comes first, nobody waits for ever and the other knows."""
    await agreed(house, days=1)
    post = await house.scheduled(channels=("facebook",), people=NAMED)
    house.clock.pass_by(days=1) if way == "lapse" else None
    gwen = house.demo.actors["gwen"]
    async with house.porth.sessions() as session:
        (claim,) = await queue.claim(session, "by-hand", house.clock(), house.clock() + timedelta(minutes=1), 1)
        await session.commit()
    async with house.porth.sessions() as session:
        found = await delivering.case(session, claim.delivery, "by-hand")
        assert found is not None
        ending = asyncio.create_task(
            lapse(house)
            if way == "lapse"
            else act(house, lambda s: getattr(consenting, way)(s, gwen, "C-1", "told us", now=house.clock()))
        )
        await somebody_waits(watcher)
        delivering.begin(found, now=house.clock())
        await session.commit()
    done = await ending
    assert await house.states(post) == ["sending"]
    if way != "lapse":
        assert done == consenting.Ended(held=0, review=(post.id,))


async def test_two_workers_notice_the_same_expiry_once(house: House) -> None:
    await agreed(house, days=2)
    post = await house.scheduled(at=house.clock() + timedelta(days=1), people=NAMED)
    house.clock.pass_by(days=2)
    await asyncio.gather(lapse(house), lapse(house))
    assert await house.states(post) == ["held"] * 3
    async with house.porth.sessions() as session:
        logged = [e.kind for e in await queries.log_entries(session, house.demo.actors["sara"], queries.EntryFilter())]
    assert logged.count("consent-lapsed") == 1


async def test_an_expiry_that_no_chore_has_noticed_stops_the_send_all_the_same(
    house: House, platforms: Platforms
) -> None:
    await agreed(house, days=1)
    post = await house.scheduled(at=house.clock() + timedelta(hours=1), channels=("facebook",), people=NAMED)
    async with house.porth.sessions() as session:
        row = await session.get_one(m.Delivery, (await house.deliveries(post))[0].id)
        house.clock.pass_by(days=1)
        row.publish_at = row.next_attempt_at = house.clock()  # as if it had been scheduled over the end
        await session.commit()
    await house.publish()
    ((state, code),) = [(d.state, d.code) for d in await house.deliveries(post)]
    assert (state, code) == ("held", "CON-SCOPE")
    assert platforms.posts() == []


# -- removal -----------------------------------------------------------------------------------------------------


async def public(house: House, platforms: Platforms) -> m.Post:
    await agreed(house)
    post = await house.scheduled(channels=("facebook",), people=NAMED)
    await house.publish()
    assert len(platforms.posts()) == 1
    return post


async def takedowns(house: House, **asked: Any) -> list[queries.TakedownView]:
    async with house.porth.sessions() as session:
        return await queries.takedowns(session, house.demo.actors["tom"], now=house.clock(), **asked)


async def test_a_removal_that_fails_on_the_way_is_tried_until_the_post_is_gone(
    house: House, platforms: Platforms
) -> None:
    post = await public(house, platforms)
    await act(house, withdrawal(house))
    platforms.fault(platform="facebook", call="delete", kind="refuse", error="rate-limited", count=2)
    for _ in range(2):
        await house.publish()
        (view,) = await takedowns(house)
        assert (view.state, view.needs_person) == ("published", False)
        house.clock.pass_by(minutes=20)
    await house.publish()
    assert await house.states(post) == ["retracted"]
    assert platforms.posts() == []
    assert await takedowns(house) == []


async def test_a_removal_that_the_platform_refuses_asks_a_person_and_is_confirmed_by_hand(
    house: House, platforms: Platforms
) -> None:
    post = await public(house, platforms)
    await act(house, withdrawal(house))
    platforms.fault(platform="facebook", call="delete", kind="refuse", count=-1)
    await house.publish()
    (view,) = await takedowns(house)
    assert view.state == "published"
    assert (view.code or "").startswith("cannot-retract-")
    assert (view.needs_person, view.overdue) == (True, False)
    house.clock.pass_by(hours=25)
    assert (await takedowns(house))[0].overdue
    tom = house.demo.actors["tom"]
    await act(house, lambda s: scheduling.removed_by_hand(s, tom, view.delivery, "deleted it", now=house.clock()))
    await house.publish()
    assert await house.states(post) == ["retracted"]


async def test_what_a_person_deleted_on_the_platform_is_noticed_without_a_word(
    house: House, platforms: Platforms
) -> None:
    post = await public(house, platforms)
    await act(house, withdrawal(house))
    platforms.fault(platform="facebook", call="delete", kind="refuse", count=-1)
    await house.publish()
    assert await house.states(post) == ["published"]
    ((shown),) = platforms.posts()
    chosen = {"platform": "facebook", "id": shown["id"]}
    async with httpx.AsyncClient(trust_env=False) as person:
        (await person.post(f"{platforms.address}/_control/posts/delete", json=chosen)).raise_for_status()
    house.clock.pass_by(hours=1)
    await house.publish()
    assert await house.states(post) == ["retracted"]


async def test_somebody_without_a_consent_is_removed_the_same_way(house: House, platforms: Platforms) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    elin = house.demo.actors["elin"]
    await act(house, lambda s: scheduling.ask_removal(s, elin, post.id, "a visitor in the back", now=house.clock()))
    ((view),) = await takedowns(house)
    assert (view.reason, view.asked_at) == ("removal-asked", house.clock())
    await house.publish()
    assert platforms.posts() == []
    (gone,) = await takedowns(house, only_open=False)
    assert (gone.state, gone.age_seconds) == ("retracted", 0)


async def test_a_removal_asked_for_while_the_post_is_sent_follows_it(house: House, platforms: Platforms) -> None:
    post = await house.scheduled(channels=("facebook",))
    async with house.porth.sessions() as session:
        (claim,) = await queue.claim(session, "by-hand", house.clock(), house.clock() + timedelta(minutes=1), 1)
        await session.commit()
    platforms.fault(kind="slow", call="create", seconds=1.0)
    work = asyncio.create_task(Publisher(house.porth, "by-hand").work(claim))
    while platforms.scripted():  # noqa: ASYNC110 - the sandbox is another process: it can only be asked
        await asyncio.sleep(0.01)
    elin = house.demo.actors["elin"]
    await act(house, lambda s: scheduling.ask_removal(s, elin, post.id, "me", now=house.clock()))
    assert not work.done()
    await work
    assert await house.states(post) == ["published"]
    await house.publish()
    assert await house.states(post) == ["retracted"]
    assert platforms.posts() == []


async def test_nothing_that_people_can_do_keeps_up_a_post_of_a_withdrawn_consent(
    house: House, platforms: Platforms
) -> None:
    post = await public(house, platforms)
    await act(house, withdrawal(house))
    ((delivery),) = await house.deliveries(post)
    tom, gwen, now = house.demo.actors["tom"], house.demo.actors["gwen"], house.clock()
    tries: list[Act] = [
        lambda s: scheduling.cancel(s, tom, post.id, "keep it", now=now),
        lambda s: scheduling.hold(s, tom, delivery.id, "keep it", now=now),
        lambda s: scheduling.release(s, tom, delivery.id, "keep it", house.porth.limits, now=now),
        lambda s: scheduling.resolve(s, tom, delivery.id, None, "keep it", now=now),
        lambda s: consenting.settle(s, gwen, "C-1", "keep it", now=now),
        lambda s: consenting.verify(s, gwen, "C-1", now=now),
    ]
    for attempt in tries:
        with pytest.raises(WrongState):
            await act(house, attempt)
    await act(house, lambda s: scheduling.take_down(s, tom, post.id, "again", now=now))
    (after,) = await house.deliveries(post)
    assert (after.state, after.takedown_at, after.takedown_reason) == ("published", now, "CON-WITHDRAWN")
    await house.publish()
    assert platforms.posts() == []
