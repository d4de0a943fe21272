"""One-time codes: a code counts once, a recovery code once, and roles that must have one get nowhere without."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from gateway import second_factor
from gateway.second_factor import Seed
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


@pytest.mark.slow
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
