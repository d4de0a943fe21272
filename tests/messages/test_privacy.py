"""A name that stands everywhere a person can write one, and in no message."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from approvals import models as m
from approvals import quality_log
from approvals.actions import consenting, drafting, organising, reviewing, scheduling
from approvals.content import Bilingual, Named
from tests.approvals.conftest import consent
from tests.gateway.conftest import House, Platforms, content
from tests.messages.conftest import go_round, outbox, told
from tests.messages.test_telling import do, sign, submitted

pytestmark = pytest.mark.anyio

NAME = "Blodeuwedd Llywarch"
REF = "Blodeuwedd-1"


async def test_no_message_names_a_patient_however_often_people_wrote_the_name(
    house: House, platforms: Platforms
) -> None:
    today = house.clock().date()
    await do(house, consenting.record, "nia", consent(ref=REF, signatory=NAME, relationship=NAME, capacity=NAME))
    await do(
        house, consenting.record, "gwen", consent(ref=f"{REF}-2", signatory=NAME, expires=today + timedelta(days=9))
    )
    await _written_and_sent_back(house)
    await _published_and_taken_down(house, platforms)
    await do(house, consenting.withdraw, "gwen", f"{REF}-2", NAME)
    await do(house, consenting.dispute, "gwen", REF, NAME)
    await do(house, scheduling.pause, "tom", NAME)
    for _ in range(3):
        await go_round(house)
        house.clock.pass_by(hours=13)
    kinds = {kind for _, kind in await told(house)}
    assert {"waits-for-you", "sent-back", "refused", "commented", "translation-asked", "paused", "drift"} <= kinds
    assert {"foreign", "consent-withdrawn", "takedown-asked", "delivery-failed", "takedown-late"} <= kinds
    mails = outbox(house)
    assert len(mails) > 10
    for mail in mails:
        whole = "\n".join([*(f"{k}: {v}" for k, v in mail.items()), *(p.get_content() for p in mail.iter_parts())])
        for word in ("blodeuwedd", "llywarch"):
            assert word not in whole.lower()
    async with house.porth.sessions() as session:
        assert (
            await session.scalar(text("SELECT count(*) FROM messages WHERE messages::text ILIKE '%blodeuwedd%'")) == 0
        )


async def _written_and_sent_back(house: House) -> None:
    named = content(
        500, house.clock(), text=Bilingual(cy=f"Mae {NAME} yma.", en=f"{NAME} is here."),
        people=(Named(NAME, category="staff"),),
    )  # fmt: skip
    await do(house, drafting.create, "nia", house.demo.team, named)
    half = content(501, house.clock(), text=Bilingual(en=f"{NAME} is here."))
    post = await do(house, drafting.create, "nia", house.demo.team, half)
    await do(house, drafting.ask_for_translation, "nia", post.id, house.clock() + timedelta(hours=30))
    back, digest = await submitted(house)
    await do(house, drafting.comment, "tom", back, f"Is this {NAME}?")
    await do(house, drafting.comment, "tom", back, f"Not {NAME}.", kind="suggestion")
    await go_round(house)
    await do(house, reviewing.send_back, "tom", back, digest, f"Take {NAME} out.")
    refused, digest = await submitted(house)
    await do(house, reviewing.refuse, "tom", refused, digest, f"{NAME} did not agree.")
    waiting, digest = await submitted(house)
    await sign(house, "elin", waiting, "welsh", digest)


async def _published_and_taken_down(house: House, platforms: Platforms) -> None:
    platforms.fault(platform="facebook", call="create", kind="refuse", count=1)
    failed = await house.scheduled(channels=("facebook",))
    await house.publish()
    (delivery,) = await house.deliveries(failed)
    await do(house, scheduling.release, "tom", delivery.id, f"{NAME} agreed.", house.porth.limits)
    await house.publish()
    async with house.porth.sessions.begin() as session:
        await session.execute(update(m.Delivery).values(state="published"))
        there = {"account_id": delivery.account_id, "reads": NAME, "seen_at": house.clock()}
        session.add(m.Drift(delivery_id=delivery.id, kind="edited", platform_id="1", **there))
        session.add(m.Drift(kind="foreign", platform_id="2", **there))
        foreign = {"account": str(delivery.account_id), "platform_id": "2", "reads": NAME}
        await quality_log.append(session, house.demo.organisation, "foreign-seen", foreign, now=house.clock())
        seen = {"delivery": str(delivery.id), "kind": "edited", "reads": NAME}
        await quality_log.append(
            session, house.demo.organisation, "drift-seen", seen, now=house.clock(), post=failed.id
        )
    platforms.fault(platform="facebook", call="create", kind="refuse", count=1)
    await house.scheduled(channels=("facebook",))
    await house.publish()
    await go_round(house)
    await do(house, scheduling.take_down, "tom", failed.id, f"{NAME} is in it.")
    await do(house, organising.set_roles, "huw", house.demo.actors["dafydd"].person, set())
