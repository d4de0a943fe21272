"""What administrators and others look after, through the API: the same actions as the pages."""

from typing import Any

import pytest
from sqlalchemy import select

from approvals import models as m
from approvals.permissions import Role
from gateway.access import hashed
from tests.api.conftest import NOW, House, another

pytestmark = pytest.mark.anyio


async def channel(house: House, name: str = "facebook") -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in (await house.admin.get("/channels")).json() if c["name"] == name)
    return found


async def test_a_channels_register_review_and_closure(house: House) -> None:
    here = f"/channels/{(await channel(house))['id']}"
    entry = {"purpose": "News", "owner": house.board.comms.person, "recovery": "news@bwrdd.example"}
    answer = await house.admin.put(f"{here}/register", entry)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["owner"]["name"], answer.json()["lacks"]) == ("Comms", ["deputy", "review"])
    assert (await house.admin.put(f"{here}/register", entry | {"closed": "2026-01-01"})).status_code == 400
    assert (await house.comms.put(f"{here}/register", entry)).status_code == 403
    answer = await house.admin.post(f"{here}/reviews", {"reviewed": "2026-11-20"})
    assert answer.json()["register"]["reviewed"] == "2026-11-20"
    answer = await house.admin.post(f"{here}/closure", {"reason": "Nobody reads it"})
    assert answer.json()["register"]["closed"] == "2026-11-23"
    assert {a["stopped_code"] for a in answer.json()["accounts"]} == {"closed"}
    assert (await house.admin.put(f"{here}/register", entry)).json()["code"] == "channel-closed"


