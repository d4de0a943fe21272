"""X, v2 endpoints: shapes from specs/x/openapi.json and platforms.md 2 and 12.3."""

import base64
import binascii
import time
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import msgspec
import regex

from connectors.counting import length, links
from connectors.limits import LIMITS
from connectors.sandbox.calls import HTML_UNAVAILABLE, Answer, Call, Platform, Route, answer, fixed
from connectors.sandbox.pictures import sniff
from connectors.sandbox.store import Account, Medium, Post, Store

DUPLICATE_WINDOW = timedelta(hours=1)
MEDIA_LIFE = 86_400
ALT_LIMIT = 1000


def _problem(status: int, title: str, detail: str, kind: str = "about:blank") -> Answer:
    return answer(status, {"title": title, "detail": detail, "type": kind, "status": status})


def _invalid(message: str, parameter: str) -> Answer:
    return answer(400, {
        "errors": [{"parameters": {parameter: []}, "message": message}], "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.x.com/2/problems/invalid-request",
    })  # fmt: skip


UNAUTHORIZED = _problem(401, "Unauthorized", "Unauthorized")
DUPLICATE = _problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
TOO_LONG = _problem(400, "Invalid Request", "Your Tweet text is too long. Remove characters and try again.")
CREDITS = _problem(
    402, "CreditsDepleted", "Your enrolled account does not have any credits to fulfill this request.",
    "https://api.twitter.com/2/problems/credits",
)  # fmt: skip
UNSUPPORTED = _problem(
    403, "Unsupported Authentication", "Authenticating with this method is forbidden for this endpoint.",
    "https://api.twitter.com/2/problems/unsupported-authentication",
)  # fmt: skip


def _me(_call: Call, account: Account, _store: Store) -> Answer:
    return answer(200, {"data": {"id": account.id, "name": account.name, "username": _username(account)}})


def _username(account: Account) -> str:
    return regex.sub(r"[^A-Za-z0-9_]", "_", account.name)[:15]


def _upload(call: Call, account: Account, store: Store) -> Answer:
    content, category = _content(call)
    if category not in {"tweet_image", "tweet_gif", "tweet_video", "subtitles"}:
        return _invalid(f"The `media_category` query parameter value [{category}] is not valid.", "media_category")
    if not content:
        return _invalid("The `media` field is required.", "media")
    if len(content) > (LIMITS["x"].picture_bytes or 0):
        return _problem(413, "Payload Too Large", "File size exceeds 5242880 bytes.")
    media_id = store.number()
    medium = store.keep(content, sniff(content))
    store.put("x-media", media_id, {"sha256": medium.sha256, "media_type": medium.media_type, "size": medium.size,
                                    "owner": account.id, "until": time.time() + MEDIA_LIFE})  # fmt: skip
    data = {"id": media_id, "media_key": f"3_{media_id}", "expires_after_secs": MEDIA_LIFE, "size": len(content)}
    return answer(200, {"data": data})


def _content(call: Call) -> tuple[bytes, str]:
    if call.headers.get("content-type", "").startswith("multipart/"):
        fields, files = call.form()
        return files["media"].content if "media" in files else b"", fields.get("media_category", "")
    body = call.json()
    try:
        return base64.b64decode(str(body.get("media", "")), validate=True), str(body.get("media_category"))
    except binascii.Error:
        return b"", str(body.get("media_category"))


def _describe(call: Call, account: Account, store: Store) -> Answer:
    body = call.json()
    media_id, text = str(body.get("id")), body.get("metadata", {}).get("alt_text", {}).get("text")
    kept = store.get("x-media", media_id)
    if kept is None or kept["owner"] != account.id:
        return _invalid(f"Media id [{media_id}] is not found.", "id")
    if not isinstance(text, str) or len(text) > ALT_LIMIT:
        return _invalid("alt_text.text: maxLength 1000", "metadata")
    store.put("x-media", media_id, {**kept, "alt": text})
    return answer(200, {"data": {"id": media_id, "associated_metadata": {"alt_text": {"text": text}}}})


def _create(call: Call, account: Account, store: Store) -> Answer:
    body = call.json()
    text, ids = body.get("text", ""), (body.get("media") or {}).get("media_ids", [])
    if not isinstance(text, str) or not isinstance(ids, list) or not (text or ids):
        return _invalid("The `text` field is required.", "text")
    if length(text, "weighted") > (LIMITS["x"].text or 0):
        return TOO_LONG
    if len(ids) > LIMITS["x"].pictures:
        return _invalid("media.media_ids: maxItems 4", "media.media_ids")
    media = [_medium(store, account, one) for one in ids]
    if None in media:
        return _invalid("Your media IDs are invalid.", "media.media_ids")
    since = (datetime.now(UTC) - DUPLICATE_WINDOW).isoformat()
    if any(post.text == text for post in store.latest(account, since=since)):
        return DUPLICATE
    post = store.add(account, store.number(), text, media=tuple(one for one in media if one))
    data = {"id": post.id, "text": _written(post)[0], "edit_history_tweet_ids": [post.id],
            "edit_history_post_ids": [post.id]}  # fmt: skip
    return answer(201, {"data": data})


def _medium(store: Store, account: Account, media_id: Any) -> Medium | None:
    kept = store.get("x-media", str(media_id))
    if kept is None or kept["owner"] != account.id or kept["until"] < time.time():
        return None
    return Medium(kept["sha256"], kept["media_type"], kept["size"], kept.get("alt", ""), str(media_id))


