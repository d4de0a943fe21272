"""Instagram and Threads: a container is made, filled by Meta from our public address, and published once.

Both speak the same three steps with other names, so one connector serves both. Sources: platforms.md 4 and 5.
A container is published once only, so repeating `publish` with the same container cannot double a post; but which
post came of it, only the list of posts tells.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from msgspec import Struct

from connectors.contract import (
    Absent,
    Attempt,
    Credentials,
    Finding,
    Identity,
    Limits,
    Outgoing,
    Picture,
    Receipt,
    Seen,
    Unsure,
)
from connectors.errors import AuthExpired, PublishingError, Rejected, Retryable
from connectors.graph import classify, following, is_gone
from connectors.http import Line, Unreadable, Wire
from connectors.listing import newest
from connectors.matching import alike, choose, since

POLL = 3.0
"""Seconds between two looks at a container."""
LIFE = timedelta(hours=20)
"""Containers live for 24 hours; an older one is made again."""
REPOST = "REPOST_FACADE"
"""The kind of a Threads post that only passes on another's."""
READY = frozenset({"FINISHED", "PUBLISHED"})


class Words(Struct, frozen=True):
    """What one of the two platforms calls things."""

    host: str
    version: str
    """Of the interface; empty: the wire's."""
    containers: str
    """The edge that makes a container."""
    publish: str
    posts: str
    """The edge that lists posts."""
    text: str
    """The field with the text."""
    status: str
    """The field with a container's state."""
    refresh: str
    grant: str
    profile: str
    """Fields that say whose token it is."""


