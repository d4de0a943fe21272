"""The lists that an organisation keeps of its own, what their fields hold, and the `Terms` that checks get from them.

A list never switches a rule off: it says what is a published line, whose name is no person's, which words belong
together in the two languages. `Source: requirements.md 8.2, WEL-07, WEL-23, D-06`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import phonenumbers
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.errors import Invalid
from approvals.rules import Election, Terms
from i18n import contacts
from i18n.glossary import Glossary

LONGEST = 120
PHRASE_LISTS = ("brand", "medicine", "rare", "politician", "public_body", "restricted", "harsh")
"""Phrase lists of the rule pack that an organisation can add to."""
ELECTIONS = ("senedd", "local", "uk")
"""Kinds that the finding has words for."""

_HOST = re.compile(r"\.?(?:[a-z0-9-]+\.)+[a-z]{2,}")
_EMAIL = re.compile(r"[^@\s]+@(?:[a-z0-9-]+\.)+[a-z]{2,}")
_HASHTAG = re.compile(r"#\w{2,}")
_HANDLE = re.compile(r"@[\w.-]{2,}")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
_PHRASE = re.compile(r"[^\W_]+(?:[ '-][^\W_]+)*")
_BRITISH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_PATTERN_LEAST = 5
_PATTERN_DIGITS = 4


class Field(Struct, frozen=True):
    """One field of a list; `term-field.NAME` is what it is called."""

    name: str
    read: Callable[[str], str | None]
    """What is kept of what was typed; `None` for what cannot stand there: `term-KIND` says what would be right."""
    kind: str
    language: str | None = None
    choices: tuple[str, ...] = ()


def _text(given: str) -> str | None:
    return given if 0 < len(given) <= LONGEST else None


def _word(given: str) -> str | None:
    found = given.lower()
    return found if re.fullmatch(r"[^\W\d_]+(?:['-][^\W\d_]+)*", found) else None


def _phrase(given: str) -> str | None:
    """Words only: the signs of the rule pack's own notation would make it mean something else."""
    found = given.lower().replace("’", "'")
    return found if _PHRASE.fullmatch(found) and len(found) <= LONGEST else None


def _phone(given: str) -> str | None:
    """As it is printed: digits with a leading 0."""
    try:
        number = phonenumbers.parse(given, "GB")
    except phonenumbers.NumberParseException:
        return None
    if number.country_code != 44 or not phonenumbers.is_possible_number(number):  # noqa: PLR2004  # the United Kingdom
        return None
    return f"0{number.national_number}"


def _matching(pattern: re.Pattern[str], clean: Callable[[str], str]) -> Callable[[str], str | None]:
    def read(given: str) -> str | None:
        found = clean(given)
        return found if pattern.fullmatch(found) and len(found) <= LONGEST else None

    return read


def _link(given: str) -> str | None:
    """As two texts are compared: without scheme, `www.` and the last stroke."""
    found = contacts.link(given)
    return found if _HOST.fullmatch(found.partition("/")[0].lower()) else None


def _date(given: str) -> str | None:
    """2027-03-01, or 01/03/2027 with the day first."""
    if british := _BRITISH.fullmatch(given):
        given = f"{british[3]}-{int(british[2]):02}-{int(british[1]):02}"
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        return None


def _pattern(given: str) -> str | None:
    """`A` for any letter, `9` for any digit: what is shorter or has few digits would be found in every text."""
    found = given.upper().replace(" ", "")
    long_enough = len(found) >= _PATTERN_LEAST and found.count("9") >= _PATTERN_DIGITS
    return found if long_enough and re.fullmatch(r"[A-Z0-9/-]{5,20}", found) else None


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str | None]:
    return lambda given: given if given in choices else None


def _pair(kind: str, read: Callable[[str], str | None]) -> tuple[Field, ...]:
    return Field("cy", read, kind, "cy"), Field("en", read, kind, "en")


_handle = _matching(_HANDLE, lambda given: "@" + given.lower().lstrip("@"))
_hashtag = _matching(_HASHTAG, lambda given: "#" + given.casefold().lstrip("#"))
_host = _matching(_HOST, lambda given: re.sub(r"^https?://", "", given.lower()).rstrip("/"))
_email = _matching(_EMAIL, str.lower)
_postcode = _matching(_POSTCODE, lambda given: given.upper().replace(" ", ""))

