"""Instagram and Threads: shapes from specs/facebook/IG*.json, specs/threads and platforms.md 4, 5 and 12.3.

The pictures are fetched by the stand-in, as Meta does; only from this machine, and a picture that cannot be fetched
is an error.
"""

import asyncio
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import msgspec
import regex
from msgspec import Struct
from PIL import Image, UnidentifiedImageError

from connectors.contract import Limits
from connectors.http import LOOPBACK
from connectors.limits import LIMITS
from connectors.sandbox.calls import Answer, Call, Handler, Platform, Route, answer, fixed
from connectors.sandbox.graph import ERRORS, PASSING, TOKEN_EXPIRED, page_of, refusal
from connectors.sandbox.store import Account, Medium, Post, Store

FETCH_LIMIT = 10.0
NOT_FETCHED = refusal(9004, "The media could not be fetched from this URI", error_subcode=2207052)
GONE = refusal(100, "Unsupported get request. Object with ID does not exist", error_subcode=33)
_fetcher = build_opener(ProxyHandler({}))


class Words(Struct, frozen=True):
    """What one of the two platforms calls things."""

    name: str
    hosts: tuple[str, ...]
    prefix: str
    containers: str
    publish: str
    posts: str
    text: str
    status: str
    not_ready: Answer
    kinds: tuple[str, str, str]
    """Of a post without pictures, with one, with more."""


class Stage:
    """The calls of one of the two platforms."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.limit: Limits = LIMITS[words.name]

    def me(self, _call: Call, account: Account, _store: Store) -> Answer:
        ids = {"id": account.id} if self.words.name == "threads" else {"id": account.id[::-1], "user_id": account.id}
        return answer(200, {**ids, "username": account.name, "name": account.name})

    async def container(self, call: Call, account: Account, store: Store) -> Answer:
        fields = call.fields()
        if call.matched["user"] != account.id:
            return refusal(10, "Application does not have permission for this action", 403)
        text = fields.get(self.words.text, "")
        if self.limit.length(text) > (self.limit.text or 0):
            return refusal(100, f"Param {self.words.text} must be at most {self.limit.text} characters long.")
        if self.limit.hashtags and len(regex.findall(r"#\w", text)) > self.limit.hashtags:
            return refusal(36004, "The caption was too long.", error_subcode=2207010)
        media = await self._media(fields, account, store)
        if isinstance(media, Answer):
            return media
        number = store.number()
        kept = {"owner": account.id, "text": text, "media": msgspec.to_builtins(media), "status": "FINISHED"}
        store.put(f"{self.words.name}-container", number, kept)
        return answer(200, {"id": number})

    async def _media(self, fields: Mapping[str, str], account: Account, store: Store) -> list[Medium] | Answer:
        kind = fields.get("media_type", "IMAGE")
        if kind == "TEXT" and not self.limit.needs_picture:
            return []
        if kind == "CAROUSEL":
            children = [store.get(f"{self.words.name}-container", one) for one in fields["children"].split(",")]
            if not 1 < len(children) <= self.limit.pictures or any(
                child is None or child["owner"] != account.id for child in children
            ):
                return refusal(100, "(#100) Invalid parameter: children")
            return [msgspec.convert(child["media"][0], Medium) for child in children if child]
        alt = fields.get("alt_text", "")
        if len(alt) > (self.limit.alt or 0):
            return refusal(100, "(#100) alt_text is too long")
        content = await asyncio.to_thread(_fetch, fields.get("image_url", ""))
        return NOT_FETCHED if content is None else self._accept(content, alt, store)

    def _accept(self, content: bytes, alt: str, store: Store) -> list[Medium] | Answer:
        if len(content) > (self.limit.picture_bytes or 0):
            return refusal(36000, "The image is too large to download.", error_subcode=2207004)
        try:
            with Image.open(io.BytesIO(content)) as image:
                kind, ratio = f"image/{(image.format or '').lower()}", image.width / image.height
        except UnidentifiedImageError:
            kind, ratio = "", 1.0
        if kind not in self.limit.picture_types:
            return refusal(36001, "The image format is not supported.", error_subcode=2207005)
        low, high = self.limit.ratio or (0, ratio)
        if not low <= ratio <= high:
            return refusal(36003, "The submitted image has an invalid aspect ratio.", error_subcode=2207009)
        return [msgspec.structs.replace(store.keep(content, kind), alt=alt)]

    def status(self, call: Call, account: Account, store: Store) -> Answer:
        """A container, or a post: Graph's ids are all alike."""
        kept = store.get(f"{self.words.name}-container", call.matched["id"])
        if kept is not None and kept["owner"] == account.id:
            return answer(200, {"id": call.matched["id"], self.words.status: kept["status"]})
        return self.read(call, account, store)

    def publish(self, call: Call, account: Account, store: Store) -> Answer:
        number = call.fields().get("creation_id", "")
        kept = store.get(f"{self.words.name}-container", number)
        if kept is None or kept["owner"] != account.id or call.matched["user"] != account.id:
            return refusal(100, "(#100) Invalid parameter: creation_id")
        if kept["status"] == "PUBLISHED":
            return refusal(1, "An unknown error occurred", 500)
        if kept["status"] != "FINISHED":
            return self.words.not_ready
        media = tuple(msgspec.convert(one, Medium) for one in kept["media"])
        post = store.add(account, store.number(), kept["text"], media=media)
        store.put(f"{self.words.name}-container", number, {**kept, "status": "PUBLISHED"})
        return answer(200, {"id": post.id})

    def posts(self, call: Call, account: Account, store: Store) -> Answer:
        if call.matched["user"] != account.id:
            return GONE
        page, paging = page_of(call, account, store)
        # replies have a list of their own
        return answer(200, {"data": [self._shown(post) for post in page if post.kind() != "reply"], **paging})

    def read(self, call: Call, account: Account, store: Store) -> Answer:
        post = store.post(self.words.name, call.matched["id"])
        return answer(200, self._shown(post)) if post and post.account == account.name else GONE

    def delete(self, call: Call, account: Account, store: Store) -> Answer:
        post = store.post(self.words.name, call.matched["id"])
        if post is None or post.account != account.name:
            return GONE
        store.delete(post)
        return answer(200, {"success": True})

    def refresh(self, _call: Call, account: Account, store: Store) -> Answer:
        """The new token is another one; the old one stays good."""
        number = 1 + int(account.token.rpartition("#")[2] or 0) if "#" in account.token else 1
        token = f"{account.token.partition('#')[0]}#{number}"
        store.alias(account, token)
        return answer(200, {"access_token": token, "token_type": "bearer", "expires_in": 5_183_944})

    def _shown(self, post: Post) -> dict[str, Any]:
        at = datetime.fromisoformat(post.at).strftime("%Y-%m-%dT%H:%M:%S+0000")
        kind = "REPOST_FACADE" if post.kind() == "repost" else self.words.kinds[min(len(post.media), 2)]
        return {"id": post.id, self.words.text: post.text, "timestamp": at, "media_type": kind,
                "permalink": f"https://www.{self.words.name}.com/p/{post.id}/"}  # fmt: skip

    def platform(self, more: Mapping[str, Callable[[float], Answer]]) -> Platform:
        words, user = self.words, r"/(?<user>\d+)/"
        read: Handler = self.status
        return Platform(
            name=words.name,
            hosts=words.hosts,
            token=lambda call: call.fields().get("access_token") or call.bearer(),
            routes=(
                Route("GET", r"/refresh_access_token", "refresh", self.refresh),
                Route("GET", words.prefix + r"/me", "verify", self.me),
                Route("POST", words.prefix + user + words.containers, "container", self.container),
                Route("POST", words.prefix + user + words.publish, "create", self.publish),
                Route("GET", words.prefix + user + words.posts, "find", self.posts),
                Route("GET", words.prefix + r"/(?<id>\d+)", "read", read),
                Route("DELETE", words.prefix + r"/(?<id>\d+)", "delete", self.delete),
            ),
            unauthorized=TOKEN_EXPIRED,
            no_route=refusal(2500, "Unknown path components"),
            errors={
                **ERRORS,
                "not-ready": fixed(words.not_ready),
                "picture-not-fetched": fixed(NOT_FETCHED),
                "container-error": fixed(answer(200, {words.status: "ERROR", "error_message": "FAILED_DOWNLOADING"})),
                "container-expired": fixed(answer(200, {words.status: "EXPIRED"})),
                "container-in-progress": fixed(answer(200, {words.status: "IN_PROGRESS"})),
                **more,
            },
            passing=(*PASSING, "not-ready"),
        )


