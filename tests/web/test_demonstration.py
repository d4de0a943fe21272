"""What `make demo` plays through the API, played by people at their browsers: a photograph, a consent, a wrong date."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.scene import ROOT, Site
from tests.web.test_journeys import NUMBERS, QUESTIONS, fill_post, post_id, scheduled, signed
from tests.web.visiting import Visits

PHOTO = ROOT / "examples" / "portrait.jpg"
CY = "Mae clinig rhif {} ar agor ddydd Llun 1 Mawrth 2027. Croeso i bawb."
EN = "Clinic number {} is open on Monday 1 March 2027. Everyone is welcome."


def pictured(page: Page, consent: str) -> None:
    """Add the photograph, say by whose consent its person is shown, and describe it."""
    page.click("button[value=pictures]")
    page.wait_for_url("**/pictures")
    page.set_input_files("#file", str(PHOTO))
    page.click("#upload-form button")
    page.wait_for_url("**/people*")
    page.check("#person-0 input[value=consent]")
    page.fill("#person-0-consent", consent)
    page.fill("#others", "0")
    page.locator("main form button:visible").last.click()
    page.wait_for_url("**done=people-saved")
    page.goto(f"/posts/{post_id(page)}/edit")
    page.fill("#media-0-alt-cy", "Gwirfoddolwr yn gwenu o flaen wal")
    page.fill("#media-0-alt-en", "A volunteer smiling in front of a wall")
    page.check("#media-0-no-words")
    page.fill("#media-0-rights-owner", "Glan Hafren")
    page.fill("#media-0-rights-licence", "own")
    page.fill("#media-0-rights-credit", "Glan Hafren")


def attested(visits: Visits, post: str, person: str, **options: object) -> None:
    page = visits.person(person, **options)
    page.goto(f"/posts/{post}/review")
    for box in page.locator("section[aria-labelledby=sign-off-heading] input[name=attests]").all():
        box.check()
    page.click("section[aria-labelledby=sign-off-heading] button")
    page.wait_for_url("**done=signed-off")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_demonstration_is_played_by_people_at_their_browsers(
    visits: Visits, site: Site, language: str, width: int
) -> None:
    options = {"language": language, "width": width}
    page = visits.person("nia", **options)
    page.goto("/posts/new")
    number = next(NUMBERS)
    fill_post(page, number)
    page.fill("#text-cy", CY.format(number))
    page.fill("#text-en", EN.format(number).replace("Monday 1 March", "Tuesday 2 March"))
    pictured(page, site.scene.consent)
    for question in QUESTIONS:
        page.fill(f"#declaration-{question}", "Yes, for everybody")
    page.click("button[value=submit]:not([tabindex='-1'])")
    summary = page.locator(".nhsuk-error-summary")
    expect(summary).to_contain_text("Mawrth" if language == "cy" else "March")
    page.fill("#text-en", EN.format(number))
    page.click("button[value=submit]:not([tabindex='-1'])")
    page.wait_for_url("**done=submitted")
    post = post_id(page)
    signed(visits, post, "elin", **options)
    attested(visits, post, "sara", **options)
    comms = signed(visits, post, "tom", **options)
    scheduled(comms, post)
    comms.goto(f"/posts/{post}/story")
    expect(comms.locator("main ol li")).not_to_have_count(0)
