"""Every word on a page comes from a catalog, in both languages, and the templates name only keys that are there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.web import pages
from i18n.messages import keys, known

WEB = Path(pages.__file__).parent
_KEY = re.compile(r"""\b(?:t|said)\((?:spoken, )?["']([a-z][\w.-]*[\w])["']""")
_PREFIX = re.compile(r"""\bt\(["']([\w.-]+[.-])["'] ~""")


def _sources() -> Iterator[Path]:
    yield from WEB.rglob("*.html")
    yield from WEB.rglob("*.py")


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_key_that_a_page_names_has_a_sentence(language: str) -> None:
    named = {key for path in _sources() for key in _KEY.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 200
    assert sorted(key for key in named if not known(language, key)) == []


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_family_of_keys_that_a_page_builds_has_members(language: str) -> None:
    families = {prefix for path in _sources() for prefix in _PREFIX.findall(path.read_text(encoding="utf-8"))}
    assert sorted(f for f in families if not any(key.startswith(f) for key in keys(language))) == []


def test_no_template_has_words_of_its_own() -> None:
    """What is left of a template without its tags and expressions is punctuation, and the product's name."""
    left: dict[str, list[str]] = {}
    for path in set(WEB.rglob("*.html")) - {WEB / "templates" / "ui.html"}:  # that one is expressions only
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"<[^>]*>", " ", text)
        words = [
            word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in {"Porth", "DOCTYPE", "nbsp", "porth"}
        ]
        if words:
            left[path.name] = words
    assert left == {}
