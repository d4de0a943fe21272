"""X, over tweepy and the v2 endpoints alone. Source: platforms.md 2.

tweepy knows nothing of v2 media, so uploads and descriptions go through its general `Client.request`, which the
specification allows: JSON with base64.
"""

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import tweepy

from connectors.contract import Attempt, Credentials, Finding, Identity, Outgoing, Receipt, Seen
from connectors.errors import AuthExpired, PublishingError, RateLimited, Rejected, Retryable
from connectors.http import Exchange, Line, Unreadable, Wire
from connectors.limits import LIMITS
from connectors.listing import newest
from connectors.matching import alike, choose, since, twin_aware

HOSTS = ("api.twitter.com",)
MEDIA_MARGIN = timedelta(minutes=30)
"""An uploaded picture this close to its expiry is uploaded again."""
# the reference calls it post.fields since 2026, every page of prose and tweepy tweet.fields
_READ: Mapping[str, str] = {"tweet.fields": "created_at,entities"}


class X:
    platform = "x"
    limits = LIMITS["x"]
    secret_names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    repeat_safe_for: timedelta | None = None
    edits = False
    """Only Premium accounts edit, for an hour, and an edited post has a new id."""

    def __init__(self, wire: Wire) -> None:
        self._line = Line(wire, HOSTS, classify)

    async def verify(self, credentials: Credentials) -> Identity:
        user = await self._line.call(self._me, credentials)
        return Identity(account=user["id"], name=f"@{user['username']}", url=f"https://x.com/{user['username']}")

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        with self._line.deadline():
            user = await self._line.call(self._me, credentials)
            if user["id"] != credentials.account:
                raise AuthExpired("other-account", f"these are the credentials of {user['id']}")
            for picture in outgoing.media:
                if _usable(attempt.state, picture.sha256):
                    continue
                media = await self._line.call(self._upload, credentials, await attempt.read(picture.sha256))
                if picture.alt:
                    await self._line.call(self._describe, credentials, media["id"], picture.alt)
                await attempt.save(_with_media(attempt.state, picture.sha256, media))

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:
        if not all(_usable(attempt.state, picture.sha256) for picture in outgoing.media):
            raise Retryable("not-prepared")  # or prepared so long ago that X has forgotten the pictures
        media = [attempt.state["media"][picture.sha256]["id"] for picture in outgoing.media]
        async with twin_aware(attempt):
            post = await self._line.call(self._create, credentials, outgoing.text, media, making=True)
        return self._receipt(post, datetime.now(UTC))

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Finding:
        # with replies: a text that begins with a name counts as one
        seen = await self._line.call(self._listed, credentials, since(attempt), "retweets")
        return choose(alike(seen, outgoing.text), attempt)

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        post = await self._line.call(self._one, credentials, receipt.id)
        return None if post is None else Outgoing(text=shown(post), languages=())

    async def edit(self, receipt: Receipt, outgoing: Outgoing, credentials: Credentials) -> Receipt:  # noqa: ARG002 - the contract's shape
        raise Rejected("cannot-edit")

    async def recent(self, credentials: Credentials, since: datetime) -> tuple[Seen, ...]:
        """Without replies (in a thread of its own, all but the first post) and reposts of what others said."""
        return await self._line.call(self._listed, credentials, since, "replies,retweets")

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        await self._line.call(self._delete, credentials, receipt.id)

    async def refresh(self, credentials: Credentials) -> Credentials | None:  # noqa: ARG002 - the contract's shape
        return None  # OAuth 1.0a tokens end by revocation only

    # Below: in the pool, blocking.

    def _client(self, credentials: Credentials) -> tweepy.Client:
        client = tweepy.Client(**{name: credentials.secrets[name] for name in self.secret_names}, return_type=dict)
        self._line.session(into=client.session)
        return client

    def _ask(self, credentials: Credentials, method: str, route: str, **what: Any) -> dict[str, Any]:
        answer = self._client(credentials).request(method, route, user_auth=True, **what).json()
        if not isinstance(answer, dict):
            raise Unreadable("not an object")
        return answer

    def _data(self, credentials: Credentials, method: str, route: str, **what: Any) -> dict[str, Any]:
        data = self._ask(credentials, method, route, **what).get("data")
        if not isinstance(data, dict) or not isinstance(data.get("id"), str):
            raise Unreadable("no id")  # a 200 with `errors` and no data counts as a success in tweepy
        return data

    def _me(self, credentials: Credentials) -> dict[str, Any]:
        return self._data(credentials, "GET", "/2/users/me", params={"user.fields": "username"})

    def _upload(self, credentials: Credentials, picture: bytes) -> dict[str, Any]:
        body = {"media": base64.b64encode(picture).decode(), "media_category": "tweet_image"}
        return self._data(credentials, "POST", "/2/media/upload", json=body)

    def _describe(self, credentials: Credentials, media: str, alt: str) -> None:
        body = {"id": media, "metadata": {"alt_text": {"text": alt}}}
        self._data(credentials, "POST", "/2/media/metadata", json=body)

    def _create(self, credentials: Credentials, text: str, media: list[str]) -> dict[str, Any]:
        post: dict[str, Any] = self._client(credentials).create_tweet(text=text, media_ids=media or None)["data"]
        if not isinstance(post["id"], str):
            raise Unreadable("no id")
        return post

    def _listed(self, credentials: Credentials, start: datetime, left_out: str) -> tuple[Seen, ...]:
        return newest(self._pages(credentials, start, left_out), start)

    def _pages(self, credentials: Credentials, start: datetime, left_out: str) -> Iterator[list[Seen]]:
        params = {**_READ, "max_results": 100, "exclude": left_out,
                  "start_time": start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}  # fmt: skip
        while True:
            found = self._ask(credentials, "GET", f"/2/users/{credentials.account}/tweets", params=params)
            posts = found["data"] if found["meta"]["result_count"] else []
            yield [Seen(self._receipt(post, _made(post)), shown(post)) for post in posts]
            if not found["meta"].get("next_token"):
                return
            params["pagination_token"] = found["meta"]["next_token"]

    def _one(self, credentials: Credentials, post: str) -> dict[str, Any] | None:
        try:
            answer = self._ask(credentials, "GET", f"/2/tweets/{post}", params=dict(_READ))
        except tweepy.NotFound:
            return None
        if "data" not in answer and _not_found(answer):
            return None
        data = answer["data"]
        if not isinstance(data, dict) or data.get("id") != post:
            raise Unreadable("not the post that was asked for")
        return data

    def _delete(self, credentials: Credentials, post: str) -> None:
        try:
            answer = self._ask(credentials, "DELETE", f"/2/tweets/{post}")
        except tweepy.NotFound:
            return
        if answer["data"]["deleted"] is not True:
            raise Unreadable("not deleted")

    def _receipt(self, post: Mapping[str, Any], at: datetime) -> Receipt:
        link = self._line.wire.link("x", post["id"], f"https://x.com/i/status/{post['id']}")
        return Receipt(id=post["id"], url=link, at=at)


