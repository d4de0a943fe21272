"""What the register says of a channel (ACT-01), and what it lacks (ACT-02, ACT-04)."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

REVIEWED_EVERY = timedelta(days=183)
"""Settings and privacy of an account are read through every six months (ACT-04)."""
BY_HAND, CLOSED = "out-of-service", "closed"
"""`Account.stopped_code` where a person, and not the platform, has stopped it."""
STOPPED_BY_PEOPLE = frozenset({BY_HAND, CLOSED})


class Entry(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an administrator writes into the register."""

    purpose: str = ""
    """What the channel is for, and how it will be kept up."""
    owner: UUID | None = None
    deputy: UUID | None = None
    recovery: str = ""
    """The organisation's own address or line to which the platform sends what is needed to get an account back."""
    administrators: str = ""
    """Who else can sign in to the account on the platform itself."""
    second_factor: bool = False
    """Signing in on the platform itself asks for a code as well."""


class Register(Entry, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The entry with what was done since."""

    reviewed: date | None = None
    reviewed_by: UUID | None = None
    closed: date | None = None
    closing_reason: str = ""


def read(kept: Mapping[str, Any]) -> Register:
    """What a channel's row holds."""
    return msgspec.convert(dict(kept), Register)


def lacking(register: Register, left: Collection[UUID], today: date) -> tuple[str, ...]:
    """What somebody has to see to: keys of `register.lacks-NAME`. `left` are people who are here no more."""
    if register.closed is not None:
        return ()
    found = [
        name
        for name, value in (
            ("purpose", register.purpose),
            ("owner", register.owner not in left and register.owner),
            ("deputy", register.deputy not in left and register.deputy),
            ("recovery", register.recovery),
        )
        if not value
    ]
    due = register.reviewed is None or register.reviewed + REVIEWED_EVERY < today
    return (*found, "review") if due else tuple(found)
