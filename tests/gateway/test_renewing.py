"""Credentials are exchanged once, the new ones are stored before they are tried, and the old stay until they work."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals.actions import organising
from approvals.permissions import Actor, Role
from connectors.sandbox import demo_credentials
from gateway import resealing
from gateway.renewing import EVERY, renew_credentials
from tests.gateway.conftest import House, Platforms

pytestmark = pytest.mark.anyio


@pytest.fixture
async def account(house: House, platforms: Platforms) -> UUID:
    """One on Threads, whose tokens are exchanged once they are a day old, that ends in three days."""
    huw, now, account = house.demo.actors["huw"], house.clock(), uuid7()
    await house.porth.connector("threads", "sandbox").verify(demo_credentials("threads", "mainc"))
    control(platforms, "clock", ahead_seconds=90_000)
    async with house.porth.sessions.begin() as session:
        channel = await organising.register_channel(session, huw, "threads", "threads", "bilingual", now=now)
        credentials = demo_credentials("threads", "mainc")
        await organising.register_account(
            session, huw, channel.id, credentials.account, ["cy", "en"],
            house.porth.sealed(account, credentials.secrets), "sandbox", handle="mainc", account_id=account,
            expires=now + timedelta(days=3), now=now,
        )  # fmt: skip
    return account


async def renewed(house: House) -> None:
    async with house.porth.sessions() as session:
        await renew_credentials(house.porth, session, house.clock())


async def token(house: House, account: UUID) -> tuple[str, str | None]:
    """What is in use, and what was given and not tried yet."""
    async with house.porth.sessions() as session:
        row = await session.get_one(m.Account, account)
        kept = house.porth.renewed(row)
        return house.porth.credentials(row).secrets["access_token"], kept.secrets["access_token"] if kept else None


def exchanges(platforms: Platforms) -> int:
    return sum(call["call"] == "refresh" for call in platforms.calls())


async def during_the_try(
    house: House, platforms: Platforms, act: Callable[[asyncio.Task[None]], Awaitable[None]]
) -> None:
    """`act` while the platform is asked whether the new credentials work."""
    platforms.fault(platform="threads", call="verify", kind="slow", seconds=1)
    work = asyncio.create_task(renewed(house))
    while platforms.scripted() and not work.done():  # noqa: ASYNC110 - the sandbox is another process: it can only be asked
        await asyncio.sleep(0.01)
    await act(work)
    await asyncio.gather(work, return_exceptions=True)


async def test_credentials_that_end_soon_are_exchanged_once_and_logged(
    house: House, platforms: Platforms, account: UUID
) -> None:
    before, _ = await token(house, account)
    await renewed(house)
    await renewed(house)
    now, kept = await token(house, account)
    assert (now != before, kept, exchanges(platforms)) == (True, None, 1)
    async with house.porth.sessions() as session:
        assert "credentials-renewed" in set(await session.scalars(select(m.LogEntry.kind)))


async def test_a_process_that_dies_after_the_exchange_has_lost_nothing(
    house: House, platforms: Platforms, account: UUID
) -> None:
    """With refresh tokens that work once, the new ones are all there is."""
    before, _ = await token(house, account)

    async def die(work: asyncio.Task[None]) -> None:
        work.cancel()

    await during_the_try(house, platforms, die)
    in_use, kept = await token(house, account)
    assert (in_use, kept is not None) == (before, True)
    house.clock.pass_by(minutes=5)
    await renewed(house)
    assert await token(house, account) == (kept, None)
    assert exchanges(platforms) == 1


async def test_two_processes_do_not_exchange_the_same_credentials(
    house: House, platforms: Platforms, account: UUID
) -> None:
    async def second(_: asyncio.Task[None]) -> None:
        await renewed(house)

    await during_the_try(house, platforms, second)
    assert exchanges(platforms) == 1
    assert (await token(house, account))[1] is None


async def test_what_cannot_be_tried_now_is_tried_again_and_the_old_stays_in_use(
    house: House, platforms: Platforms, account: UUID
) -> None:
    before, _ = await token(house, account)
    platforms.fault(platform="threads", call="verify", kind="drop", count=10)
    await renewed(house)
    platforms.forget_faults()
    assert (await token(house, account))[0] == before
    house.clock.pass_by(minutes=5)
    await renewed(house)
    assert (await token(house, account))[0] != before
    assert exchanges(platforms) == 1


async def test_new_credentials_that_are_refused_while_the_old_work_are_dropped(
    house: House, platforms: Platforms, account: UUID
) -> None:
    before, _ = await token(house, account)
    platforms.fault(platform="threads", call="verify", kind="refuse", error="expired")
    await renewed(house)
    assert await token(house, account) == (before, None)
    await renewed(house)
    assert exchanges(platforms) == 1, "not again at once"
    house.clock.now += EVERY + timedelta(minutes=5)
    await renewed(house)
    assert exchanges(platforms) == 2


async def test_new_credentials_are_kept_where_the_old_are_refused_as_well(
    house: House, platforms: Platforms, account: UUID
) -> None:
    platforms.fault(platform="threads", call="verify", kind="refuse", error="expired", count=2)
    await renewed(house)
    assert (await token(house, account))[1] is not None
    house.clock.pass_by(minutes=5)
    await renewed(house)
    assert (await token(house, account))[1] is None
    assert exchanges(platforms) == 1


async def test_what_a_person_puts_in_meanwhile_stays(house: House, platforms: Platforms, account: UUID) -> None:
    theirs = demo_credentials("threads", "mainc").secrets | {"access_token": "theirs"}

    async def replace(_: asyncio.Task[None]) -> None:
        async with house.porth.sessions.begin() as session:
            sealed = house.porth.sealed(account, theirs)
            await organising.replace_credentials(
                session, house.demo.actors["huw"], account, sealed, None, now=house.clock()
            )

    await during_the_try(house, platforms, replace)
    assert await token(house, account) == ("theirs", None)


async def test_sealing_again_meanwhile_does_not_lose_the_new_credentials(
    house: House, platforms: Platforms, account: UUID
) -> None:
    before, _ = await token(house, account)

    async def rotate(_: asyncio.Task[None]) -> None:
        resealing.add_key(house.porth.settings.key_file)
        assert sum([found.left async for found in resealing.reseal(house.porth)]) == 0

    await during_the_try(house, platforms, rotate)
    assert (await token(house, account))[0] != before


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
