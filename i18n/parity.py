"""Do a Welsh and an English text say the same thing? `Source: WEL-04, WEL-07, WEL-08, WEL-12`."""

from i18n.differences import Difference, Span
from i18n.fact_parity import fact_differences
from i18n.glossary import DEFAULT, Glossary
from i18n.words import Text

__all__ = ["DEFAULT", "Difference", "Glossary", "Span", "compare"]
_RANK = {"block": 0, "decide": 1, "advise": 2}


def compare(cy: str, en: str, glossary: Glossary = DEFAULT) -> tuple[Difference, ...]:
    """Every difference found, in the order of severity and place. Never raises on any text."""
    welsh, english = Text(cy), Text(en)
    found = fact_differences(welsh, english, glossary)
    return tuple(sorted(found, key=lambda d: (_RANK[d.severity], d.cy or d.en or (0, 0))))
