"""What a submission lacks is said, all at once, and nothing is said of what is there."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from approvals import checks
from approvals.checks.context import Account, Channel, Picture
from approvals.content import Bilingual, Content, Media, Rights, Window
from approvals.outgoing import render
from connectors.contract import Limits
from tests.approvals.checks.checking import FACEBOOK, NOW, context, found, of, post

X = Channel("x", "x", "paired", Limits(text=280, counting="weighted", pictures=4, alt=1000),
            (Account("cy", ("cy",)), Account("en", ("en",))))  # fmt: skip
COMPLETE = Media(
    upload="m", alt=Bilingual("Gardd yr ysbyty.", "The hospital garden."), words=Bilingual("", ""),
    rights=Rights("Board", "own work", "Board"), nobody="an empty garden",
)  # fmt: skip
SEEN = {"m": Picture(clean=True, width=10, height=10, regions=())}


def with_picture(**changes: Any) -> Content:
    return post("Dewch i'r ardd.", "Come to the garden.", media=(msgspec.structs.replace(COMPLETE, **changes),))


def raised(content: Content, **known: Any) -> set[tuple[str, str]]:
    return {(f.code, str(f.params.get("variant", ""))) for f in found(content, **{"pictures": SEEN} | known)}


def test_a_complete_post_raises_nothing_at_all() -> None:
    assert checks.run(with_picture(), context(pictures=SEEN)) == ()


def test_an_empty_document_is_told_everything_that_it_lacks() -> None:
    codes = {(f.code, f.params.get("variant")) for f in checks.run(Content(), context())}
    assert codes == {("WEL-MISSING", "no-text"), ("PUB-CHANNEL", "none"), ("PUB-WINDOW", "missing")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rights": None}, ("COP-RIGHTS", "")),
        ({"rights": Rights("Board", "", "Board")}, ("COP-RIGHTS", "")),
        ({"words": None}, ("IMG-WORDS", "")),
        ({"nobody": None}, ("IMG-PEOPLE", "unanswered")),
        ({"upload": "other"}, ("IMG-FILE", "upload")),
        ({"upload": None, "file": "garden.jpg"}, ("IMG-FILE", "file")),
        ({"upload": None}, ("IMG-FILE", "none")),
    ],
)
def test_each_missing_part_of_a_picture_is_one_finding(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert raised(with_picture(**changes)) == {expected}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Picture(clean=False), ("IMG-UNCLEAN", "")),
        (Picture(clean=False, refused="MEDIA-PDF"), ("IMG-REFUSED", "")),
        (Picture(clean=True, regions=(), unfit={"facebook": "MEDIA-RATIO"}), ("IMG-UNFIT", "")),
        (Picture(clean=True, regions=(), removed=("gps",)), ("META-STRIPPED", "")),
    ],
)
def test_what_became_of_a_picture_is_said(seen: Picture, expected: tuple[str, str]) -> None:
    content = with_picture()
    codes = {(f.code, str(f.params.get("variant", ""))) for f in found(content, pictures={"m": seen})}
    assert expected in codes


def test_words_in_a_picture_in_one_language_block() -> None:
    content = with_picture(words=Bilingual("", "Open day"))
    (finding,) = of(checks.run(content, context(pictures=SEEN)), "WEL-IMGTEXT")
    assert (finding.severity, finding.language, finding.where.pointer) == ("block", "cy", "/media/0/words/cy")


def test_a_description_in_one_language_blocks_in_the_other() -> None:
    content = with_picture(alt=Bilingual(None, "The hospital garden."))
    findings = checks.run(content, context(pictures=SEEN))
    (finding,) = of(findings, "WEL-ALT")
    assert (finding.severity, finding.language) == ("block", "cy")
    assert not of(findings, "ACC-ALT")


@pytest.mark.parametrize(
    ("publish_at", "variant"),
    [
        ("2027-03-28T01:30", "skipped"),
        ("2027-10-31T01:30", "ambiguous"),
        ("next Tuesday", "malformed"),
        ("2026-11-20T09:00", "past"),
        ("", "missing"),
    ],
)
def test_a_time_that_is_none_is_refused_with_its_reason(publish_at: str, variant: str) -> None:
    (finding,) = of(found(post("Croeso.", "Welcome.", publish_at=publish_at)), "PUB-WINDOW")
    assert (finding.params["variant"], finding.severity) == (variant, "block")


def test_an_hour_that_happens_twice_is_shown_with_both_offsets() -> None:
    (finding,) = of(found(post("Croeso.", "Welcome.", publish_at="2027-10-31T01:30")), "PUB-WINDOW")
    assert (finding.params["first"], finding.params["second"]) == ("2027-10-31T01:30+01:00", "2027-10-31T01:30+00:00")
    assert "2027-10-31T01:30+01:00" in finding.message("cy")
    assert not of(found(post("Croeso.", "Welcome.", publish_at="2027-10-31T01:30+00:00")), "PUB-WINDOW")


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    window = Window(datetime(2027, 2, 2, 9), datetime(2027, 2, 1, 9))  # noqa: DTZ001 - London, as people write it
    (finding,) = of(found(post("Croeso.", "Welcome.", window=window)), "PUB-WINDOW")
    assert finding.params["variant"] == "order"


def test_unknown_doubled_and_suspended_channels_are_named() -> None:
    suspended = msgspec.structs.replace(FACEBOOK, suspended=True)
    content = post("Croeso.", "Welcome.", channels=("facebook", "myspace", "facebook"))
    codes = {
        (f.params["variant"], f.params["channel"])
        for f in of(found(content, channels={"facebook": suspended}), "PUB-CHANNEL")
    }
    assert codes == {("unknown", "myspace"), ("twice", "facebook"), ("suspended", "facebook")}


def test_length_is_what_the_account_would_get_counted_as_the_platform_counts() -> None:
    def length(cy: str, en: str) -> list[tuple[str | None, int]]:
        content = post(cy, en, channels=("x",))
        manifest = tuple((part.channel, part.outgoing) for part in render(content, X, ()))
        return [
            (f.language, f.params["length"])
            for f in of(found(content, channels={"x": X}, manifest=manifest), "TXT-LENGTH")
        ]

    assert length("a" * 280, "b" * 280) == []
    assert length("a" * 281, "b" * 280) == [("cy", 281)]
    assert length("a" * 250 + " https://nhs.wales/" + "c" * 200, "b" * 100) == []  # a link counts 23
    assert length("😊" * 140, "b" * 281) == [("en", 281)]


def test_a_finding_has_a_key_that_a_decision_can_bind_to() -> None:
    first, second = (found(post("Ffoniwch 07700 900123.", "Call 07700 900123."))[0].key for _ in range(2))
    other = found(post("Ffoniwch ni: 07700 900123.", "Call us: 07700 900123."))[0].key
    assert first == second != other
    assert NOW.tzinfo is UTC
