"""Consent as a record and one pure question: does it cover this use, on this day?

Source: requirements.md section 3.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

import msgspec
from msgspec import Struct

Covered = Literal["image", "moving-image", "voice", "name", "first-name", "story", "condition", "location"]
Category = Literal["patient", "child-patient", "relative", "carer", "staff", "volunteer", "partner", "public"]
Authority = Literal[
    "self", "parental-responsibility", "attorney", "deputy", "best-interests", "next-of-kin", "local-authority"
]

Status = Literal["draft", "signed", "verified", "expired", "superseded", "disputed", "withdrawn"]

PATIENTS: frozenset[str] = frozenset({"patient", "child-patient"})
EMPLOYED: frozenset[str] = frozenset({"staff"})
"""Whose consent is weak because of whom they work for: another lawful basis may carry the use (CON-11)."""
ASKED_AGAIN_AT = 16
_FOR_A_CHILD: frozenset[str] = frozenset({"parental-responsibility", "local-authority"})


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
    campaigns: tuple[str, ...] = ()
    """Empty: it is not tied to a campaign."""
    partners: tuple[str, ...] = ()
    """By name: each that publishes it too is a controller of its own (CON-03)."""
    paid: bool = False
    """Paid promotion was agreed to as well."""
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
    """What the child said about it (CON-09)."""
    deceased: date | None = None
    """When the person died; then only next of kin can agree (CON-16)."""
    sensitive_dates: tuple[date, ...] = ()
    """Days of the year on which the family wants nothing published."""
    publication_approved: date | None = None
    """Asked again before posting (IDP-04); `captured` alone is not enough for staff."""
    captured: date | None = None
    language: Literal["cy", "en"] | None = None
    wording: str | None = None
    """Version of the consent text that was signed."""
    explained_by: str | None = None
    explained_role: str | None = None
    """Of whoever asked (CON-07)."""
    treating_clinician: bool = False
    """Whoever asked also gives the person care: not independent (CON-07)."""
    told_of_copies: bool = False
    """The person was told where copies may still exist after a withdrawal (CON-10)."""
    lawful_basis: Literal["consent", "legitimate-interests", "public-task"] = "consent"
    basis_decision: str | None = None
    """The information-governance lead's reason for a basis other than consent (CON-11)."""
    leaver: bool = False
    disputed: bool = False
    """Somebody says that it was never given, or not so; until that is settled it covers nothing."""
    superseded: str | None = None
    """The reference of the newer record that holds instead."""
    evidence: str | None = None
    """Id of the signed form in the encrypted store."""
    review: date | None = None


class Use(Struct, frozen=True):
    """One use of one person in one post."""

    kind: Covered
    channel: str
    purpose: str | None = None
    campaign: str | None = None
    partners: tuple[str, ...] = ()
    paid: bool = False


class Refusal(Struct, frozen=True):
    """Why a consent does not cover a use. `reason` is the variant of the sentence, `code` the finding's."""

    code: str
    reason: str
    value: str = ""


def covers(consent: Consent, use: Use, on: date) -> tuple[Refusal, ...]:
    """Every reason why `consent` does not permit `use` on that day; empty when it does. Source: CON-01 to CON-19."""
    return (
        *_validity(consent, on),
        *_basis(consent),
        *_authority(consent),
        *_childhood(consent, on),
        *_scope(consent, use),
        *_audience(consent, use),
    )


def status(consent: Consent, on: date) -> Status:
    """Where a record stands: what ended it, or how far it has come."""
    stands: tuple[tuple[bool, Status], ...] = (
        (consent.withdrawn is not None, "withdrawn"),
        (consent.disputed, "disputed"),
        (consent.superseded is not None, "superseded"),
        (on >= ends(consent), "expired"),
        (not consent.signed, "draft"),
        (consent.verified, "verified"),
    )
    return next((name for holds, name in stands if holds), "signed")


def ends(consent: Consent) -> date:
    """The day from which it no longer holds by itself: its expiry, or when a child for whom another signed is 16."""
    if consent.born is None or consent.authority not in _FOR_A_CHILD:
        return consent.expires
    return min(consent.expires, birthday(consent.born, ASKED_AGAIN_AT))


