"""A scheduled post gets another time: whole, inside its window, after every check; and never sent at the old one."""

from datetime import datetime, timedelta

import pytest

from approvals import models as m
from approvals import queries
from approvals.actions import consenting, scheduling
from approvals.consent import Consent
from approvals.content import Named
from approvals.errors import Blocked, Invalid, NotAllowed, Stale, WrongState
from approvals.queries import EntryFilter
from gateway import queue
from gateway.publishing import Publisher
from tests.gateway.conftest import House, Platforms

pytestmark = pytest.mark.anyio


async def move(house: House, post: m.Post, at: datetime, *, who: str = "tom", was: datetime | None = None) -> None:
    async with house.porth.sessions.begin() as session:
        actor, limits = house.demo.actors[who], house.porth.limits
        await scheduling.move(session, actor, post.id, at, limits, was=was, now=house.clock())


async def test_a_post_moves_whole_its_pair_stays_tied_and_the_log_says_from_when_to_when(house: House) -> None:
    before, after = house.clock() + timedelta(hours=1), house.clock() + timedelta(hours=30)
    post = await house.scheduled(at=before)
    await move(house, post, after, was=before)
    deliveries = await house.deliveries(post)
    assert {(d.state, d.publish_at, d.next_attempt_at) for d in deliveries} == {("due", after, after)}
    assert deliveries[2].follows_id == deliveries[1].id
    async with house.porth.sessions() as session:
        log = await queries.log_entries(session, house.demo.actors["mari"], EntryFilter(post=post.id))
    moved = [entry.payload for entry in log if entry.kind == "moved" and entry.payload]
    assert [(entry["was"], entry["at"]) for entry in moved] == [(before.isoformat(), after.isoformat())]


async def test_it_goes_out_at_its_new_time_and_not_at_the_old(house: House, platforms: Platforms) -> None:
    post = await house.scheduled(at=house.clock() + timedelta(minutes=5))
    await move(house, post, house.clock() + timedelta(minutes=50))
    house.clock.pass_by(minutes=10)
    assert await house.publish() == []
    house.clock.pass_by(minutes=40)
    await house.publish()
    assert len(platforms.posts()) == 3


async def test_a_worker_that_took_it_for_its_old_time_does_not_send_it(house: House, platforms: Platforms) -> None:
    post = await house.scheduled(channels=("facebook",))
    now = house.clock()
    async with house.porth.sessions.begin() as session:
        claims = await queue.claim(session, "old", now, now + timedelta(seconds=45), 5)
    await move(house, post, now + timedelta(hours=3))
    assert [await Publisher(house.porth, "old").work(claim) for claim in claims] == [False]
    assert platforms.posts() == []
    assert await house.states(post) == ["due"]


async def test_a_post_is_moved_only_inside_its_window_and_never_into_the_past(house: House) -> None:
    post = await house.scheduled(at=house.clock() + timedelta(hours=1))
    for wrong, code in ((timedelta(days=3), "outside-window"), (timedelta(minutes=-2), "time-past")):
        with pytest.raises(Invalid) as refusal:
            await move(house, post, house.clock() + wrong)
        assert refusal.value.code == code
    assert {d.publish_at for d in await house.deliveries(post)} == {house.clock() + timedelta(hours=1)}


async def test_two_who_move_the_same_post_do_not_undo_each_other(house: House) -> None:
    before = house.clock() + timedelta(hours=1)
    post = await house.scheduled(at=before)
    await move(house, post, before + timedelta(hours=1), was=before)
    with pytest.raises(Stale):
        await move(house, post, before + timedelta(hours=2), was=before)


async def test_a_post_that_missed_its_time_can_be_given_another(house: House) -> None:
    post = await house.scheduled(channels=("x",))
    house.clock.pass_by(minutes=31)
    await house.publish()
    assert await house.states(post) == ["missed", "held"]
    await move(house, post, house.clock() + timedelta(minutes=5))
    assert await house.states(post) == ["due", "due"]


async def test_what_is_public_held_back_or_unscheduled_is_not_moved(house: House) -> None:
    later = house.clock() + timedelta(hours=2)
    out = await house.scheduled()
    await house.publish()
    held = await house.scheduled(at=house.clock() + timedelta(hours=1))
    async with house.porth.sessions.begin() as session:
        delivery = (await house.deliveries(held))[0].id
        await scheduling.hold(session, house.demo.actors["tom"], delivery, "wait", now=house.clock())
    unscheduled, _ = await house.approved()
    for post, code in ((out, "already-public"), (held, "held-not-moved"), (unscheduled, "not-scheduled")):
        with pytest.raises(WrongState) as refusal:
            await move(house, post, later)
        assert refusal.value.code == code


async def test_only_those_who_schedule_may_move(house: House) -> None:
    post = await house.scheduled(at=house.clock() + timedelta(hours=1))
    with pytest.raises(NotAllowed):
        await move(house, post, house.clock() + timedelta(hours=2), who="nia")


async def test_a_move_is_no_way_round_a_withdrawn_consent(house: House) -> None:
    today, gwen = house.clock().date(), house.demo.actors["gwen"]
    consent = Consent(
        ref="C-1", category="staff", signatory="Mair Puw", authority="self", covers=("name", "story"),
        channels=("facebook", "x"), starts=today - timedelta(days=9), expires=today + timedelta(days=90),
        publication_approved=today - timedelta(days=8),
    )  # fmt: skip
    async with house.porth.sessions.begin() as session:
        await consenting.record(session, gwen, consent, now=house.clock())
    post = await house.scheduled(at=house.clock(), people=(Named(name="Mair Puw", consent="C-1"),))
    async with house.porth.sessions.begin() as session:
        await consenting.withdraw(session, gwen, "C-1", "asked", now=house.clock())
    with pytest.raises(Blocked):
        await move(house, post, house.clock() + timedelta(hours=2))
    assert set(await house.states(post)) == {"held"}


async def test_the_calendar_shows_each_post_once_with_both_languages_and_marks_what_clashes(house: House) -> None:
    at = house.clock() + timedelta(hours=4)
    first, second = await house.scheduled(at=at), await house.scheduled(at=at + timedelta(minutes=29))
    alone = await house.scheduled(at=at + timedelta(minutes=90))
    async with house.porth.sessions() as session:
        tom = house.demo.actors["tom"]
        found = await queries.calendar(session, tom, at, at + timedelta(days=1))
        on_x = await queries.calendar(session, tom, at, at + timedelta(days=1), channels=("x",))
    assert [(entry.post, len(entry.deliveries), entry.clash, entry.movable) for entry in found] == [
        (first.id, 3, True, True), (second.id, 3, True, True), (alone.id, 3, False, True),
    ]  # fmt: skip
    assert set(found[0].text) == {"cy", "en"}
    assert {delivery.channel for entry in on_x for delivery in entry.deliveries} == {"x"}


async def test_a_clash_across_the_edge_of_the_calendar_is_seen(house: House) -> None:
    at = house.clock() + timedelta(hours=4)
    await house.scheduled(at=at - timedelta(minutes=10))
    await house.scheduled(at=at)
    async with house.porth.sessions() as session:
        (entry,) = await queries.calendar(session, house.demo.actors["tom"], at, at + timedelta(hours=1))
    assert entry.clash
