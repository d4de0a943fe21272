"""Deliveries meet the platforms: published once, Welsh first, or put aside with the reason. Real sockets."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select

from approvals import models as m
from approvals.actions import consenting, scheduling
from approvals.consent import Consent
from approvals.content import Named
from gateway.due import due
from tests.gateway.conftest import House, Platforms

pytestmark = pytest.mark.anyio


async def test_a_bilingual_page_and_a_pair_get_one_post_each_welsh_first(house: House, platforms: Platforms) -> None:
    post = await house.scheduled()
    outcomes = await house.publish()
    assert [o.state for o in outcomes] == ["published"] * 3
    assert await house.states(post) == ["published"] * 3
    assert len(platforms.posts("facebook")) == 1
    welsh, english = platforms.posts("x")
    assert welsh["text"].startswith("Mae clinig")
    assert english["text"].startswith("Flu clinic")
    deliveries = await house.deliveries(post)
    assert {d.url is not None and d.platform_id is not None for d in deliveries} == {True}


async def test_nothing_goes_out_before_its_time(house: House, platforms: Platforms) -> None:
    await house.scheduled(at=house.clock() + timedelta(hours=1))
    assert await house.publish() == []
    assert platforms.posts() == []


async def test_publishing_again_publishes_nothing_more(house: House, platforms: Platforms) -> None:
    await house.scheduled()
    await house.publish()
    assert await house.publish() == []
    assert len(platforms.posts()) == 3


async def test_a_delivery_that_is_too_late_is_missed_with_its_second_half_held(
    house: House, platforms: Platforms
) -> None:
    post = await house.scheduled(channels=("x",))
    house.clock.pass_by(minutes=31)
    await house.publish()
    assert await house.states(post) == ["missed", "held"]
    assert platforms.posts() == []


async def test_a_pause_stops_every_send_and_a_dry_run_changes_nothing(house: House, platforms: Platforms) -> None:
    post = await house.scheduled()
    assert {o.state for o in await due(house.porth)} == {"due"}
    async with house.porth.sessions() as session:
        await scheduling.pause(session, house.demo.actors["tom"], "major incident", now=house.clock())
        await session.commit()
    assert await house.publish() == []
    assert platforms.posts() == []
    assert await house.states(post) == ["due"] * 3


async def test_a_stored_but_unanswered_post_is_found_and_not_sent_again(house: House, platforms: Platforms) -> None:
    platforms.fault(platform="facebook", call="create", kind="store-then-drop")
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    assert await house.states(post) == ["unconfirmed"]
    house.clock.pass_by(seconds=10)
    outcomes = await house.publish()
    assert [o.state for o in outcomes] == ["published"]
    assert len(platforms.posts("facebook")) == 1


async def test_the_english_waits_while_the_welsh_is_unconfirmed_and_follows_once_found(
    house: House, platforms: Platforms
) -> None:
    platforms.fault(platform="x", call="create", kind="store-then-drop")
    post = await house.scheduled(channels=("x",))
    await house.publish()
    assert await house.states(post) == ["unconfirmed", "due"]
    assert len(platforms.posts("x")) == 1
    house.clock.pass_by(seconds=10)
    await house.publish()
    assert await house.states(post) == ["published", "published"]
    assert len(platforms.posts("x")) == 2


async def test_a_rate_limit_moves_the_next_attempt_and_not_the_time_to_publish(
    house: House, platforms: Platforms
) -> None:
    platforms.fault(platform="facebook", call="create", kind="refuse", error="rate-limited")
    post = await house.scheduled(channels=("facebook",))
    before = (await house.deliveries(post))[0].publish_at
    await house.publish()
    (delivery,) = await house.deliveries(post)
    assert (delivery.state, delivery.publish_at) == ("due", before)
    assert delivery.next_attempt_at > house.clock()


async def test_a_refused_token_stops_the_account_and_holds_what_is_due_there(
    house: House, platforms: Platforms
) -> None:
    later = await house.scheduled(channels=("facebook",), at=house.clock() + timedelta(hours=1))
    platforms.fault(platform="facebook", call="*", kind="refuse", error="expired", count=10)
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    platforms.forget_faults()
    assert await house.states(post) == ["held"]
    assert await house.states(later) == ["held"]


async def test_a_consent_withdrawn_while_due_keeps_the_post_unsent(house: House, platforms: Platforms) -> None:
    await _consented(house)
    named = (Named(name="Mair Puw", consent="C-1024"),)
    post = await house.scheduled(people=named)
    async with house.porth.sessions() as session:
        await consenting.withdraw(session, house.demo.actors["gwen"], "C-1024", "asked", now=house.clock())
        await session.commit()
    assert await house.publish() == []
    assert set(await house.states(post)) == {"held"}
    assert platforms.posts() == []


async def test_a_consent_withdrawn_after_publishing_removes_every_post_and_reads_back(
    house: House, platforms: Platforms
) -> None:
    await _consented(house)
    post = await house.scheduled(people=(Named(name="Mair Puw", consent="C-1024"),))
    await house.publish()
    assert len(platforms.posts()) == 3
    async with house.porth.sessions() as session:
        await consenting.withdraw(session, house.demo.actors["gwen"], "C-1024", "asked", now=house.clock())
        await session.commit()
    await house.publish()
    assert set(await house.states(post)) == {"retracted"}
    assert platforms.posts() == []


async def test_changed_bytes_are_never_sent(house: House, platforms: Platforms, database: str) -> None:
    post = await house.scheduled(channels=("facebook",))
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE submissions DISABLE TRIGGER written_once")
        connection.execute("UPDATE submissions SET document = document || ' '")
    await house.publish()
    (delivery,) = await house.deliveries(post)
    assert (delivery.state, delivery.code) == ("held", "digest")
    assert platforms.posts() == []


async def test_what_was_published_is_in_the_log_with_signers_and_receipt(house: House) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    async with house.porth.sessions() as session:
        payload = await session.scalar(
            select(m.LogPayload.payload)
            .join(
                m.LogEntry,
                (m.LogEntry.organisation_id == m.LogPayload.organisation_id)
                & (m.LogEntry.number == m.LogPayload.number),
            )
            .where(m.LogEntry.post_id == post.id, m.LogEntry.kind == "delivery-published")
        )
    assert payload is not None
    for word in (b'"receipt"', b'"welsh"', b'"comms"', b'"digest"'):
        assert word in payload


async def _consented(house: House) -> None:
    async with house.porth.sessions() as session:
        today = house.clock().date()
        await consenting.record(
            session,
            house.demo.actors["gwen"],
            Consent(
                ref="C-1024",
                category="volunteer",
                signatory="Mair Puw",
                authority="self",
                covers=("name", "image", "story"),
                channels=("facebook", "x"),
                starts=today - timedelta(days=1),
                expires=today + timedelta(days=300),
                captured=today,
                publication_approved=today,
            ),
            now=house.clock(),
        )
        await session.commit()
