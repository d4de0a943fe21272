"""What changed between two versions, word by word, and which earlier version a reviewer knows."""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.content import LANGUAGES, Content
from connectors.contract import Language

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
Kind = Literal["same", "added", "removed"]


class Run(Struct, frozen=True):
    kind: Kind
    words: str


class Change(Struct, frozen=True):
    """One text that is not what it was. `place` is the id of its field."""

    place: str
    language: Language | None
    runs: tuple[Run, ...]


def changes(before: Content, after: Content) -> list[Change]:
    """Every text that differs, the two texts of the post first, and pictures that came or went."""
    old, new = _texts(before), _texts(after)
    found: list[Change] = []
    for place in dict.fromkeys((*new, *old)):
        (_, was), (_, is_) = old.get(place, (None, "")), new.get(place, (None, ""))
        if was != is_:
            found.append(Change(place, (new.get(place) or old[place])[0], tuple(runs(was, is_))))
    return found


def _texts(content: Content) -> dict[str, tuple[Language | None, str]]:
    return {place: (language, words) for place, language, words in _every_text(content)}


def _every_text(content: Content) -> Iterator[tuple[str, Language | None, str]]:
    for language in LANGUAGES:
        yield f"text-{language}", language, content.text.get(language)
        yield f"link-{language}", language, content.link.get(language)
    for media in content.media:
        for language in LANGUAGES:
            yield f"alt-{language}-{media.upload}", language, media.alt.get(language)
    yield "pictures", None, " ".join(media.upload or "" for media in content.media)
    yield "channels", None, ", ".join(content.channels)
    yield "people", None, ", ".join(f"{person.name} ({person.consent or '–'})" for person in content.people)


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
