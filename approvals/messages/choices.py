"""How a person wants to be told: at once, in a digest or not at all, group by group; and when the digest comes."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Literal, get_args

from msgspec import Struct

from approvals.content import LONDON
from approvals.errors import Invalid
from approvals.permissions import Actor, Permission

How = Literal["at-once", "digest", "off"]
Group = Literal["waiting", "own", "wrong", "news"]
Days = Literal["working", "all"]
GROUPS: tuple[Group, ...] = get_args(Group)
RESOLVES: frozenset[Permission] = frozenset(
    {
        Permission.DELIVERY_RESOLVE,
        Permission.TAKEDOWN_APPROVE,
        Permission.CHANNEL_MANAGE,
        Permission.PEOPLE_MANAGE,
        Permission.CONSENT_DECIDE,
    }
)
"""Who has any of these puts right what went wrong, so cannot choose not to hear of it."""
_CONCERNS: Mapping[Group, frozenset[Permission]] = {
    "waiting": frozenset(
        {
            Permission.SIGN_LINE,
            Permission.SIGN_WELSH,
            Permission.SIGN_PRIVACY,
            Permission.SIGN_COMMS,
            Permission.CONSENT_DECIDE,
        }
    ),
    "own": frozenset({Permission.POST_EDIT, Permission.POST_TRANSLATE}),
    "wrong": RESOLVES,
    "news": frozenset({Permission.PAUSE, Permission.PEOPLE_MANAGE}),
}
_SATURDAY = 5


class Choices(Struct, frozen=True):
    """A group that is not named is as its kinds are by default."""

    groups: Mapping[Group, How] = {}
    hour: int = 8
    """Of the digest, in London."""
    days: Days = "working"
    """Monday to Friday, or every day."""


def concerns(actor: Actor) -> tuple[Group, ...]:
    """The groups of which this person's roles can bring them anything."""
    return tuple(group for group in GROUPS if any(actor.may(permission) for permission in _CONCERNS[group]))


def must_hear(actor: Actor, group: Group) -> bool:
    """Whether this person cannot switch the group off: somebody has to put right what went wrong."""
    return group == "wrong" and any(actor.may(permission) for permission in RESOLVES)


def check(actor: Actor, wanted: Choices) -> None:
    """Raises `Invalid`."""
    if not 0 <= wanted.hour <= 23:  # noqa: PLR2004  # the clock
        raise Invalid("digest-hour", "/hour", value=wanted.hour)
    for group, how in wanted.groups.items():
        if how == "off" and must_hear(actor, group):
            raise Invalid("must-hear", f"/groups/{group}")


def chosen(wanted: Choices, group: Group, by_default: How) -> How:
    """What holds for one kind. Whoever has come to answer for what goes wrong hears of it, whatever they once chose."""
    how = wanted.groups.get(group, by_default)
    return by_default if how == "off" and group == "wrong" else how


def send_after(wanted: Choices, how: How, now: datetime) -> datetime:
    return next_digest(wanted, now) if how == "digest" else now


def next_digest(wanted: Choices, now: datetime) -> datetime:
    """The next time after `now` at which the person's digest comes: their hour on the clock of that day in London."""
    day = now.astimezone(LONDON).date()
    while True:
        at = datetime.combine(day, time(wanted.hour), LONDON)
        if at > now and (wanted.days == "all" or day.weekday() < _SATURDAY):
            return at.astimezone(now.tzinfo)
        day += timedelta(days=1)
