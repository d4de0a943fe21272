"""What each account will get, as near to how its platform shows it as matters: words, languages, fold, pictures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from approvals.checks.context import Channel
from approvals.content import Content
from approvals.outgoing import Part
from approvals.queries import Edited
from connectors.contract import Language
from gateway.web.changes import Run, runs


class Piece(Struct, frozen=True):
    """Words of one language, before or behind the platform's "see more"."""

    language: Language
    words: str
    folded: bool


class PreviewPicture(Struct, frozen=True):
    upload: str
    alt: str


class Correction(Struct, frozen=True):
    """How one part of a correction corrects."""

    how: Literal["edits", "follows", "no-link"]
    url: str | None = None
    """Of the post that is edited."""
    changes: tuple[tuple[Language | None, tuple[Run, ...]], ...] = ()
    """What the edit changes in each language; together where they cannot be told apart."""


class Preview(Struct, frozen=True):
    channel: str
    platform: str
    handle: str
    languages: tuple[Language, ...]
    pieces: tuple[Piece, ...]
    length: int
    most: int | None
    fold: int | None
    follows: bool
    title: str | None
    link: str | None
    pictures: tuple[PreviewPicture, ...]
    correction: Correction | None

    @property
    def welsh_cut(self) -> bool:
        """Welsh stands behind the fold, where hardly anybody looks."""
        return any(piece.folded and piece.language == "cy" and piece.words.strip() for piece in self.pieces)

    @property
    def host(self) -> str:
        """What a link card names."""
        return urlsplit(self.link or "").netloc.removeprefix("www.")


def previews(
    manifest: Sequence[Part],
    content: Content,
    channels: Mapping[str, Channel],
    edited: Mapping[str, Edited] | None = None,
) -> list[Preview]:
    """In the order in which they go out: the Welsh before the English. `edited`: of a correction, what it edits."""
    return [
        _preview(part, content, channels[part.channel], None if edited is None else _correction(part, content, edited))
        for part in manifest
        if part.channel in channels
    ]


def _correction(part: Part, content: Content, edited: Mapping[str, Edited]) -> Correction:
    before = edited.get(part.edits or "")
    if before is None:
        return Correction("follows" if part.corrects else "no-link")
    out = part.outgoing
    old = _by_language(before.text, out.languages, before.content)
    new = _by_language(out.text, out.languages, content, part.channel)
    if len(old) != len(new) or len(new) != len(out.languages):
        return Correction("edits", before.url, ((None, tuple(runs(before.text, out.text))),))
    changes = (
        (language, tuple(runs(was.rstrip(), words.rstrip())))
        for (_, was), (language, words) in zip(old, new, strict=True)
    )
    return Correction("edits", before.url, tuple(changes))


def _preview(part: Part, content: Content, channel: Channel, correction: Correction | None) -> Preview:
    out = part.outgoing
    handle = next((account.handle for account in channel.accounts if account.id == part.account), "")
    fold = channel.limits.fold
    return Preview(
        channel=part.channel, platform=channel.platform, handle=handle, languages=out.languages,
        pieces=tuple(_folded(_by_language(out.text, out.languages, content, part.channel), fold)),
        length=channel.limits.length(out.text), most=channel.limits.text,
        fold=fold if fold is not None and len(out.text) > fold else None, follows=part.follows, title=out.title,
        link=out.link,
        pictures=tuple(
            PreviewPicture(media.upload or "", picture.alt)
            for media, picture in zip(content.media, out.media, strict=False)
        ),
        correction=correction,
    )  # fmt: skip


def _by_language(
    text: str, languages: Sequence[Language], content: Content, channel: str = ""
) -> list[tuple[Language, str]]:
    """The text in its languages, so that each can be marked up as what it is."""
    if len(languages) == 1:
        return [(languages[0], text)]
    own = content.wording.get(channel)
    second = ((own.get(languages[1]) if own else "") or content.text.get(languages[1])).strip()
    at = text.rfind(second) if second else -1
    at = text.rfind("\n\n", 0, at) + 2 if at > 0 else at  # a correction's begins with the word for it
    return [(languages[0], text)] if at <= 0 else [(languages[0], text[:at]), (languages[1], text[at:])]


def _folded(texts: Sequence[tuple[Language, str]], fold: int | None) -> Iterator[Piece]:
    room = fold
    for language, words in texts:
        seen = words if room is None else words[:room]
        if seen:
            yield Piece(language, seen, folded=False)
        if len(seen) < len(words):
            yield Piece(language, words[len(seen) :], folded=True)
        if room is not None:
            room -= len(seen)
