"""Hiding somebody, finding a consent and commenting on selected words, in a real browser."""

from playwright.sync_api import Page, expect

from tests.web.scene import ROOT, Site
from tests.web.visiting import Visits

SELECT = """() => {
  const words = document.querySelector('#texts .porth-words').firstChild
  getSelection().setBaseAndExtent(words, 4, words, 16)
}"""
HIDDEN = """() => {
  const { width, height } = document.getElementById('hidden-parts')
  const seen = document.getElementById('hidden-parts').getContext('2d').getImageData(0, 0, width, height).data
  return seen.filter((value, i) => i % 4 === 3 && value === 255).length
}"""


def pictured(visits: Visits, site: Site, person: str) -> Page:
    """The page of the people in a picture that was just added."""
    page = visits.person(person)
    page.goto(f"/posts/{site.scene.draft}/pictures")
    page.set_input_files("#file", str(ROOT / "examples" / "portrait.jpg"))
    page.click("#upload-form button")
    page.wait_for_url("**/people*")
    return page


def test_what_is_to_be_hidden_is_seen_hidden_before_it_is_saved(visits: Visits, site: Site) -> None:
    page = pictured(visits, site, "nia")
    name = page.get_attribute("#picture", "data-new")
    page.click("#draw summary")
    for side, value in (("left", 10), ("top", 20), ("width", 40), ("height", 30)):
        page.fill(f"#{name}-{side}", str(value))
    assert page.evaluate(HIDDEN) == 0
    page.check(f"#{name} input[value=solid]")
    assert page.evaluate(HIDDEN) == 40 * 30
    page.check(f"#{name} input[value=not_a_person]")
    assert page.evaluate(HIDDEN) == 0


def test_a_consent_is_offered_while_one_types_and_taken_by_keyboard(visits: Visits, site: Site) -> None:
    page = pictured(visits, site, "tom")
    page.focus("#person-0-consent")
    page.keyboard.type("10")
    expect(page.locator("#person-0-found button[data-ref=C-1024]")).to_be_visible()
    page.focus("#person-0-found button[data-ref=C-1024]")
    page.keyboard.press("Enter")
    expect(page.locator("#person-0-consent")).to_have_value("C-1024")
    expect(page.locator("#person-0 input[value=consent]")).to_be_checked()


def test_a_consent_is_offered_beside_a_person_named_in_the_words(visits: Visits, site: Site) -> None:
    page = visits.person("tom")
    page.goto(f"/posts/{site.scene.draft}/edit")
    page.focus("#people-0-consent")
    page.keyboard.type("102")
    page.focus("#people-0-found button[data-ref=C-1025]")
    page.keyboard.press("Enter")
    expect(page.locator("#people-0-consent")).to_have_value("C-1025")
    expect(page).to_have_url(f"{site.address}/posts/{site.scene.draft}/edit")


def test_selected_words_become_the_phrase_of_a_comment(visits: Visits, site: Site) -> None:
    page = visits.person("dafydd")
    page.goto(f"/posts/{site.scene.in_review}/review")
    expect(page.locator("#about")).to_be_hidden()
    page.evaluate(SELECT)
    page.click("#about button")
    expect(page.locator("#phrase")).to_have_value("clinig ffliw")
    expect(page.locator("#send-back")).to_be_focused()
