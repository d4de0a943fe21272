"""A page loads nothing from elsewhere, and little of its own."""

import re

from gateway.web.assets import assets

FIRST_LOAD = ("nhsuk.css", "porth.css", "nhsuk.js", "htmx.js", "porth.js", "icon.svg")
BUDGET = 120_000


def test_no_style_sheet_or_script_asks_another_host() -> None:
    asks = re.compile(rb"""(?:url\(\s*["']?|@import\s+["']|import\s*\(?\s*["']|from\s*["'])(?:https?:)?//""")
    assert {name: asks.findall(asset.body) for name, asset in assets().items() if asks.search(asset.body)} == {}


def test_the_design_system_keeps_its_rules_without_its_font() -> None:
    css = assets()["nhsuk.css"].body
    assert b"@font-face" not in css
    assert b".nhsuk-button" in css
    assert len(css) > 200_000


def test_the_first_load_is_light() -> None:
    assert sum(len(assets()[name].packed) for name in FIRST_LOAD) < BUDGET * 0.9
