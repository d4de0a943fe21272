"""From what people wrote to what each account will get, and the bytes that approval binds to."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from approvals.checks.context import Account, Channel
from approvals.content import LANGUAGES, Content
from approvals.corrections import Correcting, said
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
    edits: str | None = None
    """Of a correction: the delivery whose public post is edited into this, where the platform does that (PUB-01)."""
    corrects: tuple[str, ...] = ()
    """Of a correction that is a post of its own: the deliveries to whose public posts it links."""


class Sealed(Struct, frozen=True):
    """What a sign-off refers to. The bytes are stored and verified, never made again."""

    document: bytes
    digest: str


class Document(Struct, frozen=True, omit_defaults=True):
    """The decoded form of `Sealed.document`."""

    schema: str
    post: str
    version: int
    content: Content
    manifest: tuple[Part, ...]
    corrects: str | None = None
    """The post that this one corrects in public."""


def render(
    content: Content, channel: Channel, renditions: Sequence[Rendition], correcting: Correcting | None = None
) -> tuple[Part, ...]:
    """What the accounts of one channel get. Welsh first, always; a language without text gets no part.

    A bilingual account gets one post when both languages, with both descriptions of each picture, fit; otherwise
    two, the Welsh first. `renditions` are the content's pictures in order, as this platform takes them. A correction
    edits two halves rather than to follow up on them with one post.
    """
    languages = tuple(language for language in LANGUAGES if _words(content, channel, language))
    if channel.model in LANGUAGES:
        languages = tuple(language for language in languages if language == channel.model)
    halves = tuple(_halves(content, channel, languages, renditions, correcting))
    if channel.model == "bilingual" and len(languages) == len(LANGUAGES) and channel.accounts:
        whole = _part(content, channel, channel.accounts[0], LANGUAGES, renditions, correcting)
        if _fits(whole.outgoing, channel) and (whole.edits or not all(half.edits for half in halves)):
            return (whole,)
    return halves


def _halves(
    content: Content,
    channel: Channel,
    languages: Iterable[Language],
    renditions: Sequence[Rendition],
    correcting: Correcting | None,
) -> Iterator[Part]:
    first = True
    for language in languages:
        account = _account(channel, language)
        if account is None:
            continue
        part = _part(content, channel, account, (language,), renditions, correcting)
        yield part if first else msgspec.structs.replace(part, follows=True)
        first = False


def _part(
    content: Content,
    channel: Channel,
    account: Account,
    languages: tuple[Language, ...],
    renditions: Sequence[Rendition],
    correcting: Correcting | None,
) -> Part:
    words = {language: _words(content, channel, language) for language in languages}
    if correcting is None:
        return Part(channel.name, account.id, _outgoing(content, channel, words, renditions))
    edited = correcting.edited(account.id, languages, tuple(rendition.sha256 for rendition in renditions))
    if edited is not None:
        words = {language: said(language, text) for language, text in words.items()}
        return Part(channel.name, account.id, _outgoing(content, channel, words, renditions), edits=edited.delivery)
    linked = {language: one for language in languages if (one := correcting.linked(account.id, language))}
    words = {
        language: said(language, text, linked[language].url if language in linked else None)
        for language, text in words.items()
    }
    links = tuple(dict.fromkeys(one.delivery for one in linked.values()))
    return Part(channel.name, account.id, _outgoing(content, channel, words, renditions), corrects=links)


def _account(channel: Channel, language: Language) -> Account | None:
    return next((account for account in channel.accounts if language in account.languages), None)


def _outgoing(
    content: Content, channel: Channel, words: Mapping[Language, str], renditions: Sequence[Rendition]
) -> Outgoing:
    text = "\n\n".join(words.values())
    link = next((content.link.get(language) for language in words if content.link.get(language)), None)
    pictures = tuple(
        Picture(
            sha256=r.sha256, media_type=r.media_type, width=r.width, height=r.height, size=r.size,
            alt=" / ".join(filter(None, (media.alt.get(language).strip() for language in words))),
        )
        for media, r in zip(content.media, renditions, strict=False)
    )  # fmt: skip
    title = text.split("\n", 1)[0][:100] if channel.limits.needs_title else None
    return Outgoing(text=text, languages=tuple(words), media=pictures, link=None if pictures else link, title=title)


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


def seal(post: str, version: int, content: Content, manifest: Sequence[Part], *, corrects: str | None = None) -> Sealed:
    """Canonical JSON of everything that is approved, and its SHA-256 (requirements.md 0.3: approve the bytes)."""
    document = canonical(Document(SCHEMA, post, version, content, tuple(manifest), corrects))
    return Sealed(document, digest(document))


def digest(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()


def unseal(document: bytes, expected: str) -> Document:
    """The document behind a digest. Raises `ValueError` when the bytes are not those that were sealed."""
    if digest(document) != expected:
        raise ValueError("the stored document does not have the digest that was approved")
    return msgspec.json.decode(document, type=Document)
