"""Consents, deliveries, the organisation, channels, the log and health over HTTP."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from approvals import models as m
from approvals import quality_log
from approvals.content import Named
from approvals.permissions import Role
from approvals.quality_log import Entry
from connectors.sandbox import demo_credentials
from connectors.sandbox.serve import running
from tests.api.conftest import AT, NOW, House, another
from tests.approvals.conftest import consent

pytestmark = pytest.mark.anyio


def named() -> dict[str, Any]:
    return {"people": (Named(name="Mair Puw", consent="C-1024"),)}


async def recorded(house: House, **more: Any) -> dict[str, Any]:
    answer = await house.custodian.post("/consents", {"consent": consent(), **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_consent_is_whole_to_its_custodian_and_masked_to_others(house: House) -> None:
    made = await recorded(house, contact="01234 567890")
    assert (made["consent"]["signatory"], made["verified"], made["has_contact"]) == ("Y claf", True, True)
    seen = (await house.comms.get("/consents/C-1024")).json()
    assert seen["consent"]["signatory"] == ""
    assert "567890" not in json.dumps(made)
    assert (await house.comms.get("/consents/C-1024/contact")).status_code == 403
    assert (await house.custodian.get("/consents/C-1024/contact")).json() == {"contact": "01234 567890"}
    async with house.porth.sessions() as session:
        kept = await session.scalar(select(m.ConsentRecord.contact))
    assert b"567890" not in (kept or b"")


async def test_a_submitters_consent_waits_for_the_custodian(house: House) -> None:
    answer = await house.nurse.post("/consents", {"consent": consent()})
    assert (answer.status_code, answer.json()["verified"]) == (201, False)
    waiting = (await house.custodian.get("/consents?verified=false")).json()["items"]
    assert [c["consent"]["ref"] for c in waiting] == ["C-1024"]
    answer = await house.custodian.post("/consents/C-1024/verification")
    assert (answer.status_code, answer.json()["verified"]) == (200, True)
    again = await house.custodian.post("/consents/C-1024/verification")
    assert (again.status_code, again.json()["code"]) == (409, "consent-verified")


async def test_evidence_is_encrypted_seen_by_few_and_every_look_is_logged(house: House) -> None:
    await recorded(house)
    form = b"%PDF-1.7 the signed form"
    answer = await house.nurse.call("PUT", "/consents/C-1024/evidence", files={"file": ("f.pdf", form)})
    assert answer.status_code == 403
    answer = await house.custodian.call("PUT", "/consents/C-1024/evidence", files={"file": ("f.pdf", form)})
    assert (answer.status_code, answer.json()["has_evidence"]) == (200, True), answer.text
    assert all(form not in path.read_bytes() for path in house.porth.settings.home.rglob("*") if path.is_file())
    assert (await house.auditor.get("/consents/C-1024/evidence")).status_code == 403
    assert (await house.privacy.get("/consents/C-1024/evidence")).content == form
    async with house.porth.sessions() as session:
        who = list(await session.scalars(select(m.LogEntry.actor_id).where(m.LogEntry.kind == "evidence-viewed")))
    assert who == [house.board.privacy.person]


async def test_evidence_that_is_no_form_is_refused_and_not_kept(house: House) -> None:
    await recorded(house)
    answer = await house.custodian.call("PUT", "/consents/C-1024/evidence", files={"file": ("f", b"MZ...")})
    assert (answer.status_code, answer.json()["code"]) == (422, "evidence-type")
    assert not house.porth.quarantine.names()


async def privately_approved(house: House) -> tuple[str, str]:
    post, digest = await house.submitted(**named())
    for step in ("welsh", "privacy", "comms"):
        answer = await house.callers[step].post(f"/posts/{post}/sign-offs", {"step": step, "digest": digest})
        assert answer.status_code == 201, answer.text
    return post, digest


async def test_withdrawing_a_consent_holds_what_relies_on_it_and_says_where(house: House) -> None:
    await recorded(house)
    post, digest = await privately_approved(house)
    await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})
    uses = (await house.custodian.get("/consents/C-1024/uses")).json()
    assert [use["post"] for use in uses] == [post]
    answer = await house.custodian.post("/consents/C-1024/withdrawal", {"reason": "asked"})
    assert (answer.status_code, answer.json()) == (200, {"held": 3, "takedowns": 0})
    held = (await house.comms.get("/deliveries?state=held")).json()["items"]
    assert {d["code"] for d in held} == {"CON-WITHDRAWN"}
    assert (await house.nurse.get(f"/posts/{post}")).json()["status"] == "on-hold"
    answer = await house.comms.post(f"/deliveries/{held[0]['id']}/release", {"reason": "please"})
    assert (answer.status_code, answer.json()["code"]) == (422, "blocked-since")
    assert "CON-WITHDRAWN" in {f["code"] for f in answer.json()["findings"]}


async def test_a_delivery_is_held_and_released_with_reasons(house: House) -> None:
    post, digest = await house.approved()
    made = (await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})).json()
    one = made[0]["id"]
    assert (await house.comms.post(f"/deliveries/{one}/hold", {"reason": " "})).json()["field"] == "/reason"
    assert (await house.comms.post(f"/deliveries/{one}/hold", {"reason": "wait"})).json()["state"] == "held"
    assert (await house.comms.post(f"/deliveries/{one}/release", {"reason": "go"})).json()["state"] == "due"
    assert (await house.nurse.get(f"/deliveries/{one}")).json()["publish_at"] == "2026-11-23T14:00:00Z"


async def test_an_unconfirmed_delivery_is_settled_by_a_person_who_looked(house: House) -> None:
    post, digest = await house.approved()
    made = (await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})).json()
    async with house.porth.sessions.begin() as session:
        for state in ("sending", "unconfirmed"):
            await session.execute(update(m.Delivery).values(state=state))
    assert (await house.nurse.get(f"/posts/{post}")).json()["status"] == "needs-a-person"
    found = {"id": "99", "url": "https://x.example/99", "at": "2026-11-23T14:00"}
    answer = await house.comms.post(f"/deliveries/{made[0]['id']}/resolution", {"reason": "seen", "found": found})
    assert (answer.json()["state"], answer.json()["url"]) == ("published", "https://x.example/99")
    answer = await house.comms.post(f"/deliveries/{made[1]['id']}/resolution", {"reason": "gone", "found": None})
    assert (answer.json()["state"], answer.json()["code"]) == ("held", "not-there")


async def test_the_pause_stops_and_resumes_with_a_reason(house: House) -> None:
    answer = await house.comms.post("/organisation/pause", {"reason": "major incident"})
    assert answer.json()["pause_reason"] == "major incident"
    assert (await house.comms.post("/organisation/pause", {"reason": "again"})).json()["code"] == "already-paused"
    assert (await house.comms.post("/organisation/resumption", {"reason": "over"})).json()["paused_at"] is None


async def test_a_route_cannot_lose_its_welsh_step(house: House) -> None:
    answer = await house.admin.put("/organisation/policy", {"route": [{"step": "comms"}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "route-needs-welsh-and-comms")
    steps = [{"step": "line"}, {"step": "welsh"}, {"step": "privacy", "when": "people"}, {"step": "comms"}]
    answer = await house.admin.put("/organisation/policy", {"route": steps, "policy": {"never_patients": True}})
    assert [s["step"] for s in answer.json()["route"]] == ["line", "welsh", "privacy", "comms"]
    assert answer.json()["policy"]["never_patients"]


async def test_people_and_keys_are_administered_and_no_secret_is_listed(house: House) -> None:
    body = {"email": "new@bwrdd.example", "name": "New", "roles": ["submitter"], "teams": [house.board.team]}
    made = await house.admin.post("/people", body)
    assert made.status_code == 201, made.text
    assert (await house.admin.post("/people", body)).json()["code"] == "email-taken"
    assert (await house.admin.put(f"/people/{made.json()['id']}/roles", {"roles": ["auditor"]})).status_code == 204
    people = {p["email"]: p for p in (await house.admin.get("/people?limit=100")).json()["items"]}
    assert people["new@bwrdd.example"]["roles"] == ["auditor"]
    moved = await house.admin.put(f"/people/{made.json()['id']}/teams", {"teams": []})
    assert moved.status_code == 204
    own = await house.admin.put(f"/people/{house.board.admin.person}/roles", {"roles": ["comms-approver"]})
    assert own.json()["code"] == "own-roles"
    key = {"name": "k", "role": "publisher", "responsible": made.json()["id"]}
    first = await house.admin.post("/keys", key, headers={"Idempotency-Key": "k"})
    again = await house.admin.post("/keys", key, headers={"Idempotency-Key": "k"})
    assert first.json() == again.json()
    secret = first.json()["secret"].split("_", 2)[2]
    assert secret not in (await house.admin.get("/keys")).text
    async with house.porth.sessions() as session:
        assert secret not in str(await session.scalar(select(m.RememberedAnswer.body)))
    assert (await house.admin.delete(f"/keys/{first.json()['id']}")).status_code == 204
    bearer = {"Authorization": f"Bearer {first.json()['secret']}"}
    assert (await house.client.get("/api/v1/me", headers=bearer)).json()["code"] == "key-revoked"


async def test_another_organisations_people_teams_and_keys_are_out_of_reach(house: House) -> None:
    other, _ = await another(house)
    body = {"email": "spy@bwrdd.example", "name": "S", "roles": ["submitter"], "teams": [other.team]}
    answer = await house.admin.post("/people", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "no-such-team")
    key = {"name": "k", "role": "submitter", "responsible": house.board.nurse.person, "team": other.team}
    assert (await house.admin.post("/keys", key)).json()["code"] == "no-such-team"
    assert (await house.admin.post("/keys", key | {"responsible": other.nurse.person})).status_code in {404, 422}
    assert (await house.admin.post(f"/people/{other.nurse.person}/leave")).status_code == 404
    emails = {p["email"] for p in (await house.admin.get("/people?limit=100")).json()["items"]}
    assert not any("arall" in email for email in emails)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[int]:
    with running() as address:
        yield int(address.rsplit(":", 1)[1])


@pytest.fixture
def sandbox_port(sandbox: int) -> int:
    return sandbox


@pytest.mark.parametrize(("platform", "code"), [("youtube", "platform-not-offered"), ("myspace", "no-such-platform")])
async def test_no_channel_of_a_platform_that_is_not_offered_can_be_registered(
    house: House, platform: str, code: str
) -> None:
    before = (await house.admin.get("/channels")).json()
    answer = await house.admin.post("/channels", {"name": "fideo", "platform": platform, "model": "bilingual"})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["field"] == "/platform"
    assert "youtube" not in str(answer.json()["detail"])
    assert (await house.admin.get("/channels")).json() == before


async def test_an_account_is_registered_once_its_name_was_confirmed(house: House) -> None:
    channel = next(c for c in (await house.admin.get("/channels")).json() if c["name"] == "facebook")
    given = demo_credentials("facebook", "ward-page")
    credentials = {"account": given.account, "secrets": dict(given.secrets), "mode": "sandbox"}
    shown = await house.admin.post(f"/channels/{channel['id']}/accounts/check", credentials)
    assert shown.status_code == 200, shown.text
    identity = shown.json()
    assert identity["name"]
    body = {"credentials": credentials, "languages": ["cy", "en"], "confirmed": "somebody else"}
    wrong = await house.admin.post(f"/channels/{channel['id']}/accounts", body)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "account-other")
    made = await house.admin.post(f"/channels/{channel['id']}/accounts", body | {"confirmed": identity["account"]})
    assert made.status_code == 201, made.text
    assert all(secret not in made.text for secret in given.secrets.values())
    listed = (await house.admin.get("/channels")).text
    assert all(secret not in listed for secret in given.secrets.values())
    async with house.porth.sessions() as session:
        account = await session.get_one(m.Account, made.json()["id"])
        assert house.porth.credentials(account).secrets == given.secrets


async def test_credentials_that_the_platform_refuses_are_not_kept(house: House) -> None:
    channel = next(c for c in (await house.admin.get("/channels")).json() if c["name"] == "facebook")
    given = demo_credentials("facebook", "ward-page")
    secrets = dict.fromkeys(given.secrets, "nonsense")
    body = {"account": given.account, "secrets": secrets, "mode": "sandbox"}
    answer = await house.admin.post(f"/channels/{channel['id']}/accounts/check", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "credentials-refused"), answer.text
    assert "nonsense" not in answer.text
    answer = await house.admin.post(f"/channels/{channel['id']}/accounts/check", body | {"secrets": {}})
    assert answer.json()["code"] == "credentials-needed"


async def test_the_exported_log_verifies_and_tells_a_posts_story(house: House) -> None:
    post, _ = await house.approved()
    export = await house.auditor.get("/log/export")
    entries = [msgspec.json.decode(line, type=Entry) for line in export.text.splitlines()]
    assert quality_log.verify(entries).entries == len(entries) > 10
    verification = (await house.auditor.get("/log/verification")).json()
    assert (verification["whole"], verification["entries"]) == (True, len(entries))
    story = (await house.privacy.get(f"/posts/{post}/log", headers={"Accept-Language": "en"})).json()["items"]
    assert [line["entry"]["kind"] for line in story] == ["signed-off", "signed-off", "submitted", "post-created"]
    assert story[-1]["sentence"] == "Nurse started the post."
    assert story[0]["sentence"] == 'Comms signed the step "comms" of version 1.'


async def test_a_broken_log_is_said_to_be_broken_and_where(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(update(m.LogHead).values(number=m.LogHead.number + 1))
    await house.draft()
    found = (await house.auditor.get("/log/verification", headers={"Accept-Language": "en"})).json()
    assert (found["whole"], found["reason"]) == (False, "missing")
    assert str(found["broken_at"]) in found["sentence"]


async def test_the_log_of_comms_is_that_of_their_own_posts(house: House) -> None:
    await house.draft()
    kinds = {line["entry"]["kind"] for line in (await house.comms.get("/log?limit=100")).json()["items"]}
    assert kinds == {"post-created"}
    assert (await house.comms.get("/log/export")).status_code == 403


async def test_a_check_stores_nothing(house: House) -> None:
    before = await house.count(m.LogEntry)
    document = {"id": "any", "text": {"cy": "Ffoniwch 01234 567890."}, "channels": ["facebook"]}
    answer = await house.nurse.post("/check", document)
    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == "any"
    assert "WEL-MISSING" in {f["code"] for f in answer.json()["findings"]}
    assert (await house.count(m.Post), await house.count(m.LogEntry)) == (0, before)


async def test_a_publishing_job_lists_what_is_due_without_sending_it(house: House) -> None:
    post, digest = await house.approved()
    await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})
    house.clock.now = NOW + timedelta(hours=5)
    key = await house.key(Role.PUBLISHER)
    listed = (await key.post("/publish-due", {"dry_run": True})).json()["deliveries"]
    assert {d["post"] for d in listed} == {post}
    _, others = await another(house)
    assert others
    assert {d["state"] for d in (await key.get("/deliveries")).json()["items"]} == {"due"}