def birthday(born: date, years: int) -> date:
    """The day somebody becomes so old; who was born on 29 February does on 1 March of other years."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def scope(consent: Consent) -> Consent:
    """What those may see who are not trusted with the record: what it covers, until when, and whether it holds."""
    return msgspec.structs.replace(
        consent, signatory="", relationship=None, authority_basis=None, capacity=None, in_patient=False, born=None,
        child_view=None, deceased=None, sensitive_dates=(), explained_by=None, explained_role=None,
        treating_clinician=False, basis_decision=None, evidence=None,
    )  # fmt: skip


def _validity(consent: Consent, on: date) -> Iterator[Refusal]:
    if consent.withdrawn is not None:
        yield Refusal("CON-WITHDRAWN", "withdrawn", consent.withdrawn.isoformat())
    if consent.superseded is not None:
        yield Refusal("CON-SCOPE", "superseded", consent.superseded)
    if consent.disputed:
        yield Refusal("CON-MISSING", "disputed")
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


def _basis(consent: Consent) -> Iterator[Refusal]:
    """Only for those employed here may another basis than consent carry a use, once it was decided (CON-11)."""
    if consent.lawful_basis == "consent":
        return
    if consent.category not in EMPLOYED:
        yield Refusal("CON-MISSING", "not-consent", consent.lawful_basis)
    elif not consent.basis_decision:
        yield Refusal("CON-MISSING", "basis-undecided", consent.lawful_basis)


def _authority(consent: Consent) -> Iterator[Refusal]:
    if consent.in_patient and not consent.capacity:
        yield Refusal("CON-MISSING", "capacity")
    if consent.deceased is not None and consent.authority != "next-of-kin":
        yield Refusal("CON-PR", "deceased", consent.deceased.isoformat())
    if consent.deceased is None and consent.authority == "next-of-kin":
        yield Refusal("CON-PR", "living")


def _childhood(consent: Consent, on: date) -> Iterator[Refusal]:
    """Who signs for a child, what the child says, and that they are asked themselves at 16 (CON-09, IDP-10)."""
    by_another = consent.authority in _FOR_A_CHILD
    if by_another and consent.category in {"staff", "partner"}:
        yield Refusal("CON-PR", "not-a-child")
        return
    if consent.born is None and (by_another or consent.category == "child-patient"):
        yield Refusal("CON-PR", "birthday")
    young = consent.category == "child-patient" or by_another
    if consent.born is not None:
        young = on < birthday(consent.born, ASKED_AGAIN_AT)
        if by_another and not young:
            yield Refusal("CON-PR", "sixteen")
    if young and consent.authority == "self":
        yield Refusal("CON-PR", "child-self")
    if young and not consent.child_view:
        yield Refusal("CON-PR", "child-view")
    if by_another and not (consent.relationship and consent.authority_basis):
        yield Refusal("CON-PR", "basis")


def _scope(consent: Consent, use: Use) -> Iterator[Refusal]:
    """Consent to the name carries the first name; nothing else carries anything else (CON-19)."""
    if use.kind not in consent.covers and not (use.kind == "first-name" and "name" in consent.covers):
        yield Refusal("CON-SCOPE", "kind", use.kind)
    if use.channel not in consent.channels:
        yield Refusal("CON-SCOPE", "channel", use.channel)
    if consent.purposes and use.purpose is None:
        yield Refusal("CON-SCOPE", "purpose-unsaid", ", ".join(consent.purposes))
    elif consent.purposes and use.purpose not in consent.purposes:
        yield Refusal("CON-SCOPE", "purpose", use.purpose or "")


def _audience(consent: Consent, use: Use) -> Iterator[Refusal]:
    if consent.campaigns and use.campaign not in consent.campaigns:
        yield Refusal("CON-SCOPE", "campaign", ", ".join(consent.campaigns))
    for partner in use.partners:
        if partner not in consent.partners:
            yield Refusal("CON-SCOPE", "partner", partner)
    if use.paid and not consent.paid:
        yield Refusal("CON-SCOPE", "paid")
