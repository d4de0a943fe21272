"""Posts on the accounts that did not come through Porth are seen once, and no post of Porth's own is (PUB-06)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from approvals import models as m
from approvals import queries
from approvals.actions import watching
from approvals.errors import WrongState
from gateway.foreign import look_for_foreign
from tests.gateway.conftest import House, Platforms
from tests.gateway.correcting import correction

pytestmark = pytest.mark.anyio


async def looked(house: House) -> list[m.Drift]:
    async with house.porth.sessions() as session:
        await look_for_foreign(house.porth, session, house.clock())
    async with house.porth.sessions() as session:
        return list(await session.scalars(select(m.Drift).where(m.Drift.kind == "foreign").order_by(m.Drift.id)))


async def handle(house: House, platform: str) -> str:
    async with house.porth.sessions() as session:
        return str(
            await session.scalar(
                select(m.Account.handle)
                .join(m.Channel, m.Channel.id == m.Account.channel_id)
                .where(m.Channel.platform == platform)
                .order_by(m.Account.id)
            )
        )


async def test_what_porth_published_is_never_foreign_edited_or_not(house: House) -> None:
    post = await house.scheduled()
    await house.publish()
    assert await looked(house) == []
    await correction(house, post.id)
    await house.publish()
    assert await looked(house) == []


async def test_a_post_made_by_hand_is_seen_once_with_its_evidence_also_after_it_was_settled(
    house: House, platforms: Platforms
) -> None:
    await house.scheduled()
    await house.publish()
    planted = platforms.plant("x", await handle(house, "x"), "Sale! Sale!")
    (drift,) = await looked(house)
    assert (drift.platform_id, drift.reads, drift.delivery_id) == (planted["id"], "Sale! Sale!", None)
    assert planted["id"] in (drift.url or "")
    assert drift.made_at is not None
    house.clock.pass_by(minutes=10)
    assert len(await looked(house)) == 1
    async with house.porth.sessions() as session:
        tom = house.demo.actors["tom"]
        await watching.settle(session, tom, drift.id, "Removed it on the platform.", now=house.clock())
        with pytest.raises(WrongState):
            await watching.settle(session, tom, drift.id, "again", now=house.clock())
        await session.commit()
        (settled,) = await queries.drifts(session, tom, settled=True)
        entries = await queries.log_entries(session, house.demo.actors["mari"], queries.EntryFilter())
    assert (settled.kind, settled.post, settled.reason) == ("foreign", None, "Removed it on the platform.")
    assert [entry.kind for entry in entries[:2]] == ["foreign-settled", "foreign-seen"]
    assert len(await looked(house)) == 1


async def test_posts_from_before_the_account_was_registered_are_nobodys_business(
    house: House, platforms: Platforms
) -> None:
    before = (house.clock() - timedelta(minutes=5)).isoformat()
    platforms.plant("facebook", await handle(house, "facebook"), "An old post", at=before)
    assert await looked(house) == []


@pytest.mark.parametrize("kind", ["store-then-drop", "drop"])
async def test_what_may_be_the_post_of_an_unknown_outcome_is_left_until_that_is_known(
    house: House, platforms: Platforms, kind: str
) -> None:
    platforms.fault(platform="facebook", call="create", kind=kind)
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    assert await house.states(post) == ["unconfirmed"]
    strange = platforms.plant("facebook", await handle(house, "facebook"), "Nobody approved this")
    assert await looked(house) == []
    for _ in range(6):
        house.clock.pass_by(minutes=6)
        await house.publish()
    assert await house.states(post) == (["published"] if kind == "store-then-drop" else ["unconfirmed"])
    house.clock.pass_by(hours=2)
    assert [drift.platform_id for drift in await looked(house)] == [strange["id"]]


async def test_while_a_person_is_asked_only_a_post_with_the_same_words_is_left(
    house: House, platforms: Platforms
) -> None:
    platforms.fault(platform="facebook", call="create", kind="store-then-drop")
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    (ours,) = platforms.posts("facebook")
    platforms.plant("facebook", await handle(house, "facebook"), ours["text"])
    for _ in range(6):
        house.clock.pass_by(minutes=6)
        await house.publish()
    assert [d.code for d in await house.deliveries(post)] == ["ask-a-person"]
    other = platforms.plant("facebook", await handle(house, "facebook"), "Something else")
    assert [drift.platform_id for drift in await looked(house)] == [other["id"]]


async def test_a_failing_account_does_not_stop_the_others_and_a_stopped_one_is_left_out(
    house: House, platforms: Platforms
) -> None:
    for platform in ("facebook", "x"):
        platforms.plant(platform, await handle(house, platform), f"By hand on {platform}")
    platforms.fault(platform="facebook", call="find", kind="drop", count=3)
    async with house.porth.sessions() as session:
        english = (await session.scalars(select(m.Account).where(m.Account.handle.like("%-en")))).all()[-1]
        english.credentials = b"sealed with a key that nobody has"
        await session.commit()
    assert [drift.reads for drift in await looked(house)] == ["By hand on x"]
    platforms.forget_faults()
    async with house.porth.sessions() as session:
        for account in await session.scalars(select(m.Account).join(m.Channel).where(m.Channel.platform == "facebook")):
            account.stopped_code, account.stopped_at = "token-refused", house.clock()
        await session.commit()
    calls = len(platforms.calls())
    assert len(await looked(house)) == 1
    assert {call["platform"] for call in platforms.calls()[calls:]} == {"x"}
