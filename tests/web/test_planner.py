"""Days of a calendar are days in London, also when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from approvals.queries import CalendarEntry, DeliveryView
from gateway.web import moments, planner

SUMMER_ENDS, SUMMER_BEGINS = date(2026, 10, 25), date(2027, 3, 28)


def entry(at: datetime) -> CalendarEntry:
    part = DeliveryView(
        id=UUID(int=2), post=UUID(int=1), version=1, part=0, channel="x", platform="x", account="a", handle="a",
        languages=("cy",), mode="sandbox", state="due", code=None, publish_at=at, next_attempt_at=at, follows=None,
        edits=None, platform_id=None, url=None, published_at=None, takedown_at=None, retracted_at=None, seen=(),
    )  # fmt: skip
    words = {"cy": "Un"}
    return CalendarEntry(UUID(int=1), 1, at, words, (part,), clash=False, movable=True, earliest=None, latest=None)


def test_a_week_is_seven_days_from_monday() -> None:
    days = planner.days_of("week", date(2026, 11, 25))
    assert (days[0], days[-1], len(days)) == (date(2026, 11, 23), date(2026, 11, 29), 7)


@pytest.mark.parametrize(("month", "first", "last"), [
    (date(2026, 11, 25), date(2026, 10, 26), date(2026, 12, 6)),
    (date(2027, 2, 1), date(2027, 2, 1), date(2027, 2, 28)),
    (date(2026, 12, 31), date(2026, 11, 30), date(2027, 1, 3)),
])  # fmt: skip
def test_a_month_is_whole_weeks(month: date, first: date, last: date) -> None:
    days = planner.days_of("month", month)
    assert (days[0], days[-1], len(days) % 7) == (first, last, 0)


def test_the_months_beside_december_are_november_and_january() -> None:
    assert planner.neighbours("month", date(2026, 12, 31)) == (date(2026, 11, 1), date(2027, 1, 1))


@pytest.mark.parametrize(("day", "hours"), [(SUMMER_ENDS, 25), (SUMMER_BEGINS, 23), (date(2026, 11, 25), 24)])
def test_a_day_has_the_hours_that_it_has_in_london(day: date, hours: int) -> None:
    begins, ends = planner.midnight(day).astimezone(UTC), planner.midnight(day + planner.DAY).astimezone(UTC)
    assert ends - begins == timedelta(hours=hours)


def test_half_past_midnight_in_summer_stands_on_its_day_though_it_is_the_day_before_in_utc() -> None:
    found = [entry(datetime(2026, 7, 1, 23, 30, tzinfo=UTC))]
    plan = planner.plan(found, planner.days_of("week", date(2026, 7, 2)), today=date(2026, 7, 2), month=None)
    assert [(day.date, day.today, day.cards[0].clock) for day in plan.days if day.cards] == [
        (date(2026, 7, 2), True, "00:30")
    ]


def test_in_the_hour_that_happens_twice_a_card_says_which() -> None:
    first, second = (moments.on("at", str(SUMMER_ENDS), f"01:30 {zone}") for zone in ("BST", "GMT"))
    assert second - first == timedelta(hours=1)
    assert [moments.clock(moment) for moment in (first, second)] == ["01:30 BST", "01:30 GMT"]
