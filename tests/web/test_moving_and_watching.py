"""In a real browser: posts moved by mouse, by keyboard and without JavaScript; states that change before one's eyes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import consenting, delivering, drafting, reviewing, scheduling
from approvals.consent import Consent
from approvals.content import Named
from approvals.permissions import Actor
from connectors.sandbox.serve import running
from gateway import runtime, settings
from gateway.access import actor_of
from gateway.due import publish_due
from gateway.runtime import Runtime
from tests.web.aftermath import ended, receipt
from tests.web.scene import ANSWERS, Site, words
from tests.web.visiting import Visits

LONDON = ZoneInfo("Europe/London")
SOON = 10_000
"""Milliseconds in which a page that looks every three seconds must have seen it."""


def elsewhere(work: Coroutine[Any, Any, Any]) -> Any:
    """What workers do meanwhile: in a thread of its own, as the browser's loop has this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def calendar(page: Page, post: UUID, view: str = "month") -> Locator:
    """The card of a post, on the page where it stands."""
    card = page.locator(f"#card-{post}")
    for ahead in (0, 3, 7):
        page.goto(f"/deliveries/{view}?from={datetime.now(LONDON) + timedelta(days=ahead):%Y-%m-%d}")
        if card.count():
            return card
    raise AssertionError("the post stands in no calendar")


def day_of(card: Locator) -> str:
    return str(card.evaluate("card => card.closest('[data-day]').dataset.day"))


def drag(card: Locator, day: str) -> None:
    """By the mouse, from the card's link to the heading of another day."""
    page = card.page
    card.scroll_into_view_if_needed()
    begin, end = card.locator("a").first.bounding_box(), page.locator(f"[data-day='{day}'] h2").bounding_box()
    assert begin
    assert end
    page.mouse.move(begin["x"] + 8, begin["y"] + 8)
    page.mouse.down()
    page.mouse.move(begin["x"] + 30, begin["y"] + 20, steps=3)
    page.mouse.move(end["x"] + 8, end["y"] + 8, steps=5)
    page.mouse.up()


def beside(card: Locator) -> str:
    """The day before, or the day after where that is not on the page: both lie inside the window of the post."""
    found = datetime.fromisoformat(day_of(card))
    days = [f"{found + timedelta(days=n):%Y-%m-%d}" for n in (-1, 1)]
    return next(day for day in days if card.page.locator(f"[data-day='{day}']").count())


def past(card: Locator) -> str:
    """A day of the same week on which the post may not go out: the furthest one, which is on the screen too."""
    found = datetime.fromisoformat(day_of(card))
    monday, sunday = found - timedelta(days=found.weekday()), found + timedelta(days=6 - found.weekday())
    return f"{max(monday, sunday, key=lambda day: abs((day - found).days)):%Y-%m-%d}"


@pytest.mark.parametrize("view", ["month", pytest.param("week", marks=pytest.mark.slow)])
def test_a_post_is_dragged_to_another_day_and_back_when_that_day_is_refused(
    visits: Visits, site: Site, view: str
) -> None:
    page = visits.person("tom")
    card = calendar(page, site.scene.scheduled, view)
    before, wanted = day_of(card), beside(card)
    drag(card, wanted)
    expect(page.locator(".nhsuk-notification-banner")).to_contain_text("The post has been moved.")
    expect(page.locator(f"[data-day='{wanted}'] #card-{site.scene.scheduled}")).to_be_visible()
    moved = page.locator(f"#card-{site.scene.scheduled}")
    drag(moved, past(moved))
    expect(page.locator(".nhsuk-error-summary")).to_be_visible()
    expect(page.locator(f"[data-day='{wanted}'] #card-{site.scene.scheduled}")).to_be_visible()
    drag(page.locator(f"#card-{site.scene.scheduled}"), before)
    expect(page.locator(f"[data-day='{before}'] #card-{site.scene.scheduled}")).to_be_visible()


