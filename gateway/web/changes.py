"""What changed between two versions, word by word, and which earlier version a reviewer knows."""

import difflib
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.content import LANGUAGES, LONDON, Content, Media, Rights, window
from connectors.contract import Language

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
Kind = Literal["same", "added", "removed"]


class Run(Struct, frozen=True):
    kind: Kind
    words: str


class Change(Struct, frozen=True):
    """One text that is not what it was. `place` begins with what it is: `text-cy`, `wording-cy-facebook`."""

    place: str
    language: Language | None
    runs: tuple[Run, ...]
    channel: str = ""
    """For which channel alone these words are."""


def changes(before: Content, after: Content) -> list[Change]:
    """Every text that differs, the two texts of the post first. Pictures themselves: `pictures`."""
    old, new = _texts(before), _texts(after)
    found: list[Change] = []
    for place in dict.fromkeys((*new, *old)):
        (_, was), (_, is_) = old.get(place, (None, "")), new.get(place, (None, ""))
        if was != is_:
            found.append(Change(place, (new.get(place) or old[place])[0], tuple(runs(was, is_)), _channel(place)))
    return found


def _channel(place: str) -> str:
    return place.split("-", 2)[2] if place.startswith("wording-") else ""


def _texts(content: Content) -> dict[str, tuple[Language | None, str]]:
    return {place: (language, words) for place, language, words in _every_text(content)}


def _every_text(content: Content) -> Iterator[tuple[str, Language | None, str]]:
    for language in LANGUAGES:
        yield f"text-{language}", language, content.text.get(language)
        yield f"link-{language}", language, content.link.get(language)
    for channel, words in content.wording.items():
        for language in LANGUAGES:
            yield f"wording-{language}-{channel}", language, words.get(language)
    for i, media in enumerate(content.media):
        yield from _of_picture(i, media)
    yield "channels", None, ", ".join(content.channels)
    yield "window", None, _window(content)
    yield "purpose", None, content.purpose or ""
    yield "campaign", None, content.campaign or ""
    yield "partners", None, ", ".join(content.partners)
    yield "paid", None, "✓" if content.paid else ""
    yield "people", None, ", ".join(f"{person.name} ({person.consent or '–'})" for person in content.people)


def _of_picture(i: int, media: Media) -> Iterator[tuple[str, Language | None, str]]:
    """By its place: a picture in which somebody was hidden is another file, and the same picture."""
    for language in LANGUAGES:
        yield f"alt-{language}-{i}", language, media.alt.get(language)
        yield f"words-{language}-{i}", language, media.words.get(language) if media.words else ""
    rights = media.rights or Rights()
    yield f"rights-{i}", None, ", ".join(filter(None, (rights.owner, rights.licence, rights.credit)))
    yield f"shown-{i}", None, ", ".join(shown.consent for shown in media.people or () if shown.consent)


def _window(content: Content) -> str:
    """In figures, which need no language."""
    try:
        found = window(content)
    except ValueError:
        return content.publish_at or ""
    return " – ".join(f"{at.astimezone(LONDON):%d/%m/%Y %H:%M}" for at in found or ())


def pictures(before: Content, after: Content) -> list[tuple[Media | None, Media | None]]:
    """Each place whose picture is not the one that it was: before and now."""
    places = zip_longest(before.media, after.media)
    return [(old, new) for old, new in places if (old and old.upload) != (new and new.upload)]


def runs(before: str, after: str) -> Iterator[Run]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            yield Run("same", "".join(old[i1:i2]))
            continue
        if i2 > i1:
            yield Run("removed", "".join(old[i1:i2]))
        if j2 > j1:
            yield Run("added", "".join(new[j1:j2]))


async def signed_before(session: AsyncSession, post_id: UUID, number: int) -> int | None:
    """The last earlier version that anybody signed; where there is none, the last that was submitted."""
    submitted = (
        select(m.Version.number, m.SignOff.id)
        .join(m.Submission, m.Submission.version_id == m.Version.id)
        .outerjoin(m.SignOff, m.SignOff.version_id == m.Version.id)
        .where(m.Version.post_id == post_id, m.Version.number < number)
        .order_by(m.Version.number.desc())
    )
    rows: Sequence[tuple[int, UUID | None]] = [(n, s) for n, s in await session.execute(submitted)]
    signed = [n for n, sign_off in rows if sign_off is not None]
    return signed[0] if signed else (rows[0][0] if rows else None)


async def with_digest(session: AsyncSession, post_id: UUID, digest: str) -> int | None:
    """The number of the version that somebody saw."""
    query = (
        select(m.Version.number)
        .join(m.Submission, m.Submission.version_id == m.Version.id)
        .where(m.Version.post_id == post_id, m.Submission.digest == digest)
    )
    return await session.scalar(query)
