"""Everybody in a picture is accounted for exactly once, and each consent covers this use on this day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from approvals import checks
from approvals.checks.boxes import unanswered
from approvals.checks.context import Picture, Region
from approvals.consent import Consent
from approvals.content import Bilingual, Content, Media, Named, Rights, Shown
from approvals.findings import Finding
from tests.approvals.checks.checking import context, found, of, post

FACE, OTHER = (40.0, 40.0, 60.0, 60.0), (200.0, 40.0, 60.0, 60.0)
RIGHTS = Rights("Board", "own", "Board")


def consent(**said: Any) -> Consent:
    whole: dict[str, Any] = {
        "ref": "C-1", "category": "staff", "signatory": "Carys Bowen", "authority": "self", "covers": ("image",),
        "channels": ("facebook",), "starts": date(2026, 1, 1), "expires": date(2028, 1, 1),
    }  # fmt: skip
    return Consent(**(whole | said))


def picture(*boxes: tuple[float, float, float, float], **known: Any) -> Picture:
    regions = tuple(Region(box, 0.9) for box in boxes)
    return Picture(**{"clean": True, "width": 400, "height": 300, "regions": regions} | known)


def shows(*people: Shown, **said: Any) -> Content:
    media = Media(upload="m", alt=Bilingual("Dwy nyrs.", "Two nurses."), words=Bilingual("", ""), rights=RIGHTS,
                  people=people or None, **said)  # fmt: skip
    return post("Croeso i'r ward.", "Welcome to the ward.", media=(media,))


def findings(content: Content, seen: Picture, *consents: Consent, **known: Any) -> list[Finding]:
    return list(found(content, pictures={"m": seen}, consents={c.ref: c for c in consents}, **known))


def codes(content: Content, seen: Picture, *consents: Consent, **known: Any) -> set[tuple[str, str]]:
    raised = findings(content, seen, *consents, **known)
    return {(f.code, str(f.params.get("variant", ""))) for f in raised if f.severity != "note"}


def test_a_consented_person_at_the_proposed_place_is_accounted_for() -> None:
    assert codes(shows(Shown(box=(38, 35, 70, 72), consent="C-1")), picture(FACE), consent()) == set()


def test_a_proposed_person_without_an_answer_blocks_whatever_else_was_declared() -> None:
    content = shows(Shown(box=FACE, consent="C-1"))
    assert codes(content, picture(FACE, OTHER), consent()) == {("IMG-PEOPLE", "proposed")}
    nobody = codes(shows(nobody="an empty corridor"), picture(FACE))
    assert nobody == {("IMG-PEOPLE", "proposed")}


def test_no_answer_about_people_blocks_and_so_do_two_contradicting_ones() -> None:
    assert codes(shows(), picture()) == {("IMG-PEOPLE", "unanswered")}
    both = shows(Shown(box=FACE, consent="C-1"), nobody="an empty corridor")
    assert codes(both, picture(FACE), consent()) == {("IMG-PEOPLE", "contradiction")}
    assert codes(shows(nobody="an empty corridor"), picture()) == set()


def test_each_person_has_exactly_one_answer() -> None:
    assert codes(shows(Shown(box=FACE)), picture(FACE)) == {("CON-MISSING", "shown")}
    twice = shows(Shown(box=FACE, consent="C-1", not_identifiable="a back"))
    assert codes(twice, picture(FACE), consent()) == {("IMG-PEOPLE", "several-answers")}


def test_a_dismissal_is_a_question_for_the_privacy_step() -> None:
    for answer in (Shown(box=FACE, not_a_person="a doll"), Shown(box=FACE, not_identifiable="from behind")):
        (finding,) = of(findings(shows(answer), picture(FACE)), "IMG-DISMISSED")
        assert finding.severity == "decide"


def test_a_recorded_patient_is_never_dismissed_as_not_identifiable() -> None:
    content = shows(Shown(box=FACE, not_identifiable="from behind", patient=True))
    assert ("IMG-PATIENT", "") in codes(content, picture(FACE))


def test_an_answer_without_a_place_dismisses_nobody_who_was_proposed() -> None:
    behind = shows(Shown(not_identifiable="seen from behind"))
    assert ("IMG-PEOPLE", "proposed") in codes(behind, picture(FACE))
    assert ("IMG-PEOPLE", "proposed") not in codes(behind, picture())
    assert codes(shows(Shown(consent="C-1")), picture(FACE), consent()) == set()


@pytest.mark.parametrize("box", [(-1, 0, 10, 10), (0, 0, 0, 10), (0, 0, 10, -5), (395, 0, 10, 10), (0, 295, 5, 6)])
def test_a_region_outside_the_picture_or_without_a_size_blocks(box: tuple[float, float, float, float]) -> None:
    assert ("IMG-BOX", "") in codes(shows(Shown(box=box, consent="C-1")), picture(), consent())


def test_one_box_stands_for_one_person_and_an_obscured_one_for_all_in_it() -> None:
    wide = (0.0, 0.0, 300.0, 200.0)
    assert len(unanswered([FACE, OTHER], [Shown(box=wide, consent="C-1")])) == 1
    assert unanswered([FACE, OTHER], [Shown(box=wide, obscured="pixelate")]) == []
    assert unanswered([FACE], [Shown(box=OTHER, consent="C-1")]) == [FACE]


def test_people_recognisable_other_than_by_face_need_answers_too() -> None:
    content = shows(Shown(box=FACE, consent="C-1"), others=1)
    assert codes(content, picture(FACE), consent()) == {("IMG-PEOPLE", "others")}
    answered = shows(Shown(box=FACE, consent="C-1"), Shown(consent="C-1"), others=1)
    assert codes(answered, picture(FACE), consent()) == set()


def test_a_picture_that_nobody_looked_at_blocks() -> None:
    assert ("IMG-PEOPLE", "not-looked") in codes(shows(nobody="empty"), picture(regions=None))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"withdrawn": date(2026, 12, 1)}, ("CON-WITHDRAWN", "withdrawn")),
        ({"expires": date(2027, 2, 10)}, ("CON-SCOPE", "expired")),
        ({"starts": date(2027, 2, 11)}, ("CON-SCOPE", "not-yet")),
        ({"channels": ("x",)}, ("CON-SCOPE", "channel")),
        ({"covers": ("name",)}, ("CON-SCOPE", "kind")),
        ({"signed": False}, ("CON-MISSING", "unsigned")),
        ({"leaver": True}, ("CON-SCOPE", "leaver")),
    ],
)
def test_a_consent_that_does_not_cover_this_use_that_day_blocks(
    said: dict[str, Any], expected: tuple[str, str]
) -> None:
    content = shows(Shown(box=FACE, consent="C-1"))
    raised = findings(content, picture(FACE), consent(**said))
    assert {(f.code, f.params["variant"]) for f in raised if f.severity == "block"} == {expected}


def test_a_reference_to_no_consent_blocks() -> None:
    assert codes(shows(Shown(box=FACE, consent="C-9")), picture(FACE)) == {("CON-MISSING", "unknown")}


def test_consents_are_asked_again_before_sending_and_on_that_day() -> None:
    content = shows(Shown(box=FACE, consent="C-1"))
    known = {"pictures": {"m": picture(FACE)}, "consents": {"C-1": consent(expires=date(2027, 2, 11))}}
    held = checks.run(content, context(publish_at=datetime(2027, 2, 11, 9, tzinfo=UTC), **known), timed_only=True)
    in_time = checks.run(content, context(publish_at=datetime(2027, 2, 10, 9, tzinfo=UTC), **known), timed_only=True)
    assert [(f.code, f.severity) for f in held] == [("CON-SCOPE", "block")]
    assert not [f for f in in_time if f.severity == "block"]


def test_an_organisation_may_never_publish_patients() -> None:
    patient = consent(category="patient")
    content = shows(Shown(box=FACE, consent="C-1", patient=True))
    assert codes(content, picture(FACE), patient) == set()
    assert codes(content, picture(FACE), patient, never_patients=True) == {("CON-SCOPE", "never-patients")}


def test_a_patient_is_not_covered_by_a_colleagues_consent() -> None:
    content = shows(Shown(box=FACE, consent="C-1", patient=True))
    assert ("CON-SCOPE", "category") in codes(content, picture(FACE), consent())


def test_a_named_person_without_consent_is_found_where_the_name_stands() -> None:
    words = "Diolch i Carys Bowen.", "Thank you to Carys Bowen."
    (patient,) = of(found(post(*words, people=(Named("Carys Bowen"),))), "CON-MISSING")
    assert (patient.severity, patient.where.pointer, patient.where.span) == ("block", "/text/cy", (9, 20))
    (colleague,) = of(found(post(*words, people=(Named("Carys Bowen", category="staff"),))), "PID-NAME-STAFF")
    assert (colleague.severity, colleague.language) == ("decide", "both")


def test_a_consent_to_the_name_does_not_carry_the_illness() -> None:
    person = consent(category="patient", signatory="Idwal Penri", covers=("image", "name"))
    people = (Named("Idwal Penri", consent="C-1"),)
    thanks = post("Diolch i Mr Idwal Penri.", "Thank you to Mr Idwal Penri.", people=people)
    told = post("Cafodd Mr Idwal Penri strôc.", "Mr Idwal Penri had a stroke.", people=people)
    assert not [f for f in found(thanks, consents={"C-1": person}) if f.code.startswith("CON")]
    (finding,) = of(found(told, consents={"C-1": person}), "CON-SCOPE")
    assert (finding.severity, finding.params["value"]) == ("block", "condition")
