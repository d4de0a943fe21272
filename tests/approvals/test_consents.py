"""What a consent covers: every reason why not, each by itself, and a sentence for each in both languages."""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from approvals import consent as rules
from approvals.consent import Consent, Covered, Use, covers, ends, scope, status
from i18n.messages import known
from tests.approvals.conftest import consent

ON = date(2026, 11, 23)
USE = Use("image", "facebook")
CHILD = {
    "category": "child-patient", "authority": "parental-responsibility", "born": date(2015, 5, 5),
    "relationship": "mother", "authority_basis": "birth certificate", "child_view": "wants to be shown",
}  # fmt: skip
STAFF = {"category": "staff", "lawful_basis": "legitimate-interests", "basis_decision": "Sara, 3 November 2026"}
DEAD = {"deceased": date(2026, 10, 1), "authority": "next-of-kin"}


def reasons(use: Use = USE, on: date = ON, **changes: object) -> list[tuple[str, str, str]]:
    return [(r.code, r.reason, r.value) for r in covers(consent(**changes), use, on)]


@pytest.mark.parametrize("changes", [{}, CHILD, STAFF, DEAD, {"in_patient": True, "capacity": "Dr Rees, 1 November"}])
def test_a_whole_consent_covers_what_was_agreed_to(changes: dict[str, object]) -> None:
    assert reasons(**changes) == []


WHY_NOT = [
    ({"withdrawn": date(2026, 11, 20)}, "CON-WITHDRAWN", "withdrawn", "2026-11-20"),
    ({"superseded": "C-2"}, "CON-SCOPE", "superseded", "C-2"),
    ({"disputed": True}, "CON-MISSING", "disputed", ""),
    ({"signed": False}, "CON-MISSING", "unsigned", ""),
    ({"verified": False}, "CON-MISSING", "unverified", ""),
    ({"starts": date(2026, 11, 24)}, "CON-SCOPE", "not-yet", "2026-11-24"),
    ({"expires": ON}, "CON-SCOPE", "expired", "2026-11-23"),
    ({"leaver": True}, "CON-SCOPE", "leaver", ""),
    ({"lawful_basis": "public-task"}, "CON-MISSING", "not-consent", "public-task"),
    (STAFF | {"basis_decision": None}, "CON-MISSING", "basis-undecided", "legitimate-interests"),
    ({"in_patient": True}, "CON-MISSING", "capacity", ""),
    ({"deceased": date(2026, 10, 1)}, "CON-PR", "deceased", "2026-10-01"),
    ({"authority": "next-of-kin"}, "CON-PR", "living", ""),
    (CHILD | {"category": "staff"}, "CON-PR", "not-a-child", ""),
    (CHILD | {"born": None}, "CON-PR", "birthday", ""),
    (CHILD | {"born": date(2010, 11, 23)}, "CON-PR", "sixteen", ""),
    (CHILD | {"authority": "self"}, "CON-PR", "child-self", ""),
    ({"born": date(2010, 11, 24), "child_view": "yes"}, "CON-PR", "child-self", ""),
    (CHILD | {"child_view": None}, "CON-PR", "child-view", ""),
    (CHILD | {"authority_basis": None}, "CON-PR", "basis", ""),
    (CHILD | {"relationship": None}, "CON-PR", "basis", ""),
    (CHILD | {"authority": "local-authority", "child_view": None}, "CON-PR", "child-view", ""),
    ({"purposes": ("flu",)}, "CON-SCOPE", "purpose-unsaid", "flu"),
    ({"campaigns": ("flu", "shingles")}, "CON-SCOPE", "campaign", "flu, shingles"),
]


@pytest.mark.parametrize(("changes", "code", "reason", "value"), WHY_NOT)
def test_each_reason_stands_alone(changes: dict[str, object], code: str, reason: str, value: str) -> None:
    assert reasons(**changes) == [(code, reason, value)]


USES = [
    (Use("condition", "facebook"), "kind", "condition"),
    (Use("image", "instagram"), "channel", "instagram"),
    (Use("image", "facebook", purpose="other"), "purpose", "other"),
    (Use("image", "facebook", purpose="flu", campaign="other"), "campaign", "winter"),
    (Use("image", "facebook", purpose="flu", campaign="winter", partners=("Cyngor",)), "partner", "Cyngor"),
    (Use("image", "facebook", purpose="flu", campaign="winter", paid=True), "paid", ""),
]


