"""Bluesky, over atproto. Source: platforms.md 8.

The record's key and its time are chosen and saved before it is written, so writing it again writes the same record:
a repeat is harmless, and looking it up is authoritative.
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import regex
from atproto_client import Client  # type: ignore[import-untyped]  # it has no stubs
from atproto_client.exceptions import BadRequestError  # type: ignore[import-untyped]  # the same
from atproto_client.request import Request  # type: ignore[import-untyped]  # the same

from connectors.contract import (
    Absent,
    Attempt,
    Credentials,
    Finding,
    Found,
    Identity,
    Outgoing,
    Picture,
    Receipt,
    Seen,
)
from connectors.counting import links
from connectors.errors import AuthExpired, PublishingError, RateLimited, Rejected, Retryable
from connectors.http import Exchange, Line, Unreadable, Wire
from connectors.limits import LIMITS
from connectors.listing import newest

HOSTS = ("bsky.social", ".host.bsky.network")
"""The entrance, and the servers to which it sends an account."""
COLLECTION = "app.bsky.feed.post"
PAGE = 100
"""Records asked for at once."""
TID_LENGTH = 13
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAG = regex.compile(r"(?<=^|\s)#([\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*)")
_PICTURE_ERRORS = frozenset({"InvalidMimeType", "InvalidSize", "BlobTooLarge"})
_ACCOUNT_ERRORS = frozenset({"AccountTakedown", "AccountDeactivated", "AccountSuspended"})


class Bluesky:
    platform = "bluesky"
    limits = LIMITS["bluesky"]
    secret_names = ("server", "handle", "app_password")
    """`server`: https://bsky.social, or the address of an own PDS."""
    repeat_safe_for: timedelta | None = timedelta(days=1)
    edits = False
    """A record can be written anew, but readers' apps go on showing what it said first."""

    def __init__(self, wire: Wire) -> None:
        self._line = Line(wire, HOSTS, classify)
        # signing in is limited to 300 a day, so sessions are kept: by account, and secret, for it may change
        self._sessions: dict[tuple[str, str], str] = {}

    async def verify(self, credentials: Credentials) -> Identity:
        did, handle = await self._line.call(self._sign_in, credentials)
        return Identity(account=did, name=f"@{handle}", url=f"https://bsky.app/profile/{did}")

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        with self._line.deadline():
            # a session that is kept was tested when it began
            did, _ = await self._line.call(self._session, credentials)
            if did != credentials.account:
                raise AuthExpired("other-account", f"these are the credentials of {did}")
            if "rkey" not in attempt.state:
                now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                await attempt.save({**attempt.state, "rkey": tid(), "createdAt": now, "media": {}})
            for picture in outgoing.media:
                if picture.sha256 in attempt.state["media"]:
                    continue
                blob = await self._line.call(self._upload, credentials, await attempt.read(picture.sha256))
                kept = {**attempt.state["media"], picture.sha256: blob}
                await attempt.save({**attempt.state, "media": kept})

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:
        state = attempt.state
        if "rkey" not in state or any(picture.sha256 not in state["media"] for picture in outgoing.media):
            raise Retryable("not-prepared")
        record = _record(outgoing, state)
        await self._line.call(self._put, credentials, state["rkey"], record, making=True)
        return self._receipt(credentials, state["rkey"], record)

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Finding:  # noqa: ARG002  # the contract has it
        """By its key: the text need not be compared."""
        if "rkey" not in attempt.state:
            return Absent()
        record = await self._line.call(self._get, credentials, attempt.state["rkey"])
        return Absent() if record is None else Found(self._receipt(credentials, attempt.state["rkey"], record))

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        record = await self._line.call(self._get, credentials, receipt.id.rpartition("/")[2])
        if record is None:
            return None
        languages = tuple(one for one in record.get("langs") or () if one in {"cy", "en"})
        return Outgoing(text=record["text"], languages=languages)

    async def edit(self, receipt: Receipt, outgoing: Outgoing, credentials: Credentials) -> Receipt:  # noqa: ARG002 - the contract's shape
        raise Rejected("cannot-edit")

    async def recent(self, credentials: Credentials, since: datetime) -> tuple[Seen, ...]:
        """What the account's own server has, without replies to others; reposts are no posts to it."""
        return await self._line.call(self._listed, credentials, since)

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        await self._line.call(self._delete, credentials, receipt.id.rpartition("/")[2])

    async def refresh(self, credentials: Credentials) -> Credentials | None:  # noqa: ARG002 - the contract's shape
        return None  # an app password lasts until it is revoked; sessions are this connector's own affair

    # Below: in the pool, blocking.

    @contextmanager
    def _client(self, credentials: Credentials) -> Iterator[Any]:
        """Signed in, with the session of an earlier call where there is one."""
        server = credentials.secrets["server"].rstrip("/")
        request = Request(transport=self._line.transport(server), trust_env=False)
        key = _key(credentials)
        try:
            client = Client(base_url=server, request=request)
            if kept := self._sessions.get(key):
                client.login(session_string=kept, fetch_bsky_profile=False)
            else:
                secrets = credentials.secrets
                client.login(secrets["handle"], secrets["app_password"], fetch_bsky_profile=False)
            yield client
            self._sessions[key] = client.export_session_string()
        finally:
            request.close()

    def _ask(self, credentials: Credentials, method: str, *what: Any, **how: Any) -> Any:
        """One call of `com.atproto.repo`. A session that has ended is forgotten, so the next call signs in."""
        try:
            with self._client(credentials) as client:
                return getattr(client.com.atproto.repo, method)(*what, **how)
        except BadRequestError as error:
            if _name(error) in {"ExpiredToken", "InvalidToken"}:
                self._sessions.pop(_key(credentials), None)
            raise

    def _sign_in(self, credentials: Credentials) -> tuple[str, str]:
        self._sessions.pop(_key(credentials), None)
        return self._session(credentials)

    def _session(self, credentials: Credentials) -> tuple[str, str]:
        with self._client(credentials) as client:
            session = client._session  # noqa: SLF001 - its public face fetches a profile, which an own PDS may lack
            return session.did, session.handle

    def _upload(self, credentials: Credentials, content: bytes) -> dict[str, Any]:
        blob = self._ask(credentials, "upload_blob", None, content=content).blob
        return {"$type": "blob", "ref": {"$link": blob.ref.link}, "mimeType": blob.mime_type, "size": blob.size}

    def _put(self, credentials: Credentials, rkey: str, record: Mapping[str, Any]) -> None:
        data = {"repo": credentials.account, "collection": COLLECTION, "rkey": rkey, "record": record, "validate": True}
        written = self._ask(credentials, "put_record", data)
        if written.uri != f"at://{credentials.account}/{COLLECTION}/{rkey}":
            raise Unreadable("another record")

    def _get(self, credentials: Credentials, rkey: str) -> dict[str, Any] | None:
        where = {"repo": credentials.account, "collection": COLLECTION, "rkey": rkey}
        try:
            value = self._ask(credentials, "get_record", where).value
        except BadRequestError as error:
            if _name(error) == "RecordNotFound":
                return None
            raise
        found: dict[str, Any] = {"text": value.text, "createdAt": value.created_at, "langs": value.langs}
        return found

    def _listed(self, credentials: Credentials, start: datetime) -> tuple[Seen, ...]:
        return newest(self._pages(credentials), start)

    def _pages(self, credentials: Credentials) -> Iterator[list[Seen]]:
        asked = {"repo": credentials.account, "collection": COLLECTION, "limit": PAGE}
        while True:
            page = self._ask(credentials, "list_records", asked)
            yield [self._seen(credentials, one) for one in page.records if not _answers_another(one, credentials)]
            if not (page.records and page.cursor):
                return
            asked["cursor"] = page.cursor

    def _seen(self, credentials: Credentials, record: Any) -> Seen:
        rkey = record.uri.rpartition("/")[2]
        # the order of the list, and what an author who dates a post back leaves alone
        at = made_at(rkey) or record.value.created_at
        return Seen(self._receipt(credentials, rkey, {"createdAt": at}), record.value.text)

    def _delete(self, credentials: Credentials, rkey: str) -> None:
        self._ask(credentials, "delete_record", {"repo": credentials.account, "collection": COLLECTION, "rkey": rkey})

    def _receipt(self, credentials: Credentials, rkey: str, record: Mapping[str, Any]) -> Receipt:
        uri = f"at://{credentials.account}/{COLLECTION}/{rkey}"
        public = f"https://bsky.app/profile/{credentials.account}/post/{rkey}"
        return Receipt(uri, self._line.wire.link("bluesky", uri, public), datetime.fromisoformat(record["createdAt"]))


