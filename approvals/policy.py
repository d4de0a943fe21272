"""The choices that requirements.md 8.1 leaves to each organisation. None can switch off parity, cleaning or consent."""

from msgspec import Struct


class Policy(Struct, frozen=True, omit_defaults=True):
    never_patients: bool = False
    """No patient in any picture, with or without consent (IDP-07; Mersey Care's rule)."""
    late_after_minutes: int | None = None
    """A delivery later than this is `missed` and asks a person; `None`: as the installation is set."""
    second_factor: bool = False
    """Whoever signs off, decides about consents or administers must also show a one-time code."""
    small_number: int | None = None
    """Counts of ill people below this identify (SML-COUNT): 5 to 10; `None`: as the rule pack says."""
