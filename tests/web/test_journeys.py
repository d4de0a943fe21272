"""One post from an empty form to its schedule, by the people who make it, in a real browser."""

import re
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.web.scene import Site
from tests.web.visiting import Visits

LONDON = ZoneInfo("Europe/London")
NUMBERS = count(2001)
QUESTIONS = ("right", "audience", "privacy", "reflects")


def texts(number: int) -> dict[str, str]:
    return {
        "cy": f"Mae clinig rhif {number} ar agor heddiw. Croeso i bawb.",
        "en": f"Clinic number {number} is open today. Everyone is welcome.",
    }


def soon() -> dict[str, str]:
    at = datetime.now(LONDON) + timedelta(hours=2)
    return {"": str(at.day), "-month": str(at.month), "-year": str(at.year), "-time": f"{at:%H:%M}"}


def fill_post(page: Page, number: int) -> None:
    for language, words in texts(number).items():
        page.fill(f"#text-{language}", words)
    for part, value in soon().items():
        page.fill(f"#earliest{part}", value)
    for question in QUESTIONS:
        page.fill(f"#declaration-{question}", "Yes, for everybody")


def post_id(page: Page) -> str:
    found = re.search(r"/posts/([0-9a-f-]{36})", page.url)
    assert found, page.url
    return found[1]


def written(visits: Visits, **options: object) -> str:
    page = visits.person("nia", **options)
    page.goto("/posts/new")
    fill_post(page, next(NUMBERS))
    page.click("button[value=submit]")
    page.wait_for_url("**done=submitted")
    return post_id(page)


def signed(visits: Visits, post: str, person: str, **options: object) -> Page:
    page = visits.person(person, **options)
    page.goto(f"/posts/{post}/review")
    page.click("section[aria-labelledby=sign-off-heading] button")
    page.wait_for_url("**done=signed-off")
    return page


def scheduled(page: Page, post: str) -> None:
    page.goto(f"/posts/{post}/schedule")
    page.click("button[value=at]")
    page.wait_for_url("**done=scheduled")


def test_a_post_goes_from_an_empty_form_to_its_schedule(visits: Visits) -> None:
    post = written(visits, language="cy", width=360)
    signed(visits, post, "elin", language="cy", width=360)
    comms = signed(visits, post, "tom")
    scheduled(comms, post)
    expect(comms.locator("main")).to_contain_text("Scheduled")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_whole_way_works_in_each_language_at_each_width(visits: Visits, language: str, width: int) -> None:
    options = {"language": language, "width": width}
    post = written(visits, **options)
    signed(visits, post, "elin", **options)
    comms = signed(visits, post, "tom", **options)
    scheduled(comms, post)
    comms.goto("/deliveries/week")
    expect(comms.locator("main a[href^='/deliveries/']").first).to_be_visible()


@pytest.mark.slow
def test_the_whole_way_works_without_javascript(visits: Visits) -> None:
    post = written(visits, javascript=False)
    signed(visits, post, "elin", javascript=False)
    scheduled(signed(visits, post, "tom", javascript=False), post)