@pytest.mark.slow
def test_a_post_is_moved_by_keyboard_alone(visits: Visits, site: Site) -> None:
    page = visits.person("tom")
    card = calendar(page, site.scene.scheduled)
    card.locator("a").first.focus()
    while not page.evaluate("document.activeElement.matches('summary')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    while not page.evaluate("document.activeElement.name === 'time'"):
        page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("23:40")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=moved")
    expect(page.locator(f"#card-{site.scene.scheduled}")).to_contain_text("23:40")


@pytest.mark.slow
def test_a_post_is_moved_on_a_phone_without_javascript(visits: Visits, site: Site) -> None:
    page = visits.person("tom", javascript=False, width=360, language="cy")
    card = calendar(page, site.scene.scheduled)
    card.locator("summary").click()
    card.locator("input[name=time]").fill("23:20")
    card.locator("button").click()
    page.wait_for_url("**done=moved")
    expect(page.locator(f"#card-{site.scene.scheduled}")).to_contain_text("23:20")


def test_a_lost_connection_puts_a_dragged_post_back_and_says_so(visits: Visits, site: Site) -> None:
    page = visits.person("tom")
    visits.expected += ("ERR_INTERNET_DISCONNECTED", "htmx:")
    card = calendar(page, site.scene.scheduled)
    before, wanted = day_of(card), beside(card)
    page.context.set_offline(True)
    drag(card, wanted)
    expect(page.locator("#move-lost")).to_be_visible()
    assert day_of(card) == before


@contextlib.asynccontextmanager
async def workers(site: Site, sandbox: str = "") -> AsyncIterator[Runtime]:
    """What a worker works with, on the site's own database."""
    environ = {"PORTH_HOME": str(site.home), "PORTH_SANDBOX_PORT": str(urlsplit(sandbox).port or 1)}
    async with runtime.opened(settings.load(environ), site.database) as porth:
        yield porth


async def publish(site: Site, delivery: UUID) -> None:
    async with workers(site) as porth, porth.sessions.begin() as session:
        found = await session.get_one(m.Delivery, delivery)
        now = datetime.now(UTC)
        await ended(session, found, lambda c: delivering.published(session, c, receipt("glan-hafren", now), now=now))


def test_a_delivery_is_published_before_ones_eyes_and_said_aloud_while_the_focus_stays(
    visits: Visits, site: Site
) -> None:
    page = visits.person("tom")
    delivery = site.scene.sent.due
    page.goto("/deliveries")
    line = page.locator(f"[data-for='{delivery}']")
    expect(line).to_contain_text("Due")
    page.evaluate("window.untouched = true")
    page.focus(f"#line-{delivery}")
    elsewhere(publish(site, delivery))
    expect(line).to_contain_text("Published", timeout=SOON)
    expect(page.locator("#live-said")).to_contain_text("published")
    assert page.evaluate("document.activeElement.id") == f"line-{delivery}"
    assert page.evaluate("window.untouched")


@pytest.mark.slow
def test_what_somebody_is_typing_in_is_left_alone_until_they_have_done(visits: Visits, site: Site) -> None:
    page = visits.person("tom")
    card = calendar(page, site.scene.scheduled)
    state = page.locator(f"[data-for$='{site.scene.sent.due_too}']").first
    card.locator("summary").click()
    card.locator("input[name=time]").fill("22:15")
    expect(state).to_contain_text("Due")
    with page.expect_response(lambda answer: "seen=" in answer.url and answer.status == 200, timeout=SOON):
        elsewhere(publish(site, site.scene.sent.due_too))
    expect(state).to_contain_text("Due")
    expect(card.locator("input[name=time]")).to_have_value("22:15")
    page.reload()
    expect(state).to_contain_text("Published")


async def actor(session: AsyncSession, name: str) -> Actor:
    person = await session.scalar(select(m.Person).where(m.Person.email == f"{name}@glan-hafren.example"))
    assert person
    return await actor_of(session, person)


async def published_with_a_consent(site: Site, sandbox: str, ref: str) -> None:
    """A post that names a person, on the sandbox's walls."""
    async with workers(site, sandbox) as porth:
        async with porth.sessions.begin() as session:
            now, limits = porth.clock(), porth.limits
            nia, tom = await actor(session, "nia"), await actor(session, "tom")
            consent = Consent(
                ref=ref, category="staff", signatory="Mair Puw", authority="self", covers=("name", "story"),
                channels=("facebook", "x"), starts=now.date() - timedelta(days=9),
                expires=now.date() + timedelta(days=90), publication_approved=now.date() - timedelta(days=8),
            )  # fmt: skip
            await consenting.record(session, await actor(session, "gwen"), consent, now=now)
            content = words(1900, people=(Named("Mair Puw", consent=ref),), channels=("facebook",))
            post = await drafting.create(
                session, nia, await session.scalar(select(m.Team.id)) or UUID(int=0), content, now=now
            )
            outcome = await drafting.submit(session, nia, post.id, ANSWERS, limits, seen=1, now=now)
            assert outcome.digest, outcome.findings
            for step, who in (("welsh", "elin"), ("privacy", "sara"), ("comms", "tom")):
                signer = await actor(session, who)
                await reviewing.sign_off(session, signer, post.id, step, outcome.digest, limits, now=now)  # type: ignore[arg-type]  # three steps
            made = await scheduling.schedule(session, tom, post.id, outcome.digest, now, limits, now=now)
            due = made[0].id
        outcomes = await publish_due(porth, worker="watched")
    assert ("published", due) in {(each.state, each.delivery) for each in outcomes}


async def work(site: Site, sandbox: str) -> None:
    async with workers(site, sandbox) as porth:
        await publish_due(porth, worker="watched")


@pytest.mark.slow
def test_a_removal_is_watched_on_the_page_of_the_consent_that_was_withdrawn(visits: Visits, site: Site) -> None:
    with running() as sandbox:
        elsewhere(published_with_a_consent(site, sandbox, "C-9001"))
        page = visits.person("gwen")
        page.goto("/consents/C-9001")
        page.fill("#reason", "She asked")
        page.click("form[action$=withdrawal] button")
        page.wait_for_url("**done=consent-withdrawn*")
        removal = page.locator("#live .porth-line")
        expect(removal).to_contain_text("Being removed")
        expect(removal).to_contain_text("A consent was withdrawn.")
        page.evaluate("window.untouched = true")
        elsewhere(work(site, sandbox))
        expect(removal).to_contain_text("Gone", timeout=SOON)
        expect(page.locator("#live-said")).to_contain_text("Gone")
        assert page.evaluate("window.untouched")
