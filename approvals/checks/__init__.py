"""Every check of a post. Each is a pure function of the content and its context; all findings come at once."""

from collections.abc import Callable, Iterator

from approvals.checks import accessibility, completeness, conduct, corrections, facts, identifiers, people, welsh
from approvals.checks.context import Context
from approvals.content import Content
from approvals.findings import Finding

__all__ = [
    "ALWAYS", "TIMED", "accessibility", "completeness", "conduct", "corrections", "facts", "identifiers", "people",
    "run", "welsh",
]  # fmt: skip

Check = Callable[[Content, Context], Iterator[Finding]]

ALWAYS: tuple[Check, ...] = (
    welsh.parity,
    identifiers.personal,
    conduct.of_texts,
    facts.in_texts,
    accessibility.of_texts,
    accessibility.of_pictures,
    people.named,
    people.shown,
    completeness.of_texts,
    completeness.of_pictures,
    completeness.of_channels,
    corrections.of_content,
)
"""At submission."""
TIMED: tuple[Check, ...] = (
    facts.past,
    conduct.election,
    people.consents,
    completeness.of_window,
    completeness.suspended,
    corrections.standing,
)
"""At submission, each sign-off, scheduling and again in the moment before sending: whatever time can change."""


def run(content: Content, context: Context, *, timed_only: bool = False) -> tuple[Finding, ...]:
    """All findings, those of the Welsh and English texts first, in the order of the document."""
    checks = TIMED if timed_only else (*ALWAYS, *TIMED)
    return tuple(finding for check in checks for finding in check(content, context))
