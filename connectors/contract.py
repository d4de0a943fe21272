"""What a connector is given, what it answers, and nothing about how.

This is the only module of `connectors` that the domain knows: what is approved is an `Outgoing`, and what is
sent is that same `Outgoing`, to the byte.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec
from msgspec import Struct

from connectors.counting import Counting, length

Language = Literal["cy", "en"]


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """One rendition, named by its content. The bytes are read through `Attempt.read`."""

    sha256: str
    media_type: str
    """`image/jpeg` or another IANA type."""
    width: int
    height: int
    size: int
    """Bytes."""
    alt: str


class Localized(Struct, frozen=True, forbid_unknown_fields=True):
    """The post's words in one more language, on a platform that shows each reader their own (YouTube)."""

    language: Language
    title: str
    text: str


class Caption(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said in a video, with its times, in one language (WEL-10). The words themselves and not the name of a
    file: they are read, approved and sealed like every other word.
    """

    language: Language
    media_type: Literal["text/vtt", "application/x-subrip"]
    text: str


class Outgoing(Struct, frozen=True, forbid_unknown_fields=True):
    """One post on one account, complete: what reviewers approve and what the platform receives.

    A field that comes later has a default: documents that were sealed before it are read without it, and their digest
    is that of their stored bytes.
    """

    text: str
    """The whole text as the platform will show it, links included, NFC."""
    languages: tuple[Language, ...]
    """In the order in which they stand in the text."""
    media: tuple[Picture, ...] = ()
    """Where the platform takes video (YouTube), one of `video/mp4`; its `alt` is not used, its captions are."""
    link: str | None = None
    """The link whose preview card is wanted; it also stands in `text`."""
    title: str | None = None
    """Only for platforms that have titles (WordPress, YouTube)."""
    localized: tuple[Localized, ...] = ()
    """Only for platforms that keep languages apart: `title` and `text` are in the first language, these in the
    others. Two fields each, and no separator in one text, for a separator can stand in the words."""
    captions: tuple[Caption, ...] = ()
    """Of the video, each language once."""


class Limits(Struct, frozen=True):
    """What one platform takes (platforms.md 12.1). `None` means that no limit is known."""

    text: int | None
    counting: Counting
    text_bytes: int | None = None
    """A second limit in UTF-8 bytes, where there is one."""
    pictures: int = 0
    picture_bytes: int | None = None
    picture_types: tuple[str, ...] = ("image/jpeg", "image/png")
    min_width: int | None = None
    max_width: int | None = None
    max_pixels: int | None = None
    ratio: tuple[float, float] | None = None
    """Smallest and largest width divided by height."""
    animation: bool = False
    alt: int | None = None
    """Code points of one description."""
    hashtags: int | None = None
    fold: int | None = None
    """Characters shown before "see more"; what lies behind it is not seen by most readers."""
    needs_picture: bool = False
    needs_title: bool = False
    title: int | None = None
    """Code points."""
    forbidden: str = ""
    """Characters that the platform refuses in title and text."""
    edits: bool = False
    """`Connector.edits` of this platform, for those who decide without a connector."""

    def length(self, text: str) -> int:
        """The length of `text` as this platform counts it."""
        return length(text, self.counting)


class Receipt(Struct, frozen=True):
    """Proof that a post exists."""

    id: str
    url: str
    at: datetime


class Credentials(Struct, frozen=True):
    """The secrets of one account. `repr` shows none of them."""

    account: str
    """The account's id on the platform: a page id, a user id, a DID, a site address."""
    secrets: Mapping[str, str]
    """Names are the connector's own (`Connector.secret_names`)."""
    expires: datetime | None = None
    """Of credentials that `refresh` has made, where the platform said when they end."""

    def __repr__(self) -> str:
        return f"Credentials(account={self.account!r}, secrets=<{len(self.secrets)} hidden>)"


class Identity(Struct, frozen=True):
    """Whose credentials these are, shown to a person for confirmation."""

    account: str
    name: str
    url: str | None = None
    expires: datetime | None = None


class Found(Struct, frozen=True, tag="found"):
    receipt: Receipt


class Absent(Struct, frozen=True, tag="absent"):
    """The platform's answer is authoritative: there is no such post, and there will not be one."""


class Unsure(Struct, frozen=True, tag="unsure"):
    """Nothing was seen, which proves nothing, or too much was seen to choose."""

    seen: tuple[Receipt, ...] = ()


Finding = Found | Absent | Unsure


class Seen(Struct, frozen=True):
    """A post as the platform lists it on the account, whoever made it."""

    receipt: Receipt
    text: str


class Attempt(Protocol):
    """One delivery's memory across calls, crashes and restarts."""

    @property
    def key(self) -> str:
        """The same for every try of one delivery, different for every delivery. 32 hexadecimal digits."""

    @property
    def state(self) -> Mapping[str, Any]:
        """What the last `save` kept: JSON values."""

    @property
    def started(self) -> datetime:
        """When the first try of this delivery began. A post made earlier is another post."""

    @property
    def attached(self) -> frozenset[str]:
        """Ids of posts on this account that other deliveries own already."""

    async def save(self, state: Mapping[str, Any]) -> None:
        """Replace the state and commit it, before the next call goes out."""

    async def read(self, sha256: str) -> bytes:
        """The bytes of a rendition."""

    def address(self, sha256: str) -> str:
        """A short-lived public address of a rendition, for the platforms that fetch pictures themselves."""


class Connector(Protocol):
    """One platform. Every call is bounded by one total deadline and raises only `connectors.errors`.

    An upload in parts has a deadline for each part: only saved progress buys more time.
    """

    platform: str
    limits: Limits
    secret_names: tuple[str, ...]
    repeat_safe_for: timedelta | None
    """How long repeating `publish` with the same attempt is harmless; `None`: never."""
    edits: bool
    """Readers see an edited post as the same post, with the new words. Where not, a correction is a post of its own."""

    async def verify(self, credentials: Credentials) -> Identity:
        """Ask the platform whose credentials these are."""

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        """Everything before the call that makes the post: uploads, containers, credential test.

        Whatever it raises, nothing has been posted. What it made is in `attempt.state`; a second call reuses it.
        """

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:
        """Make the post, after `prepare`. Raises `OutcomeUnknown` whenever it cannot prove that nothing was made."""

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Finding:
        """Look for the post of an attempt whose outcome is unknown. Ignores `attempt.attached` and older posts."""

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        """The post as it is now, as far as the platform tells (text, at least); `None` when it is gone."""

    async def edit(self, receipt: Receipt, outgoing: Outgoing, credentials: Credentials) -> Receipt:
        """Make the post say `outgoing`: its words, and its pictures' descriptions where the platform changes those.

        The pictures themselves stay. Repeating it is harmless. Only where `edits`; a post that is gone: `Rejected`.
        """

    async def recent(self, credentials: Credentials, since: datetime) -> tuple[Seen, ...]:
        """What was posted on the account since then, by anybody, the newest first: at most 100, and no more than the
        platform lists. That something is missing proves nothing.
        """

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        """Delete the post. A post that is already gone is a success."""

    async def refresh(self, credentials: Credentials) -> Credentials | None:
        """New credentials where the platform's expire; `None` where there is nothing to refresh."""


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: the one form in which anything is hashed."""
    return msgspec.json.encode(value, order="sorted")
