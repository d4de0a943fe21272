"""A person corrects a published post in the browser, and everybody who looks sees that it is a correction."""

from tests.web.scene import Site
from tests.web.visiting import Visits


def test_a_nurse_begins_a_correction_and_the_two_posts_lead_to_each_other(visits: Visits, site: Site) -> None:
    page = visits.person("nia", javascript=False)
    page.goto(f"/posts/{site.scene.corrected}")
    page.get_by_role("button", name="Correct this post").click()
    page.wait_for_url("**/edit?done=correcting")
    assert "Flu clinic number 1007" in page.input_value("#text-en")
    assert page.input_value("#earliest") == ""
    page.get_by_role("link", name="See the post that is corrected").click()
    page.wait_for_url(f"**/posts/{site.scene.corrected}")
    assert page.get_by_role("link", name="Correction by Nia Prys").count() >= 2
    assert visits.faults == []


def test_a_reviewer_sees_the_words_before_and_after_and_what_follows_up(visits: Visits, site: Site) -> None:
    page = visits.person("elin", language="cy")
    page.goto(f"/posts/{site.scene.correction}/review")
    assert page.get_by_text("Mae'n golygu'r postiad cyhoeddedig").count() == 1
    english = page.locator(".porth-correction p[lang=en]")
    assert english.locator("ins").all_inner_texts() == ["Correction: ", "closed today and ", "tomorrow"]
    assert english.locator("del").all_inner_texts() == ["today"]
    assert page.get_by_text("Mae'n bostiad newydd, â dolen").count() == 2
    assert page.get_by_text("https://social.example/posts/2").count() >= 1
