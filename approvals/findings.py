"""A finding says what is the matter with a post, as data. The sentences stand in the `findings` catalogs."""

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

from connectors.contract import canonical
from i18n import messages

FindingLanguage = Literal["cy", "en", "both"]


class Severity(StrEnum):
    BLOCK = "block"
    """The post or its evidence must change; no role can override it (APR-07)."""
    DECIDE = "decide"
    """A named role must resolve it, with a reason."""
    ADVISE = "advise"
    NOTE = "note"


class Where(Struct, frozen=True, omit_defaults=True):
    """A place in a post document."""

    pointer: str
    """JSON pointer (RFC 6901): `/text/cy`, `/media/0/alt/en`; empty for the whole document."""
    span: tuple[int, int] | None = None
    """Start and end in code points of the NFC form of the text at `pointer`."""
    twin: "Where | None" = None
    """The corresponding place in the other language, where a finding is about both."""


class Finding(Struct, frozen=True):
    code: str
    """From requirements.md 8.4, or one of ours in the same style (docs/findings.md)."""
    severity: Severity
    language: FindingLanguage | None
    where: Where
    params: Mapping[str, Any] = {}
    """For the sentence. `variant` chooses it (`CODE.variant`); `n` its plural form. Never personal data: the
    span points at the words, the log must not repeat them."""

    @property
    def key(self) -> str:
        """What a decision about this finding binds to, together with the version."""
        return hashlib.sha256(canonical([self.code, self.language, self.where, self.params])).hexdigest()[:24]

    @property
    def message_key(self) -> str:
        variant = self.params.get("variant")
        return f"{self.code}.{variant}" if variant else self.code

    def message(self, language: messages.Language) -> str:
        return messages.say(language, self.message_key, self.params)


_PRIVACY = ("PID", "JIG", "SML", "CON", "IMG", "IDP")
_WELSH = ("WEL",)


def decided_by(finding: Finding) -> str:
    """The step of the route whose role resolves a `decide` finding (requirements.md 8.2)."""
    family = finding.code.split("-", 1)[0]
    if family in _PRIVACY:
        return "privacy"
    return "welsh" if family in _WELSH else "comms"


def blocks(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(f for f in findings if f.severity is Severity.BLOCK)