def classify(exchange: Exchange) -> PublishingError | None:
    """Known refusals. Source: platforms.md 2.5, 12.3."""
    body = exchange.object()
    detail = _detail(body)
    if not detail:
        return None
    match exchange.status:
        case 400:
            return Rejected("too-long" if "too long" in detail else "invalid", detail)
        case 401:
            return AuthExpired("token-refused", detail)
        case 402:
            return AuthExpired("credits-depleted", detail)
        case 403:
            return _forbidden(body, detail)
        case 404:
            return Rejected("not-found", detail)
        case 413:
            return Rejected("too-large", detail)
        case 429:
            return RateLimited(_reset(exchange), detail=detail)
    return None


def _forbidden(body: Mapping[str, Any], detail: str) -> PublishingError:
    if "duplicate content" in detail:
        return Rejected("duplicate", detail)
    if "too long" in detail:
        return Rejected("too-long", detail)
    problems = [body, *(error for error in body.get("errors") or [] if isinstance(error, dict))]
    if any(str(problem.get("type", "")).endswith("/unsupported-authentication") for problem in problems):
        return AuthExpired("unsupported-authentication", detail)
    return Rejected("forbidden", detail)


def _detail(body: Mapping[str, Any]) -> str:
    """What the platform says of its refusal, in any of its shapes; empty where the body is none of them."""
    errors = body.get("errors")
    parts = [body.get("detail"), body.get("title")]
    if isinstance(errors, list):
        parts += [error.get("message") or error.get("detail") for error in errors if isinstance(error, dict)]
    return "; ".join(part for part in parts if isinstance(part, str))


def _reset(exchange: Exchange) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(exchange.headers["x-rate-limit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def _not_found(answer: Mapping[str, Any]) -> bool:
    """A missing post may be a 200 with a problem in it."""
    errors = answer.get("errors")
    return isinstance(errors, list) and any(
        isinstance(error, dict) and str(error.get("type", "")).endswith("/resource-not-found") for error in errors
    )


def shown(post: Mapping[str, Any]) -> str:
    """The text as it was written: short links expanded, the picture's own link dropped, `&amp;` undone."""
    text = str(post.get("text", ""))
    for url in (post.get("entities") or {}).get("urls") or []:
        target = "" if url.get("media_key") else str(url.get("expanded_url", url["url"]))
        text = text.replace(str(url["url"]), target)
    return unescape(text).strip()


def _made(post: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(post["created_at"]))


def _usable(state: Mapping[str, Any], sha256: str) -> bool:
    kept = state.get("media", {}).get(sha256)
    return kept is not None and datetime.fromisoformat(kept["until"]) > datetime.now(UTC) + MEDIA_MARGIN


def _with_media(state: Mapping[str, Any], sha256: str, media: Mapping[str, Any]) -> dict[str, Any]:
    until = datetime.now(UTC) + timedelta(seconds=int(media.get("expires_after_secs", 3600)))
    kept = {**state.get("media", {}), sha256: {"id": media["id"], "until": until.isoformat()}}
    return {**state, "media": kept}
