"""Consents over HTTP: who sees what, what each event answers, letters, tables, removals and their clock."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from approvals import models as m
from approvals.content import Named
from tests.api.conftest import AT, House, another
from tests.approvals.conftest import NOW, consent

pytestmark = pytest.mark.anyio

PDF = b"%PDF-1.7 a signed form"
HEAD = "ref,category,signatory,authority,covers,channels,starts,expires"


async def recorded(house: House, **changes: Any) -> None:
    body = {"consent": consent(**changes), "contact": "07700 900123"}
    answer = await house.custodian.post("/consents", body)
    assert answer.status_code == 201, answer.text


async def scheduled(house: House) -> str:
    """A post that names somebody under C-1024, on three deliveries."""
    post, digest = await house.submitted(people=(Named("Mair Puw", "C-1024"),))
    for step in ("welsh", "privacy", "comms"):
        answer = await house.callers[step].post(f"/posts/{post}/sign-offs", {"step": step, "digest": digest})
        assert answer.status_code == 201, answer.text
    answer = await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})
    assert answer.status_code == 200, answer.text
    return post


async def published(house: House, post: str) -> str:
    """The first delivery of the post as settling leaves it; the database wants each state in turn."""
    async with house.porth.sessions.begin() as session:
        row = (
            await session.scalars(select(m.Delivery).where(m.Delivery.post_id == post).order_by(m.Delivery.id))
        ).first()
        assert row is not None
        row.state = "sending"
        await session.flush()
        row.state, row.platform_id, row.published_at = "published", "1", NOW
        return str(row.id)


def multipart(data: bytes) -> dict[str, Any]:
    return {"files": {"file": ("a", data)}}


async def later(house: House, **delta: float) -> None:
    """Time passes, and everybody signs in again."""
    house.clock.now = NOW + timedelta(**delta)
    async with house.porth.sessions.begin() as session:
        for row in await session.scalars(select(m.SignIn)):
            row.seen_at, row.expires_at = house.clock.now, house.clock.now + timedelta(hours=1)


async def logged(house: House) -> list[str]:
    async with house.porth.sessions() as session:
        return list(await session.scalars(select(m.LogEntry.kind).order_by(m.LogEntry.number)))


# who sees what (requirements.md 8.2)

SEES = {
    "custodian": "whole", "privacy": "whole", "comms": "scope", "welsh": "scope", "auditor": "scope",
    "nurse": "nothing", "manager": "nothing", "admin": "nothing",
}  # fmt: skip


@pytest.mark.parametrize(("who", "what"), SEES.items())
async def test_each_role_sees_as_much_of_a_consent_as_the_matrix_says(house: House, who: str, what: str) -> None:
    await recorded(house, signatory="Mair Puw", child_view="yes", explained_by="Nia")
    answer = await house.callers[who].get("/consents/C-1024")
    assert answer.status_code == (200 if what != "nothing" else 403 if who == "admin" else 404)
    assert ("Mair Puw" in answer.text) is (what == "whole")
    if what != "nothing":
        assert answer.json()["status"] == "verified"
        assert answer.json()["consent"]["channels"] == ["facebook", "x"]


@pytest.mark.parametrize(("who", "path", "status"), [
    ("custodian", "evidence", 200), ("privacy", "evidence", 200), ("comms", "evidence", 403),
    ("nurse", "evidence", 403), ("auditor", "evidence", 403), ("admin", "evidence", 403),
    ("custodian", "contact", 200), ("privacy", "contact", 403), ("comms", "contact", 403), ("admin", "contact", 403),
])  # fmt: skip
async def test_evidence_and_contact_are_shown_to_few_and_every_look_is_logged(
    house: House, who: str, path: str, status: int
) -> None:
    await recorded(house)
    sent = await house.custodian.put("/consents/C-1024/evidence", **multipart(PDF))
    assert sent.status_code == 200, sent.text
    answer = await house.callers[who].get(f"/consents/C-1024/{path}")
    assert answer.status_code == status
    assert (await logged(house)).count(f"{path}-viewed") == (status == 200)
    assert (PDF in answer.content or "07700" in answer.text) is (status == 200)


# events


@pytest.mark.parametrize("event", ["leaver", "dispute"])
async def test_an_end_answers_what_it_held(house: House, event: str) -> None:
    await recorded(house)
    post = await scheduled(house)
    await published(house, post)
    answer = await house.custodian.post(f"/consents/C-1024/{event}", {"reason": "told us"})
    assert (answer.status_code, answer.json()) == (200, {"held": 2, "review": [post]})
    assert (await house.comms.post(f"/consents/C-1024/{event}", {"reason": "x"})).status_code == 403


async def test_a_dispute_is_settled_and_a_newer_record_takes_over(house: House) -> None:
    await recorded(house)
    await recorded(house, ref="C-2")
    await house.custodian.post("/consents/C-1024/dispute", {"reason": "daughter"})
    assert (await house.custodian.get("/consents/C-1024")).json()["status"] == "disputed"
    settled = await house.custodian.post("/consents/C-1024/settlement", {"reason": "agreed"})
    assert settled.json()["status"] == "verified"
    assert (await house.custodian.post("/consents/C-1024/replacement", {"by": "C-2"})).status_code == 200
    assert (await house.custodian.get("/consents/C-1024")).json()["status"] == "superseded"


async def test_the_information_governance_lead_decides_on_another_basis(house: House) -> None:
    await recorded(house, category="staff", lawful_basis="public-task")
    refused = await house.custodian.post("/consents/C-1024/basis-decision", {"reason": "fits"})
    assert refused.status_code == 403
    answer = await house.privacy.post("/consents/C-1024/basis-decision", {"reason": "fits"})
    assert (answer.status_code, answer.json()["consent"]["basis_decision"]) == (200, "fits")


async def test_what_has_ended_says_so(house: House) -> None:
    await recorded(house)
    await later(house, days=800)
    assert (await house.custodian.get("/consents/C-1024")).json()["status"] == "expired"


# asking


async def test_a_letter_carries_the_reference_that_the_signed_form_is_recorded_with(house: House) -> None:
    asked = {"category": "patient", "covers": ["image", "story"], "channels": ["facebook"], "until": "2028-11-23"}
    made = (await house.nurse.post("/consent-requests", asked)).json()
    assert (made["status"], made["asked"]["channels"]) == ("requested", ["facebook"])
    for query in ("?language=cy", "?language=en", ""):
        letter = await house.nurse.get(f"/consents/{made['ref']}/letter{query}")
        assert (letter.status_code, letter.headers["content-type"]) == (200, "application/pdf")
        assert letter.content.startswith(b"%PDF-")
    assert (await house.manager.get(f"/consents/{made['ref']}/letter")).status_code == 404
    assert (await house.auditor.get(f"/consents/{made['ref']}/letter")).status_code == 403
    await recorded(house, ref=made["ref"])
    assert (await house.nurse.get("/consent-requests")).json()["items"][0]["status"] == "recorded"
    evidence = await house.nurse.put(f"/consents/{made['ref']}/evidence", **multipart(PDF))
    assert evidence.status_code == 403  # the record is the custodian's
    assert (await house.custodian.put(f"/consents/{made['ref']}/evidence", **multipart(PDF))).status_code == 200


@pytest.mark.parametrize("wrong", [{"covers": ["face"]}, {"category": "pet"}, {"until": "soon"}, {"covers": []}])
async def test_a_request_that_makes_no_sense_is_refused(house: House, wrong: dict[str, Any]) -> None:
    asked = {"category": "patient", "covers": ["image"], "channels": ["facebook"], **wrong}
    assert (await house.nurse.post("/consent-requests", asked)).status_code in {400, 422}


# tables


async def test_a_table_is_tried_and_then_recorded_whole(house: House) -> None:
    good = f"{HEAD}\nC-1,staff,Nia,self,image,x,2026-11-01,2028-11-01\n"
    bad = f"{good}C-2,nurse,Nia,self,image,x,2026-11-01,2028-11-01\n"
    tried = await house.custodian.post(
        "/consent-imports?dry_run=true", headers={"Accept-Language": "en"}, **multipart(bad.encode())
    )
    (wrong,) = tried.json()["wrong"]
    assert (wrong["line"], wrong["column"], wrong["code"]) == (3, "category", "choice")
    assert wrong["message"].startswith("nurse is not one of the choices. Use one of: patient")
    refused = await house.custodian.post("/consent-imports", **multipart(bad.encode()))
    assert (refused.status_code, refused.json()["code"]) == (422, "consent-import-wrong")
    assert await house.count(m.ConsentRecord) == 0
    done = await house.custodian.post("/consent-imports", **multipart(b"\xef\xbb\xbf" + good.encode()))
    assert (done.status_code, done.json()["recorded"]) == (200, 1)
    assert (await house.custodian.get("/consents/C-1")).json()["status"] == "signed"
    assert (await house.comms.post("/consent-imports", **multipart(good.encode()))).status_code == 403


async def test_a_table_in_another_encoding_is_refused_and_not_guessed(house: House) -> None:
    answer = await house.custodian.post("/consent-imports", **multipart("T\u0177".encode("iso-8859-14")))
    assert (answer.status_code, answer.json()["code"]) == (422, "consent-import-encoding")


# removal


async def test_a_removal_asked_for_by_anybody_is_listed_with_its_clock_and_confirmed(house: House) -> None:
    await recorded(house)
    post = await scheduled(house)
    delivery = await published(house, post)
    asked = await house.admin.post(f"/posts/{post}/removal-request", {"reason": "it shows me"})
    assert (asked.status_code, asked.json()["posts"]) == (202, 1)
    (listed,) = (await house.comms.get("/takedowns")).json()["items"]
    assert (listed["delivery"], listed["reason"], listed["overdue"]) == (delivery, "removal-asked", False)
    await later(house, hours=25)
    assert (await house.comms.get("/takedowns")).json()["items"][0]["overdue"] is True
    assert (await house.nurse.post(f"/deliveries/{delivery}/removal", {"reason": "gone"})).status_code == 403
    done = await house.comms.post(f"/deliveries/{delivery}/removal", {"reason": "deleted in the app"})
    assert done.json()["state"] == "retracted"
    assert (await house.comms.get("/takedowns")).json()["items"] == []
    assert len((await house.comms.get("/takedowns?open=false")).json()["items"]) == 1


async def test_another_organisation_sees_nothing_of_it(house: House) -> None:
    await recorded(house)
    post = await scheduled(house)
    delivery = await published(house, post)
    await house.comms.post(f"/posts/{post}/removal-request", {"reason": "me"})
    _, others = await another(house)
    assert (await others["comms"].get("/takedowns")).json()["items"] == []
    for path, body in (
        (f"/posts/{post}/removal-request", {"reason": "me"}), (f"/deliveries/{delivery}/removal", {"reason": "me"}),
    ):  # fmt: skip
        assert (await others["comms"].post(path, body)).status_code == 404
    for event in ("leaver", "dispute", "settlement", "withdrawal"):
        answer = await others["custodian"].post(f"/consents/C-1024/{event}", {"reason": "x"})
        assert answer.status_code == 404
    assert (await others["custodian"].get("/consents/C-1024/letter")).status_code == 404


async def test_a_search_by_name_answers_those_alone_who_see_whole_records(house: House) -> None:
    await recorded(house, signatory="Siân Puw")
    sought = {"words": "sian p"}
    assert [each["consent"]["ref"] for each in (await house.custodian.post("/consents/search", sought)).json()] == [
        "C-1024"
    ]
    assert len((await house.privacy.post("/consents/search", sought)).json()) == 1
    assert (await house.comms.post("/consents/search", sought)).json() == []
    assert len((await house.comms.post("/consents/search", {"words": "c-10"})).json()) == 1
    assert (await house.nurse.post("/consents/search", {"words": "c-10"})).json() == []
    _, others = await another(house)
    assert (await others["custodian"].post("/consents/search", sought)).json() == []
    for words in ("%", "__", "\\\\", "s"):
        assert (await house.custodian.post("/consents/search", {"words": words})).json() == [], words