@pytest.mark.parametrize(("use", "reason", "value"), USES)
def test_a_use_beyond_what_was_agreed_to_is_named(use: Use, reason: str, value: str) -> None:
    narrow: dict[str, object] = {}
    if use.purpose:
        narrow = {"purposes": ("flu",), "campaigns": ("winter",) if use.campaign else ()}
    assert reasons(use, **narrow) == [("CON-SCOPE", reason, value)]


def test_consent_to_the_name_carries_the_first_name_and_nothing_else_carries_anything() -> None:
    carried = {
        (given, used)
        for given in get_args(Covered)
        for used in get_args(Covered)
        if not reasons(Use(used, "facebook"), covers=(given,))
    }
    assert carried == {(kind, kind) for kind in get_args(Covered)} | {("name", "first-name")}


def test_all_reasons_come_at_once() -> None:
    wrong = reasons(Use("voice", "x"), withdrawn=ON, signed=False, channels=("facebook",), leaver=True)
    assert [reason for _, reason, _ in wrong] == ["withdrawn", "unsigned", "leaver", "kind", "channel"]


@pytest.mark.parametrize("code_and_reason", sorted({(code, reason) for _, code, reason, _ in WHY_NOT}))
def test_every_reason_has_its_sentence_in_both_languages(code_and_reason: tuple[str, str]) -> None:
    key = ".".join(code_and_reason)
    assert known("cy", key)
    assert known("en", key)


def test_the_table_above_has_every_reason_that_the_rules_can_give() -> None:
    source = Path(rules.__file__).read_text(encoding="utf-8")
    given = set(re.findall(r'Refusal\("[A-Z-]+", "([a-z-]+)"', source))
    assert given == {reason for _, _, reason, _ in WHY_NOT} | {reason for _, reason, _ in USES}


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({}, date(2028, 11, 1)),
        (CHILD | {"born": date(2011, 3, 9)}, date(2027, 3, 9)),
        (CHILD | {"born": date(2011, 3, 9), "authority": "self"}, date(2028, 11, 1)),
        (CHILD | {"born": date(2012, 2, 29), "expires": date(2030, 1, 1)}, date(2028, 2, 29)),
        (CHILD, date(2028, 11, 1)),
    ],
)
def test_a_childs_consent_ends_on_the_sixteenth_birthday_at_the_latest(changes: dict[str, object], end: date) -> None:
    assert ends(consent(**changes)) == end


def test_somebody_born_on_29_february_has_a_birthday_every_year() -> None:
    assert rules.birthday(date(2012, 2, 29), 17) == date(2029, 3, 1)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"withdrawn": ON, "disputed": True}, "withdrawn"),
        ({"disputed": True}, "disputed"),
        ({"superseded": "C-2"}, "superseded"),
        ({"expires": ON}, "expired"),
        ({"signed": False}, "draft"),
        ({"verified": False}, "signed"),
        ({}, "verified"),
    ],
)
def test_a_record_stands_where_the_last_event_left_it(changes: dict[str, object], found: str) -> None:
    assert status(consent(**changes), ON) == found


def test_those_who_see_only_the_scope_see_nothing_of_the_person() -> None:
    whole = consent(
        **CHILD, capacity="Dr Rees", in_patient=True, explained_by="Nia", explained_role="ward clerk",
        treating_clinician=True, deceased=ON, sensitive_dates=(ON,), evidence="e" * 32, basis_decision="Sara",
    )  # fmt: skip
    seen = msgspec.to_builtins(scope(whole))
    assert set(seen) == {
        "ref", "category", "signatory", "authority", "covers", "channels", "starts", "expires", "publication_approved",
    }  # fmt: skip
    assert seen["signatory"] == ""


def test_what_is_stored_is_read_back_as_it_was() -> None:
    whole = consent(**CHILD, partners=("Cyngor",), campaigns=("flu",), paid=True)
    assert msgspec.convert(msgspec.to_builtins(whole), Consent) == whole
