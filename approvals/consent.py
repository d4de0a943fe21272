"""Consent as a record and one pure question: does it cover this use, on this day?

Source: requirements.md section 3.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from msgspec import Struct

Covered = Literal["image", "moving-image", "voice", "name", "first-name", "story", "condition", "location"]
Category = Literal["patient", "child-patient", "relative", "carer", "staff", "volunteer", "partner", "public"]
Authority = Literal[
    "self", "parental-responsibility", "attorney", "deputy", "best-interests", "next-of-kin", "local-authority"
]

PATIENTS: frozenset[str] = frozenset({"patient", "child-patient"})


class Consent(Struct, frozen=True, omit_defaults=True):
    """What was agreed to, by whom, for how long. Contact details are held apart and never stand here."""

    ref: str
    category: Category
    signatory: str
    authority: Authority
    covers: tuple[Covered, ...]
    channels: tuple[str, ...]
    starts: date
    expires: date
    purposes: tuple[str, ...] = ()
    """Empty: any purpose that the wording named was agreed to."""
    withdrawn: date | None = None
    signed: bool = True
    """On paper or on screen; a spoken yes is no consent (CON-01)."""
    verified: bool = True
    """By the consent custodian."""
    relationship: str | None = None
    authority_basis: str | None = None
    """How parental responsibility is held, or which court or document gives the authority."""
    capacity: str | None = None
    """Who assessed it and when; must be there for an in-patient (CON-02)."""
    in_patient: bool = False
    born: date | None = None
    """Only for children: consent is asked again at 16 (CON-09)."""
    child_view: str | None = None
    campaigns: tuple[str, ...] = ()
    partners: bool = False
    paid: bool = False
    publication_approved: date | None = None
    """Asked again before posting (IDP-04); `captured` alone is not enough for staff."""
    captured: date | None = None
    language: Literal["cy", "en"] | None = None
    wording: str | None = None
    """Version of the consent text that was signed."""
    explained_by: str | None = None
    treating_clinician: bool = False
    lawful_basis: Literal["consent", "legitimate-interests", "public-task"] = "consent"
    leaver: bool = False
    evidence: str | None = None
    """Id of the signed form in the encrypted store."""
    review: date | None = None


class Use(Struct, frozen=True):
    """One use of one person in one post."""

    kind: Covered
    channel: str
    purpose: str | None = None


class Refusal(Struct, frozen=True):
    """Why a consent does not cover a use. `reason` is the variant of the sentence, `code` the finding's."""

    code: str
    reason: str
    value: str = ""


def covers(consent: Consent, use: Use, on: date) -> tuple[Refusal, ...]:
    """Every reason why `consent` does not permit `use` on that day; empty when it does. Source: CON-01 to CON-15."""
    return (*_validity(consent, on), *_authority(consent, on), *_scope(consent, use))


def _validity(consent: Consent, on: date) -> Iterator[Refusal]:
    if consent.withdrawn is not None:
        yield Refusal("CON-WITHDRAWN", "withdrawn", consent.withdrawn.isoformat())
    if not consent.signed:
        yield Refusal("CON-MISSING", "unsigned")
    if not consent.verified:
        yield Refusal("CON-MISSING", "unverified")
    if on < consent.starts:
        yield Refusal("CON-SCOPE", "not-yet", consent.starts.isoformat())
    if on >= consent.expires:
        yield Refusal("CON-SCOPE", "expired", consent.expires.isoformat())
    if consent.leaver:
        yield Refusal("CON-SCOPE", "leaver")


def _authority(consent: Consent, on: date) -> Iterator[Refusal]:
    if consent.category == "child-patient" and consent.authority == "self" and not _sixteen(consent, on):
        yield Refusal("CON-PR", "child-self")
    if consent.authority == "parental-responsibility" and consent.born and _sixteen(consent, on):
        yield Refusal("CON-PR", "sixteen")
    if consent.authority == "parental-responsibility" and consent.category in {"staff", "partner"}:
        yield Refusal("CON-PR", "not-a-child")
    if consent.in_patient and not consent.capacity:
        yield Refusal("CON-MISSING", "capacity")


def _sixteen(consent: Consent, on: date) -> bool:
    if consent.born is None:
        return False
    return (on.year - consent.born.year - ((on.month, on.day) < (consent.born.month, consent.born.day))) >= 16  # noqa: PLR2004  # CON-09


def _scope(consent: Consent, use: Use) -> Iterator[Refusal]:
    if use.kind not in consent.covers:
        yield Refusal("CON-SCOPE", "kind", use.kind)
    if use.channel not in consent.channels:
        yield Refusal("CON-SCOPE", "channel", use.channel)
    if use.purpose and consent.purposes and use.purpose not in consent.purposes:
        yield Refusal("CON-SCOPE", "purpose", use.purpose)
