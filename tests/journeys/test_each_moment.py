"""A person stops a post at each moment of its sending: before and after the claim, in the calls, around both commits.

The sandbox waits inside a call until the test has acted, so each moment is really that moment.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import consenting, reviewing, scheduling
from approvals.actions.consenting import Withdrawal
from approvals.content import Named
from approvals.errors import Refusal, WrongState
from connectors import registry
from connectors.errors import RateLimited
from connectors.http import Wire
from gateway import queue
from gateway.publishing import Publisher
from gateway.queue import Claim
from tests.gateway.conftest import House, Platforms
from tests.journeys.world import consent

pytestmark = pytest.mark.anyio

Act = Callable[[AsyncSession], Awaitable[Any]]


class Moments:
    """One post with a consent on both channels, a worker that is stepped by hand, and people."""

    def __init__(self, house: House, platforms: Platforms) -> None:
        self.house = house
        self.platforms = platforms
        self.worker = Publisher(house.porth, "by-hand")

    async def post(self, *channels: str) -> m.Post:
        await self.act(
            lambda s: consenting.record(
                s, self.house.demo.actors["gwen"], consent("C-1", self.house.clock().date()), now=self.house.clock()
            )
        )
        self.id = (await self.house.scheduled(channels=channels, people=(Named("Mair Puw", "C-1"),))).id
        return await self.fetch()

    async def fetch(self) -> m.Post:
        async with self.house.porth.sessions() as session:
            return await session.get_one(m.Post, self.id)

    async def act(self, action: Act) -> Any:
        async with self.house.porth.sessions() as session:
            done = await action(session)
            await session.commit()
            return done

    async def claim(self) -> Claim:
        claims: list[Claim] = await self.act(
            lambda s: queue.claim(s, "by-hand", self.house.clock(), self.house.clock() + timedelta(minutes=1), 1)
        )
        return claims[0]

    async def deliveries(self) -> list[m.Delivery]:
        return await self.house.deliveries(await self.fetch())

    async def states(self) -> list[tuple[str, str | None]]:
        return [(d.state, d.code) for d in await self.deliveries()]

    # what people do

    def withdraw(self) -> Act:
        gwen = self.house.demo.actors["gwen"]
        return lambda s: consenting.withdraw(s, gwen, "C-1", "asked", now=self.house.clock())

    def pause(self) -> Act:
        return lambda s: scheduling.pause(s, self.house.demo.actors["tom"], "incident", now=self.house.clock())

    def cancel(self) -> Act:
        return lambda s: scheduling.cancel(s, self.house.demo.actors["tom"], self.id, "no", now=self.house.clock())

    def send_back(self) -> Act:
        async def action(session: AsyncSession) -> None:
            version = (await self.deliveries())[0].version_id
            submission = await session.get_one(m.Submission, version)
            tom = self.house.demo.actors["tom"]
            await reviewing.send_back(session, tom, self.id, submission.digest, "shorter", now=self.house.clock())

        return action

    def hold(self) -> Act:
        async def action(session: AsyncSession) -> None:
            first = (await self.deliveries())[0]
            await scheduling.hold(session, self.house.demo.actors["tom"], first.id, "wait", now=self.house.clock())

        return action

    # the worker, until the platform is asked something

    async def during(self, call: str, claim: Claim, act: Act, kind: str = "slow") -> Any:
        """`act` while the worker waits for the platform's answer to `call`; a refusal is given back."""
        self.platforms.fault(kind=kind, call=call, seconds=1.0)
        work = asyncio.create_task(self.worker.work(claim))
        while self.platforms.scripted():  # noqa: ASYNC110 - the sandbox is another process: it can only be asked
            await asyncio.sleep(0.01)
        try:
            done = await self.act(act)
        except Refusal as refusal:
            done = refusal
        assert not work.done(), "the answer came before anybody acted, so this shows nothing"
        await work
        return done


@pytest.fixture
def moments(house: House, platforms: Platforms) -> Moments:
    wire = Wire(sandbox=platforms.address, deadline=2.0)
    for platform in ("facebook", "x"):
        house.porth._connectors[platform, "sandbox"] = registry.connector(platform, wire)
    return Moments(house, platforms)


WAYS = {
    "withdraw": ("held", "CON-WITHDRAWN"),
    "pause": ("due", None),
    "cancel": ("cancelled", None),
    "hold": ("held", "by-hand"),
    "send_back": ("cancelled", None),
}
"""What a person does, and what the delivery is from then on."""
ways = pytest.mark.parametrize("way", WAYS)


