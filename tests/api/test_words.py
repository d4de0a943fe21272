"""Every refusal has a sentence in both languages, with places that its code fills."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from i18n.messages import keys, known, say

ROOT = Path(__file__).parents[2]
REFUSALS = {"NotFound", "NotAllowed", "WrongState", "Stale", "Invalid", "Blocked", "NotSignedIn"}
SOURCES = [*(ROOT / "approvals").rglob("*.py"), *(ROOT / "gateway").rglob("*.py")]


def refusals() -> Iterator[tuple[str, set[str], str]]:
    """Code, names of its params, and where it is raised."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in REFUSALS
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                params = {keyword.arg for keyword in node.keywords if keyword.arg} - {"field"}
                yield node.args[0].value, params, f"{path.relative_to(ROOT)}:{node.lineno}"


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_refusal_has_a_sentence_that_its_params_fill(language: str) -> None:
    seen = 0
    for code, params, where in refusals():
        assert known(language, code), (code, where)  # type: ignore[arg-type]  # a language
        sentence = say(language, code, {name: f"<{name}>" for name in params})  # type: ignore[arg-type]  # as above
        assert "–" not in sentence, (code, where, sentence)
        seen += 1
    assert seen > 60


def test_both_languages_name_the_same_places() -> None:
    for area in ("refusals", "log", "administration"):
        places = {
            language: {
                line
                for line in (ROOT / "i18n" / language / f"{area}.po").read_text().splitlines()
                if line.startswith("msgid")
            }
            for language in ("cy", "en")
        }
        assert places["cy"] == places["en"]


def test_the_log_has_words_for_every_kind_of_entry_that_is_written() -> None:
    kinds = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("_log", "_announce", "append")):
                kinds |= {
                    str(value.value)
                    for argument in node.args[2:4]
                    for value in ast.walk(argument)
                    if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.islower()
                } & {key.removeprefix("log.") for key in keys("en")} | (
                    {str(node.args[2].value)}
                    if len(node.args) > 2 and isinstance(node.args[2], ast.Constant) and "log" in ast.unparse(node.func)
                    else set()
                )
    unsaid = {kind for kind in kinds if not known("en", f"log.{kind}") or not known("cy", f"log.{kind}")}
    assert not unsaid
    assert len(kinds) > 25
