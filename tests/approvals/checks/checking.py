"""Running the checks on a text, a post or a picture, and reading what they found in one line."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from approvals import checks
from approvals.checks import welsh
from approvals.checks.context import Channel, Context
from approvals.content import Bilingual, Content, normalised
from approvals.findings import Finding, Severity
from connectors.contract import Limits

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PUBLISHED = datetime(2027, 2, 10, 9, 0, tzinfo=UTC)
FACEBOOK = Channel("facebook", "facebook", "bilingual", Limits(text=63206, counting="code-points", pictures=10))
_TEXT_CHECKS = tuple(c for c in (*checks.ALWAYS, *checks.TIMED) if c is not welsh.parity)
_ABOVE_ADVICE = frozenset({Severity.BLOCK, Severity.DECIDE})
_SUBMISSION = frozenset({"PUB-WINDOW", "PUB-CHANNEL", "WEL-MISSING"})

Row = tuple[str, str, str]
"""Language, text, and the codes above advice that it must raise: "PID-DOB SML-COUNT:decide", block unless said."""


def context(**known: Any) -> Context:
    return Context(**{"now": NOW, "publish_at": PUBLISHED, "channels": {"facebook": FACEBOOK}} | known)


def post(cy: str = "", en: str = "", **parts: Any) -> Content:
    given = {"channels": ("facebook",), "publish_at": "2027-02-10T09:00"} | parts
    return normalised(Content(text=Bilingual(cy=cy, en=en), **given))


def found(content: Content, **known: Any) -> tuple[Finding, ...]:
    """Everything but Welsh parity, which has tests of its own."""
    return tuple(f for check in _TEXT_CHECKS for f in check(content, context(**known)))


def above_advice(row: Row) -> dict[str, str]:
    """Code to the strongest severity, of what one text raises."""
    language, text, _ = row
    strongest: dict[str, str] = {}
    for finding in found(post(**{language: text})):
        if finding.severity in _ABOVE_ADVICE and finding.code not in _SUBMISSION:
            strongest[finding.code] = min(strongest.get(finding.code, "decide"), finding.severity.value)
    return strongest


def wanted(row: Row) -> dict[str, str]:
    pairs = (item.partition(":") for item in row[2].split())
    return {code: severity or "block" for code, _, severity in pairs}


def of(findings: Iterable[Finding], code: str) -> list[Finding]:
    return [finding for finding in findings if finding.code == code]


def name(row: Row) -> str:
    return f"{row[0]}: {row[1][:60]}"
