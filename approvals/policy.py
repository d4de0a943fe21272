"""The choices that requirements.md 8.1 leaves to each organisation. None can switch off parity, cleaning or consent."""

from typing import Any

from msgspec import Struct


class Policy(Struct, frozen=True, omit_defaults=True):
    never_patients: bool = False
    """No patient in any picture, with or without consent (IDP-07; Mersey Care's rule)."""
    late_after_minutes: int | None = None
    """A delivery later than this is `missed` and asks a person; `None`: as the installation is set."""
    second_factor: bool = False
    """Whoever signs off, decides about consents or administers must also show a one-time code."""
    terms: Any = None
    """The organisation's own words and lists (approvals/rules)."""
