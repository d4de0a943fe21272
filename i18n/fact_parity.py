"""The facts of two texts against each other. `Source: WEL-04`."""

from i18n import thresholds
from i18n.contact_parity import address_differences, hashtag_differences, link_differences, phone_differences
from i18n.differences import Difference
from i18n.facts import Fact, Read
from i18n.glossary import Glossary
from i18n.moment_parity import MOMENTS, leftovers, moment_differences
from i18n.quantity_parity import QUANTITIES, quantity_differences


def fact_differences(cy: Read, en: Read, glossary: Glossary) -> list[Difference]:
    welsh, english = list(cy.facts[: thresholds.MOST_FACTS_COMPARED]), list(en.facts[: thresholds.MOST_FACTS_COMPARED])
    found: list[Difference] = []
    others: list[Fact] = []
    for kind in MOMENTS:
        left, right = leftovers(kind, welsh, english)
        left, right = _numbers_too(left, english), _numbers_too(right, welsh)
        found += moment_differences(kind, left, right)
        others += [f for f in (*welsh, *english) if f.kind == kind]
    found += quantity_differences(_quantities(welsh), _quantities(english), others)
    found += phone_differences(welsh, english, (cy.text.plain, en.text.plain), glossary)
    for kind in ("email", "handle"):
        found += address_differences(kind, welsh, english, glossary)
    found += link_differences(welsh, english, glossary)
    return found + hashtag_differences(welsh, english, (cy.text.nfc, en.text.nfc), glossary)


def _quantities(found: list[Fact]) -> list[Fact]:
    return [f for f in found if f.kind in QUANTITIES]


def _numbers_too(left: list[Fact], others: list[Fact]) -> list[Fact]:
    """Without times that the other text writes as a bare number: "rhwng 9 a 5"."""
    amounts = {f.amount for f in others if f.kind in QUANTITIES}
    return [f for f in left if f.minute is None or not amounts & {f.minute // 60, (f.minute // 60 - 1) % 12 + 1}]
