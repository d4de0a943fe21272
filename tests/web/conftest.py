"""The site, served once for all tests of a process, and a real Chromium to look at it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import _database
from tests.web.scene import Site, opened
from tests.web.visiting import CHROMIUM, OPTIONS, Visits


@pytest.fixture(scope="session")
def site(database_server: str, migrated_template: str) -> Iterator[Site]:
    with (
        _database(database_server, migrated_template) as url,
        tempfile.TemporaryDirectory(prefix="porth-web-") as home,
        opened(url, Path(home)) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: while Playwright's own loop runs, no asynchronous test can. Files hold one kind."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed (ci/packages.txt names it)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        yield found
        found.close()


@pytest.fixture
def visits(site: Site, browser: Browser) -> Iterator[Visits]:
    """Pages of this test's people; an error on any of them fails the test."""
    made = Visits(site.address, browser)
    yield made
    made.close()
    assert not made.faults
