"""A post as people write it: the document that `porth check`, the API and the pages all take.

A `Content` may be incomplete: that is what drafts are. What a submission still lacks is a finding, not an error;
only what cannot be read at all (a number where a text belongs) is refused, with the field's name.
"""

import unicodedata
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from approvals.consent import Consent
from connectors.contract import Language

LONDON = ZoneInfo("Europe/London")
LANGUAGES: tuple[Language, Language] = ("cy", "en")

Origin = Literal["written", "translated", "machine-assisted"]


class Bilingual(Struct, frozen=True, omit_defaults=True):
    cy: str | None = None
    en: str | None = None

    def get(self, language: Language) -> str:
        return (self.cy if language == "cy" else self.en) or ""


class Rights(Struct, frozen=True, omit_defaults=True):
    """COP-01: whose picture it is and why it may be used."""

    owner: str = ""
    licence: str = ""
    credit: str = ""


class Shown(Struct, frozen=True, omit_defaults=True):
    """One recognisable person in a picture, or why a region shows none. Exactly one answer is given."""

    box: tuple[float, float, float, float] | None = None
    """Left, top, width, height in pixels of the upright picture."""
    consent: str | None = None
    """The reference of a consent that covers this picture."""
    obscured: Literal["pixelate", "solid"] | None = None
    not_identifiable: str | None = None
    """A reason (IDP-08); never for a recorded patient (IDP-16)."""
    not_a_person: str | None = None
    """A reason: a doll, a poster of nobody."""
    patient: bool = False
    """The submitter says that this is a patient being recorded."""

    @property
    def answers(self) -> int:
        return sum(map(bool, (self.consent, self.obscured, self.not_identifiable, self.not_a_person)))


class Media(Struct, frozen=True, omit_defaults=True):
    file: str | None = None
    """`porth check` only: a path beside the document."""
    upload: str | None = None
    """The id of an uploaded picture."""
    alt: Bilingual = Bilingual()
    words: Bilingual | None = None
    """The words visible in the picture, "" for none; leaving it out is no answer (WEL-09)."""
    rights: Rights | None = None
    people: tuple[Shown, ...] | None = None
    """One answer a person; at least one answer, or `nobody`."""
    nobody: str | None = None
    """Why nobody in this picture can be recognised."""
    others: int = 0
    """People recognisable other than by face: a badge, a tattoo, their place in the story."""


class Named(Struct, frozen=True, omit_defaults=True):
    """A person named or described in the words."""

    name: str
    consent: str | None = None
    category: str | None = None
    """`staff`, `patient` ... where no consent says it."""
    not_identifiable: str | None = None


class Window(Struct, frozen=True):
    """When the post may go out. Naive times are Europe/London."""

    earliest: datetime
    latest: datetime


class Content(Struct, frozen=True, omit_defaults=True):
    id: str | None = None
    text: Bilingual = Bilingual()
    link: Bilingual = Bilingual()
    channels: tuple[str, ...] = ()
    publish_at: str | None = None
    """Local time `2027-01-04T09:00`, or with an offset where the hour happens twice."""
    window: Window | None = None
    people: tuple[Named, ...] = ()
    media: tuple[Media, ...] = ()
    purpose: str | None = None
    """What the post is for, in the words of the consents' purposes."""
    campaign: str | None = None
    """In the words of the consents' campaigns."""
    partners: tuple[str, ...] = ()
    """Other bodies that publish it too, each named as in the consents (CON-04)."""
    paid: bool = False
    """It is to be promoted for money, now or later: another use than posting it (CON-04, CON-18)."""
    wording: dict[str, Bilingual] = {}
    """Other words for one channel, by its name."""
    consents: tuple[Consent, ...] = ()
    """`porth check` only: the API takes references to recorded consents."""

    def texts(self) -> Iterator[tuple[str, Language, str]]:
        """Every text that the public will see: (pointer, language, text)."""
        for language in LANGUAGES:
            yield f"/text/{language}", language, self.text.get(language)
            for channel, words in self.wording.items():
                yield f"/wording/{channel}/{language}", language, words.get(language)
            for i, media in enumerate(self.media):
                yield f"/media/{i}/alt/{language}", language, media.alt.get(language)
                if media.words is not None:
                    yield f"/media/{i}/words/{language}", language, media.words.get(language)


class NoSuchHour(ValueError):  # noqa: N818  # what is the matter with a time
    """The clocks went forward over this local time."""


class AmbiguousHour(ValueError):  # noqa: N818  # the same
    """The clocks went back: this local time happens twice. `choices` shows both with their offsets."""

    def __init__(self, choices: tuple[str, str]) -> None:
        super().__init__(" / ".join(choices))
        self.choices = choices


def instant(text: str) -> datetime:
    """The moment that a person's time means, in Europe/London unless an offset says otherwise.

    Raises `NoSuchHour`, `AmbiguousHour`, or `ValueError` for what is not a time.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else _london(moment)


def _london(local: datetime) -> datetime:
    first, second = local.replace(tzinfo=LONDON, fold=0), local.replace(tzinfo=LONDON, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(ZoneInfo("UTC")).astimezone(LONDON).replace(tzinfo=None) != local:
        raise NoSuchHour(local.isoformat(timespec="minutes"))
    raise AmbiguousHour((first.isoformat(timespec="minutes"), second.isoformat(timespec="minutes")))


def window(content: Content) -> tuple[datetime, datetime] | None:
    """The approved window as two aware moments; `publish_at` alone means from then until that day ends.

    Raises as `instant` does.
    """
    if content.window is not None:
        earliest, latest = content.window.earliest, content.window.latest
        return tuple(m if m.tzinfo else _london(m) for m in (earliest, latest))  # type: ignore[return-value]  # two
    if not content.publish_at:
        return None
    start = instant(content.publish_at)
    day = start.astimezone(LONDON).date() + timedelta(days=1)
    return start, datetime.combine(day, time(), LONDON)


def normalised(content: Content) -> Content:
    """The same document with every text in NFC and lone surrogates replaced: what is stored, shown and sent."""
    raw = msgspec.to_builtins(content)
    return msgspec.convert(_clean(raw), Content)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.encode("utf-8", "replace").decode())
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value