def _written(post: Post) -> tuple[str, list[dict[str, Any]]]:
    """The text as X stores it: links shortened, a link for the pictures at the end, entities of HTML; and the links."""
    text, urls = post.text, []
    for number, (start, end) in reversed(list(enumerate(links(text)))):
        target = text[start:end]
        short = f"https://t.co/{post.id[-6:]}{number:04d}"
        urls.append({"url": short, "expanded_url": target if "://" in target else f"http://{target}",
                     "display_url": target.partition("://")[2] or target})  # fmt: skip
        text = text[:start] + short + text[end:]
    if post.media:
        short = f"https://t.co/{post.id[-6:]}pics"
        text = f"{text} {short}".strip()
        urls.append({"url": short, "expanded_url": f"https://x.com/i/status/{post.id}/photo/1",
                     "display_url": "pic.x.com", "media_key": f"3_{post.media[0].id}"})  # fmt: skip
    text = escape(text, quote=False)
    return text, [{**url, "start": text.find(url["url"]), "end": text.find(url["url"]) + len(url["url"])}
                  for url in reversed(urls)]  # fmt: skip


def _tweet(post: Post) -> dict[str, Any]:
    text, urls = _written(post)
    at = datetime.fromisoformat(post.at).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    tweet: dict[str, Any] = {"id": post.id, "text": text, "created_at": at, "edit_history_tweet_ids": [post.id]}
    return {**tweet, "entities": {"urls": urls}} if urls else tweet


def _timeline(call: Call, account: Account, store: Store) -> Answer:
    if call.matched["id"] != account.id:
        return _invalid(f"The `id` query parameter value [{call.matched['id']}] is not valid", "id")
    start = call.query.get("start_time", "").replace("Z", "+00:00")
    limit = int(call.query.get("max_results", "10"))
    since = datetime.fromisoformat(start).isoformat() if start else ""
    page, more = store.page(account, limit, call.query.get("pagination_token", ""), since)
    left_out = {"replies": "reply", "retweets": "repost"}
    unwanted = {left_out.get(one) for one in call.query.get("exclude", "").split(",")}
    posts = [post for post in page if post.kind() not in unwanted]  # so a page may be shorter than was asked for
    meta: dict[str, Any] = {"result_count": len(posts)} | ({"next_token": page[-1].id} if more else {})
    if not posts:
        return answer(200, {"meta": meta})
    meta |= {"newest_id": posts[0].id, "oldest_id": posts[-1].id}
    return answer(200, {"data": [_tweet(post) for post in posts], "meta": meta})


def _read(call: Call, _account: Account, store: Store) -> Answer:
    wanted = call.matched["id"]
    post = store.post("x", wanted)
    if post is not None:
        return answer(200, {"data": _tweet(post)})
    return answer(200, {"errors": [{
        "value": wanted, "detail": f"Could not find tweet with id: [{wanted}].", "title": "Not Found Error",
        "resource_type": "tweet", "parameter": "id", "resource_id": wanted,
        "type": "https://api.x.com/2/problems/resource-not-found",
    }]})  # fmt: skip


def _delete(call: Call, account: Account, store: Store) -> Answer:
    post = store.post("x", call.matched["id"])
    if post is None:
        return _problem(404, "Not Found", "Could not find the post.", "https://api.x.com/2/problems/resource-not-found")
    if post.account != account.name:
        return _problem(403, "Forbidden", "You are not permitted to delete this post.")
    store.delete(post)
    return answer(200, {"data": {"deleted": True}})


def _token(call: Call) -> str:
    """OAuth 1.0a names the token in its header; a signature is not checked here."""
    header = call.headers.get("authorization", "")
    found = regex.search(r'oauth_token="([^"]*)"', header)
    return found.group(1) if found else header.removeprefix("Bearer ")


def _limited(seconds: float, *, playground: bool, reset: bool) -> Answer:
    body = (
        {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}
        if playground
        else {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}
    )
    headers = {"x_rate_limit_limit": "100", "x_rate_limit_remaining": "0"}
    if reset:
        headers["x_rate_limit_reset"] = str(int(time.time() + seconds))
    return answer(429, body, **headers)


X = Platform(
    name="x",
    hosts=("api.twitter.com", "api.x.com"),
    token=_token,
    routes=(
        Route("GET", r"/2/users/me", "verify", _me),
        Route("POST", r"/2/media/upload", "upload", _upload),
        Route("POST", r"/2/media/metadata", "alt", _describe),
        Route("POST", r"/2/tweets", "create", _create),
        Route("GET", r"/2/users/(?<id>\d+)/tweets", "find", _timeline),
        Route("GET", r"/2/tweets/(?<id>\d+)", "read", _read),
        Route("DELETE", r"/2/tweets/(?<id>\d+)", "delete", _delete),
    ),
    unauthorized=UNAUTHORIZED,
    no_route=_problem(404, "Not Found", "Not Found"),
    errors={
        "forbidden": fixed(_problem(403, "Forbidden", "You are not permitted to perform this action.")),
        "duplicate": fixed(DUPLICATE),
        "expired": fixed(UNAUTHORIZED),
        "credits": fixed(CREDITS),
        "rate-limited": lambda seconds: _limited(seconds, playground=False, reset=True),
        "rate-limited-problem": lambda seconds: _limited(seconds, playground=True, reset=True),
        "rate-limited-no-reset": lambda seconds: _limited(seconds, playground=False, reset=False),
        "too-long": fixed(TOO_LONG),
        "too-long-403": fixed(_problem(403, "Forbidden", "Your Tweet text is too long.")),
        "unsupported-authentication": fixed(UNSUPPORTED),
        "unsupported-authentication-wrapped": fixed(answer(403, {"errors": [msgspec.json.decode(UNSUPPORTED.body)]})),
        "invalid": fixed(_invalid("Your media IDs are invalid.", "media.media_ids")),
        "unavailable": fixed(HTML_UNAVAILABLE),
    },
    passing=("rate-limited", "rate-limited-problem", "unavailable"),
)
