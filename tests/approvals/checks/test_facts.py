"""Dates that disagree or are over, and links that hide where they lead."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals import checks
from i18n.dates import say_date
from tests.approvals.checks.checking import Row, above_advice, context, found, name, of, post, wanted

DATES: list[Row] = [
    ("en", "Join us on Monday 3 March 2027.", "FCT-DATE:decide"),
    ("cy", "Ymunwch â ni ddydd Llun 3 Mawrth 2027.", "FCT-DATE:decide"),
    ("cy", "Ymunwch â ni ddydd Mercher 3 Mawrth 2027.", ""),
    ("en", "Join us on Wednesday 3 March 2027.", ""),
    ("en", "Come along on Friday 12 March.", ""),
    ("en", "Come along on Thursday 12 March.", "FCT-DATE:decide"),
    ("en", "Register by 5 January 2027.", "FCT-DATE:decide"),
    ("cy", "Cofrestrwch erbyn 5 Ionawr 2027.", "FCT-DATE:decide"),
    ("en", "Apply by 31 January!", "FCT-DATE:decide"),
    ("cy", "nos Fawrth 9 Chwefror 2027 am 6yh", "FCT-DATE:decide"),
    ("en", "The unit opened on 5 January 2027.", ""),
    ("cy", "Agorwyd yr uned ar 5 Ionawr 2027.", ""),
    ("en", "Report for 2025–26. Since 1 April 2020.", ""),
    ("en", "Exhibition from 1 February to 1 March 2027.", ""),
    ("cy", "Bydd ar 7 ac 8 Mehefin, ac ar 10 Mehefin.", ""),
]
LINKS: list[Row] = [
    ("en", "More: https://bit.ly/3abc", "SEC-LINK:decide"),
    ("en", "More: https://xn--nhs-7ka.wales/a", "SEC-LINK"),
    ("cy", "Mwy: https://nhѕ.wales/a", "SEC-LINK"),
    ("en", "More: https://nhs.wales/a", ""),
]


@pytest.mark.parametrize("row", [*DATES, *LINKS], ids=name)
def test_dates_and_links_are_judged_on_the_day_of_publishing(row: Row) -> None:
    assert above_advice(row) == wanted(row)


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2027, 2, 11), date(2029, 12, 31)), st.sampled_from(["cy", "en"]))
def test_a_date_with_its_own_weekday_is_never_doubted(day: date, language: str) -> None:
    text = say_date(day, "cy" if language == "cy" else "en")
    assert not of(found(post(**{language: f"Ymunwch: {text}" if language == "cy" else f"Join us: {text}"})), "FCT-DATE")


def test_what_time_changes_is_asked_again_and_nothing_else() -> None:
    content = post("Ymunwch â ni ar 9 Mawrth 2027.", "Join us on 9 March 2027. Call 07700 900123.")
    in_time, too_late = datetime(2027, 3, 8, 12, tzinfo=UTC), datetime(2027, 3, 8, 12, tzinfo=UTC) + timedelta(days=2)
    assert checks.run(content, context(publish_at=in_time), timed_only=True) == ()
    assert [f.code for f in checks.run(content, context(publish_at=too_late), timed_only=True)] == ["FCT-DATE"]
