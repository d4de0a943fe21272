"""Everything a check may know beside the post itself. Checks ask nobody else: no database, no clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from approvals.consent import Consent
from approvals.corrections import Correcting
from approvals.rules import Terms
from connectors.contract import Language, Limits, Outgoing

Model = Literal["bilingual", "paired", "cy", "en"]
"""WEL-05: one account in both languages, two accounts, or an account of one language only."""


class Account(Struct, frozen=True):
    id: str
    languages: tuple[Language, ...]
    handle: str = ""


class Channel(Struct, frozen=True):
    """A channel of the organisation as the public knows it: "our Facebook", "our X" (two accounts)."""

    name: str
    platform: str
    model: Model
    limits: Limits
    accounts: tuple[Account, ...] = ()
    suspended: bool = False


class Region(Struct, frozen=True):
    """A person whom the detector proposes. It counts and locates, and knows nobody (IDP-14)."""

    box: tuple[float, float, float, float]
    score: float


class Picture(Struct, frozen=True):
    """What is known of one picture of the post."""

    clean: bool
    """Rebuilt from pixels and proved; nothing else may be submitted."""
    width: int = 0
    height: int = 0
    removed: tuple[str, ...] = ()
    """Kinds of what was taken out (MET-06), for the record."""
    refused: str | None = None
    """Message key of why the file cannot be used."""
    regions: tuple[Region, ...] | None = None
    """`None`: nobody has looked yet."""
    obscured: tuple[tuple[float, float, float, float], ...] = ()
    """Boxes whose pixels were destroyed when it was rebuilt (MET-04)."""
    unfit: Mapping[str, str] = {}
    """Channels it cannot be made to fit, with the reason."""


class Context(Struct, frozen=True):
    now: datetime
    publish_at: datetime | None = None
    """The moment of sending, where one is known: dates in the text are past or not by this."""
    channels: Mapping[str, Channel] = {}
    """The organisation's channels by name."""
    consents: Mapping[str, Consent] = {}
    """By reference."""
    pictures: Mapping[str, Picture] = {}
    """By `Media.upload` or `Media.file`."""
    manifest: tuple[tuple[str, Outgoing], ...] = ()
    """(channel name, what it would get)."""
    correcting: Correcting | None = None
    """The published post that this one corrects in public."""
    plain: tuple[tuple[str, Outgoing], ...] = ()
    """Of a correction: what the channels would get if it were none."""
    terms: Terms | None = None
    """The organisation's own term lists on top of the rule pack."""
    never_patients: bool = False
    """Policy: no patient in any picture, consent or not (IDP-07, Mersey Care's rule)."""
