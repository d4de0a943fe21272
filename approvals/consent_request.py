"""What a person is asked to agree to, before they have: it stands in the letter under a reference (CON-03, CON-04)."""

import secrets
from datetime import date
from typing import Literal

from msgspec import Struct

from approvals.consent import Category, Covered

Wording = Literal["1"]
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is taken for another when somebody reads it from paper."""


class Asked(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The scope of a request. What the signed form says in the end is recorded as the consent."""

    category: Category
    covers: tuple[Covered, ...]
    channels: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    paid: bool = False
    until: date | None = None
    """When the consent would end."""
    wording: Wording = "1"
    """The version of the letter's words, `consent-letter.1.…` in the catalogs."""


def new_reference() -> str:
    """`C-7K3M-92QX`: nobody guesses another's, and it says nothing about the person."""
    code = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"C-{code[:4]}-{code[4:]}"
