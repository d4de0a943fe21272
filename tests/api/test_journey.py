"""A post over HTTP: written, submitted, reviewed, scheduled, and everything that is refused on the way."""

import pytest
from sqlalchemy import select

from approvals import models as m
from approvals.content import Bilingual
from tests.api.conftest import ANSWERS, AT, House, another, words

pytestmark = pytest.mark.anyio


async def test_a_post_goes_from_draft_to_scheduled(house: House) -> None:
    post, digest = await house.approved()
    assert (await house.comms.get(f"/posts/{post}")).json()["status"] == "approved"
    answer = await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})
    assert answer.status_code == 200, answer.text
    assert [d["state"] for d in answer.json()] == ["due"] * 3
    view = (await house.nurse.get(f"/posts/{post}")).json()
    assert view["status"] == "scheduled"
    assert [s["step"] for s in view["sign_offs"]] == ["welsh", "comms"]
    assert view["submission"]["digest"] == digest
    assert len(view["submission"]["manifest"]) == 3


async def test_a_refused_submission_says_every_finding_and_stands_in_the_log(house: House) -> None:
    wrong = words(text=Bilingual(cy=words().text.cy, en=(words().text.en or "").replace("1 December", "2 December")))
    post = await house.draft(text=wrong.text)
    answer = await house.nurse.post(f"/posts/{post}/submission", {"seen": 1, "declaration": ANSWERS})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "submission-blocked"
    assert "WEL-FACT" in {f["code"] for f in problem["findings"]}
    async with house.porth.sessions() as session:
        kinds = list(await session.scalars(select(m.LogEntry.kind)))
    assert "submission-refused" in kinds


async def test_a_reviewer_signs_what_they_saw_and_nothing_else(house: House) -> None:
    post, digest = await house.submitted()
    await house.nurse.put(f"/posts/{post}/content", {"seen": 1, "content": words(purpose="other")})
    await house.nurse.post(f"/posts/{post}/submission", {"seen": 2, "declaration": ANSWERS})
    answer = await house.welsh.post(f"/posts/{post}/sign-offs", {"step": "welsh", "digest": digest})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale-digest")


async def test_a_save_on_an_old_version_is_refused(house: House) -> None:
    post = await house.draft()
    await house.nurse.put(f"/posts/{post}/content", {"seen": 1, "content": words(purpose="a")})
    answer = await house.nurse.put(f"/posts/{post}/content", {"seen": 1, "content": words(purpose="b")})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale-version")


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2027-03-28T01:30", "no-such-hour"),
        ("2026-10-25T01:30", "ambiguous-hour"),
        ("tomorrow", "not-a-time"),
        ("2026-11-25T09:00", "outside-window"),
        ("2026-11-22T09:00", "time-past"),
    ],
)
async def test_a_time_that_cannot_be_is_refused_with_its_field(house: House, at: str, code: str) -> None:
    post, digest = await house.approved()
    answer = await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": at})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "/at")


async def test_an_hour_that_happens_twice_is_shown_with_both_offsets(house: House) -> None:
    post, digest = await house.approved()
    answer = await house.comms.post(
        f"/posts/{post}/schedule", {"digest": digest, "at": "2026-10-25T01:30"}, headers={"Accept-Language": "en"}
    )
    assert "2026-10-25T01:30+01:00" in answer.json()["detail"]
    assert "2026-10-25T01:30+00:00" in answer.json()["detail"]


async def test_another_organisation_sees_nothing_and_can_do_nothing(house: House) -> None:
    post, digest = await house.approved()
    _, others = await another(house)
    assert (await others["comms"].get(f"/posts/{post}")).status_code == 404
    assert (await others["comms"].get("/posts")).json()["items"] == []
    answer = await others["comms"].post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})
    assert answer.status_code == 404


async def test_lists_are_paged_without_losing_or_repeating_a_post(house: House) -> None:
    made = [await house.draft() for _ in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        found = (await house.nurse.get(f"/posts?limit=2{after}")).json()
        seen += [line["id"] for line in found["items"]]
        if found["next"] is None:
            break
        after = f"&after={found['next']}"
    assert seen == list(reversed(made))


async def test_a_queue_holds_only_what_waits_for_that_step(house: House) -> None:
    await house.draft()
    post, digest = await house.submitted()
    waiting = (await house.welsh.get("/posts?waiting_for=welsh")).json()["items"]
    assert [line["id"] for line in waiting] == [post]
    await house.welsh.post(f"/posts/{post}/sign-offs", {"step": "welsh", "digest": digest})
    assert (await house.welsh.get("/posts?waiting_for=welsh")).json()["items"] == []
    assert [p["id"] for p in (await house.comms.get("/posts?waiting_for=comms")).json()["items"]] == [post]


async def test_a_translator_finds_the_post_and_returns_it(house: House) -> None:
    post = await house.draft(text=Bilingual(en=words().text.en))
    await house.nurse.post(f"/posts/{post}/translation-request", {"by": "2026-11-23T12:00"})
    queue = (await house.welsh.get("/posts?status=translating")).json()["items"]
    assert [line["id"] for line in queue] == [post]
    answer = await house.welsh.post(
        f"/posts/{post}/translation",
        {"language": "cy", "content": words(), "origin": {"origin": "machine-assisted", "tool": "a tool"}},
    )
    assert answer.status_code == 200, answer.text
    view = (await house.nurse.get(f"/posts/{post}")).json()
    assert (view["status"], view["version"], view["origin"]["cy"]["tool"]) == ("draft", 2, "a tool")


async def test_a_comment_is_read_by_the_author(house: House) -> None:
    post, _ = await house.submitted()
    answer = await house.welsh.post(f"/posts/{post}/comments", {"words": "Beth am 'croeso'?", "kind": "suggestion"})
    assert answer.status_code == 201, answer.text
    comments = (await house.nurse.get(f"/posts/{post}")).json()["comments"]
    assert [(c["words"], c["kind"], c["person"]["name"]) for c in comments] == [
        ("Beth am 'croeso'?", "suggestion", "Welsh")
    ]
