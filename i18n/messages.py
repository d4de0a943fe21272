"""Words for codes, in Welsh and in English.

A catalog is one `.po` file per area in `i18n/en/` and its twin in `i18n/cy/`: the message id is a key
(`WEL-FACT.number`), the message string a sentence with `{named}` places. Code knows keys and parameters only;
a key that one language lacks fails the build (tests/i18n/test_catalogs.py).
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.plural import PluralRule, to_python

Language = Literal["cy", "en"]
HERE = Path(__file__).parent
_CATEGORIES = ("zero", "one", "two", "few", "many", "other")


class MissingMessage(LookupError):  # noqa: N818  # what is missing
    """A key that no catalog of this language has: a fault of ours, never of the user's."""


def say(language: Language, key: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence for `key`. Where the catalog has plural forms, `params["n"]` chooses among them."""
    params = params or {}
    found = _catalog(language).get(key)
    if found is None:
        raise MissingMessage(f"{language}: {key}")
    if isinstance(found, tuple):
        found = found[min(_plural(language)(int(params.get("n", 0))), len(found) - 1)]
    return found.format_map(_Params(params))


def known(language: Language, key: str) -> bool:
    return key in _catalog(language)


def keys(language: Language) -> frozenset[str]:
    return frozenset(_catalog(language))


class _Params(dict[str, Any]):
    """A sentence may name a parameter that an older stored finding does not carry: show a dash, do not fail."""

    def __missing__(self, key: str) -> str:
        return "–"


@cache
def _catalog(language: Language) -> dict[str, str | tuple[str, ...]]:
    merged: dict[str, str | tuple[str, ...]] = {}
    for path in sorted((HERE / language).glob("*.po")):
        with path.open("rb") as file:
            catalog: Catalog = read_po(file, locale=language)
        for message in catalog:
            if message.id and message.string and not message.fuzzy:
                key = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
                words = message.string
                merged[str(key)] = tuple(words) if isinstance(words, (tuple, list)) else words
    return merged


@cache
def _plural(language: Language) -> Any:
    """Index of the plural form as the `.po` header orders it: CLDR's order of categories."""
    rule: PluralRule = Locale.parse(language).plural_form
    order: list[str] = [tag for tag in _CATEGORIES if tag in rule.tags or tag == "other"]
    choose = to_python(rule)
    return lambda n: order.index(choose(n))
