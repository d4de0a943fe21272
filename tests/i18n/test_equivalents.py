"""What a translator finds beside the box."""

import pytest

from i18n.equivalents import equivalents
from i18n.glossary import DEFAULT, Glossary

OWN = DEFAULT.extended(Glossary(names=(("Clinig Galw Heibio", "Drop-in Clinic"),)))


def test_names_tags_and_sites_of_the_glossary_that_stand_in_the_text_are_found() -> None:
    text = "The drop-in clinic of Swansea Bay: #FluVaccine, see https://111.wales.nhs.uk/ and gov.wales/flu"
    found = {each.here: each.there for each in equivalents(text, "en", OWN)}
    assert found["Drop-in Clinic"] == "Clinig Galw Heibio"
    assert found["Swansea Bay"] == "Bae Abertawe"
    assert found["#fluvaccine"] == "#brechlynffliw"
    assert found["gov.wales"] == "llyw.cymru"
    assert "NHS" not in found


def test_a_welsh_name_is_found_under_its_mutation() -> None:
    found = [(each.here, each.there) for each in equivalents("Croeso i Glinig Galw Heibio.", "cy", OWN)]
    assert ("Clinig Galw Heibio", "Drop-in Clinic") in found


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("Open on Tuesday 1 December 2026.", "Dydd Mawrth 1 Rhagfyr 2026"),
        ("Open from 2.30pm.", "2.30yp"),
        ("Every Tuesday.", "Dydd Mawrth"),
        ("By 9 March.", "9 Mawrth"),
    ],
)
def test_dates_and_times_are_said_as_welsh_says_them(text: str, there: str) -> None:
    assert [each.there for each in equivalents(text, "en", DEFAULT)] == [there]


def test_a_date_that_is_impossible_is_said_as_far_as_it_was_read() -> None:
    found = equivalents("Open on Tuesday 31 November 2026 and 99 February.", "en", DEFAULT)
    assert all("31" in each.there for each in found if "31" in each.here)
