"""One-time codes: a code counts once, a recovery code once, and roles that must have one get nowhere without."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import organising
from approvals.actions.organising import hash_secret
from approvals.policy import Policy
from gateway import second_factor
from gateway.access import authenticate
from gateway.second_factor import Seed
from tests.approvals.conftest import make_board
from tests.web.visiting import PASSWORD, Visits

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SEED = Seed("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")


def code_at(at: datetime) -> str:
    return pyotp.TOTP(SEED.secret).at(at)


def test_a_code_counts_once() -> None:
    used = second_factor.taken(SEED, code_at(NOW), NOW)
    assert used is not None
    assert second_factor.taken(used, code_at(NOW), NOW) is None


def test_a_clock_that_is_a_little_off_is_forgiven_and_an_old_code_is_not() -> None:
    assert second_factor.taken(SEED, code_at(NOW - timedelta(seconds=30)), NOW)
    assert second_factor.taken(SEED, code_at(NOW + timedelta(seconds=30)), NOW)
    assert second_factor.taken(SEED, code_at(NOW - timedelta(seconds=90)), NOW) is None
    assert second_factor.taken(SEED, "000000", NOW) is None


@pytest.mark.anyio
async def test_an_organisation_that_asks_for_codes_asks_those_who_approve_and_no_others(
    session: AsyncSession,
) -> None:
    board = await make_board(session)
    await organising.set_policy(session, board.admin, policy=Policy(second_factor=True), now=NOW)
    asked = {}
    for name in ("nurse", "comms", "welsh", "admin", "custodian", "auditor"):
        person = board.actors[name].person
        session.add(
            m.SignIn(
                token_hash=hash_secret(name), person_id=person, csrf="csrf", created_at=NOW, seen_at=NOW,
                expires_at=NOW + timedelta(hours=1),
            )
        )  # fmt: skip
        found = await authenticate(session, {}, {"porth": name}, now=NOW)
        asked[name] = found.lacks_second_factor
    assert asked == {
        "nurse": False, "comms": True, "welsh": True, "admin": True, "custodian": True, "auditor": False,
    }  # fmt: skip


def test_a_code_is_set_up_asked_for_at_the_door_and_replaced_by_a_recovery_code(visits: Visits) -> None:
    page = visits.person("rhian")
    page.goto("/account/second-factor")
    secret = (page.locator("ol code").text_content() or "").replace(" ", "")
    page.fill("#code", pyotp.TOTP(secret).now())
    page.click("form[action$=second-factor] button")
    codes = page.locator("main li code").all_text_contents()
    assert len(codes) == second_factor.RECOVERY_CODES
    for code, lands in ((codes[0], "/"), (codes[0], "/sign-in/code")):
        other = visits.anybody()
        visits.expected += ("status of 401",)
        other.goto("/posts")
        other.fill("#email", "rhian@glan-hafren.example")
        other.fill("#password", PASSWORD)
        other.click("main button[type=submit]")
        other.wait_for_url("**/sign-in/code*")
        other.fill("#code", code)
        other.click("main form button")
        other.wait_for_load_state()
        assert ("/sign-in/code" in other.url) == (lands == "/sign-in/code")
    visits.faults[:] = [fault for fault in visits.faults if not fault.startswith("401")]
