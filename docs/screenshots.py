"""`make screenshots`: draws docs/screenshots anew, with Chromium, from the real pages of an invented health board."""
# ruff: noqa: INP001  # a script beside what it makes

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from gateway import embedded
from gateway.database import migrate
from tests.web.scene import Site, opened
from tests.web.visiting import CHROMIUM, OPTIONS, Visits

HERE = Path(__file__).parent / "screenshots"
PHOTO = Path(__file__).parents[1] / "examples" / "portrait.jpg"
DIFFERENT = {
    "cy": "Mae'r clinig ffliw ar agor ddydd Mawrth 1 Rhagfyr 2026 am 9yb yn y ganolfan iechyd. Croeso i bawb.",
    "en": "The flu clinic is open on Tuesday 1 December 2026 at 10am at the health centre. Everyone is welcome.",
}


def write(visits: Visits, _: Site) -> Page:
    page = visits.person("nia", language="en")
    page.goto("/posts/new")
    for language, words in DIFFERENT.items():
        page.fill(f"#text-{language}", words)
    page.wait_for_selector("#findings-text-en .porth-finding")
    return page


def people(visits: Visits, site: Site) -> Page:
    page = visits.person("nia", language="en")
    page.goto(f"/posts/{site.scene.draft}/pictures")
    page.set_input_files("#file", PHOTO)
    page.click("#upload-form button")
    page.wait_for_url("**/people*")
    page.goto(page.url.split("?")[0])
    return page


def route(visits: Visits, _: Site) -> Page:
    """As it is shown before it is set."""
    page = visits.person("huw", language="cy")
    page.goto("/administration/route")
    for press in ("add-line", "look"):
        with page.expect_navigation():
            page.click(f"button[value={press}]")
    return page


@dataclass(frozen=True)
class Seen:
    """A page as it stands: who reads it, in which language, its address (with the posts of the scene), how wide."""

    by: str
    language: str
    address: str
    width: int = 1280

    def __call__(self, visits: Visits, site: Site) -> Page:
        page = visits.person(self.by, language=self.language, width=self.width)
        page.goto(self.address.format(scene=site.scene))
        return page


SHOTS: dict[str, Callable[[Visits, Site], Page]] = {
    "home": Seen("tom", "cy", "/", 360),
    "write": write,
    "people": people,
    "review": Seen("sara", "en", "/posts/{scene.to_decide}/review"),
    "review-cy": Seen("elin", "cy", "/posts/{scene.in_review}/review", 360),
    "preview": Seen("nia", "cy", "/posts/{scene.draft}/preview"),
    "week": Seen("tom", "cy", "/deliveries/week"),
    "month": Seen("tom", "en", "/deliveries/month"),
    "deliveries": Seen("tom", "en", "/deliveries?show=asking"),
    "channels": Seen("huw", "en", "/administration/channels"),
    "route": route,
}
"""By the name of the file each is drawn in."""


@contextmanager
def site() -> Iterator[Site]:
    # not in a folder closed to the user that the database runs as when root draws
    with tempfile.TemporaryDirectory(prefix="porth-") as folder:
        place = Path(folder)
        with embedded.cluster(place, durable=False) as cluster:
            url = cluster.create_database("screenshots")
            migrate(url)
            with opened(url, place) as found:
                yield found


def main() -> None:
    HERE.mkdir(exist_ok=True)
    with site() as found, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        visits = Visits(found.address, browser)
        for name, shot in SHOTS.items():
            page = shot(visits, found)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=HERE / f"{name}.png")
        visits.close()
        browser.close()


if __name__ == "__main__":
    main()