LISTS: Mapping[str, tuple[Field, ...]] = {
    "names": _pair("text", _text),
    "words": (Field("word", _word, "word", "cy"),),
    "hashtag-pairs": _pair("hashtag", _hashtag),
    "shared-hashtags": (Field("hashtag", _hashtag, "hashtag"),),
    "phone-pairs": _pair("phone", _phone),
    "welsh-lines": (Field("phone", _phone, "phone"),),
    "email-pairs": _pair("email", _email),
    "link-pairs": _pair("link", _link),
    "host-pairs": _pair("host", _host),
    "handle-pairs": _pair("handle", _handle),
    "phones": (Field("phone", _phone, "phone"),),
    "postcodes": (Field("postcode", _postcode, "postcode"),),
    "handles": (Field("handle", _handle, "handle"),),
    "partners": (Field("name", _phrase, "phrase"),),
    "not-names": (Field("name", _phrase, "phrase"),),
    "hospital-numbers": (Field("pattern", _pattern, "pattern"),),
    "phrases": (
        Field("of", _one_of(PHRASE_LISTS), "choice", choices=PHRASE_LISTS),
        Field("language", _one_of(("cy", "en")), "choice", choices=("cy", "en")),
        Field("phrase", _phrase, "phrase"),
    ),
    "elections": (
        Field("election", _one_of(ELECTIONS), "choice", choices=ELECTIONS),
        Field("area", _text, "text"),
        Field("start", _date, "date"),
        Field("polling", _date, "date"),
    ),
}
"""List to its fields, those that readers of Welsh look after first."""


def clean(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """What is kept of a term as it was typed. Raises `Invalid` with the field that is wrong."""
    found: dict[str, str] = {}
    for field in fields(name):
        typed = " ".join(given.get(field.name, "").split())
        value = field.read(typed)
        if value is None:
            # `kind` chooses the sentence that says what would be right
            raise Invalid(f"term-{field.kind if typed else 'empty'}", f"/{field.name}", right=", ".join(field.choices))
        found[field.name] = value
    if name == "elections" and found["start"] > found["polling"]:
        raise Invalid("term-order", "/polling")
    return found


def fields(name: str) -> tuple[Field, ...]:
    if name not in LISTS:
        raise Invalid("no-such-list", "/list", lists=", ".join(LISTS))
    return LISTS[name]


def key(name: str, value: Mapping[str, str]) -> str:
    """What may stand in a list once."""
    return "\t".join(value[field.name].casefold() for field in fields(name))


async def standing(session: AsyncSession, organisation: UUID, *, small_number: int | None = None) -> Terms | None:
    """What an organisation's checks know beside the rule pack: every term that two people have put there."""
    rows = await session.execute(
        select(m.Term.list, m.Term.value)
        .where(m.Term.organisation_id == organisation, m.Term.confirmed_at.is_not(None), m.Term.ended_at.is_(None))
        .order_by(m.Term.id)
    )
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for name, value in rows:
        found[name].append(value)
    return compiled(found, small_number) if found or small_number else None


def compiled(found: Mapping[str, list[dict[str, str]]], small_number: int | None = None) -> Terms:
    def pairs(name: str) -> tuple[tuple[str, str], ...]:
        return tuple((value["cy"], value["en"]) for value in found.get(name, ()))

    def only(name: str) -> frozenset[str]:
        (field,) = LISTS[name]
        return frozenset(value[field.name] for value in found.get(name, ()))

    return Terms(
        phrases=tuple((v["of"], v["language"], v["phrase"]) for v in found.get("phrases", ())),  # type: ignore[misc]  # a language
        phones=frozenset(phone.removeprefix("0") for phone in only("phones")),
        postcodes=only("postcodes"),
        handles=frozenset(handle.removeprefix("@") for handle in only("handles")),
        partners=only("partners"),
        not_names=only("not-names"),
        hospital_numbers=tuple(sorted(map(_expression, only("hospital-numbers")))),
        small_number=small_number,
        elections=tuple(_election(value) for value in found.get("elections", ())),
        glossary=Glossary(
            names=pairs("names"), hashtags=pairs("hashtag-pairs"), handles=pairs("handle-pairs"),
            hosts=pairs("host-pairs"), links=pairs("link-pairs"), phones=pairs("phone-pairs"),
            emails=pairs("email-pairs"), welsh_lines=only("welsh-lines"), shared_hashtags=only("shared-hashtags"),
            words=only("words"),
        ),
    )  # fmt: skip


def _expression(pattern: str) -> str:
    """Of the text as checks read it, in small letters."""
    signs = {"A": "[a-z]", "9": r"\d"}
    return rf"(?<!\w){''.join(signs.get(sign, re.escape(sign.lower())) for sign in pattern)}(?!\w)"


def _election(value: Mapping[str, Any]) -> Election:
    start, polling = (date.fromisoformat(value[name]) for name in ("start", "polling"))
    return Election(value["election"], value["area"], start, polling)
