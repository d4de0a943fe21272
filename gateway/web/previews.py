"""What each account will get, as near to how its platform shows it as matters: words, languages, fold, pictures."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from approvals.checks.context import Channel
from approvals.content import Content
from approvals.outgoing import Part
from connectors.contract import Language


class Piece(Struct, frozen=True):
    """Words of one language, before or behind the platform's "see more"."""

    language: Language
    words: str
    folded: bool


class PreviewPicture(Struct, frozen=True):
    upload: str
    alt: str


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

    @property
    def welsh_cut(self) -> bool:
        """Welsh stands behind the fold, where hardly anybody looks."""
        return any(piece.folded and piece.language == "cy" and piece.words.strip() for piece in self.pieces)

    @property
    def host(self) -> str:
        """What a link card names."""
        return urlsplit(self.link or "").netloc.removeprefix("www.")


def previews(manifest: Sequence[Part], content: Content, channels: Mapping[str, Channel]) -> list[Preview]:
    """In the order in which they go out: the Welsh before the English."""
    return [_preview(part, content, channels[part.channel]) for part in manifest if part.channel in channels]


def _preview(part: Part, content: Content, channel: Channel) -> Preview:
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
