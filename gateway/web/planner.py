"""A calendar of days in London: weeks and months, and what stands on each day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.content import LONDON
from approvals.permissions import Actor
from approvals.queries import CalendarEntry
from approvals.queries.calendar_views import CLASH
from connectors.contract import Language
from gateway.web import moments

DAY, WEEK = timedelta(days=1), timedelta(days=7)


class Sent(Struct, frozen=True):
    """What of a post is in one state on one channel, Welsh and English together."""

    channel: str
    languages: tuple[Language, ...]
    state: str
    ids: tuple[UUID, ...]


class Card(Struct, frozen=True):
    """One post on its day."""

    key: str
    entry: CalendarEntry
    clock: str
    sent: tuple[Sent, ...]


class Day(Struct, frozen=True):
    date: date
    cards: tuple[Card, ...]
    today: bool
    outside: bool
    """Of a neighbouring month."""


class Plan(Struct, frozen=True):
    """The days of one channel, or of all where `channel` is empty."""

    channel: str
    days: tuple[Day, ...]


class Near(Struct, frozen=True):
    """What else goes out on one day on the same channels."""

    date: date
    entries: tuple[CalendarEntry, ...]
    close: frozenset[UUID]
    """Posts that would be closer than half an hour."""


async def near(
    session: AsyncSession, actor: Actor, at: datetime | None, channels: Sequence[str], post: UUID | None = None
) -> Near | None:
    """`None` while there is no day or no channel."""
    if at is None or not channels:
        return None
    day = at.astimezone(LONDON).date()
    found = await queries.calendar(session, actor, midnight(day), midnight(day + DAY), channels=tuple(channels))
    others = tuple(entry for entry in found if entry.post != post)
    return Near(day, others, frozenset(entry.post for entry in others if abs(entry.at - at) < CLASH))


def midnight(day: date) -> datetime:
    """When the day begins in London, whichever way the clocks stand."""
    return datetime.combine(day, time(), LONDON)


def days_of(view: str, chosen: date) -> tuple[date, ...]:
    """Whole weeks from Monday: the one of the day, or those of its month."""
    first = chosen.replace(day=1) if view == "month" else chosen
    last = _next_month(first) - DAY if view == "month" else chosen
    monday, end = first - first.weekday() * DAY, last + (7 - last.weekday()) * DAY
    return tuple(monday + n * DAY for n in range((end - monday).days))


def neighbours(view: str, chosen: date) -> tuple[date, date]:
    """A day of the week or month before, and of the one after."""
    if view != "month":
        return chosen - WEEK, chosen + WEEK
    first = chosen.replace(day=1)
    return (first - DAY).replace(day=1), _next_month(first)


def plan(
    entries: Sequence[CalendarEntry],
    days: Sequence[date],
    channel: str = "",
    number: int = 0,
    *,
    today: date,
    month: int | None,
) -> Plan:
    """`channel`: only what goes out there, or everything. `number`: of the plan on its page."""
    cards = [_card(entry, channel, number) for entry in entries]
    by_day = {
        day: tuple(found)
        for day, found in groupby((c for c in cards if c.sent), lambda c: c.entry.at.astimezone(LONDON).date())
    }
    return Plan(
        channel,
        tuple(Day(day, by_day.get(day, ()), day == today, month not in {None, day.month}) for day in days),
    )


def channels_of(entries: Iterable[CalendarEntry]) -> list[str]:
    return sorted({part.channel for entry in entries for part in entry.deliveries})


def _card(entry: CalendarEntry, channel: str, number: int) -> Card:
    key = f"card-{entry.post}-{number}" if number else f"card-{entry.post}"
    return Card(key, entry, moments.clock(entry.at), tuple(_sent(entry, channel)))


def _sent(entry: CalendarEntry, channel: str) -> Iterator[Sent]:
    together: dict[tuple[str, str], list[tuple[UUID, tuple[Language, ...]]]] = {}
    for part in entry.deliveries:
        if channel in {"", part.channel}:
            together.setdefault((part.channel, part.state), []).append((part.id, part.languages))  # type: ignore[arg-type]  # an account's
    for (name, state), parts in sorted(together.items()):
        spoken: set[Language] = {language for _, languages in parts for language in languages}
        yield Sent(name, tuple(sorted(spoken)), state, tuple(found for found, _ in parts))


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
