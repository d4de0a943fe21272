import string
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

import i18n

HERE = Path(i18n.__file__).parent
AREAS = sorted(path.name for path in (HERE / "en").glob("*.po"))
SIX_FORMS = "nplurals=6; plural=(n == 0 ? 0 : n == 1 ? 1 : n == 2 ? 2 : n == 3 ? 3 : n == 6 ? 4 : 5);"


def messages(language: str, area: str) -> dict[str, Message]:
    with (HERE / language / area).open("rb") as file:
        catalog = read_po(file, locale=language)
    return {str(m.id[0] if isinstance(m.id, (tuple, list)) else m.id): m for m in catalog if m.id}


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (message.string,)


def named(message: Message) -> set[str]:
    return {name for form in forms(message) for _, name, _, _ in string.Formatter().parse(form) if name}


def test_both_languages_have_the_same_catalogs() -> None:
    assert sorted(path.name for path in (HERE / "cy").glob("*.po")) == AREAS


@pytest.mark.parametrize("area", AREAS)
def test_every_key_is_said_in_both_languages_with_the_same_parameters(area: str) -> None:
    cy, en = messages("cy", area), messages("en", area)
    assert cy.keys() == en.keys()
    for key in en:
        assert all(forms(cy[key])), key
        assert all(forms(en[key])), key
        assert named(cy[key]) == named(en[key]), key


@pytest.mark.parametrize("area", AREAS)
def test_welsh_catalogs_know_six_plural_forms_and_await_a_reviewer(area: str) -> None:
    text = (HERE / "cy" / area).read_text(encoding="utf-8")
    assert SIX_FORMS in text
    comment = text.split("msgid", 1)[0]
    assert any(word in comment for word in ("reviewer", "fluent reader", "adolygydd rhugl"))


def test_no_key_stands_in_two_catalogs() -> None:
    seen: dict[str, str] = {}
    for area in AREAS:
        for key in messages("en", area):
            assert key not in seen, (key, area, seen[key])
            seen[key] = area
