"""People at their browsers: signed in once, looked at for errors all the time."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "correct-horse-battery"
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

_SIGNED_IN: dict[tuple[str, str], str] = {}


class Visits:
    def __init__(self, address: str, browser: Browser) -> None:
        self.address, self.faults = address, list[str]()
        self.expected: tuple[str, ...] = ("the server responded with a status of 422",)
        """A page that says what is wrong with a form is an answer, though a browser calls it an error."""
        self._browser, self._contexts = browser, list[BrowserContext]()

    def anybody(self, *, width: int = 1280, javascript: bool = True, language: str = "en") -> Page:
        context = self._browser.new_context(
            base_url=self.address, viewport={"width": width, "height": 900}, java_script_enabled=javascript,
            locale="en-GB",
        )  # fmt: skip
        self._contexts.append(context)
        context.add_cookies([{"name": "porth-language", "value": language, "url": self.address}])
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("response", lambda answer: self._answered(answer.status, answer.url))
        return page

    def person(self, name: str, **options: Any) -> Page:
        """Signed in through the form the first time; later with the same sign-in, as passwords are slow by design."""
        page = self.anybody(**options)
        known = _SIGNED_IN.get((self.address, name))
        if known is not None:
            page.context.add_cookies([{"name": "porth", "value": known, "url": self.address}])
            page.goto("/")
            return page
        page.goto("/sign-in")
        page.fill("#email", f"{name}@glan-hafren.example")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/")
        kept = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        _SIGNED_IN[self.address, name] = kept["porth"]
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in self.expected):
            self.faults.append(message.text)

    def _answered(self, status: int, url: str) -> None:
        if status >= 400 and status != 422:
            self.faults.append(f"{status} {url}")


def violations(page: Page) -> list[str]:
    """What axe finds, one line each: rule, and where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)
    nodes = [(rule["id"], node) for rule in found["violations"] for node in rule["nodes"]]
    return [f"{rule}: {node['target']} {node['html'][:150]}" for rule, node in nodes]


def overflows(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide
