"""Choosing how one is told, seeing what did not arrive, and passwords by code: over HTTP."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from approvals import models as m
from approvals.permissions import Role
from gateway import access, passwords
from gateway.chores import Round
from gateway.mail import chores
from tests.api.conftest import NOW, House

pytestmark = pytest.mark.anyio

OLD, NEW = "tri-gair-ar-hap", "pedwar-gair-newydd"


async def mails(house: House) -> list[str]:
    """The text of each mail that was sent, oldest first."""
    await Round(chores.CHORES, chores.LOCK).make(house.porth)
    from tests.messages.conftest import read, words  # noqa: PLC0415  # two words of theirs

    folder = house.porth.settings.home / "outbox"
    return [words(read(path.read_bytes())) for path in sorted(folder.glob("*.eml"))]


def code_in(mail: str) -> str:
    found = re.search(r"\b[2-9B-Z]{5}-[2-9B-Z]{5}\b", mail)
    assert found, mail
    return found.group()


async def forgotten(house: House, email: str = "nurse@bwrdd.example") -> httpx.Response:
    return await house.nobody.post("/sign-in/forgotten", {"email": email})


async def redeem(house: House, code: str, email: str = "nurse@bwrdd.example", password: str = NEW) -> httpx.Response:
    return await house.nobody.post("/sign-in/password", {"email": email, "code": code, "password": password})


async def signs_in(house: House, password: str, email: str = "nurse@bwrdd.example") -> bool:
    return (await house.nobody.post("/sign-in", {"email": email, "password": password})).status_code == 200


async def test_choices_are_kept_and_shown_with_what_they_concern(house: House) -> None:
    wanted = {"groups": {"own": "off", "waiting": "digest"}, "hour": 9, "days": "all"}
    assert (await house.nurse.put("/me/messages", wanted)).status_code == 200
    found = (await house.nurse.get("/me/messages")).json()
    assert [(g["group"], g["how"], g["can_be_off"]) for g in found["groups"]] == [("own", "off", True)]
    assert (found["hour"], found["days"]) == (9, "all")


async def test_whoever_puts_right_what_went_wrong_cannot_switch_it_off(house: House) -> None:
    refused = await house.comms.put("/me/messages", {"groups": {"wrong": "off"}})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "must-hear", "/groups/wrong")
    assert (await house.comms.put("/me/messages", {"groups": {"wrong": "digest"}})).status_code == 200
    assert (await house.auditor.put("/me/messages", {"groups": {"wrong": "off"}})).status_code == 200


async def test_nonsense_is_refused(house: House) -> None:
    for body in (
        {"hour": 24}, {"hour": -1}, {"hour": "nine"}, {"days": "never"}, {"groups": {"quux": "off"}},
        {"groups": {"own": 1}}, {"quux": 1}, [],
    ):  # fmt: skip
        assert (await house.nurse.put("/me/messages", body)).status_code in {400, 422}, body


async def test_a_key_does_not_choose_for_its_person(house: House) -> None:
    key = await house.key(Role.SUBMITTER)
    refused = await key.put("/me/messages", {"groups": {"own": "off"}})
    assert (refused.status_code, refused.json()["code"]) == (403, "not-with-a-key")


async def test_administrators_see_what_did_not_arrive_and_nobody_else(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(update(m.Person).where(m.Person.email == "nurse@bwrdd.example").values(email="x@y\r\nz"))
        session.add(
            m.Mail(
                organisation_id=house.board.id, person_id=house.board.nurse.person, kind="password-changed",
                made_at=NOW, next_attempt_at=NOW, state="open",
            )
        )  # fmt: skip
    await mails(house)
    (line,) = (await house.admin.get("/mails")).json()["items"]
    assert (line["state"], line["code"], line["name"]) == ("failed", "address", "Nurse")
    assert (await house.comms.get("/mails")).status_code == 403


async def test_somebody_new_gets_a_code_and_chooses_their_own_password(house: House) -> None:
    body = {"email": "newydd@bwrdd.example", "name": "Newydd", "roles": ["submitter"], "language": "en"}
    assert (await house.admin.post("/people", body)).status_code == 201
    (mail,) = await mails(house)
    assert "http://porth.test/sign-in/new-password" in mail
    assert code_in(mail) not in "".join(re.findall(r"http\S+", mail))
    assert (await redeem(house, code_in(mail), "newydd@bwrdd.example")).status_code == 204
    assert await signs_in(house, NEW, "newydd@bwrdd.example")


@pytest.mark.slow
async def test_an_invitation_can_be_sent_again_and_the_earlier_code_ends(house: House) -> None:
    nurse = house.board.nurse.person
    for _ in range(2):
        assert (await house.admin.post(f"/people/{nurse}/invitation")).status_code == 204
    first, second = map(code_in, await mails(house))
    assert (await redeem(house, first)).status_code == 422
    assert (await redeem(house, second)).status_code == 204
    assert (await house.comms.post(f"/people/{nurse}/invitation")).status_code == 403


async def test_a_forgotten_password_is_set_anew_once_and_ends_every_sign_in(house: House) -> None:
    assert (await forgotten(house, " Nurse@BWRDD.example ")).status_code == 204
    (mail,) = await mails(house)
    code = code_in(mail)
    assert (await house.nurse.get("/me")).status_code == 200
    assert (await redeem(house, code.lower().replace("-", " "))).status_code == 204
    assert (await house.nurse.get("/me")).status_code == 401
    assert await signs_in(house, NEW)
    again = await redeem(house, code, password=OLD)
    assert (again.status_code, again.json()["code"]) == (422, "password-code-wrong")
    assert "ar unwaith" in (await mails(house))[1]  # that it was changed is told


async def test_the_second_factor_is_still_asked_for(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(update(m.Person).values(totp_secret=b"sealed"))
    await forgotten(house)
    (mail,) = await mails(house)
    assert (await redeem(house, code_in(mail))).status_code == 204
    answer = await house.nobody.post("/sign-in", {"email": "nurse@bwrdd.example", "password": NEW})
    headers = {"Cookie": answer.headers["set-cookie"].split(";")[0]}
    asked = await house.client.get("/api/v1/me", headers=headers)
    assert (asked.status_code, asked.json()["code"]) == (401, "second-factor-needed")


async def test_an_address_that_nobody_has_and_one_of_a_leaver_get_the_same_answer_and_no_mail(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(update(m.Person).where(m.Person.email == "comms@bwrdd.example").values(left_at=NOW))
    answers = [await forgotten(house, f"{name}@bwrdd.example") for name in ("nurse", "nobody", "comms")]
    assert {(a.status_code, a.text) for a in answers} == {(204, "")}
    assert len(await mails(house)) == 1
    wrong = [await redeem(house, "BBBBB-BBBBB", f"{name}@bwrdd.example") for name in ("nurse", "nobody", "comms")]
    assert len({a.text for a in wrong}) == 1
    assert {a.status_code for a in wrong} == {422}


@pytest.mark.slow
async def test_a_code_dies_after_five_wrong_tries(house: House) -> None:
    await forgotten(house)
    (mail,) = await mails(house)
    async with house.porth.sessions.begin() as session:
        for _ in range(5):
            assert not await passwords.redeem(session, "nurse@bwrdd.example", "BBBBB-BBBBB", NEW, now=NOW)
    assert (await redeem(house, code_in(mail))).status_code == 422


async def test_wrong_tries_are_slowed_down_and_count_though_they_are_refused(house: House) -> None:
    await forgotten(house)
    for _ in range(5):
        assert (await redeem(house, "BBBBB-BBBBB")).status_code == 422
    assert (await redeem(house, "BBBBB-BBBBB")).status_code == 429
    async with house.porth.sessions() as session:
        assert await session.scalar(select(m.PasswordCode.tries)) == 5


@pytest.mark.slow
async def test_a_code_ends_after_half_an_hour_and_is_then_not_even_sent(house: House) -> None:
    await forgotten(house)
    (mail,) = await mails(house)
    house.clock.now = NOW + timedelta(minutes=31)
    assert (await redeem(house, code_in(mail))).status_code == 422
    await forgotten(house)
    house.clock.now = NOW + timedelta(minutes=62)
    assert len(await mails(house)) == 1


@pytest.mark.slow
async def test_nobodys_letter_box_is_filled_by_somebody_else(house: House) -> None:
    for _ in range(5):
        assert (await forgotten(house)).status_code == 204
    assert (await forgotten(house)).status_code == 429
    assert len(await mails(house)) == 3


async def test_a_code_lies_nowhere_in_the_clear(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await forgotten(house)
    async with house.porth.sessions() as session:
        mail, code = await session.scalar(select(m.Mail)), await session.scalar(select(m.PasswordCode))
        assert mail is not None
        assert code is not None
        kept = bytes(mail.sealed or b"")
    said = code_in((await mails(house))[0])
    assert said.encode() not in kept
    assert said not in code.code_hash
    assert code.code_hash.startswith("$argon2id$")
    assert said not in caplog.text
    async with house.porth.sessions() as session:
        assert await session.scalar(select(m.Mail.sealed)) is None


async def test_a_short_password_is_refused_before_anything_is_looked_up(house: House) -> None:
    refused = await redeem(house, "BBBBB-BBBBB", password="short")
    assert (refused.status_code, refused.json()["field"]) == (422, "/password")


@pytest.mark.slow
async def test_a_password_of_before_does_not_work_after(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(
            update(m.Person)
            .where(m.Person.email == "nurse@bwrdd.example")
            .values(password_hash=await access.hashed(OLD))
        )
    await forgotten(house)
    (mail,) = await mails(house)
    await redeem(house, code_in(mail))
    assert not await signs_in(house, OLD)


async def test_an_address_that_is_none_is_refused_when_somebody_is_added(house: House) -> None:
    for email in ("a@b\r\nBcc: c@d.example", "two words@b.example", "Name <a@b.example>", "a@b@c", "@", "a@"):
        refused = await house.admin.post("/people", {"email": email, "name": "X", "roles": []})
        assert (refused.status_code, refused.json()["field"]) == (422, "/email"), email