async def test_an_account_out_of_service_and_back(house: House) -> None:
    account = (await channel(house))["accounts"][0]["id"]
    assert (await house.admin.post(f"/accounts/{account}/out-of-service", {"reason": "x"})).json() == {"held": 0}
    again = await house.admin.post(f"/accounts/{account}/out-of-service", {"reason": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "account-stopped")
    assert (await house.admin.post(f"/accounts/{account}/in-service", {"reason": "x"})).json()["stopped_code"] is None
    _, others = await another(house)
    assert (await others["admin"].post(f"/accounts/{account}/out-of-service", {"reason": "x"})).status_code == 404


async def test_what_another_route_would_do_is_asked_without_changing_anything(house: House) -> None:
    await house.submitted()
    steps = [{"step": "line"}, {"step": "welsh"}, {"step": "comms"}]
    answer = await house.admin.post("/organisation/route-effects", {"route": steps})
    assert (answer.status_code, answer.json()["more"], answer.json()["posts"]) == (200, 1, 1)
    assert (await house.admin.post("/organisation/route-effects", {"route": steps[:1]})).status_code == 422
    seen = (await house.admin.get("/organisation")).json()["route"]
    assert [s["step"] for s in seen] == ["welsh", "privacy", "comms"]
    assert (await house.admin.put("/organisation/policy", {"route": steps, "seen": seen})).status_code == 200
    stale = await house.admin.put("/organisation/policy", {"route": steps, "seen": seen})
    assert (stale.status_code, stale.json()["code"]) == (409, "route-changed")


async def test_terms_are_proposed_confirmed_listed_and_removed_by_two_people(house: House) -> None:
    pair = {"value": {"cy": "Cwm Hafren", "en": "Severn Vale"}, "note": "Sign"}
    made = await house.welsh.post("/terms/names", pair)
    assert made.status_code == 201, made.text
    chosen = {"terms": [made.json()["id"]]}
    own = await house.welsh.post("/terms/confirmations", chosen)
    assert (own.status_code, own.json()["code"]) == (403, "own-proposal")
    assert (await house.nurse.post("/terms/confirmations", chosen)).status_code == 403
    assert (await house.auditor.post("/terms/names", pair)).status_code == 403
    assert (await house.comms.post("/terms/confirmations", chosen)).json() == {"terms": 1}
    (term,) = (await house.auditor.get("/terms/names?words=severn")).json()["items"]
    assert (term["state"], term["confirmed_by"]["name"], term["note"]) == ("standing", "Comms", "Sign")
    assert (await house.comms.post("/terms/removals", chosen)).status_code == 200
    assert (await house.privacy.post("/terms/refusals", chosen)).json() == {"terms": 1}
    listed = {one["name"]: one["standing"] for one in (await house.admin.get("/terms")).json()}
    assert listed["names"] == 1
    wrong = await house.welsh.post("/terms/names", {"value": {"cy": "x"}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "/en")
    _, others = await another(house)
    assert (await others["welsh"].get("/terms/names")).json()["items"] == []
    assert (await others["welsh"].post("/terms/removals", chosen)).status_code == 404


async def test_a_table_of_terms_is_proposed_whole_or_not_at_all(house: House) -> None:
    async def sent(text: str) -> dict[str, Any]:
        files = {"file": ("t.csv", text.encode())}
        answer = await house.welsh.call("POST", "/terms/words/import", files=files)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    refused = await sent("word\nhwb\ntwo words\n")
    assert (refused["proposed"], [(w["line"], w["field"]) for w in refused["wrong"]]) == (0, [(3, "word")])
    assert await sent("word\nhwb\n") == {"proposed": 1, "wrong": []}


async def test_a_person_is_looked_after(house: House) -> None:
    here = f"/people/{house.board.nurse.person}"
    details = {"name": "Nia", "language": "cy", "line_manager": house.board.manager.person}
    assert (await house.admin.put(f"{here}/details", details)).json()["person"]["name"] == "Nia"
    await house.draft()
    shown = (await house.admin.get(here)).json()
    assert (shown["holds"]["drafts"], len(shown["sign_ins"]), shown["second_factor"]) == (1, 1, False)
    assert (await house.admin.post(f"{here}/second-factor/reset", {"reason": "x"})).json()["code"] == "no-second-factor"
    code = (await house.admin.post(f"{here}/password-code")).json()["code"]
    assert len(code) == len("XXXXX-XXXXX")
    own = await house.admin.post(f"/people/{house.board.admin.person}/password-code")
    assert own.json()["code"] == "own-password"
    assert (await house.admin.post(f"{here}/sign-ins/end", {"reason": "lost"})).json() == {"ended": 1}
    assert (await house.nurse.get("/me")).status_code == 401
    assert (await house.comms.get(here)).status_code == 403
    assert (await house.admin.post(f"{here}/leave")).status_code == 204
    assert (await house.admin.post(f"{here}/leave")).json()["code"] == "has-left"
    assert (await house.admin.post(f"{here}/password-code")).json()["code"] == "has-left"
    left = (await house.admin.get("/people?left=true")).json()["items"]
    assert [p["name"] for p in left] == ["Nia"]


async def test_a_key_is_rotated(house: House) -> None:
    body = {"name": "k", "role": "publisher", "responsible": house.board.nurse.person}
    key = (await house.admin.post("/keys", body)).json()
    wrong = await house.admin.post(f"/keys/{key['id']}/rotation", {"overlap_days": 99_999_999})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "/overlap_days")
    new = (await house.admin.post(f"/keys/{key['id']}/rotation", {"overlap_days": 0})).json()
    for secret, status in ((key["secret"], 401), (new["secret"], 200)):
        headers = {"Authorization": f"Bearer {secret}"}
        assert (await house.client.get("/api/v1/me", headers=headers)).status_code == status


async def test_ones_own_account_is_a_persons_and_out_of_reach_of_keys(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        (await session.get_one(m.Person, house.board.nurse.person)).password_hash = await hashed("a first password")
    change = {"current": "a first password", "password": "a second password"}
    key = await house.key(Role.SUBMITTER)
    for answer in (await key.put("/me/password", change), await key.get("/me/sign-ins")):
        assert (answer.status_code, answer.json()["code"]) == (403, "person-only")
    wrong = await house.nurse.put("/me/password", change | {"current": "x"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "/current")
    assert "second" not in wrong.text
    assert (await house.nurse.put("/me/password", change)).status_code == 204
    assert (await house.nurse.put("/me/language", {"language": "en"})).status_code == 204
    (sign_in,) = (await house.nurse.get("/me/sign-ins")).json()
    assert sign_in["current"]
    assert (await house.comms.delete(f"/me/sign-ins/{sign_in['id']}")).status_code == 404
    assert (await house.nurse.delete(f"/me/sign-ins/{sign_in['id']}")).status_code == 204
    assert (await house.nurse.get("/me")).status_code == 401
    async with house.porth.sessions() as session:
        kinds = set(await session.scalars(select(m.LogEntry.kind).where(m.LogEntry.at == NOW)))
    assert "password-changed" in kinds
