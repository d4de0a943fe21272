"""A Mastodon instance: shapes from specs/mastodon and platforms.md 9 and 12.3."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

import msgspec

from connectors.counting import length
from connectors.limits import LIMITS
from connectors.sandbox.calls import HTML_UNAVAILABLE, Answer, Call, Platform, Route, answer, fixed
from connectors.sandbox.store import Account, Medium, Post, Store, now

LIMIT = LIMITS["mastodon"]
AT_ONCE = 100_000
"""Bytes; larger pictures are still being processed when the upload is answered."""
KEY_LIFE = timedelta(hours=1)


def _error(status: int, message: str, **headers: str) -> Answer:
    return answer(status, {"error": message}, **headers)


NOT_FOUND = _error(404, "Record not found")


def _instance(call: Call, _account: Account, _store: Store) -> Answer:
    return answer(200, {"uri": call.host, "domain": call.host, "title": "Sandbox", "version": "4.4.0",
                        "api_versions": {"mastodon": 6}, "configuration": {
                            "statuses": {"max_characters": LIMIT.text, "characters_reserved_per_url": 23,
                                         "max_media_attachments": LIMIT.pictures},
                            "media_attachments": {"description_limit": LIMIT.alt}}})  # fmt: skip


def _person(account: Account) -> dict[str, Any]:
    url, picture = f"https://mastodon.example/@{account.name}", "https://mastodon.example/missing.png"
    return {
        "id": account.id, "username": account.name, "acct": account.name, "display_name": account.name, "url": url,
        "uri": url, "created_at": "2026-01-01T00:00:00.000Z", "avatar": picture, "avatar_static": picture,
        "header": picture, "header_static": picture, "note": "", "bot": False, "group": False, "locked": False,
        "indexable": False, "emojis": [], "fields": [], "followers_count": 0, "following_count": 0, "statuses_count": 0,
    }  # fmt: skip


def _me(_call: Call, account: Account, _store: Store) -> Answer:
    source = {"note": "", "fields": [], "privacy": "public", "sensitive": False, "language": "cy",
              "follow_requests_count": 0}  # fmt: skip
    role = {"id": "-99", "name": "", "color": "", "permissions": "0", "highlighted": False}
    return answer(200, {**_person(account), "source": source, "role": role})


def _upload(call: Call, account: Account, store: Store) -> Answer:
    fields, files = call.form()
    if "file" not in files or files["file"].media_type not in LIMIT.picture_types:
        return _error(422, "Validation failed: File content type is invalid, File is invalid")
    alt = fields.get("description", "")
    if len(alt) > (LIMIT.alt or 0):
        return _error(422, "Validation failed: Description is too long (maximum is 1500 characters)")
    kept = store.keep(files["file"].content, files["file"].media_type)
    medium = msgspec.structs.replace(kept, alt=alt, id=store.number())
    ready = medium.size <= AT_ONCE
    store.put("mastodon-media", medium.id, {**msgspec.to_builtins(medium), "owner": account.id, "ready": ready})
    return answer(200 if ready else 202, _attachment(medium, ready=ready))


def _attachment(medium: Medium, *, ready: bool) -> dict[str, Any]:
    url = f"https://mastodon.example/media/{medium.id}" if ready else None
    return {"id": medium.id, "type": "image", "url": url, "preview_url": url, "remote_url": None, "meta": {},
            "description": medium.alt or None, "blurhash": None}  # fmt: skip


def _media(call: Call, account: Account, store: Store) -> Answer:
    """Processed by the second look."""
    kept = store.get("mastodon-media", call.matched["id"])
    if kept is None or kept["owner"] != account.id:
        return NOT_FOUND
    store.put("mastodon-media", call.matched["id"], {**kept, "ready": True})
    ready = bool(kept["ready"])
    return answer(200 if ready else 206, _attachment(msgspec.convert(kept, Medium), ready=ready))


def _create(call: Call, account: Account, store: Store) -> Answer:
    key = f"{account.id}/{call.headers.get('idempotency-key', '')}"
    twin = store.get("mastodon-key", key) if "idempotency-key" in call.headers else None
    if twin and time.time() - twin["at"] < KEY_LIFE.total_seconds() and (post := store.post("mastodon", twin["id"])):
        return answer(200, _status(post, account))
    fields = call.form()[0]
    text, media = fields.get("status", ""), _chosen(call, account, store)
    if isinstance(media, Answer):
        return media
    if not (text or media):
        return _error(422, "Validation failed: Text can't be blank")
    if length(text, "mastodon") > (LIMIT.text or 0):
        return _error(422, "Validation failed: Text character limit of 500 exceeded")
    languages = (fields["language"],) if "language" in fields else ()
    post = store.add(account, store.number(), text, media=media, languages=languages)
    store.put("mastodon-key", key, {"id": post.id, "at": time.time()})
    return answer(200, _status(post, account))


def _chosen(call: Call, account: Account, store: Store) -> tuple[Medium, ...] | Answer:
    ids = call.repeated("media_ids[]")
    kept = [store.get("mastodon-media", one) for one in ids]
    if len(ids) > LIMIT.pictures:
        return _error(422, "Validation failed: Cannot attach more than 4 files")
    if any(one is None or one["owner"] != account.id for one in kept):
        return NOT_FOUND
    if any(one and not one["ready"] for one in kept):
        return _error(422, "Cannot attach files that have not finished processing. Try again in a moment!")
    return tuple(msgspec.convert(one, Medium) for one in kept if one)


def _status(post: Post, account: Account) -> dict[str, Any]:
    url = f"https://mastodon.example/@{account.name}/{post.id}"
    at = datetime.fromisoformat(post.at).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return {
        "id": post.id, "uri": url, "url": url, "created_at": at, "account": _person(account),
        "visibility": "direct" if post.kind() == "direct" else "public",
        "content": "<p>" + escape(post.text, quote=False).replace("\n", "<br>") + "</p>", "sensitive": False,
        "spoiler_text": "", "language": post.languages[0] if post.languages else None,
        "edited_at": post.extra.get("edited_at"),
        "media_attachments": [_attachment(medium, ready=True) for medium in post.media], "mentions": [], "tags": [],
        "emojis": [], "reblogs_count": 0, "favourites_count": 0, "replies_count": 0, "in_reply_to_id": None,
        "in_reply_to_account_id": None, "reblog": None, "poll": None, "card": None,
    }  # fmt: skip


def _statuses(call: Call, account: Account, store: Store) -> Answer:
    if call.matched["id"] != account.id:
        return NOT_FOUND
    page, more = store.page(account, min(int(call.query.get("limit", "20")), 40), call.query.get("max_id", ""))
    unwanted = {
        kind for kind, name in (("repost", "exclude_reblogs"), ("reply", "exclude_replies")) if name in call.query
    }
    shown = [_status(post, account) for post in page if post.kind() not in unwanted]
    if not more:
        return answer(200, shown)
    query = urlencode({**call.query, "max_id": page[-1].id})
    return answer(200, shown, link=f'<https://{call.host}{call.path}?{query}>; rel="next"')


def _own(call: Call, account: Account, store: Store) -> Post | None:
    post = store.post("mastodon", call.matched["id"])
    return post if post and post.account == account.name else None


def _get(call: Call, account: Account, store: Store) -> Answer:
    post = _own(call, account, store)
    return answer(200, _status(post, account)) if post else NOT_FOUND


def _edit(call: Call, account: Account, store: Store) -> Answer:
    """Pictures that are not named are taken off, without an error."""
    post, body = _own(call, account, store), call.json()
    if post is None:
        return NOT_FOUND
    text, named = str(body.get("status", "")), [str(one) for one in body.get("media_ids", [])]
    alts = {str(one["id"]): one.get("description", "") for one in body.get("media_attributes", [])}
    if not (text or named):
        return _error(422, "Validation failed: Text can't be blank")
    if length(text, "mastodon") > (LIMIT.text or 0):
        return _error(422, "Validation failed: Text character limit of 500 exceeded")
    if any(len(alt) > (LIMIT.alt or 0) for alt in alts.values()):
        return _error(422, "Validation failed: Description is too long (maximum is 1500 characters)")
    kept = [medium for one in named for medium in post.media if medium.id == one]
    media = tuple(msgspec.structs.replace(medium, alt=alts.get(medium.id, medium.alt)) for medium in kept)
    changed = {"text": text, "media": media, "languages": (str(body.get("language", "en")),)}
    if changed != {name: getattr(post, name) for name in changed}:
        post = store.change(post, **changed, extra={**post.extra, "edited_at": now()})
    return answer(200, _status(post, account))


def _source(call: Call, account: Account, store: Store) -> Answer:
    post = _own(call, account, store)
    return answer(200, {"id": post.id, "text": post.text, "spoiler_text": ""}) if post else NOT_FOUND


def _delete(call: Call, account: Account, store: Store) -> Answer:
    post = _own(call, account, store)
    if post is None:
        return NOT_FOUND
    store.delete(post)
    return answer(200, {**_status(post, account), "text": post.text})


def _budget() -> Mapping[str, str]:
    reset = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "299", "x-ratelimit-reset": reset}


def _limited(seconds: float) -> Answer:
    reset = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return _error(429, "Too many requests", x_ratelimit_limit="300", x_ratelimit_remaining="0", x_ratelimit_reset=reset)


MASTODON = Platform(
    name="mastodon",
    hosts=(),
    token=Call.bearer,
    routes=(
        Route("GET", r"/api/v[12]/instance/?", "instance", _instance, public=True),
        Route("GET", r"/api/v1/accounts/verify_credentials/?", "verify", _me),
        Route("POST", r"/api/v[12]/media/?", "upload", _upload),
        Route("GET", r"/api/v1/media/(?<id>\d+)", "status", _media),
        Route("POST", r"/api/v1/statuses", "create", _create),
        Route("GET", r"/api/v1/accounts/(?<id>\d+)/statuses", "find", _statuses),
        Route("GET", r"/api/v1/statuses/(?<id>\d+)", "read", _get),
        Route("GET", r"/api/v1/statuses/(?<id>\d+)/source", "read", _source),
        Route("PUT", r"/api/v1/statuses/(?<id>\d+)", "edit", _edit),
        Route("DELETE", r"/api/v1/statuses/(?<id>\d+)", "delete", _delete),
    ),
    unauthorized=_error(401, "The access token is invalid"),
    no_route=_error(404, "Not Found"),
    errors={
        "invalid": fixed(_error(422, "Validation failed: Text can't be blank")),
        "too-long": fixed(_error(422, "Validation failed: Text character limit of 500 exceeded")),
        "media-type": fixed(_error(422, "Validation failed: File content type is invalid, File is invalid")),
        "media-not-ready": fixed(
            _error(422, "Cannot attach files that have not finished processing. Try again in a moment!")
        ),
        "expired": fixed(_error(401, "The access token is invalid")),
        "permission": fixed(_error(403, "This action is outside the authorized scopes")),
        "not-found": fixed(NOT_FOUND),
        "rate-limited": _limited,
        "unavailable": fixed(HTML_UNAVAILABLE),
    },
    passing=("rate-limited", "unavailable", "media-not-ready"),
    headers=_budget,
)
