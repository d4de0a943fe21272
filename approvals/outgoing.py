"""From what people wrote to what each account will get, and the bytes that approval binds to."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from approvals.checks.context import Account, Channel
from approvals.content import LANGUAGES, Content
from connectors.contract import Language, Outgoing, Picture, canonical

SCHEMA = "porth/post/1"


class Rendition(Struct, frozen=True):
    """A picture as one platform takes it, named by its content."""

    sha256: str
    media_type: str
    width: int
    height: int
    size: int


class Part(Struct, frozen=True, omit_defaults=True):
    """One post on one account."""

    channel: str
    account: str
    outgoing: Outgoing
    follows: bool = False
    """The English half of a pair: it goes out once the part before it in the manifest is published (WEL-03)."""


class Sealed(Struct, frozen=True):
    """What a sign-off refers to. The bytes are stored and verified, never made again."""

    document: bytes
    digest: str


class Document(Struct, frozen=True):
    """The decoded form of `Sealed.document`."""

    schema: str
    post: str
    version: int
    content: Content
    manifest: tuple[Part, ...]


def render(content: Content, channel: Channel, renditions: Sequence[Rendition]) -> tuple[Part, ...]:
    """What the accounts of one channel get. Welsh first, always; a language without text gets no part.

    A bilingual account gets one post when both languages, with both descriptions of each picture, fit; otherwise
    two, the Welsh first. `renditions` are the content's pictures in order, as this platform takes them.
    """
    languages = tuple(language for language in LANGUAGES if _words(content, channel, language))
    if channel.model in LANGUAGES:
        languages = tuple(language for language in languages if language == channel.model)
    whole = channel.model == "bilingual" and len(languages) == len(LANGUAGES)
    if whole and channel.accounts:
        together = _outgoing(content, channel, LANGUAGES, renditions)
        if _fits(together, channel):
            return (Part(channel.name, channel.accounts[0].id, together),)
    return tuple(_halves(content, channel, languages, renditions))


def _halves(
    content: Content, channel: Channel, languages: Iterable[Language], renditions: Sequence[Rendition]
) -> Iterator[Part]:
    first = True
    for language in languages:
        account = _account(channel, language)
        if account is None:
            continue
        yield Part(channel.name, account.id, _outgoing(content, channel, (language,), renditions), follows=not first)
        first = False


def _account(channel: Channel, language: Language) -> Account | None:
    return next((account for account in channel.accounts if language in account.languages), None)


def _outgoing(
    content: Content, channel: Channel, languages: Sequence[Language], renditions: Sequence[Rendition]
) -> Outgoing:
    words = "\n\n".join(_words(content, channel, language) for language in languages)
    link = next((content.link.get(language) for language in languages if content.link.get(language)), None)
    pictures = tuple(
        Picture(
            sha256=r.sha256, media_type=r.media_type, width=r.width, height=r.height, size=r.size,
            alt=" / ".join(filter(None, (media.alt.get(language).strip() for language in languages))),
        )
        for media, r in zip(content.media, renditions, strict=False)
    )  # fmt: skip
    title = words.split("\n", 1)[0][:100] if channel.limits.needs_title else None
    return Outgoing(
        text=words, languages=tuple(languages), media=pictures, link=None if pictures else link, title=title
    )


def _words(content: Content, channel: Channel, language: Language) -> str:
    """The text of one language with its link at the end, unless it stands in it already."""
    own = content.wording.get(channel.name)
    words = ((own.get(language) if own else "") or content.text.get(language)).strip()
    link = content.link.get(language).strip()
    return f"{words}\n{link}" if words and link and link not in words else words


def _fits(outgoing: Outgoing, channel: Channel) -> bool:
    limits = channel.limits
    return not (
        (limits.text is not None and limits.length(outgoing.text) > limits.text)
        or (limits.text_bytes is not None and len(outgoing.text.encode()) > limits.text_bytes)
        or (limits.alt is not None and any(len(picture.alt) > limits.alt for picture in outgoing.media))
    )


def seal(post: str, version: int, content: Content, manifest: Sequence[Part]) -> Sealed:
    """Canonical JSON of everything that is approved, and its SHA-256 (requirements.md 0.3: approve the bytes)."""
    document = canonical(Document(SCHEMA, post, version, content, tuple(manifest)))
    return Sealed(document, digest(document))


def digest(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()


def unseal(document: bytes, expected: str) -> Document:
    """The document behind a digest. Raises `ValueError` when the bytes are not those that were sealed."""
    if digest(document) != expected:
        raise ValueError("the stored document does not have the digest that was approved")
    return msgspec.json.decode(document, type=Document)
