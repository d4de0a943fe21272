"""Who may call what: every route, every role, both ways of being somebody."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from litestar import get
from sqlalchemy import select, update

from approvals import models as m
from approvals.actions import organising
from approvals.permissions import MATRIX, Permission, Role
from gateway import access
from gateway.api.routing import Open, declared, handlers
from gateway.app import create_app
from gateway.faults import Fault
from tests.api.conftest import NOW, Caller, House
from tests.approvals.conftest import ROLES

pytestmark = pytest.mark.anyio

VALUES = {"ref": "C-1024", "platform": "x", "number": "1"}


def routes(house: House) -> Iterator[tuple[str, str, Open | frozenset[Permission]]]:
    """Method, an address, and what the route declares."""
    for path, handler in handlers(house.app):
        wanted = declared(handler)
        assert wanted is not None
        for method in sorted(handler.http_methods - {"HEAD"}):
            yield method, re.sub(r"{(\w+)(:\w+)?}", lambda found: VALUES.get(found[1], str(uuid4())), path), wanted


async def test_nobody_gets_in_anywhere_but_through_the_open_doors(house: House) -> None:
    seen = 0
    for method, path, wanted in routes(house):
        if wanted is not Open.PUBLIC:
            answer = await house.client.request(method, path)
            assert answer.status_code == 401, (method, path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            seen += 1
    assert seen > 50


async def test_only_signing_in_health_and_the_description_are_open_to_all(house: House) -> None:
    public = {(method, path) for method, path, wanted in routes(house) if wanted is Open.PUBLIC}
    assert public >= {("POST", "/api/v1/sign-in"), ("GET", "/health"), ("GET", "/api/v1/openapi.json")}
    assert {path for _, path in public if path.startswith("/api/v1")} == {
        "/api/v1/sign-in", "/api/v1/sign-in/forgotten", "/api/v1/sign-in/password", "/api/v1/openapi.json",
    }  # fmt: skip


@pytest.mark.parametrize("name", [*ROLES, "key:submitter", "key:publisher", "key:auditor"])
async def test_a_role_is_refused_every_route_that_it_has_no_permission_for(house: House, name: str) -> None:
    caller, role = await caller_of(house, name)
    refused = 0
    for method, path, wanted in routes(house):
        if not isinstance(wanted, frozenset):
            continue
        answer = await house.client.request(method, path, headers=caller.headers)
        if any(role in MATRIX[permission] for permission in wanted):
            assert answer.status_code != 401, (method, path)
            narrower = path.startswith("/api/v1/log/")  # the whole log is only for whoever may read all of it
            assert narrower or '"not-your-role"' not in answer.text, (method, path, answer.text)
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "not-your-role"), (method, path, answer.text)
            refused += 1
    assert refused > 10


async def caller_of(house: House, name: str) -> tuple[Caller, Role]:
    if name.startswith("key:"):
        role = Role(name.removeprefix("key:"))
        return await house.key(role), role
    return house.callers[name], ROLES[name]


async def test_a_route_that_does_not_say_who_may_call_it_stops_the_start(house: House) -> None:
    @get("/forgotten")
    async def forgotten() -> str:
        return "open to all"

    with pytest.raises(Fault) as fault:
        create_app(house.porth, [forgotten])
    assert "GET /forgotten" in str(fault.value)


async def test_a_publishers_key_publishes_and_lists_deliveries_and_nothing_else(house: House) -> None:
    key = await house.key(Role.PUBLISHER)
    allowed = {
        (method, re.sub(r"[0-9a-f-]{36}", "ID", path))
        for method, path, wanted in routes(house)
        if path.startswith("/api/v1") and isinstance(wanted, frozenset)
        and (await house.client.request(method, path, headers=key.headers)).status_code != 403
    }  # fmt: skip
    assert allowed == {
        ("GET", "/api/v1/deliveries"), ("GET", "/api/v1/deliveries/ID"), ("POST", "/api/v1/publish-due"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer porth_", "Bearer porth_00000000_wrong", "Basic abc", "Bearer \0"]
)
async def test_what_is_no_key_is_nobody(house: House, sent: str) -> None:
    answer = await house.client.get("/api/v1/me", headers={"Authorization": sent})
    assert answer.status_code == 401


async def test_a_key_with_a_wrong_secret_is_refused(house: House) -> None:
    key = await house.key(Role.SUBMITTER)
    wrong = key.headers["Authorization"][:-1] + ("a" if key.headers["Authorization"][-1] != "a" else "b")
    answer = await house.client.get("/api/v1/me", headers={"Authorization": wrong})
    assert (answer.status_code, answer.json()["code"]) == (401, "key-unknown")


async def test_an_expired_a_revoked_and_a_leavers_key_are_refused(house: House) -> None:
    key = await house.key(Role.SUBMITTER)
    assert (await key.get("/me")).status_code == 200
    house.clock.now = NOW + timedelta(days=366)
    assert (await key.get("/me")).json()["code"] == "key-expired"
    house.clock.now = NOW
    async with house.porth.sessions.begin() as session:
        await organising.leave(session, house.board.admin, house.board.nurse.person, now=NOW)
    assert (await key.get("/me")).json()["code"] == "key-revoked"


async def test_whoever_has_left_is_out_at_once(house: House) -> None:
    assert (await house.nurse.get("/me")).status_code == 200
    answer = await house.admin.post(f"/people/{house.board.nurse.person}/leave")
    assert answer.status_code == 204, answer.text
    assert (await house.nurse.get("/me")).status_code == 401


async def test_a_sign_in_ends_when_nobody_uses_it(house: House) -> None:
    house.clock.now = NOW + access.IDLE - timedelta(minutes=5)
    assert (await house.nurse.get("/me")).status_code == 200
    house.clock.now += access.IDLE - timedelta(minutes=5)
    assert (await house.nurse.get("/me")).status_code == 200
    house.clock.now += access.IDLE
    assert (await house.nurse.get("/me")).json()["code"] == "sign-in-ended"


async def test_whoever_uses_a_second_factor_is_not_in_without_it(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(
            update(m.Person).where(m.Person.id == house.board.nurse.person).values(totp_secret=b"sealed")
        )
    assert (await house.nurse.get("/me")).json()["code"] == "second-factor-needed"


async def test_another_sites_form_does_nothing_with_a_persons_cookie(house: House) -> None:
    cookie = {"Cookie": house.nurse.headers["Cookie"]}
    for headers in (cookie, cookie | {"X-CSRF-Token": "wrong"}):
        answer = await house.client.post("/api/v1/teams", headers=headers, json={"name": "x"})
        assert (answer.status_code, answer.json()["code"]) in {(403, "csrf"), (403, "not-your-role")}
    body = {"team": str(house.board.team), "content": {"text": {"cy": "a"}}}
    answer = await house.client.post("/api/v1/posts", headers=cookie, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert await house.count(m.Post) == 0


async def test_a_key_of_another_organisation_reaches_nothing_of_ours(house: House) -> None:
    post = await house.draft()
    async with house.porth.sessions.begin() as session:
        other = await organising.found_organisation(session, "arall", "Arall", "Other", now=NOW)
        root = type(house.board.admin)(other.id, other.id, frozenset({Role.ADMIN}))
        team = await organising.add_team(session, root, "Ward", now=NOW)
        person = await organising.add_person(session, root, "a@arall.example", "A", {Role.SUBMITTER}, now=NOW)
        key = await organising.create_key(session, root, "k", Role.SUBMITTER, person.id, team=team.id, now=NOW)
    theirs = Caller(house.client, {"Authorization": f"Bearer {key.secret}"})
    assert (await theirs.get(f"/posts/{post}")).status_code == 404
    answer = await theirs.post("/posts", {"team": house.board.team, "content": {"text": {"cy": "a"}}})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "no-such-team", "/team")
    assert (await theirs.put(f"/posts/{post}/content", {"seen": 1, "content": {}})).status_code == 404


async def test_a_person_of_another_team_does_not_see_a_draft(house: House) -> None:
    post = await house.draft()
    async with house.porth.sessions.begin() as session:
        root = house.board.admin
        team = await organising.add_team(session, root, "Ward 5", now=NOW)
        person = await organising.add_person(
            session, root, "other@bwrdd.example", "Other", {Role.SUBMITTER}, teams=[team.id], now=NOW
        )
        actor = await access.actor_of(session, person)
    other = await house.signed_in(actor)
    assert (await other.get(f"/posts/{post}")).json()["code"] == "not-your-team"
    assert (await other.get("/posts")).json()["items"] == []


async def test_me_says_who_is_asking(house: House) -> None:
    me = (await house.comms.get("/me")).json()
    assert (me["name"], me["roles"], me["key"]) == ("Comms", ["comms-approver"], None)
    assert "sign-off:comms" in me["permissions"]
    assert "sign-off:welsh" not in me["permissions"]
    async with house.porth.sessions() as session:
        csrf = await session.scalar(select(m.SignIn.csrf).where(m.SignIn.person_id == house.board.comms.person))
    assert me["csrf"] == csrf
