"""Mails on their way out: by a real server over TLS or into files, at least once, and recognisable when again."""

import asyncio
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from approvals import models as m
from approvals.actions import choosing, mailing
from approvals.messages.choices import Choices, next_digest
from approvals.messages.kinds import KINDS
from gateway.mail import chores, compose
from i18n.messages import Language, known, say
from tests.gateway.conftest import House
from tests.messages.conftest import Letters, by, go_round, outbox, serving, to, told, words
from tests.messages.test_telling import do, submitted

pytestmark = pytest.mark.anyio


async def states(house: House) -> list[tuple[str, str | None]]:
    async with house.porth.sessions() as session:
        return [(mail.state, mail.code) for mail in await session.scalars(select(m.Mail).order_by(m.Mail.id))]


async def test_a_mail_is_one_file_that_only_porth_can_read(house: House) -> None:
    await submitted(house)
    await go_round(house)
    files = list((house.porth.settings.home / "outbox").iterdir())
    assert {path.suffix for path in files} == {".eml"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((house.porth.settings.home / "outbox").stat().st_mode) == 0o700


async def test_a_mail_says_who_it_is_from_what_it_is_and_how_to_stop_it(house: House) -> None:
    post, _ = await submitted(house)
    await go_round(house)
    (mail,) = to(outbox(house), "elin")
    assert mail["Subject"] == "Porth: mae postiad yn aros i chi ei gymeradwyo"
    assert mail["Content-Language"] == "cy"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "Porth <glan-hafren.porth.example.wales>"
    assert mail["List-Unsubscribe"] == "<https://porth.example.wales/account/messages>"
    html = mail.get_body(("html",))
    assert html is not None
    for body in (words(mail), html.get_content()):
        assert f"https://porth.example.wales/posts/{post}/review" in body
        assert "Clinig Ffliw / Flu Clinic" in body
        assert "Cam: Cymraeg" in body
    assert '<html lang="cy">' in html.get_content()


async def test_each_reader_has_their_own_language(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(update(m.Person).where(m.Person.email.startswith("dafydd")).values(language="en"))
    await submitted(house)
    await go_round(house)
    assert to(outbox(house), "dafydd")[0]["Subject"] == "Porth: a post is waiting for you to sign it off"
    assert to(outbox(house), "elin")[0]["Content-Language"] == "cy"


async def test_what_is_ready_together_comes_in_one_mail(house: House) -> None:
    for _ in range(3):
        await submitted(house)
    await go_round(house)
    (mail,) = to(outbox(house), "elin")
    assert mail["Subject"] == "Porth: Tair neges newydd"
    assert words(mail).count("/review") == 3


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "Dim"), (1, "Un"), (2, "Dwy"), (3, "Tair"), (6, "Chwe"), (4, "4"), (11, "11")],
)
def test_numbers_of_messages_have_six_forms_in_welsh(n: int, said: str) -> None:
    assert say("cy", "mail.subject-at-once", {"n": n}) == f"{said} neges newydd"


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_kind_has_its_sentence_and_every_way_of_failing_too(language: Language) -> None:
    troubles = ("address", "refused", "sign-in", "sender", "unsupported", "timeout", "tls", "unreachable", "outbox")
    wanted = [*(f"mail.kind.{kind.name}" for kind in KINDS), *(f"mail.trouble.{code}" for code in troubles)]
    assert [key for key in wanted if not known(language, key)] == []


