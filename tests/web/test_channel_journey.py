"""A channel with its account, registered by keyboard alone in a real browser, against the sandbox."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from connectors.sandbox import demo_credentials, serve
from tests.web.scene import Site
from tests.web.test_journeys import press_until
from tests.web.visiting import Visits, violations


@pytest.fixture
def sandbox(site: Site) -> Iterator[None]:
    process = serve.start(site.sandbox)
    yield
    serve.stop(process)


@pytest.mark.usefixtures("sandbox")
def test_a_channel_with_its_account_is_registered_by_keyboard_alone(visits: Visits) -> None:
    page = visits.person("huw", language="en")
    page.goto("/administration/channels")
    keys = page.keyboard

    def chosen(field: str, value: str) -> None:
        """Arrows move among radio buttons, as they do for whoever has no mouse."""
        press_until(page, f"input[name={field}]")
        keys.press("Space")
        while not page.is_checked(f"input[name={field}][value={value}]"):
            keys.press("ArrowDown")

    def pressed(button: str) -> None:
        press_until(page, button)
        with page.expect_navigation():
            keys.press("Enter")

    pressed("a[href$='/channels/new']")
    chosen("platform", "facebook")
    pressed("main form button")
    chosen("model", "bilingual")
    pressed("main form button")
    for field, words in (
        ("#name", "wardiau"),
        ("#purpose", "News of the wards"),
        ("#recovery", "news@glan-hafren.example"),
    ):
        press_until(page, field)
        keys.type(words)
    press_until(page, "#owner")
    keys.type("Nia")
    pressed("main form button")
    page.wait_for_url("**done=channel-registered")
    pressed("a[href$='/accounts/new']")
    chosen("mode", "sandbox")
    for name, secret in demo_credentials("facebook", "wardiau").secrets.items():
        press_until(page, f"#secret-{name}")
        keys.type(secret)
    pressed("main form button")
    expect(page.locator("#account-name")).to_have_text("wardiau")
    assert "sandbox-facebook-wardiau" not in page.content()
    assert violations(page) == []
    pressed("main form button")
    page.wait_for_url("**done=account-registered")
    expect(page.locator("main")).to_contain_text("Rehearsal: nobody outside sees it")
    expect(page.locator("main")).to_contain_text("Working")
