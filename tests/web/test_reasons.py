"""Whatever puts a delivery where it is, people read what happened, what it means and what to do, in both languages."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

import connectors
from approvals.actions import consenting, delivering, scheduling
from approvals.models.deliveries import STATES
from approvals.queries import DeliveryView
from gateway import publishing
from gateway.web import reasons
from i18n.messages import Language, known

ERRORS = ("Retryable", "RateLimited", "Rejected", "AuthExpired", "OutcomeUnknown")
_STATE_AND_CODE = re.compile(r'\.state, delivery\.code(?:, [\w.]+)? = "(\w+)", "([\w-]+)"')
UNKNOWN = "nobody-has-words-for-this"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def sources() -> list[Path]:
    of_actions = [Path(str(module.__file__)) for module in (delivering, scheduling, consenting, publishing)]
    return [*Path(str(connectors.__file__)).parent.glob("*.py"), *of_actions]


def raised(source: str) -> Iterator[tuple[str, str]]:
    """(kind of error, code) wherever one is made with a code that stands in the source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
            first = node.args[0]
            for given in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield node.func.id, given.value
    for kind in ERRORS:
        yield from ((kind, code) for code in re.findall(rf'\({kind}, "([\w-]+)"', source))


def set_by_porth() -> set[tuple[str, str]]:
    """(state, code) that the domain itself sets."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    stopped = re.findall(r'Stop\("(held|missed)", "([\w-]+)"\)', text)
    return {*stopped, *_STATE_AND_CODE.findall(text), ("held", delivering.IN_RESERVE), ("held", scheduling.REMOVAL)}


def ends() -> set[tuple[str, str]]:
    """Every (state, code) in which a delivery can stand."""
    found = {
        ("unconfirmed", "ask-a-person"), ("published", "still-there"), ("due", "absent"), ("due", "rate-limited"),
        *set_by_porth(),
    }  # fmt: skip
    for path in sources():
        for kind, code in raised(path.read_text(encoding="utf-8")):
            match kind:
                case "AuthExpired":
                    found.add(("held", f"account-{code}"))
                case "Rejected":
                    found |= {("failed", code), ("held", code), ("published", delivering.CANNOT_RETRACT + code)}
                case "OutcomeUnknown":
                    found |= {("unconfirmed", code), ("due", code)}
                case _:
                    found.add(("due", code))
    return found


def delivery(state: str, code: str | None, *, leaving: bool = False) -> DeliveryView:
    return DeliveryView(
        id=UUID(int=2), post=UUID(int=1), version=1, part=0, channel="x", platform="x", account="a", handle="a",
        languages=("cy",), mode="sandbox", state=state, code=code, publish_at=NOW, next_attempt_at=NOW, follows=None,
        edits=None, platform_id=None, url=None, published_at=None, takedown_at=NOW if leaving else None,
        retracted_at=None, seen=(),
    )  # fmt: skip


def test_the_sources_were_read() -> None:
    assert {
        ("failed", "duplicate"), ("held", "account-token-refused"), ("unconfirmed", "worker-died"), ("missed", "late"),
        ("held", "digest"), ("held", "by-hand"), ("held", "not-there"), ("due", "not-prepared"),
        ("published", "cannot-retract-forbidden"), ("held", "account-policy-block"), ("retracted", "by-hand"),
    } <= ends()  # fmt: skip


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_state_and_code_is_said_in_words(language: Language) -> None:
    general = reasons.reason(delivery("held", UNKNOWN), language).happened
    unsaid = []
    for state, code in sorted(ends()):
        leaving = state == "published"
        found = reasons.reason(delivery(state, code, leaving=leaving), language)
        assert found.means
        if found.happened == general.replace(UNKNOWN, code):
            unsaid.append((state, code))
    assert unsaid == []


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_state_says_what_it_means_also_without_a_code(language: Language) -> None:
    for state in STATES:
        assert known(language, f"delivery-means.{state}")
        assert reasons.reason(delivery(state, None), language).happened == ""


def test_a_finding_that_came_up_since_is_named() -> None:
    assert "POL-NEWEST" in reasons.reason(delivery("held", "POL-NEWEST"), "en").happened


def test_what_cannot_be_removed_says_to_do_it_by_hand_and_what_is_being_removed_says_to_wait() -> None:
    refused = reasons.reason(delivery("published", "cannot-retract-forbidden", leaving=True), "en")
    assert "delete it on the platform" in refused.means
    assert "being removed" in reasons.reason(delivery("published", None, leaving=True), "en").means
