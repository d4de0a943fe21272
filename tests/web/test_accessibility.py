"""axe finds nothing (WCAG 2.2 AA), nothing is wider than its window, and every page works in both languages."""

from itertools import groupby

import pytest

from tests.web.everywhere import everywhere
from tests.web.scene import Site
from tests.web.visiting import Visits, overflows, violations


def test_axe_finds_nothing_on_the_way_in(visits: Visits) -> None:
    for language in ("cy", "en"):
        page = visits.anybody(language=language)
        for path in ("/sign-in", "/sign-in/new-password"):
            page.goto(path)
            assert violations(page) == [], path


def test_axe_finds_nothing_on_the_pages_of_every_day(visits: Visits, site: Site) -> None:
    page = visits.person("nia", language="cy", width=360)
    for path in ("/", "/posts/new", f"/posts/{site.scene.draft}/edit"):
        page.goto(path)
        assert violations(page) == [], path
        assert overflows(page) <= 0, path


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_anywhere(visits: Visits, site: Site, language: str, width: int) -> None:
    found: dict[str, list[str]] = {}
    for person, places in groupby(everywhere(site.scene), key=lambda each: each[0]):
        page = visits.person(person, language=language, width=width)
        for _, path in places:
            page.goto(path)
            assert page.locator("html").get_attribute("lang") == language
            wrong = violations(page) + ([f"{wide} px too wide"] if (wide := overflows(page)) > 0 else [])
            if wrong:
                found[f"{person} {path}"] = wrong
        page.context.close()
    assert found == {}