def _fetch(url: str) -> bytes | None:
    if urlsplit(url).hostname not in LOOPBACK or urlsplit(url).scheme not in {"http", "https"}:
        return None
    try:
        with _fetcher.open(Request(url), timeout=FETCH_LIMIT) as response:  # noqa: S310 - scheme and host stand above
            content: bytes = response.read(32 * 1024 * 1024)
            return content
    except (URLError, TimeoutError, OSError):
        return None


def _limited(_seconds: float) -> Answer:
    return refusal(4, "(#4) Application request limit reached", 403)


INSTAGRAM = Stage(
    Words(
        name="instagram", hosts=("graph.instagram.com",), prefix=r"/v\d+\.\d+", containers="media",
        publish="media_publish", posts="media", text="caption", status="status_code",
        not_ready=refusal(9007, "The media is not ready for publishing, please wait", error_subcode=2207027),
        kinds=("IMAGE", "IMAGE", "CAROUSEL_ALBUM"),
    )
).platform({
    "rate-limited": _limited,
    "format": fixed(refusal(36001, "The image format is not supported.", error_subcode=2207005)),
    "too-large": fixed(refusal(36000, "The image is too large to download.", error_subcode=2207004)),
    "ratio": fixed(refusal(36003, "The submitted image has an invalid aspect ratio.", error_subcode=2207009)),
    "caption": fixed(refusal(36004, "The caption was too long.", error_subcode=2207010)),
    "quota": fixed(refusal(9, "You reached maximum number of posts that is allowed to be published by Content "
                              "Publishing API.", error_subcode=2207042)),
})  # fmt: skip

THREADS = Stage(
    Words(
        name="threads", hosts=("graph.threads.net", "graph.threads.com"), prefix=r"/v1\.0", containers="threads",
        publish="threads_publish", posts="threads", text="text", status="status",
        not_ready=refusal(24, "The requested resource does not exist", error_subcode=4279009),
        kinds=("TEXT_POST", "IMAGE", "CAROUSEL_ALBUM"),
    )
).platform({
    "rate-limited": _limited,
    "text": fixed(refusal(100, "Param text must be at most 500 characters long.")),
    "permission-10": fixed(refusal(10, "Application does not have permission for this action", 403)),
})  # fmt: skip