def press_until(page: Page, wanted: str, most: int = 150) -> None:
    """Tab along until the element that matches `wanted` has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"{wanted} cannot be reached by keyboard")


@pytest.mark.slow
def test_a_post_can_be_written_and_signed_by_keyboard_alone(visits: Visits) -> None:
    page = visits.person("nia")
    page.goto("/posts/new")
    number = next(NUMBERS)
    fields = {f"#text-{language}": words for language, words in texts(number).items()}
    fields |= {f"#earliest{part}": value for part, value in soon().items()}
    fields |= {f"#declaration-{question}": "Yes" for question in QUESTIONS}
    for field, value in fields.items():
        press_until(page, field)
        page.keyboard.type(value)
    press_until(page, "button[value=submit]:not([tabindex='-1'])")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=submitted")
    post = post_id(page)
    reviewer = visits.person("elin")
    reviewer.goto(f"/posts/{post}/review")
    press_until(reviewer, "section[aria-labelledby=sign-off-heading] button")
    reviewer.keyboard.press("Enter")
    reviewer.wait_for_url("**done=signed-off")


def test_what_differs_between_the_languages_is_said_while_one_types(visits: Visits) -> None:
    page = visits.person("nia")
    page.goto("/posts/new")
    page.fill("#text-cy", "Mae'r clinig ar agor am 9yb ddydd Mawrth 1 Rhagfyr 2026. Croeso i bawb.")
    page.fill("#text-en", "The clinic is open at 10am on Tuesday 1 December 2026. Everyone is welcome.")
    expect(page.locator("#findings-text-cy")).to_contain_text("10:00")
    expect(page.locator("#findings-text-en")).to_contain_text("09:00")
    expect(page.locator("#counters-en")).to_contain_text("of 280")


def test_a_refused_submission_keeps_the_words_and_links_each_error_to_its_field(visits: Visits) -> None:
    page = visits.person("nia")
    page.goto("/posts/new")
    fill_post(page, next(NUMBERS))
    page.fill("#text-cy", "Mae'r clinig ar agor am 9yb heddiw. Croeso i bawb.")
    page.fill("#text-en", "The clinic is open at 10am today. Everyone is welcome.")
    page.click("button[value=submit]")
    summary = page.locator(".nhsuk-error-summary")
    expect(summary).to_be_visible()
    expect(page.locator("#text-en")).to_have_value("The clinic is open at 10am today. Everyone is welcome.")
    expect(page.locator("#declaration-right")).to_have_value("Yes, for everybody")
    for link in summary.locator("a").all():
        assert page.locator(link.get_attribute("href") or "#nowhere").count() == 1


@pytest.mark.slow
def test_two_reviewers_racing_see_what_changed_and_nothing_is_signed_twice(visits: Visits) -> None:
    post = written(visits)
    first, second = visits.person("elin"), visits.person("dafydd")
    for page in (first, second):
        page.goto(f"/posts/{post}/review")
    first.click("section[aria-labelledby=sign-off-heading] button")
    first.wait_for_url("**done=signed-off")
    second.click("section[aria-labelledby=sign-off-heading] button")
    expect(second.locator(".nhsuk-error-summary")).to_be_visible()


def test_a_sign_off_of_words_that_changed_meanwhile_shows_the_change(visits: Visits) -> None:
    post = written(visits)
    reviewer = visits.person("elin")
    reviewer.goto(f"/posts/{post}/review")
    author = visits.person("nia")
    author.goto(f"/posts/{post}/edit")
    fill_post(author, 9999)
    author.click("button[value=submit]")
    author.wait_for_url("**done=submitted")
    reviewer.click("section[aria-labelledby=sign-off-heading] button")
    expect(reviewer.locator("ins").first).to_have_text("9999")
    assert reviewer.locator("del").count() == 2
    reviewer.click("section[aria-labelledby=sign-off-heading] button")
    reviewer.wait_for_url("**done=signed-off")


def test_words_survive_a_lost_connection(visits: Visits) -> None:
    page = visits.person("nia")
    page.goto("/posts/new")
    visits.expected += ("ERR_INTERNET_DISCONNECTED", "htmx:")
    page.context.set_offline(True)
    page.fill("#text-cy", "Geiriau nad ydynt wedi'u hanfon")
    expect(page.locator("#offline")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#unsaved")).to_be_visible()
    page.click("#restore")
    expect(page.locator("#text-cy")).to_have_value("Geiriau nad ydynt wedi'u hanfon")


@pytest.mark.slow
def test_a_draft_saves_itself(visits: Visits, site: Site) -> None:
    page = visits.person("nia")
    page.goto("/posts/new")
    page.fill("#text-cy", "Drafft sy'n cadw ei hun")
    page.click("button[value=save]:not([tabindex])")
    page.wait_for_url("**done=saved")
    page.fill("#text-en", "A draft that saves itself")
    page.press("#text-en", "Tab")
    expect(page.locator("#saved")).to_contain_text("Saved at", timeout=15_000)
    page.goto(f"/posts/{post_id(page)}/edit")
    expect(page.locator("#text-en")).to_have_value("A draft that saves itself")


@pytest.mark.slow
def test_the_other_language_is_asked_for_and_given_back(visits: Visits) -> None:
    page = visits.person("nia")
    page.goto("/posts/new")
    number = next(NUMBERS)
    page.fill("#text-en", texts(number)["en"])
    page.click("button[value=ask]")
    for part, value in soon().items():
        page.fill(f"#by{part}", value)
    page.click("form[action$=ask-for-translation] button")
    page.wait_for_url("**done=translation-asked")
    post = post_id(page)
    translator = visits.person("elin", language="cy")
    translator.goto("/translate")
    translator.click(f"a[href='/posts/{post}/translate']")
    translator.fill("#text-cy", texts(number)["cy"])
    translator.check("input[name=origin][value=translated]")
    translator.click("form[action$=translate] button")
    translator.wait_for_url("**done=translated")


@pytest.mark.slow
def test_an_author_takes_a_suggestion_with_one_press_and_its_writer_may_still_sign(visits: Visits) -> None:
    post = written(visits)
    reviewer = visits.person("dafydd")
    reviewer.goto(f"/posts/{post}")
    reviewer.click("summary:has-text('Suggest a wording')")
    reviewer.check("input[name=suggestion-language][value=cy]")
    reviewer.fill("#suggestion", "Mae clinig rhif 2999 ar agor heddiw. Croeso cynnes i bawb.")
    reviewer.click("form[action$=suggestions] button")
    reviewer.wait_for_url("**done=suggested")
    author = visits.person("nia")
    author.goto(f"/posts/{post}")
    author.click("form[action$=take] button")
    author.wait_for_url("**done=saved")
    expect(author.locator("main")).to_contain_text("This is the text now.")
    author.goto(f"/posts/{post}/edit")
    fill_post(author, 2999)
    author.fill("#text-cy", "Mae clinig rhif 2999 ar agor heddiw. Croeso cynnes i bawb.")
    author.fill("#text-en", "Clinic number 2999 is open today. A warm welcome to everyone.")
    author.click("button[value=submit]")
    author.wait_for_url("**done=submitted")
    signed(visits, post, "dafydd")


@pytest.mark.slow
def test_a_consent_is_recorded_and_withdrawn_on_pages(visits: Visits) -> None:
    page = visits.person("gwen")
    page.goto("/consents/new")
    page.click("form[action='/consents/new'] button:has-text('Record')")
    expect(page.locator(".nhsuk-error-summary")).to_be_visible()
    page.fill("#ref", "C-2048")
    page.select_option("#category", "staff")
    page.select_option("#authority", "self")
    page.fill("#signatory", "Sian Hughes")
    for name, year in (("starts", "2026"), ("expires", "2028")):
        for part, value in (("", "1"), ("-month", "11"), ("-year", year)):
            page.fill(f"#{name}{part}", value)
    page.click("form[action='/consents/new'] button:has-text('Record')")
    page.wait_for_url("**done=consent-recorded")
    page.fill("#reason", "She asked")
    page.click("form[action$=withdrawal] button")
    page.wait_for_url("**done=consent-withdrawn*")
    expect(page.locator("main")).to_contain_text("Withdrawn")
