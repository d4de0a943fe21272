"""The choices that requirements.md 8.1 leaves to each organisation. None can switch off parity, cleaning or consent."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

SPACING, MOST_SPACING = 60, 600
"""Seconds between late posts on one account, where the organisation has not chosen, and at most."""


class Policy(Struct, frozen=True, omit_defaults=True):
    never_patients: bool = False
    """No patient in any picture, with or without consent (IDP-07; Mersey Care's rule)."""
    late_after_minutes: int | None = None
    """A delivery later than this is `missed` and asks a person; `None`: as the installation is set."""
    spacing_seconds: Annotated[int, Meta(ge=0, le=MOST_SPACING)] | None = None
    """Between posts on one account that go out late, after an outage say; `None`: `SPACING`, 0: none."""
    second_factor: bool = False
    """Whoever signs off, decides about consents or administers must also show a one-time code."""
    small_number: int | None = None
    """Counts of ill people below this identify (SML-COUNT): 5 to 10; `None`: as the rule pack says."""

    @property
    def spacing(self) -> timedelta:
        return timedelta(seconds=SPACING if self.spacing_seconds is None else self.spacing_seconds)
