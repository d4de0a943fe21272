"""That there is no such post is believed when a platform has said so twice, some seconds apart."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals.actions import organising
from connectors.sandbox import demo_credentials
from tests.gateway.conftest import House, Platforms

pytestmark = pytest.mark.anyio


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
