"""The calendar, moving a post, and removals asked for with an address, over HTTP."""

from typing import Any

import pytest
from sqlalchemy import update

from approvals import models as m
from gateway.access import IDLE, UNATTENDED
from tests.api.conftest import AT, NOW, House, another

pytestmark = pytest.mark.anyio
LATER = "2026-11-23T16:30"
DAY = {"since": "2026-11-23T00:00", "until": "2026-11-24T00:00"}


async def scheduled(house: House) -> str:
    post, digest = await house.approved()
    answer = await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})
    assert answer.status_code == 200, answer.text
    return post


async def calendar(caller: Any, **asked: str) -> Any:
    answer = await caller.get("/calendar", params=DAY | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_day_lists_each_post_once_and_to_comms_what_waits_for_a_time(house: House) -> None:
    post = await scheduled(house)
    waiting, _ = await house.approved(purpose="other")
    found = await calendar(house.comms)
    assert [(entry["post"], len(entry["deliveries"]), entry["movable"]) for entry in found["entries"]] == [
        (post, 3, True)
    ]
    assert [each["post"] for each in found["to_schedule"]] == [waiting]
    assert (await calendar(house.nurse))["to_schedule"] == []
    assert (await calendar(house.comms, channel="nowhere"))["entries"] == []


async def test_nobody_sees_another_organisations_calendar(house: House) -> None:
    await scheduled(house)
    _, others = await another(house)
    assert await calendar(others["comms"]) == {"entries": [], "to_schedule": []}


@pytest.mark.parametrize("until", ["2026-11-23T00:00", "2020-01-01T00:00", "2027-11-23T00:00"])
async def test_a_calendar_has_an_end_and_it_comes_after_the_beginning(house: House, until: str) -> None:
    answer = await house.comms.get("/calendar", params=DAY | {"until": until})
    assert (answer.status_code, answer.json()["code"]) == (422, "calendar-too-long")


async def test_a_post_is_moved_and_a_second_mover_who_saw_the_old_time_is_told(house: House) -> None:
    post = await scheduled(house)
    answer = await house.comms.post(f"/posts/{post}/move", {"at": LATER, "was": AT})
    assert {d["publish_at"] for d in answer.json()} == {"2026-11-23T16:30:00Z"}
    answer = await house.comms.post(f"/posts/{post}/move", {"at": "2026-11-23T15:00", "was": AT})
    assert (answer.status_code, answer.json()["code"]) == (409, "moved-meanwhile")


@pytest.mark.parametrize(
    ("at", "status", "code"),
    [
        ("2026-12-24T09:00", 422, "outside-window"), ("2026-11-22T09:00", 422, "time-past"),
        ("2027-03-28T01:30", 422, "no-such-hour"), ("soon", 422, "not-a-time"),
    ],
)  # fmt: skip
async def test_a_move_that_is_refused_says_why(house: House, at: str, status: int, code: str) -> None:
    post = await scheduled(house)
    answer = await house.comms.post(f"/posts/{post}/move", {"at": at})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_those_who_do_not_schedule_do_not_move(house: House) -> None:
    post = await scheduled(house)
    assert (await house.nurse.post(f"/posts/{post}/move", {"at": LATER})).status_code == 403
    _, others = await another(house)
    assert (await others["comms"].post(f"/posts/{post}/move", {"at": LATER})).status_code == 404


async def public(house: House, post: str) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(
            update(m.Delivery).where(m.Delivery.post_id == post, m.Delivery.part == 0).values(state="sending")
        )
        await session.execute(
            update(m.Delivery)
            .where(m.Delivery.post_id == post, m.Delivery.part == 0)
            .values(state="published", platform_id="77_123456", url="https://example.org/77/123456", published_at=NOW)
        )


async def test_a_removal_is_asked_for_with_the_address_alone_however_it_is_written(house: House) -> None:
    post = await scheduled(house)
    await public(house, post)
    for address in ("https://example.org/77/123456", "https://m.example.org/story/77_123456?ref=share"):
        answer = await house.admin.post("/removal-requests", {"address": address, "reason": "She rang"})
        assert (answer.status_code, answer.json()["post"]) == (202, post)
    (takedown,) = (await house.comms.get("/takedowns")).json()["items"]
    assert takedown["reason"] == "removal-asked"


@pytest.mark.parametrize(
    ("address", "reason", "code"),
    [
        ("https://example.org/77/999999", "x", "no-post-there"), (" ", "x", "address-needed"),
        ("77_123456", "", "reason-needed"),
    ],
)  # fmt: skip
async def test_a_removal_of_nothing_or_without_a_reason_is_refused(
    house: House, address: str, reason: str, code: str
) -> None:
    post = await scheduled(house)
    await public(house, post)
    answer = await house.nurse.post("/removal-requests", {"address": address, "reason": reason})
    assert answer.json()["code"] == code


async def test_another_organisations_post_is_not_there(house: House) -> None:
    post = await scheduled(house)
    await public(house, post)
    _, others = await another(house)
    answer = await others["comms"].post("/removal-requests", {"address": "77_123456", "reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (404, "no-post-there")


async def test_takedowns_can_be_listed_by_consent(house: House) -> None:
    post = await scheduled(house)
    await public(house, post)
    await house.comms.post(f"/posts/{post}/takedown", {"reason": "wrong"})
    assert len((await house.comms.get("/takedowns")).json()["items"]) == 1
    assert (await house.comms.get("/takedowns", params={"consent": "C-1024"})).json()["items"] == []


async def test_a_page_that_looks_by_itself_does_not_keep_a_sign_in_alive(house: House) -> None:
    for _ in range(3):
        house.clock.now += IDLE / 2
        answer = await house.comms.get("/posts", headers={UNATTENDED: "yes"})
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-ended")
