"""After publishing: what changes on the platform is seen once, on every platform; credentials are renewed in time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals.actions import organising, watching
from approvals.errors import WrongState
from approvals.permissions import Actor, Role
from connectors.sandbox import demo_credentials
from gateway.chores import alone
from gateway.watching import look_for_drift, renew_credentials
from tests.gateway.conftest import House, Platforms

pytestmark = pytest.mark.anyio


async def looked(house: House) -> list[m.Drift]:
    async with house.porth.sessions() as session:
        await look_for_drift(house.porth, session, house.clock())
    async with house.porth.sessions() as session:
        return list(await session.scalars(select(m.Drift).order_by(m.Drift.id)))


def change(platforms: Platforms, call: str, post: dict[str, str], **more: str) -> None:
    body = {"platform": post["platform"], "id": post["id"], **more}
    httpx.post(f"{platforms.address}/_control/posts/{call}", json=body, trust_env=False).raise_for_status()


async def test_posts_that_stay_as_approved_raise_nothing(house: House) -> None:
    await house.scheduled()
    await house.publish()
    house.clock.pass_by(minutes=11)
    assert await looked(house) == []


async def test_an_edited_and_a_deleted_post_are_seen_once_each_with_what_they_read(
    house: House, platforms: Platforms
) -> None:
    await house.scheduled()
    await house.publish()
    change(platforms, "edit", platforms.posts("facebook")[0], text="Something else entirely")
    change(platforms, "delete", platforms.posts("x")[0])
    house.clock.pass_by(minutes=11)
    drifts = await looked(house)
    assert sorted((d.kind, d.reads) for d in drifts) == [("deleted", ""), ("edited", "Something else entirely")]
    house.clock.pass_by(hours=2)
    assert len(await looked(house)) == 2


async def test_a_person_settles_a_drift_with_a_reason_and_only_once(house: House, platforms: Platforms) -> None:
    await house.scheduled(channels=("facebook",))
    await house.publish()
    change(platforms, "delete", platforms.posts("facebook")[0])
    house.clock.pass_by(minutes=11)
    (drift,) = await looked(house)
    comms = house.demo.actors["tom"]
    async with house.porth.sessions() as session:
        await watching.settle(session, comms, drift.id, "Deleted by the platform; told them.", now=house.clock())
        with pytest.raises(WrongState):
            await watching.settle(session, comms, drift.id, "again", now=house.clock())


async def test_chores_are_done_by_one_process_at_a_time(house: House) -> None:
    async with alone(house.porth) as first, alone(house.porth) as second:
        assert (first, second) == (True, False)
    async with alone(house.porth) as third:
        assert third


async def test_credentials_that_cannot_be_renewed_stay_as_they_are(house: House) -> None:
    async with house.porth.sessions() as session:
        await session.execute(update(m.Account).values(expires_at=house.clock() + timedelta(days=3)))
        await session.commit()
        before = list(await session.scalars(select(m.Account.credentials).order_by(m.Account.id)))
        await renew_credentials(house.porth, session, house.clock())
        after = list(await session.scalars(select(m.Account.credentials).order_by(m.Account.id)))
    assert before == after


async def test_a_token_that_ends_is_renewed_for_as_long_as_it_is_needed(house: House, platforms: Platforms) -> None:
    account = await threads_account(house)
    for days in (0, 50, 100, 150):
        house.clock.now = datetime.now(UTC) + timedelta(days=days)
        control(platforms, "clock", ahead_seconds=days * 86_400 + 90_000)  # a token must be a day old
        async with house.porth.sessions() as session:
            await renew_credentials(house.porth, session, house.clock())
            row = await session.get_one(m.Account, account)
            assert row.expires_at is not None
            row.expires_at += timedelta(days=days)  # the connector counts from this machine's clock
            assert row.expires_at - house.clock() > timedelta(days=50)
            await session.commit()
            credentials = house.porth.credentials(row)
        identity = await house.porth.connector("threads", "sandbox").verify(credentials)
        assert identity.account == credentials.account


async def threads_account(house: House) -> UUID:
    """Its token ends within the days in which tokens are renewed; it has been used before."""
    organisation = house.demo.organisation
    root = Actor(organisation, organisation, frozenset({Role.ADMIN}))
    credentials, account = demo_credentials("threads", "bwrdd"), uuid7()
    await house.porth.connector("threads", "sandbox").verify(credentials)
    async with house.porth.sessions.begin() as session:
        channel = await organising.register_channel(session, root, "edefau", "threads", "bilingual", now=house.clock())
        await organising.register_account(
            session, root, channel.id, credentials.account, ["cy", "en"],
            house.porth.sealed(account, credentials.secrets), "sandbox",
            handle="bwrdd", expires=house.clock() + timedelta(days=10), account_id=account, now=house.clock(),
        )  # fmt: skip
    return account


def control(platforms: Platforms, what: str, **body: object) -> None:
    httpx.post(f"{platforms.address}/_control/{what}", json=body, trust_env=False).raise_for_status()