def _answers_another(record: Any, credentials: Credentials) -> bool:
    """What continues a thread of one's own is a post like any other."""
    reply = record.value.reply
    return reply is not None and not reply.parent.uri.startswith(f"at://{credentials.account}/")


def _record(outgoing: Outgoing, state: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "$type": COLLECTION, "text": outgoing.text, "createdAt": state["createdAt"], "langs": list(outgoing.languages),
    }  # fmt: skip
    if found := facets(outgoing.text):
        record["facets"] = found
    if outgoing.media:
        images = [_image(picture, state["media"][picture.sha256]) for picture in outgoing.media]
        record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
    return record


def _image(picture: Picture, blob: Mapping[str, Any]) -> dict[str, Any]:
    ratio = {"width": picture.width, "height": picture.height}
    return {"alt": picture.alt, "image": blob, "aspectRatio": ratio}


def facets(text: str) -> list[dict[str, Any]]:
    """Links and hashtags, which are plain text without: by UTF-8 byte, end exclusive. Mentions stay text."""
    found = [(start, end, _link(text[start:end])) for start, end in links(text)]
    found += [
        (tag.start(), tag.end(), {"$type": "app.bsky.richtext.facet#tag", "tag": tag.group(1)})
        for tag in _TAG.finditer(text)
    ]
    return [
        {"index": {"byteStart": len(text[:start].encode()), "byteEnd": len(text[:end].encode())}, "features": [feature]}
        for start, end, feature in sorted(found, key=lambda one: one[:2])
    ]


