"""Whole posts, bad input, and the words for every finding."""

import ast
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


def written(folder: Path) -> set[str]:
    """Message keys of the findings that the checks write out: code, and variant where it stands there as a word."""
    keys = set()
    for path in folder.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"Finding", "Found"}:
                code, *others = call.args
                if isinstance(code, ast.Constant):
                    keys.add(".".join([str(code.value), *_variant(others)]))
    return keys


def _variant(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.Dict) and argument.keys and getattr(argument.keys[0], "value", "") == "variant":
            yield str(argument.values[0].value) if isinstance(argument.values[0], ast.Constant) else "*"
        elif isinstance(argument, ast.Name) and argument.id == "params":
            yield "*"


def test_every_finding_has_a_sentence_in_both_languages_and_a_row_in_the_documentation() -> None:
    keys = written(ROOT / "approvals" / "checks")
    documented = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    assert len(keys) > 60
    whole = {key for key in keys if not key.endswith(".*")}
    assert {(language, key) for key in whole for language in ("cy", "en") if not known(language, key)} == set()
    assert {key for key in keys if f"`{key.split('.')[0]}`" not in documented} == set()


def test_the_rule_pack_has_one_version_and_both_languages_in_every_list() -> None:
    assert re.fullmatch(r"\d{4}\.\d+\.\d+", rules.VERSION)
    assert {group for group, lists in rules.PACK.phrases.items() if set(lists) != {"cy", "en"}} == set()
