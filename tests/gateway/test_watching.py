"""After publishing: what changes on the platform is seen once, on every platform."""

import httpx
import pytest
from sqlalchemy import select

from approvals import models as m
from approvals.actions import watching
from approvals.errors import WrongState
from gateway.chores import alone
from gateway.watching import look_for_drift
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
