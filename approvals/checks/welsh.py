"""Welsh parity: what i18n.parity finds, as findings. Source: WEL-01, WEL-04, WEL-07 to WEL-09, WEL-12."""

from collections.abc import Iterator

from approvals import rules
from approvals.checks.context import Context
from approvals.checks.reading import Unit, units
from approvals.content import Content
from approvals.findings import Finding, FindingLanguage, Severity, Where
from connectors.contract import Language
from i18n import parity as i18n_parity
from i18n import spelling
from i18n.differences import Difference
from i18n.words import normalise

# values of these may stand in a finding; what is read of the others may be somebody's
_SAFE_VALUES = frozenset({"number", "percent", "ordinal", "duration", "date", "weekday", "time", "age", "money"})
_ONE_LANGUAGE: dict[str, FindingLanguage] = {
    "WEL-UNTRANSLATED": "cy", "WEL-LINK": "cy", "WEL-HASHTAG": "cy", "WEL-QUALITY": "cy",
}  # fmt: skip
# a description or a poster's words are too short for what is judged by the sense of a whole message
_WHOLE_MESSAGE = frozenset({"other-message", "part-missing", "length", "negation", "mixed", "untranslated-part"})


def parity(content: Content, context: Context) -> Iterator[Finding]:
    for unit in units(content):
        cy, en = unit.texts["cy"], unit.texts["en"]
        if not (cy.strip() or en.strip()):
            continue
        for difference in i18n_parity.compare(cy, en, rules.glossary(context.terms)):
            if unit.is_description or unit.in_picture:
                yield from _of_picture(unit, difference)
            else:
                yield _finding(unit, difference, difference.code)
    yield from _links(content, context)


def _of_picture(unit: Unit, difference: Difference) -> Iterator[Finding]:
    """A missing or English description is WEL-ALT or WEL-IMGTEXT; accessibility says when both are missing."""
    if difference.kind in _WHOLE_MESSAGE:
        return
    if difference.kind in {"missing-language", "same-text", "swapped", "not-welsh", "not-english"}:
        if difference.kind == "same-text" and _nameless(unit):
            return
        yield _finding(unit, difference, "WEL-IMGTEXT" if unit.in_picture else "WEL-ALT")
    else:
        yield _finding(unit, difference, difference.code)


def _nameless(unit: Unit) -> bool:
    """The same may stand for both languages: a logo, "GIG NHS", a year, a badge's names; a file name is ACC-ALT's."""
    words = unit.texts["cy"].split()
    if len(words) <= 1 + unit.in_picture:
        return True
    return unit.in_picture and not any(spelling.ordinary(word) for word in words if word.isalpha())


def _finding(unit: Unit, difference: Difference, code: str) -> Finding:
    cy = Where(unit.pointers["cy"], difference.cy) if difference.cy else None
    en = Where(unit.pointers["en"], difference.en) if difference.en else None
    if difference.kind == "missing-language":
        where, language = _missing(unit)
    else:
        where = Where(cy.pointer, cy.span, en) if cy else en or Where(unit.pointers["cy"])
        language = _language(difference)
    params: dict[str, object] = {"variant": difference.key.split(".", 1)[1]}
    if difference.kind in _SAFE_VALUES:
        params |= {"cy": difference.cy_read, "en": difference.en_read}
    return Finding(code, Severity(difference.severity), language, where, params)


def _missing(unit: Unit) -> tuple[Where, FindingLanguage]:
    """The empty side, with the whole of the other one beside it."""
    empty: Language = "en" if unit.texts["cy"].strip() else "cy"
    other: Language = "cy" if empty == "en" else "en"
    twin = Where(unit.pointers[other], (0, len(normalise(unit.texts[other]))))
    return Where(unit.pointers[empty], None, twin), empty


def _language(difference: Difference) -> FindingLanguage:
    if difference.kind == "not-english":
        return "en"
    return "cy" if difference.kind == "not-welsh" else _ONE_LANGUAGE.get(difference.code, "both")


def _links(content: Content, context: Context) -> Iterator[Finding]:
    """The link that goes with the post: one for each language, and the same page (WEL-08)."""
    cy, en = content.link.get("cy").strip(), content.link.get("en").strip()
    if bool(cy) != bool(en):
        side: FindingLanguage = "en" if cy else "cy"
        yield Finding("WEL-LINK", Severity.BLOCK, side, Where(f"/link/{side}"), {"variant": "one-only"})
        return
    for difference in i18n_parity.compare(cy, en, rules.glossary(context.terms)) if cy else ():
        if difference.kind == "link":
            unit = Unit({"cy": "/link/cy", "en": "/link/en"}, {"cy": cy, "en": en})
            yield _finding(unit, difference, difference.code)
