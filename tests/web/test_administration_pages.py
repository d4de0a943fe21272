"""Route, choices, words, people, keys and one's own account on pages."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from approvals import models as m
from approvals.actions import drafting, organising
from approvals.content import Bilingual
from approvals.permissions import Actor, Role
from gateway import second_factor
from gateway.access import SignedIn, hashed
from gateway.second_factor import Seed
from tests.approvals.conftest import NOW
from tests.approvals.conftest import words as contents
from tests.approvals.test_journey import ANSWERS
from tests.web.desk import Desk, Visitor, hidden, opened, words

pytestmark = pytest.mark.anyio

ROUTE = "/administration/route"
NEW = "ceffyl-batri-stapl-gwyrdd"


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(database, tmp_path, 1) as found:
        yield found


@pytest.fixture
async def admin(desk: Desk) -> Visitor:
    return await desk.visitor(desk.board.admin)


async def test_a_route_is_changed_by_buttons_and_set_only_after_what_it_does_was_said(admin: Visitor) -> None:
    page = await admin.get(ROUTE)
    seen = hidden(page, "seen")
    assert seen == ["welsh:always", "privacy:people", "comms:always"]
    for press, steps in (
        ("add-line", ["welsh:always", "privacy:people", "line:always", "comms:always"]),
        ("up-2", ["welsh:always", "line:always", "privacy:people", "comms:always"]),
        ("up-1", ["line:always", "welsh:always", "privacy:people", "comms:always"]),
        ("drop-1", ["line:always", "welsh:always", "privacy:people", "comms:always"]),
        ("down-2", ["line:always", "welsh:always", "privacy:people", "comms:always"]),
        ("when-0", ["line:people", "welsh:always", "privacy:people", "comms:always"]),
        ("up-nonsense", ["line:people", "welsh:always", "privacy:people", "comms:always"]),
    ):
        page = await admin.post(ROUTE, {"do": press, "seen": seen, "steps": hidden(page, "steps")})
        assert hidden(page, "steps") == steps, press
    looked = await admin.post(ROUTE, {"do": "look", "seen": seen, "steps": hidden(page, "steps")})
    assert "0 posts are submitted and not out yet" in words(looked)
    assert hidden(await admin.get(ROUTE), "seen") == seen
    saved = await admin.post(ROUTE, {"do": "save", "seen": seen, "steps": hidden(page, "steps")})
    assert saved.headers["location"] == f"{ROUTE}?done=route-set"
    again = await admin.post(ROUTE, {"do": "save", "seen": seen, "steps": seen})
    assert again.status_code == 422
    assert "Somebody else has changed the route meanwhile" in words(again)


async def test_a_route_without_welsh_or_comms_is_refused_in_words(admin: Visitor) -> None:
    for steps in (
        ["comms:always"],
        ["welsh:always"],
        ["welsh:people", "comms:always"],
        ["comms:always", "welsh:always"],
    ):
        answer = await admin.post(ROUTE, {"do": "save", "seen": ["welsh:always"], "steps": steps})
        assert answer.status_code == 422
        assert "A route always has the Welsh step" in words(answer)
    assert (await admin.post(ROUTE, {"do": "look", "steps": ["nonsense"]})).status_code == 422


async def test_choices_are_set_and_refused_at_their_field_and_what_the_page_lacks_stays(
    desk: Desk, admin: Visitor
) -> None:
    async with desk.porth.sessions.begin() as session:
        organisation = await session.get_one(m.Organisation, desk.board.id)
        organisation.policy = {"small_number": 7}
    path = "/administration/policy"
    wrong = await admin.post(path, {"late": "soon", "never_patients": "yes", "second_factor": "no"})
    assert 'href="#late"' in wrong.text
    wrong = await admin.post(path, {"late": "9999", "never_patients": "yes", "second_factor": "no"})
    assert "Give from 1 to 1440 minutes" in words(wrong)
    assert (await admin.post(path, {"late": "20", "never_patients": "yes", "second_factor": "no"})).status_code == 303
    async with desk.porth.sessions() as session:
        kept = (await session.get_one(m.Organisation, desk.board.id)).policy
    assert kept == {"never_patients": True, "late_after_minutes": 20, "small_number": 7}


async def test_a_term_is_proposed_by_one_and_confirmed_by_another(desk: Desk) -> None:
    welsh, comms = await desk.visitor(desk.board.welsh), await desk.visitor(desk.board.comms)
    wrong = await welsh.post("/terms/phone-pairs", {"term-cy": "0300 200 1900", "term-en": "nonsense"})
    assert 'href="#term-en"' in wrong.text
    assert "0300 200 1900" in wrong.text
    done = await welsh.post(
        "/terms/phone-pairs", {"term-cy": "0300 200 1900", "term-en": "01792 703632", "note": "Ward"}
    )
    assert done.status_code == 303
    own = await welsh.get("/terms/phone-pairs")
    assert "Your own proposal" in words(own)
    (term,) = hidden(own, "terms")
    refused = await welsh.post("/terms/phone-pairs/settle", {"terms": term, "do": "confirm"})
    assert "Somebody else has to confirm it" in words(refused)
    assert "1 change of your organisation's own lists waits" in words(await comms.get("/"))
    assert (await comms.post("/terms/phone-pairs/settle", {"terms": term, "do": "confirm"})).status_code == 303
    shown = words(await comms.get("/terms/phone-pairs"))
    assert "03002001900 · 01792703632 Ward Proposed by Welsh, confirmed by Comms" in shown
    auditor, nurse = await desk.visitor(desk.board.auditor), await desk.visitor(desk.board.nurse)
    assert "Propose an entry" not in words(await auditor.get("/terms/phone-pairs"))
    assert (await auditor.post("/terms/phone-pairs/settle", {"terms": term, "do": "remove"})).status_code == 403
    assert (await nurse.get("/terms")).status_code == 403


async def test_two_lines_that_a_review_asks_about_are_proposed_as_a_pair_with_one_press(desk: Desk) -> None:
    board, limits = desk.board, desk.porth.limits
    text = Bilingual(
        cy="Ffoniwch 0300 200 1900 i holi am y clinig ffliw yn y ganolfan iechyd. Croeso i bawb.",
        en="Ring 01792 703 632 to ask about the flu clinic at the health centre. Everyone is welcome.",
    )
    async with desk.porth.sessions.begin() as session:
        post = await drafting.create(session, board.nurse, board.team, contents(text=text), now=NOW)
        outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, limits, seen=1, now=NOW)
    assert outcome.digest, outcome.findings
    welsh = await desk.visitor(board.welsh)
    page = await welsh.get(f"/posts/{post.id}/review")
    pair = {name: hidden(page, name)[0] for name in ("term-cy", "term-en")}
    assert pair == {"term-cy": "0300 200 1900", "term-en": "01792 703 632"}
    done = await welsh.post("/terms/phone-pairs", pair)
    assert done.headers["location"] == "/terms/phone-pairs?done=term-proposed"


async def test_a_table_with_a_wrong_line_proposes_nothing_and_names_line_and_field(desk: Desk) -> None:
    welsh = await desk.visitor(desk.board.welsh)
    wrong = "Cymraeg,English,nodyn\nCwm Hafren,Severn Vale,\nY Foel,,\n"
    answer = await welsh.post("/terms/names/import", files={"file": ("t.csv", wrong.encode())})
    assert answer.status_code == 422
    assert "3 English This field is empty" in words(answer)
    assert "Nothing stands in this list yet" in words(await welsh.get("/terms/names"))
    answer = await welsh.post(
        "/terms/names/import", files={"file": ("t.csv", wrong.replace("Foel,", "Foel,Foel").encode())}
    )
    assert answer.headers["location"].endswith("done=terms-proposed&n=2")
    answer = await welsh.post("/terms/names/import", files={"file": ("t.csv", "ŵ".encode("utf-16"))})
    assert "The file is not UTF-8" in words(answer)


async def test_people_are_found_by_name_role_and_whether_they_have_left(desk: Desk, admin: Visitor) -> None:
    path = "/administration/people"
    assert "comms@bwrdd.example" in words(await admin.get(f"{path}?words=COMMS"))
    assert "nurse@bwrdd.example" not in words(await admin.get(f"{path}?words=comms"))
    assert "welsh@bwrdd.example" in words(await admin.get(f"{path}?role=welsh-reviewer"))
    assert "Nobody like that is here" in words(await admin.get(f"{path}?words=%25&role=auditor"))
    assert (await admin.post(f"{path}/{desk.board.nurse.person}/leave")).status_code == 303
    assert "nurse@bwrdd.example" not in words(await admin.get(path))
    assert "nurse@bwrdd.example" in words(await admin.get(f"{path}?left=yes"))


async def test_a_persons_details_are_set_and_a_line_manager_is_one(desk: Desk, admin: Visitor) -> None:
    board, path = desk.board, f"/administration/people/{desk.board.nurse.person}"
    details = {"name": "Nia Prys", "language": "en", "line_manager": str(board.manager.person)}
    wrong = await admin.post(f"{path}/details", details | {"line_manager": str(board.auditor.person)})
    assert 'href="#line_manager"' in wrong.text
    assert (await admin.post(f"{path}/details", details)).status_code == 303
    manager = await admin.get(f"/administration/people/{board.manager.person}")
    assert "Line manager of: Nia Prys" in words(manager)
    own = await admin.post(f"/administration/people/{board.admin.person}/leave")
    assert "Nobody records their own leaving" in words(own)


async def test_a_code_sets_a_new_password_once_and_the_administrator_never_learns_it(
    desk: Desk, admin: Visitor
) -> None:
    nurse = await desk.visitor(desk.board.nurse)
    answer = await admin.post(f"/administration/people/{desk.board.nurse.person}/password-code")
    found = re.search(r'<code class="porth-code">([^<]+)</code>', answer.text)
    assert found
    assert found[1] not in (await admin.get(f"/administration/people/{desk.board.nurse.person}")).text
    fields = {"token": "t", "email": "nurse@bwrdd.example", "code": found[1].lower(), "password": NEW}

    async def typed(**changes: str) -> tuple[int, str]:
        headers = {"Cookie": "porth-form=t; porth-language=en"}
        sent = await desk.client.post("/sign-in/new-password", headers=headers, data=fields | changes)
        return sent.status_code, sent.headers.get("location", words(sent))

    assert (await typed(code="BBBBB-CCCCC"))[0] == 422
    assert (await typed(password="short"))[0] == 422
    assert (await nurse.get("/")).status_code == 200
    assert await typed() == (303, "/sign-in?done=password-set")
    assert (await nurse.get("/")).status_code == 303
    assert (await typed())[0] == 422
    async with desk.porth.sessions() as session:
        payloads = b"".join(await session.scalars(select(m.LogPayload.payload)))
    assert found[1].encode() not in payloads
    assert NEW.encode() not in payloads


async def test_a_lost_second_factor_and_a_lost_password_are_two_administrators_work(desk: Desk, admin: Visitor) -> None:
    board, seed = desk.board, Seed("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    async with desk.porth.sessions.begin() as session:
        second = await organising.add_person(session, board.admin, "b@bwrdd.example", "B", {Role.ADMIN}, now=NOW)
        given = SignedIn(board.comms, "Comms", "en")
        code = pyotp.TOTP(seed.secret).at(NOW)
        await second_factor.set_up(session, desk.porth.vault, given, seed, code, now=NOW)
    path = f"/administration/people/{board.comms.person}"
    assert 'href="#reset-reason"' in (await admin.post(f"{path}/second-factor/reset", {"reset-reason": ""})).text
    assert (await admin.post(f"{path}/second-factor/reset", {"reset-reason": "Came by"})).status_code == 303
    refused = await admin.post(f"{path}/password-code")
    assert "Another administrator has to do the other" in words(refused)
    async with desk.porth.sessions() as session:
        person = await session.get_one(m.Person, board.comms.person)
    assert (person.totp_secret, person.recovery_hashes) == (None, [])
    other = await desk.visitor(Actor(second.id, board.id, frozenset({Role.ADMIN})))
    assert (await other.post(f"{path}/password-code")).status_code == 200


async def test_a_person_is_signed_out_everywhere_with_a_reason(desk: Desk, admin: Visitor) -> None:
    nurse = await desk.visitor(desk.board.nurse)
    path = f"/administration/people/{desk.board.nurse.person}/sign-ins/end"
    assert 'href="#end-reason"' in (await admin.post(path, {"end-reason": ""})).text
    assert (await admin.post(path, {"end-reason": "Lost telephone"})).status_code == 303
    assert (await nurse.get("/posts")).status_code == 303


async def test_a_key_is_given_a_life_and_a_new_secret_while_the_old_one_still_works(desk: Desk, admin: Visitor) -> None:
    path, nurse = "/administration/keys", str(desk.board.nurse.person)
    fields = {"name": "Rota", "role": "auditor", "responsible": nurse, "life": "30"}

    def secret_in(text: str) -> str:
        found = re.search(r"porth_[0-9a-f]{8}_[\w-]{20,}", text)
        assert found
        return found[0]

    async def answers(secret: str) -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return (await desk.client.get("/api/v1/me", headers=headers)).status_code

    old = secret_in((await admin.post(path, fields)).text)
    async with desk.porth.sessions() as session:
        key = await session.scalar(select(m.ApiKey))
    assert key is not None
    assert (key.expires_at - NOW).days == 30
    new = secret_in((await admin.post(f"{path}/{key.id}/rotation", {"overlap": "1"})).text)
    assert (await answers(old), await answers(new)) == (200, 200)
    desk.clock.now = NOW.replace(day=NOW.day + 1)
    assert (await answers(old), await answers(new)) == (401, 200)
    admin = await desk.visitor(desk.board.admin, "a day later")
    assert "This key has ended" in words(await admin.post(f"{path}/{key.id}/rotation", {"overlap": "1"}))
    assert new not in (await admin.get(path)).text


async def test_one_changes_ones_own_password_and_language_and_ends_other_sign_ins(desk: Desk) -> None:
    async with desk.porth.sessions.begin() as session:
        (await session.get_one(m.Person, desk.board.nurse.person)).password_hash = await hashed("a first password")
    here = await desk.visitor(desk.board.nurse)
    there = await desk.visitor(desk.board.nurse, "elsewhere")
    change = {"current": "wrong", "password": NEW, "again": NEW}
    assert 'href="#current"' in (await here.post("/account/password", change)).text
    assert (await here.post("/account/password", change | {"current": "a first password"})).status_code == 303
    assert [(await where.get("/")).status_code for where in (here, there)] == [200, 303]
    answer = await here.post("/account/language", {"language": "en"})
    assert "porth-language=en" in answer.headers["set-cookie"]
    async with desk.porth.sessions() as session:
        assert (await session.get_one(m.Person, desk.board.nurse.person)).language == "en"


async def test_an_administrator_approves_nothing_publishes_nothing_and_reads_no_post_or_consent(admin: Visitor) -> None:
    for path in ("/posts", "/posts/new", "/review", "/deliveries", "/consents", "/log", "/translate"):
        assert (await admin.get(path)).status_code == 403, path