async def nothing_went_out(moments: Moments, way: str) -> None:
    """Now, and whenever workers look again."""
    moments.platforms.forget_faults()
    for passed in (0, 3, 60):
        moments.house.clock.pass_by(seconds=passed)
        await moments.house.publish()
        assert moments.platforms.posts() == []
    first = (await moments.deliveries())[0]
    state, code = WAYS[way]
    assert (first.state, first.code) == (state, code or first.code)
    assert first.leased_by is None


@ways
async def test_before_the_claim_it_stays(moments: Moments, way: str) -> None:
    await moments.post("facebook")
    await moments.act(getattr(moments, way)())
    await nothing_went_out(moments, way)


@ways
async def test_between_claim_and_last_look_it_stays(moments: Moments, way: str) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    await moments.act(getattr(moments, way)())
    await moments.worker.work(claim)
    await nothing_went_out(moments, way)


@ways
@pytest.mark.parametrize("kind", ["slow", "hang"])
async def test_while_it_is_prepared_it_stays_whether_that_succeeds_or_not(
    moments: Moments, way: str, kind: str
) -> None:
    await moments.post("x")
    claim = await moments.claim()
    assert not isinstance(await moments.during("verify", claim, getattr(moments, way)(), kind), Refusal)
    await nothing_went_out(moments, way)


@ways
async def test_between_preparing_and_beginning_it_stays(moments: Moments, way: str) -> None:
    await moments.post("x")
    claim = await moments.claim()
    assert await moments.worker._prepare(claim.delivery)
    await moments.act(getattr(moments, way)())
    await moments.worker.work(claim)
    await nothing_went_out(moments, way)


@pytest.mark.parametrize("way", ["cancel", "hold", "send_back"])
async def test_during_the_call_a_person_is_told_that_it_is_too_late(moments: Moments, way: str) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    told = await moments.during("create", claim, getattr(moments, way)())
    assert isinstance(told, WrongState)
    assert [s for s, _ in await moments.states()] == ["published"]
    assert len(moments.platforms.posts()) == 1


async def test_a_pause_during_the_call_stops_the_next_half(moments: Moments) -> None:
    await moments.post("x")
    claim = await moments.claim()
    await moments.during("create", claim, moments.pause())
    assert await moments.house.publish() == []
    assert [s for s, _ in await moments.states()] == ["published", "due"]
    assert len(moments.platforms.posts()) == 1


async def test_withdrawn_during_the_call_it_is_removed_at_once(moments: Moments) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    assert await moments.during("create", claim, moments.withdraw()) == Withdrawal(held=0, takedowns=1)
    assert len(moments.platforms.posts()) == 1
    await moments.house.publish()
    assert await moments.states() == [("retracted", None)]
    assert moments.platforms.posts() == []


async def test_withdrawn_during_a_call_without_answer_it_is_found_and_removed(moments: Moments) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    await moments.during("create", claim, moments.withdraw(), "store-then-hang")
    assert [s for s, _ in await moments.states()] == ["unconfirmed"]
    moments.house.clock.pass_by(seconds=10)
    await moments.house.publish()
    assert [s for s, _ in await moments.states()] == ["retracted"]
    assert moments.platforms.posts() == []


async def test_withdrawn_during_a_call_that_made_nothing_it_is_never_sent_again(moments: Moments) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    await moments.during("create", claim, moments.withdraw(), "hang")
    for _ in range(6):
        moments.house.clock.pass_by(minutes=6)
        await moments.house.publish()
    assert await moments.states() == [("unconfirmed", "ask-a-person")]
    assert moments.platforms.posts() == []


async def test_withdrawn_during_a_call_that_was_refused_for_now_it_is_held(moments: Moments) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    await moments.worker._begin(claim.delivery)
    await moments.act(moments.withdraw())
    await moments.worker._settle_failure(claim.delivery, RateLimited(None))
    assert await moments.states() == [("held", "CON-WITHDRAWN")]


async def test_withdrawn_between_the_call_and_its_settling_it_is_removed(moments: Moments) -> None:
    await moments.post("facebook")
    claim = await moments.claim()
    begun = await moments.worker._begin(claim.delivery)
    assert begun is not None
    outgoing, credentials, connector, attempt = begun
    receipt = await connector.publish(outgoing, credentials, attempt)
    await moments.act(moments.withdraw())
    await moments.worker._settle(claim.delivery, receipt)
    await moments.house.publish()
    assert await moments.states() == [("retracted", None)]
    assert moments.platforms.posts() == []


async def test_withdrawn_after_the_settling_it_is_removed(moments: Moments) -> None:
    await moments.post("x")
    await moments.house.publish()
    assert await moments.act(moments.withdraw()) == Withdrawal(held=0, takedowns=2)
    await moments.house.publish()
    assert [s for s, _ in await moments.states()] == ["retracted", "retracted"]
    assert moments.platforms.posts() == []
