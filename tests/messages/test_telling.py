"""Who is told of what, when: derived from the log, each once, dropped when it was done meanwhile."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import delete, select, update

from approvals import models as m
from approvals.actions import choosing, consenting, drafting, organising, reviewing, scheduling
from approvals.content import Bilingual
from approvals.messages.choices import Choices
from approvals.permissions import Actor, Role
from gateway.verifying import verify_logs
from tests.approvals.conftest import consent
from tests.gateway.conftest import ANSWERS, House, Platforms, content
from tests.messages.conftest import go_round, outbox, to, told, words

pytestmark = pytest.mark.anyio


async def do(house: House, action: Any, who: str, *args: Any, **more: Any) -> Any:
    async with house.porth.sessions.begin() as session:
        return await action(session, house.demo.actors[who], *args, now=house.clock(), **more)


async def submitted(house: House, **changes: Any) -> tuple[UUID, str]:
    house.made += 1
    post = await do(house, drafting.create, "nia", house.demo.team, content(house.made, house.clock(), **changes))
    outcome = await do(house, drafting.submit, "nia", post.id, ANSWERS, house.porth.limits, seen=1)
    return post.id, outcome.digest


async def sign(house: House, who: str, post: UUID, step: str, digest: str) -> None:
    await do(house, reviewing.sign_off, who, post, step, digest, house.porth.limits)


async def test_each_step_is_told_to_those_who_may_sign_it_and_only_to_them(house: House) -> None:
    post, digest = await submitted(house)
    await go_round(house)
    assert await told(house) == [("elin", "waits-for-you"), ("dafydd", "waits-for-you")]
    await sign(house, "elin", post, "welsh", digest)
    await go_round(house)
    assert (await told(house))[2:] == [("tom", "waits-for-you")]


async def test_nothing_is_told_twice_however_often_the_log_is_read(house: House) -> None:
    await submitted(house)
    await go_round(house)
    async with house.porth.sessions.begin() as session:
        await session.execute(update(m.MessageCursor).values(number=0))
    await go_round(house)
    assert len(await told(house)) == 2
    assert len(outbox(house)) == 2


async def test_what_was_rolled_back_is_not_told(house: House) -> None:
    async with house.porth.sessions() as session:
        nia, now = house.demo.actors["nia"], house.clock()
        post = await drafting.create(session, nia, house.demo.team, content(1, now), now=now)
        await drafting.submit(session, nia, post.id, ANSWERS, house.porth.limits, seen=1, now=now)
        await session.rollback()
    await go_round(house)
    assert await told(house) == []


async def test_an_author_is_never_asked_to_sign_their_own_post(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        session.add(
            m.RoleGrant(person_id=house.demo.actors["nia"].person, role="welsh-reviewer", granted_at=house.clock())
        )
    await submitted(house)
    await go_round(house)
    assert {who for who, _ in await told(house)} == {"elin", "dafydd"}


@pytest.mark.slow
async def test_the_line_manager_of_the_author_is_asked_and_no_other(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        route = [
            {"step": "line", "when": "always"},
            {"step": "welsh", "when": "always"},
            {"step": "comms", "when": "always"},
        ]
        await session.execute(update(m.Organisation).values(route=route))
        root = Actor(house.demo.organisation, house.demo.organisation, frozenset({Role.ADMIN}))
        await organising.add_person(
            session, root, "other@glan-hafren.example", "Other", {Role.LINE_MANAGER}, teams=[house.demo.team],
            now=house.clock(),
        )  # fmt: skip
    await submitted(house)
    await go_round(house)
    assert await told(house) == [("rhian", "waits-for-you")]


async def test_a_post_signed_meanwhile_is_dropped_and_the_reader_hears_nothing(house: House) -> None:
    await do(house, choosing.choose, "dafydd", Choices({"waiting": "digest"}))
    post, digest = await submitted(house)
    await go_round(house)
    await sign(house, "elin", post, "welsh", digest)
    house.clock.pass_by(hours=2)
    await go_round(house)
    assert to(outbox(house), "dafydd") == []
    assert ("dafydd", "waits-for-you") in await told(house, state="dropped")


async def test_a_step_that_nobody_can_sign_is_told_to_administrators_until_somebody_can(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(delete(m.RoleGrant).where(m.RoleGrant.role == "welsh-reviewer"))
    await submitted(house)
    await go_round(house)
    assert await told(house) == [("huw", "nobody-for-step")]
    await do(house, organising.set_roles, "huw", house.demo.actors["elin"].person, {Role.WELSH})
    await go_round(house)
    assert (await told(house))[1:] == [("elin", "waits-for-you")]


async def test_a_translation_is_asked_for_and_again_when_it_is_due_soon(house: House) -> None:
    words_en = content(1, house.clock(), text=Bilingual(en="Open on Monday. Everyone is welcome."))
    post = await do(house, drafting.create, "nia", house.demo.team, words_en)
    await do(house, drafting.ask_for_translation, "nia", post.id, house.clock() + timedelta(days=3))
    await go_round(house)
    assert {kind for _, kind in await told(house)} == {"translation-asked"}
    (mail,) = to(outbox(house), "elin")
    assert f"https://porth.example.wales/posts/{post.id}/translate" in words(mail)
    assert "26 Tachwedd 2026, 07:00" in words(mail)
    house.clock.pass_by(days=2, minutes=1)
    await go_round(house)
    await go_round(house)
    assert [kind for who, kind in await told(house) if who == "elin"] == ["translation-asked", "translation-due"]
    assert to(outbox(house), "elin")[1]["Subject"].startswith("Porth: Brys: ")


async def test_authors_hear_what_became_of_their_post(house: House) -> None:
    post, digest = await submitted(house)
    await do(house, drafting.comment, "tom", post, "Which door?")
    await do(house, drafting.comment, "tom", post, "Open today.", kind="suggestion")
    await do(house, reviewing.send_back, "tom", post, digest, "Say which door.")
    await go_round(house)
    assert {k for who, k in await told(house) if who == "nia"} == {"commented", "suggested", "sent-back"}
    refused, seen = await submitted(house)
    await do(house, reviewing.refuse, "tom", refused, seen, "Not for us.")
    await go_round(house)
    assert [k for who, k in await told(house) if who == "nia"][-1] == "refused"


async def test_the_way_from_approved_to_published_is_one_line_in_the_digest_with_the_addresses(
    house: House, platforms: Platforms
) -> None:
    await house.scheduled()
    await go_round(house)
    await house.publish()
    await go_round(house)
    assert to(outbox(house), "nia") == []
    house.clock.pass_by(hours=2)
    await go_round(house)
    (digest,) = to(outbox(house), "nia")
    assert words(digest).count("https://porth.example.wales/posts/") == 1
    for delivery in await house.deliveries(await _post(house)):
        assert str(delivery.url) in words(digest)


async def _post(house: House) -> m.Post:
    async with house.porth.sessions() as session:
        return (await session.scalars(select(m.Post))).one()


async def test_a_failed_delivery_is_told_at_once_to_who_resolves_it(house: House, platforms: Platforms) -> None:
    platforms.fault(platform="facebook", call="create", kind="refuse", count=-1)
    await house.scheduled(channels=("facebook",))
    await house.publish()
    await go_round(house)
    assert ("tom", "delivery-failed") in await told(house)
    assert to(outbox(house), "tom")[-1]["Importance"] == "high"


async def test_the_english_that_failed_after_the_welsh_is_told_as_that_and_not_twice(
    house: House, platforms: Platforms
) -> None:
    platforms.fault(platform="x", account="glan-hafren-en", call="create", kind="refuse", count=-1)
    post = await house.scheduled(channels=("x",))
    await house.publish()
    assert await house.states(post) == ["published", "failed"]
    await go_round(house)
    assert [kind for who, kind in await told(house) if who == "tom" and kind != "waits-for-you"] == ["half-public"]


@pytest.mark.slow
async def test_a_missed_delivery_is_told(house: House) -> None:
    await house.scheduled(channels=("facebook",))
    house.clock.pass_by(hours=1)
    await house.publish()
    await go_round(house)
    assert [kind for who, kind in await told(house) if who == "tom"] == ["delivery-missed"]


@pytest.mark.slow
async def test_a_takedown_is_told_and_again_when_it_is_late(house: House, platforms: Platforms) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    await do(house, scheduling.take_down, "tom", post.id, "A mistake.")
    await go_round(house)
    found = await told(house)
    assert {("sara", "takedown-asked"), ("gwen", "takedown-asked"), ("nia", "removal-of-yours")} <= set(found)
    assert ("tom", "takedown-asked") not in found
    house.clock.pass_by(hours=25)
    await go_round(house)
    assert {who for who, kind in await told(house) if kind == "takedown-late"} == {"tom", "sara", "gwen"}


async def test_an_account_that_stopped_and_one_that_ends_are_told_once_for_each_time(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        accounts = list(await session.scalars(select(m.Account).order_by(m.Account.id)))
        accounts[0].stopped_at, accounts[0].stopped_code = house.clock(), "auth-expired"
        accounts[1].expires_at = house.clock() + timedelta(days=5)
    await go_round(house)
    await go_round(house)
    assert sorted(await told(house)) == [
        ("huw", "account-ends"), ("huw", "account-stopped"), ("tom", "account-stopped"),
    ]  # fmt: skip


async def test_consents_to_verify_ending_and_withdrawn(house: House) -> None:
    today = house.clock().date()
    await do(house, consenting.record, "nia", consent(ref="C-1"))
    await do(house, consenting.record, "gwen", consent(ref="C-2", expires=today + timedelta(days=20)))
    await go_round(house)
    assert sorted(await told(house)) == [("gwen", "consent-ends"), ("gwen", "consent-unverified")]
    await do(house, consenting.withdraw, "gwen", "C-2", "They asked.")
    await go_round(house)
    assert sorted(who for who, kind in await told(house) if kind == "consent-withdrawn") == ["sara", "tom"]


async def test_a_pause_is_told_and_not_to_who_paused(house: House) -> None:
    await do(house, scheduling.pause, "tom", "An emergency.")
    await go_round(house)
    await do(house, scheduling.resume, "tom", "It is over.")
    await go_round(house)
    assert sorted(await told(house)) == [("huw", "paused"), ("huw", "resumed"), ("sara", "paused"), ("sara", "resumed")]


async def test_a_pause_that_was_over_before_it_was_told_is_not_told(house: House) -> None:
    await do(house, scheduling.pause, "tom", "A mistake.")
    await do(house, scheduling.resume, "tom", "A mistake.")
    await go_round(house)
    assert {kind for _, kind in await told(house)} == {"resumed"}


@pytest.mark.slow
async def test_whoever_has_left_hears_nothing(house: House) -> None:
    await do(house, choosing.choose, "dafydd", Choices({"waiting": "digest"}))
    await submitted(house)
    await go_round(house)
    await do(house, organising.leave, "huw", house.demo.actors["dafydd"].person)
    house.clock.pass_by(hours=2)
    await go_round(house)
    assert to(outbox(house), "dafydd") == []


async def test_a_log_that_does_not_verify_is_told_once(house: House, database: str) -> None:
    async with house.porth.sessions() as session:
        await verify_logs(house.porth, session, house.clock())
    assert await told(house) == []
    with psycopg.connect(database) as owner:
        owner.execute("ALTER TABLE log_entries DISABLE TRIGGER ALL")
        owner.execute("UPDATE log_entries SET kind = 'nothing' WHERE number = 7")
    for _ in range(2):
        async with house.porth.sessions() as session:
            await verify_logs(house.porth, session, house.clock())
    assert sorted(await told(house)) == [("huw", "log-broken"), ("mari", "log-broken"), ("sara", "log-broken")]


async def test_an_erased_payload_is_passed_over_and_the_rest_is_told(house: House, database: str) -> None:
    await do(house, consenting.record, "nia", consent(ref="C-1"))
    await submitted(house)
    async with house.porth.sessions() as session:
        number = await session.scalar(select(m.LogEntry.number).where(m.LogEntry.kind == "consent-recorded"))
    with psycopg.connect(database) as owner:
        owner.execute("ALTER TABLE log_payloads DISABLE TRIGGER ALL")
        owner.execute("DELETE FROM log_payloads WHERE number = %s", [number])
    await go_round(house)
    assert {kind for _, kind in await told(house)} == {"waits-for-you"}


async def test_another_organisation_hears_nothing_of_it(house: House) -> None:
    from gateway import demonstration  # noqa: PLC0415  # a second one

    async with house.porth.sessions.begin() as session:
        await demonstration.seed(session, house.porth, None, now=house.clock(), slug="arall")
    await submitted(house)
    await go_round(house)
    assert {str(mail["To"]).split("@")[1] for mail in outbox(house)} == {"glan-hafren.example"}
