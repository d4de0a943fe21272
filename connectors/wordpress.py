"""WordPress sites, over their REST interface and an application password. Source: platforms.md 10.

There is no key against doubles, but the slug is ours: made from the delivery's key, it finds the post again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from typing import Any

import regex
import requests

from connectors.contract import (
    Attempt,
    Credentials,
    Finding,
    Found,
    Identity,
    Language,
    Outgoing,
    Picture,
    Receipt,
    Seen,
    Unsure,
)
from connectors.errors import AuthExpired, PublishingError, RateLimited, Rejected, Retryable
from connectors.http import Exchange, Line, Unreadable, Wire
from connectors.limits import LIMITS
from connectors.listing import MOST, newest
from connectors.markup import text_of
from connectors.matching import has_its_pictures

GONE = frozenset({"rest_post_invalid_id", "rest_already_trashed"})
_LINK = regex.compile(r"https?://[^\s<]*[^\s<.,;:!?)’”\"']")
_OUR_PICTURE = regex.compile(r"wp-image-(\d+)")
_TOKEN = frozenset({
    "rest_not_logged_in", "incorrect_password", "invalid_username", "invalid_email", "application_passwords_disabled",
})  # fmt: skip
_PERMISSION = frozenset({"rest_cannot_create", "rest_cannot_publish", "rest_cannot_edit", "rest_cannot_delete",
                         "rest_forbidden", "rest_forbidden_context", "rest_user_cannot_view"})  # fmt: skip
_PICTURE = frozenset({"rest_upload_no_content_disposition", "rest_upload_hash_mismatch", "rest_upload_file_too_big",
                      "rest_upload_sideload_error", "rest_upload_unknown_error"})  # fmt: skip
_INVALID = frozenset({"rest_invalid_param", "rest_missing_callback_param", "rest_post_exists", "rest_no_route",
                      "empty_content"})  # fmt: skip


class WordPress:
    platform = "wordpress"
    limits = LIMITS["wordpress"]
    secret_names = ("server", "username", "application_password", "language_field")
    """`server`: the site's address, which is also the account. `language_field`: the name of a language plug-in's
    field (Polylang's and WPML's is `lang`); empty without one."""
    repeat_safe_for: timedelta | None = None
    edits = True

    def __init__(self, wire: Wire) -> None:
        self._line = Line(wire, (), classify)

    async def verify(self, credentials: Credentials) -> Identity:
        me = await self._line.call(self._me, credentials)
        server = _server(credentials)
        return Identity(account=server, name=f"{me['name']}, {server.partition('://')[2]}", url=server)

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        with self._line.deadline():
            if _server(credentials) != credentials.account:
                raise AuthExpired("other-account", f"these are the credentials of {_server(credentials)}")
            await self._line.call(self._me, credentials)
            for picture in outgoing.media:
                if picture.sha256 in attempt.state.get("media", {}):
                    continue
                content = await attempt.read(picture.sha256)
                medium = await self._line.call(self._upload, credentials, picture, content)
                kept = {**attempt.state.get("media", {}), picture.sha256: medium}
                await attempt.save({**attempt.state, "media": kept})

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:
        uploaded = attempt.state.get("media", {})
        if any(picture.sha256 not in uploaded for picture in outgoing.media):
            raise Retryable("not-prepared")
        media = [uploaded[picture.sha256] for picture in outgoing.media]
        body = {**_words(outgoing, credentials, media), "status": "publish", "slug": slug(attempt.key)}
        if media:
            body["featured_media"] = media[0]["id"]
        post = await self._line.call(self._ask, credentials, "POST", "posts", ("id", "link"), body, making=True)
        return self._receipt(post)

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Finding:  # noqa: ARG002  # the contract has it
        """By its slug: the text need not be compared. A slow site may still be making it, so never `Absent`."""
        posts = await self._line.call(self._posts, credentials, {"slug": slug(attempt.key), "status": "any"})
        ours = [self._receipt(post) for post in posts if str(post["id"]) not in attempt.attached]
        return Found(ours[0]) if ours else Unsure()

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        post = await self._line.call(self._get, credentials, receipt.id)
        if post is None:
            return None
        return Outgoing(text=text_of(post["content"]["raw"]), languages=(), title=unescape(post["title"]["raw"]))

    async def edit(self, receipt: Receipt, outgoing: Outgoing, credentials: Credentials) -> Receipt:
        with self._line.deadline():
            post = await self._line.call(self._get, credentials, receipt.id)
            if post is None:
                raise Rejected("not-found")
            pictures = _pictures(post)
            has_its_pictures(pictures, outgoing)
            media = [
                await self._line.call(self._describe, credentials, number, picture.alt, making=True)
                for number, picture in zip(pictures, outgoing.media, strict=True)
            ]
            body = _words(outgoing, credentials, media)
            path = f"posts/{receipt.id}"
            await self._line.call(self._ask, credentials, "POST", path, ("id", "link"), body, making=True)
        return receipt

    async def recent(self, credentials: Credentials, since: datetime) -> tuple[Seen, ...]:
        """Of the whole site, whoever wrote it. A post without a text is known by its title."""
        return await self._line.call(self._listed, credentials, since)

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        """The pictures too: their files stay public without their post."""
        with self._line.deadline():
            post = await self._line.call(self._get, credentials, receipt.id)
            if post is None:
                return
            await self._line.call(self._delete, credentials, f"posts/{receipt.id}")
            for picture in _pictures(post):
                await self._line.call(self._delete, credentials, f"media/{picture}")

    async def refresh(self, credentials: Credentials) -> Credentials | None:  # noqa: ARG002 - the contract's shape
        return None  # application passwords last until they are revoked

    # Below: in the pool, blocking.

    def _send(self, credentials: Credentials, method: str, path: str, **what: Any) -> requests.Response:
        server = _server(credentials)
        session = self._line.session(server)
        session.auth = (credentials.secrets["username"], credentials.secrets["application_password"])
        return session.request(method, f"{server}/wp-json/wp/v2/{path}", **what)

    def _ask(
        self, credentials: Credentials, method: str, path: str, names: tuple[str, ...], body: Mapping[str, Any]
    ) -> dict[str, Any]:
        return _with(self._send(credentials, method, path, json=body), *names)

    def _me(self, credentials: Credentials) -> dict[str, Any]:
        return _with(self._send(credentials, "GET", "users/me", params={"context": "edit"}), "id", "name")

    def _upload(self, credentials: Credentials, picture: Picture, content: bytes) -> dict[str, Any]:
        name = f"{picture.sha256[:16]}.{picture.media_type.removeprefix('image/')}"
        files = {"file": (name, content, picture.media_type)}
        answer = self._send(credentials, "POST", "media", files=files, data={"alt_text": picture.alt})
        return _medium(_with(answer, "id", "source_url"), picture.alt)

    def _describe(self, credentials: Credentials, number: str, alt: str) -> dict[str, Any]:
        return _medium(self._ask(credentials, "POST", f"media/{number}", ("id", "source_url"), {"alt_text": alt}), alt)

    def _posts(self, credentials: Credentials, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        found = self._send(credentials, "GET", "posts", params={**wanted, "context": "edit"})
        if not found.ok or not isinstance(found.json(), list):
            raise Unreadable("not a list")
        posts: list[dict[str, Any]] = found.json()
        return posts

    def _listed(self, credentials: Credentials, start: datetime) -> tuple[Seen, ...]:
        """One page: a site gives as many at once as a list has."""
        after = (start - timedelta(seconds=1)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # and not at
        wanted = {"after": after, "status": "publish", "per_page": str(MOST), "orderby": "date", "order": "desc"}
        return newest([[self._seen(post) for post in self._posts(credentials, wanted)]], start)

    def _seen(self, post: Mapping[str, Any]) -> Seen:
        return Seen(self._receipt(post), text_of(post["content"]["raw"]) or unescape(post["title"]["raw"]))

    def _get(self, credentials: Credentials, post: str) -> dict[str, Any] | None:
        answer = self._send(credentials, "GET", f"posts/{post}", params={"context": "edit"})
        if _code(answer) in GONE:
            return None
        found = _with(answer, "id", "content", "title")
        return None if found.get("status") == "trash" else found

    def _delete(self, credentials: Credentials, path: str) -> None:
        answer = self._send(credentials, "DELETE", path, params={"force": "true"})
        if _code(answer) not in GONE:
            _with(answer, "deleted")

    def _receipt(self, post: Mapping[str, Any]) -> Receipt:
        number = str(post["id"])
        at = datetime.fromisoformat(post["date_gmt"]).replace(tzinfo=UTC) if "date_gmt" in post else datetime.now(UTC)
        return Receipt(id=number, url=self._line.wire.link("wordpress", number, post["link"]), at=at)


def slug(key: str) -> str:
    return f"porth-{key}"


def _server(credentials: Credentials) -> str:
    return credentials.secrets["server"].rstrip("/")


def _with(answer: requests.Response, *names: str) -> dict[str, Any]:
    body = answer.json()
    if not answer.ok or not isinstance(body, dict) or any(not body.get(name) for name in names):
        raise Unreadable(f"without {' or '.join(names)}")
    return body


def _code(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return ""
    return str(body.get("code", "")) if isinstance(body, dict) and not answer.ok else ""


def _words(outgoing: Outgoing, credentials: Credentials, media: list[dict[str, Any]]) -> dict[str, Any]:
    content = html_of(outgoing.text, outgoing.languages, media[1:])
    body: dict[str, Any] = {"title": outgoing.title or "", "content": content}
    field = credentials.secrets.get("language_field")
    return {**body, field: outgoing.languages[0]} if field else body


def _medium(answer: Mapping[str, Any], alt: str) -> dict[str, Any]:
    return {"id": answer["id"], "url": answer["source_url"], "alt": alt}


def _pictures(post: Mapping[str, Any]) -> list[str]:
    """Ids of the pictures of a post, in order: the featured one first."""
    featured = [str(post["featured_media"])] if post.get("featured_media") else []
    return list(dict.fromkeys(featured + _OUR_PICTURE.findall(post["content"]["raw"])))


def html_of(text: str, languages: tuple[Language, ...], media: Sequence[Mapping[str, Any]]) -> str:
    """Paragraphs, links, and the pictures that are not the featured one."""
    safe = _LINK.sub(lambda link: f'<a href="{link[0]}">{link[0]}</a>', escape(text, quote=False))
    parts = ["<p>" + part.replace("\n", "<br>") + "</p>" for part in safe.split("\n\n")]
    parts += [
        f'<figure class="wp-block-image"><img src="{escape(one["url"])}" alt="{escape(one["alt"])}" '
        f'class="wp-image-{one["id"]}"></figure>'
        for one in media
    ]
    joined = "".join(parts)
    return f'<div lang="{languages[0]}">{joined}</div>' if len(languages) == 1 else joined


def classify(exchange: Exchange) -> PublishingError | None:
    """Known refusals. Source: platforms.md 10, 12.3."""
    if exchange.status == 429 and "retry-after" in exchange.headers:  # noqa: PLR2004 - not WordPress's, its guard's
        return RateLimited(_after(exchange.headers["retry-after"]))
    body = exchange.object()
    code, detail = body.get("code"), str(body.get("message", ""))
    if not isinstance(code, str) or (exchange.status or 0) not in range(400, 500):
        return None
    if code in _TOKEN:
        return AuthExpired("token-refused", detail)
    if code in _PERMISSION:
        return AuthExpired("permission", detail)
    if code in _PICTURE:
        return Rejected("picture-refused", detail)
    if code in GONE:
        return Rejected("not-found", detail)
    return Rejected("invalid", detail) if code in _INVALID else None


def _after(value: str) -> datetime | None:
    return datetime.now(UTC) + timedelta(seconds=int(value)) if value.isdecimal() else None