@pytest.mark.parametrize(
    ("now", "choices", "then"),
    [
        ("2026-11-23T07:59", Choices(), "2026-11-23T08:00"),
        ("2026-11-23T08:00", Choices(), "2026-11-24T08:00"),
        ("2026-11-27T09:00", Choices(), "2026-11-30T08:00"),
        ("2026-11-27T09:00", Choices(days="all"), "2026-11-28T08:00"),
        ("2027-03-26T09:00", Choices(), "2027-03-29T07:00"),
        ("2027-03-27T12:00", Choices(hour=1, days="all"), "2027-03-28T01:00"),
        ("2026-10-24T12:00", Choices(hour=1, days="all"), "2026-10-25T00:00"),
        ("2026-10-25T00:30", Choices(hour=1, days="all"), "2026-10-26T01:00"),
    ],
)  # fmt: skip
def test_the_digest_comes_at_the_readers_hour_in_london_also_when_the_clocks_change(
    now: str, choices: Choices, then: str
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_digest(choices, moment) == datetime.fromisoformat(then).replace(tzinfo=UTC)


async def test_a_digest_waits_for_its_hour_and_comes_once(house: House) -> None:
    await do(house, choosing.choose, "elin", Choices({"waiting": "digest"}, hour=10))
    for _ in range(2):
        await submitted(house)
    await go_round(house)
    house.clock.pass_by(hours=2, minutes=59)
    await go_round(house)
    assert to(outbox(house), "elin") == []
    house.clock.pass_by(minutes=1)
    await go_round(house)
    await go_round(house)
    assert [mail["Subject"] for mail in to(outbox(house), "elin")] == ["Porth: Eich crynodeb: dwy neges"]


@pytest.mark.slow
async def test_a_choice_holds_for_what_is_waiting_already(house: House) -> None:
    await do(house, choosing.choose, "elin", Choices({"waiting": "digest"}))
    await do(house, choosing.choose, "dafydd", Choices({"waiting": "digest"}))
    await submitted(house)
    async with house.porth.sessions.begin() as session:
        from approvals.actions import telling  # noqa: PLC0415  # only the first half of a round

        await telling.catch_up(session, house.demo.organisation, now=house.clock())
    await do(house, choosing.choose, "elin", Choices({"waiting": "at-once"}))
    await do(house, choosing.choose, "dafydd", Choices({"waiting": "off"}))
    await go_round(house)
    assert [str(mail["To"]).split("@")[0] for mail in outbox(house)] == ["elin"]


async def test_a_server_gets_mails_over_tls_with_a_password(house: House, tmp_path: Path) -> None:
    letters = Letters()
    with serving(letters, tmp_path) as environ:
        await submitted(house)
        await go_round(by(house, environ))
    assert sorted(str(mail["To"]).split("@")[0] for mail in letters.taken) == ["dafydd", "elin"]
    assert {state for state, _ in await states(house)} == {"sent"}
    assert "ei gymeradwyo" in words(letters.taken[0])


@pytest.mark.slow
async def test_a_server_that_speaks_tls_from_the_start_and_a_relay_without(house: House, tmp_path: Path) -> None:
    for kind in ("tls", "none"):
        letters = Letters()
        with serving(letters, tmp_path, tls=kind) as environ:
            await submitted(house)
            await go_round(by(house, environ))
        assert len(letters.taken) == 2, kind


@pytest.mark.slow
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(house: House, tmp_path: Path) -> None:
    letters = Letters()
    with serving(letters, tmp_path) as environ:
        del environ["PORTH_SMTP_CA_BUNDLE"]
        await submitted(house)
        await go_round(by(house, environ))
    assert letters.taken == []
    assert "tls" in {code for _, code in await states(house)}


async def test_a_wrong_password_holds_everything_and_loses_nothing(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    letters = Letters()
    with serving(letters, tmp_path) as environ:
        await submitted(house)
        await go_round(by(house, environ | {"PORTH_SMTP_PASSWORD": "wrong-relay-password"}))
        assert [state for state, _ in await states(house)] == ["open", "open"]
        assert "sign-in" in {code for _, code in await states(house)}
        house.clock.pass_by(minutes=10)
        await go_round(by(house, environ))
    assert len(letters.taken) == 2
    assert "wrong-relay-password" not in caplog.text


async def test_a_passing_refusal_is_tried_again_later_and_a_lasting_one_is_for_administrators(
    house: House, tmp_path: Path
) -> None:
    letters = Letters(refuses={"elin@glan-hafren.example": "450 greylisted", "dafydd@glan-hafren.example": "550 no"})
    with serving(letters, tmp_path) as environ:
        await submitted(house)
        await go_round(by(house, environ))
        assert sorted(await states(house)) == [("failed", "address 550"), ("open", "address 450")]
        letters.refuses.clear()
        await go_round(by(house, environ))
        assert letters.taken == []
        house.clock.pass_by(minutes=2)
        await go_round(by(house, environ))
    assert [str(mail["To"]) for mail in letters.taken] == ["elin@glan-hafren.example"]


@pytest.mark.slow
async def test_what_is_refused_for_days_is_given_up(house: House, tmp_path: Path) -> None:
    with serving(
        Letters(refuses=dict.fromkeys(("elin@glan-hafren.example", "dafydd@glan-hafren.example"), "450 no")), tmp_path
    ) as environ:
        await submitted(house)
        for _ in range(2):
            await go_round(by(house, environ))
            house.clock.pass_by(days=3, minutes=1)
    assert {state for state, _ in await states(house)} == {"failed"}


async def test_a_server_that_hangs_up_after_taking_a_mail_gets_it_again_under_the_same_name(
    house: House, tmp_path: Path
) -> None:
    letters = Letters(answers=["drop"])
    with serving(letters, tmp_path) as environ:
        await submitted(house)
        await go_round(by(house, environ))
        house.clock.pass_by(minutes=2)
        await go_round(by(house, environ))
    names = [str(mail["Message-ID"]) for mail in letters.taken]
    assert len(names) == 3
    assert len(set(names)) == 2
    assert all(name.endswith("@example.wales>") for name in names)


@pytest.mark.slow
async def test_a_server_that_is_away_is_tried_once_a_round_and_then_gets_everything(
    house: House, tmp_path: Path
) -> None:
    letters = Letters()
    with serving(letters, tmp_path) as environ:
        pass
    await submitted(house)
    await go_round(by(house, environ))
    assert sorted(code or "" for _, code in await states(house)) == ["", "unreachable"]
    house.clock.pass_by(minutes=10)
    with serving(letters, tmp_path) as environ:
        await go_round(by(house, environ))
    assert len(letters.taken) == 2


async def test_two_workers_at_once_send_each_mail_once(house: House, tmp_path: Path) -> None:
    letters = Letters()
    with serving(letters, tmp_path) as environ:
        served = by(house, environ)
        for _ in range(3):
            await submitted(house)
        await asyncio.gather(*(_without_a_lock(served) for _ in range(4)))
    assert sorted(str(mail["To"]).split("@")[0] for mail in letters.taken) == ["dafydd", "elin"]
    assert len(await told(house)) == 6


async def _without_a_lock(house: House) -> None:
    """As two processes would, one of which has lost the connection that held the lock."""
    async with house.porth.sessions() as session:
        await chores.tell(house.porth, session, house.clock())


async def test_what_a_dead_worker_had_claimed_is_sent_by_the_next(house: House) -> None:
    await submitted(house)
    async with house.porth.sessions() as session:
        from approvals.actions import telling  # noqa: PLC0415  # the steps of a round, one by one

        await telling.catch_up(session, house.demo.organisation, now=house.clock())
        for person in await mailing.readers_waiting(session, house.clock()):
            await mailing.gather(session, person, now=house.clock())
        assert await mailing.claim(session, now=house.clock()) is not None
        await session.commit()
    await go_round(house)
    assert len(outbox(house)) == 1
    house.clock.pass_by(minutes=6)
    await go_round(house)
    assert len(outbox(house)) == 2


@pytest.mark.slow
async def test_a_mail_that_waited_says_only_what_still_stands(house: House, tmp_path: Path) -> None:
    from tests.messages.test_telling import sign  # noqa: PLC0415  # for this one

    letters = Letters()
    with serving(letters, tmp_path) as environ:
        pass
    done, digest = await submitted(house)
    left, _ = await submitted(house)
    await go_round(by(house, environ))
    await sign(house, "elin", done, "welsh", digest)
    house.clock.pass_by(minutes=10)
    with serving(letters, tmp_path) as environ:
        await go_round(by(house, environ))
    (mail,) = to(letters.taken, "dafydd")
    assert str(left) in words(mail)
    assert str(done) not in words(mail)


async def test_no_name_of_ours_can_add_a_header(house: House) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(update(m.Team).values(name="Ward 4\r\nBcc: everybody@example.com\r\n\r\n<script>"))
        await session.execute(
            update(m.Person).where(m.Person.email.startswith("dafydd")).values(email="a@b.example\r\nBcc: c@d.example")
        )
    await submitted(house)
    await go_round(house)
    (mail,) = outbox(house)
    assert mail["Bcc"] is None
    assert "Bcc: everybody@example.com" in words(mail)
    assert "\nBcc:" not in words(mail)
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert ("failed", "address") in await states(house)


def test_a_line_of_words_stays_one_line() -> None:
    assert compose.one_line("a\r\nb\u2028c\x00d") == "a b c d"
