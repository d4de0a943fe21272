"""Facebook Pages, over facebook-sdk. Source: platforms.md 3.

Pictures, even one, are staged unpublished in `prepare` and attached by the call that makes the post: so that call
carries no upload, and what fails before it has posted nothing.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import facebook
import msgspec
import requests

from connectors.contract import Attempt, Credentials, Finding, Identity, Outgoing, Picture, Receipt, Seen
from connectors.errors import AuthExpired, Retryable
from connectors.graph import classify, following, is_gone
from connectors.http import Line, Unreadable, Wire
from connectors.limits import LIMITS
from connectors.listing import newest
from connectors.matching import alike, choose, since, twin_aware

HOSTS = ("graph.facebook.com",)


class Facebook:
    platform = "facebook"
    limits = LIMITS["facebook"]
    secret_names = ("page_token", "app_secret")
    """`app_secret` may be empty: it signs each call, where the app demands that."""
    repeat_safe_for: timedelta | None = None
    edits = True
    """The words alone: a description belongs to its photo, which does not take another."""

    def __init__(self, wire: Wire) -> None:
        self._line = Line(wire, HOSTS, classify)

    async def verify(self, credentials: Credentials) -> Identity:
        page = await self._line.call(self._me, credentials)
        return Identity(account=page["id"], name=page["name"], url=page.get("link"))

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        with self._line.deadline():
            page = await self._line.call(self._me, credentials)
            if page["id"] != credentials.account:
                raise AuthExpired("other-account", f"these are the credentials of {page['id']}")
            for picture in outgoing.media:
                if picture.sha256 in attempt.state.get("media", {}):
                    continue
                content = await attempt.read(picture.sha256)
                photo = await self._line.call(self._stage, credentials, picture, content)
                kept = {**attempt.state.get("media", {}), picture.sha256: photo}
                await attempt.save({**attempt.state, "media": kept})

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:
        staged = attempt.state.get("media", {})
        if any(picture.sha256 not in staged for picture in outgoing.media):
            raise Retryable("not-prepared")
        photos = [staged[picture.sha256] for picture in outgoing.media]
        async with twin_aware(attempt):
            post = await self._line.call(self._create, credentials, outgoing, photos, making=True)
        return self._receipt(post, datetime.now(UTC))

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Finding:
        seen = await self._line.call(self._listed, credentials, since(attempt))
        return choose(alike(seen, outgoing.text), attempt)

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        with self._line.deadline():
            post = await self._line.call(self._get, credentials, receipt.id, "id,message,created_time")
        return None if post is None else Outgoing(text=post.get("message", ""), languages=())

    async def edit(self, receipt: Receipt, outgoing: Outgoing, credentials: Credentials) -> Receipt:
        await self._line.call(self._update, credentials, receipt.id, outgoing.text, making=True)
        return receipt

    async def recent(self, credentials: Credentials, since: datetime) -> tuple[Seen, ...]:
        """What the page itself published: its shares of others' posts too, visitors' posts not."""
        return await self._line.call(self._listed, credentials, since)

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        """The pictures too: they were uploaded on their own, and may outlive the post in an album."""
        with self._line.deadline():
            fields = "attachments{type,target,subattachments{type,target}}"
            post = await self._line.call(self._get, credentials, receipt.id, fields)
            for one in (receipt.id, *_photos(post or {})):
                await self._line.call(self._delete, credentials, one)

    async def refresh(self, credentials: Credentials) -> Credentials | None:  # noqa: ARG002 - the contract's shape
        return None  # a page token from a long-lived user token has no fixed end

    # Below: in the pool, blocking.

    def _graph(self, credentials: Credentials) -> Any:
        session = self._line.session()
        session.hooks["response"].append(_no_quiet_failure)
        graph = facebook.GraphAPI(credentials.secrets["page_token"], session=session)
        graph.version = self._line.wire.graph_version  # the constructor refuses every version still alive
        return graph

    def _me(self, credentials: Credentials) -> dict[str, Any]:
        # a user has no category, so a user's token fails here instead of posting elsewhere
        me = self._graph(credentials).get_object("me", fields="id,name,link,category", **_proof(credentials))
        return _with(me, "id", "name")

    def _stage(self, credentials: Credentials, picture: Picture, content: bytes) -> str:
        name = f"picture.{picture.media_type.removeprefix('image/')}"
        fields = {"published": "false", **_proof(credentials)}
        if picture.alt:
            fields["alt_text_custom"] = picture.alt
        path = f"{credentials.account}/photos"
        photo = self._graph(credentials).put_photo((name, content, picture.media_type), path, **fields)
        return str(_with(photo, "id")["id"])

    def _create(self, credentials: Credentials, outgoing: Outgoing, photos: list[str]) -> str:
        fields: dict[str, str] = {"message": outgoing.text, **_proof(credentials)}
        if photos:
            # the SDK would send a list as nonsense, without an error
            fields["attached_media"] = msgspec.json.encode([{"media_fbid": photo} for photo in photos]).decode()
        elif outgoing.link:
            fields["link"] = outgoing.link
        post = self._graph(credentials).put_object(credentials.account, "feed", **fields)
        return str(_with(post, "id")["id"])

    def _update(self, credentials: Credentials, post: str, text: str) -> None:
        graph = self._graph(credentials)
        answer = graph.request(f"{graph.version}/{post}", post_args={"message": text, **_proof(credentials)})
        if _with(answer, "success")["success"] is not True:
            raise Unreadable("not changed")

    def _listed(self, credentials: Credentials, start: datetime) -> tuple[Seen, ...]:
        return newest(self._pages(credentials, start), start)

    def _pages(self, credentials: Credentials, start: datetime) -> Iterator[list[Seen]]:
        graph = self._graph(credentials)
        asked: dict[str, Any] = {"fields": "id,message,created_time", "since": int(start.timestamp()), "limit": 100}
        while asked:
            page = _with(
                graph.get_connections(credentials.account, "published_posts", **asked, **_proof(credentials)), "data"
            )
            if not isinstance(page["data"], list):
                raise Unreadable("not a list")
            yield [self._seen(_with(post, "id", "created_time")) for post in page["data"]]
            asked = following(page)

    def _seen(self, post: Mapping[str, Any]) -> Seen:
        at = datetime.fromisoformat(post["created_time"])
        return Seen(self._receipt(post["id"], at), post.get("message", ""))

    def _get(self, credentials: Credentials, post: str, fields: str) -> dict[str, Any] | None:
        try:
            return _with(self._graph(credentials).get_object(post, fields=fields, **_proof(credentials)), "id")
        except facebook.GraphAPIError as error:
            if is_gone(error.result):
                return None
            raise

    def _delete(self, credentials: Credentials, what: str) -> None:
        graph = self._graph(credentials)
        try:
            answer = graph.request(f"{graph.version}/{what}", args=_proof(credentials), method="DELETE")
        except facebook.GraphAPIError as error:
            if is_gone(error.result):
                return
            raise
        if _with(answer, "success")["success"] is not True:
            raise Unreadable("not deleted")

    def _receipt(self, post: str, at: datetime) -> Receipt:
        return Receipt(id=post, url=self._line.wire.link("facebook", post, f"https://www.facebook.com/{post}"), at=at)


def _no_quiet_failure(response: requests.Response, **_: Any) -> None:
    """The SDK never looks at the status: a failure without an `error` in it would pass as a success."""
    if not response.ok and b'"error"' not in response.content:
        raise Unreadable("a failure that says nothing")


def _proof(credentials: Credentials) -> dict[str, str]:
    secret = credentials.secrets.get("app_secret")
    if not secret:
        return {}
    token = credentials.secrets["page_token"].encode()
    return {"appsecret_proof": hmac.new(secret.encode(), token, hashlib.sha256).hexdigest()}


def _with(answer: Any, *names: str) -> dict[str, Any]:
    """The answer, if it has these: the SDK passes a refusal without `error` as a success."""
    if not isinstance(answer, dict) or any(name not in answer for name in names):
        raise Unreadable(f"without {' or '.join(names)}")
    return answer


def _photos(post: Mapping[str, Any]) -> list[str]:
    """Ids of the pictures of a post, from its attachments one level deep."""
    shown = [
        one
        for attachment in post.get("attachments", {}).get("data", [])
        for one in attachment.get("subattachments", {}).get("data", []) or [attachment]
    ]
    return [one["target"]["id"] for one in shown if one.get("type") == "photo" and "id" in one.get("target", {})]