def _link(written: str) -> dict[str, Any]:
    return {"$type": "app.bsky.richtext.facet#link", "uri": written if "://" in written else f"https://{written}"}


def tid() -> str:
    """A record key as the schema of posts demands: microseconds and a random clock id, thirteen sortable digits."""
    number = (time.time_ns() // 1000) << 10 | secrets.randbelow(1024)
    return "".join(_DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def made_at(rkey: str) -> str | None:
    """When a record key was made, ISO 8601; `None` for a key of another kind."""
    if len(rkey) != TID_LENGTH or not set(rkey) <= set(_DIGITS):
        return None
    number = 0
    for digit in rkey:
        number = number << 5 | _DIGITS.index(digit)
    return (_EPOCH + timedelta(microseconds=number >> 10)).isoformat()


def _key(credentials: Credentials) -> tuple[str, str]:
    return credentials.account, credentials.secrets["app_password"]


def _name(error: Any) -> str:
    return str(getattr(error.response.content, "error", ""))


def classify(exchange: Exchange) -> PublishingError | None:
    """Known refusals. Source: platforms.md 12.3."""
    body = exchange.object()
    name, detail = body.get("error"), str(body.get("message", ""))
    if not isinstance(name, str):
        return None
    if exchange.status == 429:  # noqa: PLR2004 - HTTP's "too many"
        return RateLimited(_reset(exchange), detail=detail)
    if name in _ACCOUNT_ERRORS:
        return AuthExpired("policy-block", detail)
    match exchange.status, name:
        case 400, "ExpiredToken" | "InvalidToken":
            return Retryable("session-ended", detail)
        case 401, _:
            return AuthExpired("token-refused", detail)
        case 413, _:
            return Rejected("too-large", detail)
        case 400, _ if name in _PICTURE_ERRORS:
            return Rejected("picture-refused", detail)
        case 400, "RecordNotFound":
            return Rejected("not-found", detail)
        case 400, "InvalidRequest":
            return Rejected("invalid", detail)
    return None


def _reset(exchange: Exchange) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(exchange.headers["ratelimit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError):
        return None
