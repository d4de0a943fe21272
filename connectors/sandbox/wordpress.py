"""A WordPress site: shapes from platforms.md 10 and 12.3."""

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec

from connectors.limits import LIMITS
from connectors.markup import text_of
from connectors.sandbox.calls import Answer, Call, Platform, Route, answer, fixed
from connectors.sandbox.store import Account, Medium, Post, Store
from connectors.wordpress import html_of

PREFIX = r"/wp-json/wp/v2"
MOST = 100
"""Posts of one page."""


def _error(status: int, code: str, message: str) -> Answer:
    return answer(status, {"code": code, "message": message, "data": {"status": status}})


GONE = _error(404, "rest_post_invalid_id", "Invalid post ID.")
NOT_LOGGED_IN = _error(401, "rest_not_logged_in", "You are not currently logged in.")
BLOCKED = Answer(403, b"<html><body><h1>Forbidden</h1></body></html>", {}, "text/html")


def _token(call: Call) -> str:
    try:
        basic = call.headers.get("authorization", "").removeprefix("Basic ")
        return base64.b64decode(basic, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _me(_call: Call, account: Account, _store: Store) -> Answer:
    return answer(200, {"id": 1, "name": account.name, "slug": account.name, "link": account.id})


def _upload(call: Call, account: Account, store: Store) -> Answer:
    fields, files = call.form()
    if "file" not in files:
        return _error(400, "rest_upload_no_content_disposition", "No Content-Disposition supplied.")
    file = files["file"]
    if len(file.content) > (LIMITS["wordpress"].picture_bytes or 0):
        return _error(400, "rest_upload_file_too_big", "This file is too big.")
    kept = store.keep(file.content, file.media_type)
    medium = msgspec.structs.replace(kept, alt=fields.get("alt_text", ""), id=store.number())
    kept_too = {"url": f"{account.id}/wp-content/uploads/{file.name}"}
    store.put("wordpress-media", f"{account.name}/{medium.id}", msgspec.to_builtins(medium) | kept_too)
    return answer(201, _medium(medium, kept_too["url"]))


def _medium(medium: Medium, url: str) -> dict[str, Any]:
    return {"id": int(medium.id), "source_url": url, "alt_text": medium.alt, "mime_type": medium.media_type}


def _describe(call: Call, account: Account, store: Store) -> Answer:
    key = f"{account.name}/{call.matched['id']}"
    kept, alt = store.get("wordpress-media", key), call.json().get("alt_text")
    if kept is None:
        return GONE
    if not isinstance(alt, str):
        return _error(400, "rest_invalid_param", "Invalid parameter(s): alt_text")
    store.put("wordpress-media", key, {**kept, "alt": alt})
    return answer(200, _medium(msgspec.convert({**kept, "alt": alt}, Medium), kept["url"]))


def _create(call: Call, account: Account, store: Store) -> Answer:
    body = call.json()
    if body.get("status") != "publish" or not isinstance(body.get("content"), str):
        return _error(400, "rest_invalid_param", "Invalid parameter(s): status")
    if not (body.get("title") or body["content"]):
        return _error(400, "empty_content", "Content, title, and excerpt are empty.")
    media = _media(body, account, store)
    if media is None:
        return _error(400, "rest_invalid_param", "Invalid parameter(s): featured_media")
    slug = _free_slug(str(body.get("slug", "")), account, store)
    language = (str(body["lang"]),) if "lang" in body else ()
    post = store.add(account, store.number(), text_of(body["content"]), title=body.get("title"), languages=language,
                     media=media, extra={"html": body["content"], "slug": slug,
                                         "featured_media": body.get("featured_media", 0)})  # fmt: skip
    return answer(201, _shown(post))


def _free_slug(slug: str, account: Account, store: Store) -> str:
    """A second post with a slug gets another one, without an error."""
    taken = {post.extra.get("slug") for post in store.latest(account, 1000)}
    return slug if slug not in taken else f"{slug}-2"


def _media(body: dict[str, Any], account: Account, store: Store) -> tuple[Medium, ...] | None:
    ids = [body["featured_media"]] if body.get("featured_media") else []
    ids += [part.split('"')[0] for part in body["content"].split("wp-image-")[1:]]
    kept = [store.get("wordpress-media", f"{account.name}/{one}") for one in ids]
    return None if None in kept else tuple(msgspec.convert(one, Medium) for one in kept if one)


def _shown(post: Post) -> dict[str, Any]:
    at = datetime.fromisoformat(post.at).strftime("%Y-%m-%dT%H:%M:%S")
    slug, html = post.extra.get("slug", post.id), post.extra.get("html", html_of(post.text, (), []))
    return {"id": int(post.id), "link": f"{post.account_id}/{slug}/", "slug": slug, "date_gmt": at, "status": "publish",
            "title": {"raw": post.title or ""}, "content": {"raw": html},
            "featured_media": post.extra.get("featured_media", 0)}  # fmt: skip


def _posts(call: Call, account: Account, store: Store) -> Answer:
    wanted, after = call.query.get("slug"), call.query.get("after", "").replace("Z", "+00:00")
    size, number = int(call.query.get("per_page", "10")), int(call.query.get("page", "1"))
    if not 1 <= size <= MOST:
        return _error(400, "rest_invalid_param", "Invalid parameter(s): per_page")
    posts = [
        post for post in store.latest(account, 1000) if wanted in {None, post.extra.get("slug")} and post.at > after
    ]
    pages = -(-len(posts) // size)
    if number > max(pages, 1):
        return _error(
            400, "rest_post_invalid_page_number", "The page number requested is larger than the number of pages."
        )
    shown = [_shown(post) for post in posts[(number - 1) * size : number * size]]
    return answer(200, shown, x_wp_total=str(len(posts)), x_wp_totalpages=str(pages))


def _own(call: Call, account: Account, store: Store) -> Post | None:
    post = store.post("wordpress", call.matched["id"])
    return post if post and post.account == account.name else None


def _get(call: Call, account: Account, store: Store) -> Answer:
    post = _own(call, account, store)
    return answer(200, _shown(post)) if post else GONE


def _edit(call: Call, account: Account, store: Store) -> Answer:
    post = _own(call, account, store)
    if post is None:
        return GONE
    body = {"title": post.title, "content": post.extra.get("html", ""), **call.json()}
    if not isinstance(body["content"], str):
        return _error(400, "rest_invalid_param", "Invalid parameter(s): content")
    media = _media({"featured_media": post.extra.get("featured_media"), **body}, account, store)
    if media is None:
        return _error(400, "rest_invalid_param", "Invalid parameter(s): featured_media")
    language = (str(body["lang"]),) if "lang" in body else post.languages
    extra = {**post.extra, "html": body["content"]}
    changed = {"text": text_of(body["content"]), "title": body["title"], "languages": language, "media": media}
    return answer(200, _shown(store.change(post, **changed, extra=extra)))


def _delete(call: Call, account: Account, store: Store) -> Answer:
    post = _own(call, account, store)
    if post is None:
        return GONE
    store.delete(post)
    return answer(200, {"deleted": True, "previous": _shown(post)})


def _delete_media(call: Call, account: Account, store: Store) -> Answer:
    dropped = store.drop("wordpress-media", f"{account.name}/{call.matched['id']}")
    return answer(200, {"deleted": True}) if dropped else GONE


def _limited(seconds: float) -> Answer:
    headers = {"retry-after": str(round(seconds))}
    return Answer(429, b"<html><body>Too Many Requests</body></html>", headers, "text/html")


WORDPRESS = Platform(
    name="wordpress",
    hosts=(),
    token=_token,
    routes=(
        Route("GET", PREFIX + r"/users/me", "verify", _me),
        Route("POST", PREFIX + r"/media", "upload", _upload),
        Route("POST", PREFIX + r"/posts", "create", _create),
        Route("GET", PREFIX + r"/posts", "find", _posts),
        Route("GET", PREFIX + r"/posts/(?<id>\d+)", "read", _get),
        Route("POST", PREFIX + r"/posts/(?<id>\d+)", "edit", _edit),
        Route("POST", PREFIX + r"/media/(?<id>\d+)", "alt", _describe),
        Route("DELETE", PREFIX + r"/posts/(?<id>\d+)", "delete", _delete),
        Route("DELETE", PREFIX + r"/media/(?<id>\d+)", "delete", _delete_media),
    ),
    unauthorized=NOT_LOGGED_IN,
    no_route=_error(404, "rest_no_route", "No route was found matching the URL and request method."),
    errors={
        "invalid": fixed(_error(400, "rest_invalid_param", "Invalid parameter(s): status")),
        "expired": fixed(
            _error(401, "incorrect_password", "The provided password is an invalid application password.")
        ),
        "not-logged-in": fixed(NOT_LOGGED_IN),
        "permission": fixed(_error(403, "rest_cannot_create", "Sorry, you are not allowed to create posts.")),
        "permission-401": fixed(_error(401, "rest_cannot_create", "Sorry, you are not allowed to create posts.")),
        "content-disposition": fixed(_error(400, "rest_upload_no_content_disposition", "No Content-Disposition.")),
        "hash-mismatch": fixed(_error(412, "rest_upload_hash_mismatch", "Content hash did not match expected.")),
        "not-found": fixed(GONE),
        "rate-limited": _limited,
        "too-large": fixed(Answer(413, b"<html><body>Request Entity Too Large</body></html>", {}, "text/html")),
        "blocked": fixed(BLOCKED),
    },
    passing=("rate-limited", "blocked"),
)