class Containers:
    """What both connectors share."""

    platform: str
    limits: Limits
    words: Words
    secret_names = ("access_token",)
    repeat_safe_for: timedelta | None = None
    edits = False

    def __init__(self, wire: Wire) -> None:
        self._line = Line(wire, (self.words.host,), classify)

    async def verify(self, credentials: Credentials) -> Identity:
        me = await self._line.call(self._me, credentials)
        return Identity(account=_account(me), name=f"@{me['username']}", url=self.public(me["username"]))

    def public(self, username: str) -> str:
        raise NotImplementedError

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        if self.limits.needs_picture and not outgoing.media:
            raise Rejected("picture-missing")
        with self._line.deadline():
            me = await self._line.call(self._me, credentials)
            if _account(me) != credentials.account:
                raise AuthExpired("other-account", f"these are the credentials of {_account(me)}")
            if not _young(attempt.state):
                made_at = datetime.now(UTC).isoformat()
                await attempt.save({"made_at": made_at, "children": {}})
            children = await self._children(outgoing, credentials, attempt) if len(outgoing.media) > 1 else []
            if "container" not in attempt.state:
                fields = self._fields(outgoing, attempt, children)
                container = await self._line.call(self._container, credentials, fields)
                await attempt.save({**attempt.state, "container": container})
            await self._until_ready(credentials, attempt)

    async def _children(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> list[str]:
        for picture in outgoing.media:
            if picture.sha256 not in attempt.state["children"]:
                fields = {**_image(picture, attempt), "is_carousel_item": "true"}
                child = await self._line.call(self._container, credentials, fields)
                await attempt.save({**attempt.state, "children": {**attempt.state["children"], picture.sha256: child}})
        children = [attempt.state["children"][picture.sha256] for picture in outgoing.media]
        for child in children:
            while not await self._line.call(self._ready, credentials, child):  # noqa: ASYNC110 - Meta gets ready
                await asyncio.sleep(POLL)
        return children

    async def _until_ready(self, credentials: Credentials, attempt: Attempt) -> None:
        """The deadline ends this too; a container that failed is made again by the next `prepare`."""
        try:
            while not await self._line.call(  # noqa: ASYNC110 - it is Meta that gets ready
                self._ready, credentials, attempt.state["container"]
            ):
                await asyncio.sleep(POLL)
        except (Rejected, _ContainerLostError):
            await attempt.save({})
            raise

    def _fields(self, outgoing: Outgoing, attempt: Attempt, children: list[str]) -> dict[str, str]:
        text = {self.words.text: outgoing.text}
        if children:
            return {**text, "media_type": "CAROUSEL", "children": ",".join(children)}
        if outgoing.media:
            return {**text, **_image(outgoing.media[0], attempt)}
        return {**text, "media_type": "TEXT"}

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:  # noqa: ARG002  # as above
        """What is posted is in the container already."""
        if "container" not in attempt.state:
            raise Retryable("not-prepared")
        post = await self._line.call(self._publish, credentials, attempt.state["container"], making=True)
        try:
            shown = await self._line.call(self._get, credentials, post)
        except PublishingError:  # it is out; only its address stays unknown
            shown = None
        return self._receipt(post, datetime.now(UTC), shown.get("permalink") if shown else None)

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Finding:
        """A container that still waits is authoritative: it can be published once, by whoever comes first."""
        with self._line.deadline():
            seen = await self._line.call(self._listed, credentials, since(attempt))
            found = choose(alike(seen, outgoing.text), attempt)
            if isinstance(found, Unsure) and not found.seen and "container" in attempt.state:
                waits = await self._line.call(self._waits, credentials, attempt.state["container"])
                return Absent() if waits else found
        return found

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        post = await self._line.call(self._get, credentials, receipt.id)
        return None if post is None else Outgoing(text=post.get(self.words.text, ""), languages=())

    async def edit(self, receipt: Receipt, outgoing: Outgoing, credentials: Credentials) -> Receipt:  # noqa: ARG002  # as above
        raise Rejected("cannot-edit")

    async def recent(self, credentials: Credentials, since: datetime) -> tuple[Seen, ...]:
        """Without stories, replies (which have lists of their own) and reposts of what others said."""
        return await self._line.call(self._listed, credentials, since)

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        await self._line.call(self._delete, credentials, receipt.id)

    async def refresh(self, credentials: Credentials) -> Credentials | None:
        """Tokens end after 60 days, and can be renewed once they are a day old."""
        token = await self._line.call(self._renew, credentials)
        return Credentials(credentials.account, {**credentials.secrets, "access_token": token})

    # Below: in the pool, blocking.

    def _send(self, credentials: Credentials, method: str, path: str, **fields: str) -> requests.Response:
        """The token goes in the form of a POST; Graph takes it nowhere but in the address otherwise."""
        url = f"https://{self.words.host}/{self.words.version or self._line.wire.graph_version}{path}"
        fields["access_token"] = credentials.secrets["access_token"]
        where = "data" if method == "POST" else "params"
        return self._line.session().request(method, url, **{where: fields})  # type: ignore[arg-type]  # either is a dict

    def _ask(self, credentials: Credentials, method: str, path: str, *names: str, **fields: str) -> dict[str, Any]:
        answer = self._send(credentials, method, path, **fields)
        body = answer.json()
        if not answer.ok or not isinstance(body, dict) or any(name not in body for name in names):
            raise Unreadable(f"without {' or '.join(names)}")
        return body

    def _me(self, credentials: Credentials) -> dict[str, Any]:
        return self._ask(credentials, "GET", "/me", "id", "username", fields=self.words.profile)

    def _container(self, credentials: Credentials, fields: Mapping[str, str]) -> str:
        path = f"/{credentials.account}/{self.words.containers}"
        return str(self._ask(credentials, "POST", path, "id", **fields)["id"])

    def _ready(self, credentials: Credentials, container: str) -> bool:
        asked = "status,error_message" if self.words.status == "status" else "status_code,status"
        state = self._ask(credentials, "GET", f"/{container}", self.words.status, fields=asked)
        status = state[self.words.status]
        if status == "ERROR":
            raise Rejected("container-error", str(state.get("error_message", state.get("status", ""))))
        if status == "EXPIRED":
            raise _ContainerLostError("container-expired")
        return status in READY

    def _waits(self, credentials: Credentials, container: str) -> bool:
        state = self._ask(credentials, "GET", f"/{container}", self.words.status, fields=self.words.status)
        return bool(state[self.words.status] == "FINISHED")

    def _publish(self, credentials: Credentials, container: str) -> str:
        path = f"/{credentials.account}/{self.words.publish}"
        return str(self._ask(credentials, "POST", path, "id", creation_id=container)["id"])

    def _listed(self, credentials: Credentials, start: datetime) -> tuple[Seen, ...]:
        return newest(self._pages(credentials), start)

    def _pages(self, credentials: Credentials) -> Iterator[list[Seen]]:
        asked = {"fields": f"id,{self.words.text},permalink,timestamp,media_type", "limit": "100"}
        while asked:
            page = self._ask(credentials, "GET", f"/{credentials.account}/{self.words.posts}", "data", **asked)
            yield [self._seen(post) for post in _list(page["data"]) if post.get("media_type") != REPOST]
            asked = following(page)

    def _seen(self, post: Mapping[str, Any]) -> Seen:
        """A post has no address while Meta doubts whose its music or pictures are."""
        at = datetime.fromisoformat(post["timestamp"])
        return Seen(self._receipt(post["id"], at, post.get("permalink")), post.get(self.words.text, ""))

    def _get(self, credentials: Credentials, post: str) -> dict[str, Any] | None:
        answer = self._send(credentials, "GET", f"/{post}", fields=f"id,{self.words.text},permalink,timestamp")
        body = answer.json()
        if is_gone(body):
            return None
        if not answer.ok or not isinstance(body, dict) or body.get("id") != post:
            raise Unreadable("not the post that was asked for")
        return body

    def _delete(self, credentials: Credentials, post: str) -> None:
        answer = self._send(credentials, "DELETE", f"/{post}")
        body = answer.json()
        if not is_gone(body) and not (answer.ok and isinstance(body, dict) and body.get("success") is True):
            raise Unreadable("not deleted")

    def _renew(self, credentials: Credentials) -> str:
        answer = self._line.session().get(
            f"https://{self.words.host}/{self.words.refresh}",
            params={"grant_type": self.words.grant, "access_token": credentials.secrets["access_token"]},
        )
        body = answer.json()
        if not answer.ok or not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
            raise Unreadable("without access_token")
        token: str = body["access_token"]
        return token

    def _receipt(self, post: str, at: datetime, permalink: str | None) -> Receipt:
        link = self._line.wire.link(self.platform, post, permalink or f"https://{self.platform}.com/")
        return Receipt(id=post, url=link, at=at)


class _ContainerLostError(Retryable):
    """It expired before it was published."""


def _account(me: Mapping[str, Any]) -> str:
    """Instagram's `id` is the app's own name for the account; `user_id` is what posts are made under."""
    return str(me.get("user_id") or me["id"])


def _young(state: Mapping[str, Any]) -> bool:
    return "made_at" in state and datetime.fromisoformat(state["made_at"]) > datetime.now(UTC) - LIFE


def _image(picture: Picture, attempt: Attempt) -> dict[str, str]:
    fields = {"media_type": "IMAGE", "image_url": attempt.address(picture.sha256)}
    return {**fields, "alt_text": picture.alt} if picture.alt else fields


def _list(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise Unreadable("not a list")
    return value
