"""Whole posts, bad input, and the words for every finding."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals import checks, rules
from approvals.checks.context import Context
from approvals.checks.quotes import quote
from approvals.content import Bilingual, Content, instant, normalised
from approvals.findings import Finding
from i18n.messages import known
from tests.approvals.checks.checking import context, post

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "corpus" / "posts-dev.jsonl"
SUBMISSION = frozenset({"COP-RIGHTS", "IMG-WORDS", "IMG-PEOPLE", "IMG-FILE", "PUB-CHANNEL", "PUB-WINDOW"})
ARABIC = "\u202e\u200fمرحبا بكم في المستشفى\u200f"
BAD_INPUT = {
    "empty": ("", ""),
    "blank": ("  \n", "\t"),
    "emoji only": ("🎉" * 40, "🎉" * 40),
    "right to left": (ARABIC, ARABIC),
    "lone surrogates": ("\ud800 Croeso \udfff", "\udfff Welcome"),
    "a third language": ("Bienvenue à l'hôpital, nous sommes ouverts.", "Willkommen im Krankenhaus."),
    "both in one box": ("Croeso i bawb. Everybody is welcome at the clinic today.", "Welcome."),
    "100,000 letters": ("a" * 100_000, "a" * 100_000),
    "100,000 digits": ("1" * 100_000, "1 " * 50_000),
    "numbers": ("943 476 5919 " * 7000, "07700 900123 " * 7000),
    "names": ("Mrs Puw, " * 10_000, "Sian Puw " * 10_000),
    "marks": ("@" * 100_000, "#a" * 50_000),
    "brackets": ("(" * 100_000, "0(" * 50_000),
    "lines": ("\n" * 100_000, "a\n" * 50_000),
}


def posts() -> Iterator[dict[str, Any]]:
    if SHARED.exists():
        yield from map(json.loads, SHARED.read_text(encoding="utf-8").splitlines())


def checked(document: dict[str, Any]) -> tuple[Content, tuple[Finding, ...]]:
    content = normalised(msgspec.convert({k: v for k, v in document.items() if k != "id"}, Content))
    when = instant(document["publish_at"])
    return content, checks.run(content, Context(now=datetime(2026, 11, 22, tzinfo=UTC), publish_at=when))


def points_at(finding: Finding, words: str, content: Content) -> bool:
    places = [where for where in (finding.where, finding.where.twin) if where]
    return any(said and (said in words or words in said) for said in (quote(content, where) for where in places))


@pytest.mark.skipif(not SHARED.exists(), reason="the example posts are not beside this checkout")
@pytest.mark.parametrize("document", list(posts()), ids=lambda d: f"{d['id']} {d['title']}")
def test_an_example_post_raises_what_it_should_and_nothing_else_above_advice(document: dict[str, Any]) -> None:
    content, findings = checked(document)
    strong = [f for f in findings if f.severity in {"block", "decide"} and f.code not in SUBMISSION]
    for wanted in document["expected"]:
        fits = [
            f for f in findings
            if (f.code, f.severity, f.language) == (wanted["code"], wanted["severity"], wanted["language"])
            and points_at(f, wanted["quote"], content)
        ]  # fmt: skip
        assert fits, f"{wanted} is missing"
        strong = [f for f in strong if f not in fits]
    assert strong == []


@pytest.mark.parametrize("case", BAD_INPUT)
def test_no_text_whatever_raises_an_exception(case: str) -> None:
    cy, en = BAD_INPUT[case]
    findings = checks.run(post(cy, en), context())
    assert all(known(language, finding.message_key) for finding in findings for language in ("cy", "en"))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_are_checked_and_every_span_lies_in_its_text(cy: str, en: str) -> None:
    content = normalised(Content(text=Bilingual(cy, en)))
    for finding in checks.run(content, context()):
        for where in filter(None, (finding.where, finding.where.twin)):
            if where.span is not None:
                text = content.text.get("cy" if where.pointer.endswith("cy") else "en")
                assert 0 <= where.span[0] <= where.span[1] <= len(text)


def test_curly_and_straight_apostrophes_are_one() -> None:
    for apostrophe in ("'", "’"):
        findings = checks.run(post(f"Gadewch eich enw a{apostrophe}ch dyddiad geni yn y sylwadau.", ""), context())
        assert "PID-SOLICIT" in {f.code for f in findings}


def test_every_finding_has_a_sentence_in_both_languages() -> None:
    """Reads the codes and variants from the sources: a key without a sentence must not wait for its first finding."""
    folder = ROOT / "approvals" / "checks"
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    bare = set(re.findall(r'(?:Finding|Found)\("([A-Z]+(?:-[A-Z]+)*)", [^\n{]*\)$', source, re.MULTILINE))
    said = set(re.findall(r'Found?(?:ing)?\("([A-Z-]+)", [^\n]*\{"variant": "([a-z-]+)"', source))
    keys = {f"{code}.{variant}" for code, variant in said} | {c for c in bare if c in {"PID-NINO", "PID-VEHICLE", "TONE"}}
    assert len(said) > 30
    missing = {(language, key) for key in keys for language in ("cy", "en") if not known(language, key) and key != "TONE"}
    assert missing == set()


def test_the_rule_pack_has_one_version_and_both_languages_in_every_list() -> None:
    assert re.fullmatch(r"\d{4}\.\d+\.\d+", rules.VERSION)
    assert {group for group, lists in rules.PACK.phrases.items() if set(lists) != {"cy", "en"}} == set()
