"""Mastodon, over Mastodon.py. Source: platforms.md 9.

The same `Idempotency-Key` gives the same post for an hour, so a repeat within that time is harmless.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from mastodon import Mastodon as Client
from mastodon.errors import MastodonNotFoundError

from connectors.contract import Attempt, Credentials, Finding, Identity, Outgoing, Picture, Receipt, Seen
from connectors.errors import AuthExpired, PublishingError, RateLimited, Rejected, Retryable
from connectors.http import Exchange, Line, Unreadable, Wire
from connectors.limits import LIMITS
from connectors.listing import newest
from connectors.markup import text_of
from connectors.matching import alike, choose, has_its_pictures, since

POLL = 1.0
"""Seconds between two looks at a picture that is still being processed."""


class Mastodon:
    platform = "mastodon"
    limits = LIMITS["mastodon"]
    secret_names = ("server", "access_token")
    """`server`: the instance's address, such as https://toot.wales."""
    repeat_safe_for: timedelta | None = timedelta(minutes=50)
    edits = True

    def __init__(self, wire: Wire) -> None:
        self._line = Line(wire, (), classify)

    async def verify(self, credentials: Credentials) -> Identity:
        me = await self._line.call(self._me, credentials)
        return Identity(account=str(me["id"]), name=f"@{me['acct']}", url=me["url"])

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        with self._line.deadline():
            me = await self._line.call(self._me, credentials)
            if str(me["id"]) != credentials.account:
                raise AuthExpired("other-account", f"these are the credentials of {me['id']}")
            for picture in outgoing.media:
                if picture.sha256 not in attempt.state.get("media", {}):
                    content = await attempt.read(picture.sha256)
                    medium = await self._line.call(self._upload, credentials, picture, content)
                    kept = {**attempt.state.get("media", {}), picture.sha256: medium}
                    await attempt.save({**attempt.state, "media": kept})
                # the deadline ends this
                while not await self._line.call(  # noqa: ASYNC110 - it is another machine that gets ready
                    self._ready, credentials, attempt.state["media"][picture.sha256]
                ):
                    await asyncio.sleep(POLL)

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:
        uploaded = attempt.state.get("media", {})
        if any(picture.sha256 not in uploaded for picture in outgoing.media):
            raise Retryable("not-prepared")
        media = [uploaded[picture.sha256] for picture in outgoing.media]
        return await self._line.call(self._create, credentials, outgoing, media, attempt.key, making=True)

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Finding:
        seen = await self._line.call(self._listed, credentials, since(attempt))
        return choose(alike(seen, outgoing.text), attempt)

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        text = await self._line.call(self._text, credentials, receipt.id)
        return None if text is None else Outgoing(text=text, languages=())

    async def edit(self, receipt: Receipt, outgoing: Outgoing, credentials: Credentials) -> Receipt:
        """Its pictures are named again, for it loses those that an edit does not name."""
        with self._line.deadline():
            media = await self._line.call(self._attached, credentials, receipt.id)
            has_its_pictures(media, outgoing)
            await self._line.call(self._update, credentials, receipt.id, outgoing, media, making=True)
        return receipt

    async def recent(self, credentials: Credentials, since: datetime) -> tuple[Seen, ...]:
        """Without replies to others, boosts, and direct messages, which are nobody's business."""
        return await self._line.call(self._listed, credentials, since)

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        await self._line.call(self._delete, credentials, receipt.id)

    async def refresh(self, credentials: Credentials) -> Credentials | None:  # noqa: ARG002 - the contract's shape
        return None  # tokens last until they are revoked

    # Below: in the pool, blocking.

    def _client(self, credentials: Credentials) -> Any:
        server = credentials.secrets["server"].rstrip("/")
        return Client(
            access_token=credentials.secrets["access_token"],
            api_base_url=server,
            session=self._line.session(server),
            ratelimit_method="throw",  # the default sleeps, and then sends the post again by itself
        )

    def _send(self, credentials: Credentials, method: str, path: str, **what: Any) -> requests.Response:
        """Past the SDK, which lacks something of the call."""
        server = credentials.secrets["server"].rstrip("/")
        headers = {"Authorization": f"Bearer {credentials.secrets['access_token']}"}
        return self._line.session(server).request(method, f"{server}/api/v1/{path}", headers=headers, **what)

    def _me(self, credentials: Credentials) -> Mapping[str, Any]:
        return _with(self._client(credentials).account_verify_credentials(), "id", "acct", "url")

    def _upload(self, credentials: Credentials, picture: Picture, content: bytes) -> str:
        medium = self._client(credentials).media_post(content, picture.media_type, description=picture.alt or None)
        return str(_with(medium, "id")["id"])

    def _ready(self, credentials: Credentials, medium: str) -> bool:
        return _with(self._client(credentials).media(medium), "id").get("url") is not None

    def _create(self, credentials: Credentials, outgoing: Outgoing, media: list[str], key: str) -> Receipt:
        status = self._client(credentials).status_post(
            outgoing.text, media_ids=media or None, language=outgoing.languages[0], visibility="public",
            idempotency_key=key,
        )  # fmt: skip
        return self._receipt(_with(status, "id", "url", "created_at"))

    def _attached(self, credentials: Credentials, status: str) -> list[str]:
        return [str(one["id"]) for one in self._client(credentials).status(status)["media_attachments"]]

    def _update(self, credentials: Credentials, status: str, outgoing: Outgoing, media: list[str]) -> None:
        body: dict[str, Any] = {"status": outgoing.text, "language": outgoing.languages[0]}
        if media:
            pairs = zip(media, outgoing.media, strict=True)
            described = [{"id": medium, "description": picture.alt} for medium, picture in pairs]
            body |= {"media_ids": media, "media_attributes": described}
        # the SDK's own edit has no language, and some servers then take the account's
        answer = self._send(credentials, "PUT", f"statuses/{status}", json=body)
        if not answer.ok or str(_with(answer.json(), "id")["id"]) != status:
            raise Unreadable("not changed")

    def _listed(self, credentials: Credentials, start: datetime) -> tuple[Seen, ...]:
        return newest(self._pages(credentials, start), start)

    def _pages(self, credentials: Credentials, start: datetime) -> Iterator[list[Seen]]:
        asked = {"limit": "40", "exclude_reblogs": "true", "exclude_replies": "true"}
        while asked:
            # not by the SDK, to which an object is an empty list
            answer = self._send(credentials, "GET", f"accounts/{credentials.account}/statuses", params=asked)
            statuses = answer.json()
            if not answer.ok or not isinstance(statuses, list):
                raise Unreadable("not a list")
            public = [one for one in statuses if one["visibility"] != "direct"]
            yield [self._seen(credentials, _with(one, "id", "url", "created_at"), start) for one in public]
            # its host is not asked: it may be another by mistake, and the token goes along
            asked = dict(parse_qsl(urlsplit(answer.links.get("next", {}).get("url", "")).query))

    def _seen(self, credentials: Credentials, status: Mapping[str, Any], start: datetime) -> Seen:
        """The text in a timeline is HTML, which says all that was written but whose servers the mentioned are on."""
        at, text = datetime.fromisoformat(status["created_at"]), text_of(status["content"])
        if status["mentions"] and at >= start:
            text = self._text(credentials, str(status["id"])) or text
        return Seen(self._receipt({**status, "created_at": at}), text)

    def _text(self, credentials: Credentials, status: str) -> str | None:
        """As it was written."""
        try:
            return str(_with(self._client(credentials).status_source(status), "text")["text"])
        except MastodonNotFoundError:
            return None

    def _delete(self, credentials: Credentials, status: str) -> None:
        try:
            _with(self._client(credentials).status_delete(status), "id")
        except MastodonNotFoundError:
            return

    def _receipt(self, status: Mapping[str, Any]) -> Receipt:
        post = str(status["id"])
        return Receipt(id=post, url=self._line.wire.link("mastodon", post, status["url"]), at=status["created_at"])


def _with(answer: Any, *names: str) -> Mapping[str, Any]:
    if not isinstance(answer, dict) or any(answer.get(name) is None for name in names):
        raise Unreadable(f"without {' or '.join(names)}")
    return answer


def classify(exchange: Exchange) -> PublishingError | None:
    """Known refusals. Source: platforms.md 12.3."""
    detail = exchange.object().get("error")
    if not isinstance(detail, str):
        return None
    match exchange.status:
        case 401:
            return AuthExpired("token-refused", detail)
        case 403:
            return AuthExpired("permission", detail)
        case 404:
            return Rejected("not-found", detail)
        case 422 if "finished processing" in detail:
            return Retryable("picture-not-ready", detail)
        case 422 if "character limit" in detail:
            return Rejected("too-long", detail)
        case 422:
            return Rejected("invalid", detail)
        case 429:
            return RateLimited(_reset(exchange), detail=detail)
    return None


def _reset(exchange: Exchange) -> datetime | None:
    try:
        return datetime.fromisoformat(exchange.headers["x-ratelimit-reset"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
