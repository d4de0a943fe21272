"""A Mastodon instance: shapes from specs/mastodon and platforms.md 9 and 12.3."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

import msgspec
import regex

from connectors.sandbox.calls import HTML_UNAVAILABLE, Answer, Call, Platform, Route, answer, fixed
from connectors.sandbox.clock import CLOCK
from connectors.sandbox.pictures import sniff, wrong
from connectors.sandbox.rates import Standing
from connectors.sandbox.rules import life, rules
from connectors.sandbox.store import Account, Medium, Post, Store, now

LIMIT = rules("mastodon").content
AT_ONCE = 100_000
"""Bytes; larger pictures are still being processed when the upload is answered."""
MENTION = regex.compile(r"@(\w+)@([\w.-]+\w)")


def _error(status: int, message: str, **headers: str) -> Answer:
    return answer(status, {"error": message}, **headers)


WRONG: Mapping[str, str] = {
    "type": "File content type is invalid", "bytes": "File size must be less than 16 MB",
    "pixels": "File dimensions are too large",
}  # fmt: skip
NOT_FOUND = _error(404, "Record not found")


def _instance(call: Call, _account: Account, _store: Store) -> Answer:
    own = {"uri": call.host} if "/v1/" in call.path else {"domain": call.host, "api_versions": {"mastodon": 6}}
    return answer(200, {**own, "title": "Sandbox", "version": "4.4.0",
                        "configuration": {
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
    fault = wrong(files["file"].content, LIMIT) if "file" in files else "type"
    if fault:
        return _error(422, f"Validation failed: {WRONG[fault]}, File is invalid")
    alt = fields.get("description", "")
    if len(alt) > (LIMIT.alt or len(alt)):
        return _error(422, "Validation failed: Description is too long (maximum is 1500 characters)")
    kept = store.keep(files["file"].content, sniff(files["file"].content))
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
    fresh = twin is not None and CLOCK.time() - twin["at"] < life("mastodon", "keys")
    if twin and fresh and (post := store.post("mastodon", twin["id"])):
        return answer(200, _status(post, account))
    fields = call.form()[0]
    text, media = fields.get("status", ""), _chosen(call, account, store)
    if isinstance(media, Answer):
        return media
    if not (text or media):
        return _error(422, "Validation failed: Text can't be blank")
    if LIMIT.too_long(text):
        return _error(422, f"Validation failed: Text character limit of {LIMIT.text} exceeded")
    languages = (fields["language"],) if "language" in fields else ()
    post = store.add(account, store.number(), text, media=media, languages=languages)
    store.put("mastodon-key", key, {"id": post.id, "at": CLOCK.time()})
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
        "content": _html(post.text), "sensitive": False,
        "spoiler_text": "", "language": post.languages[0] if post.languages else None,
        "edited_at": post.extra.get("edited_at"),
        "media_attachments": [_attachment(medium, ready=True) for medium in post.media],
        "mentions": _mentions(post.text), "tags": [],
        "emojis": [], "reblogs_count": 0, "favourites_count": 0, "replies_count": 0, "in_reply_to_id": None,
        "in_reply_to_account_id": None, "reblog": None, "poll": None, "card": None,
    }  # fmt: skip


def _html(text: str) -> str:
    """As in a timeline, where nobody sees on which server the mentioned are."""
    named = MENTION.sub(
        r'<span class="h-card"><a href="https://\2/@\1">@<span>\1</span></a></span>', escape(text, quote=False)
    )
    return "<p>" + named.replace("\n", "<br>") + "</p>"


def _mentions(text: str) -> list[dict[str, str]]:
    found = [(name, f"{name}@{host}", f"https://{host}/@{name}") for name, host in MENTION.findall(text)]
    return [{"id": acct, "username": name, "acct": acct, "url": url} for name, acct, url in found]


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
    if LIMIT.too_long(text):
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


def _usage(standings: tuple[Standing, ...], _account: Account) -> Mapping[str, str]:
    """Of the limit that is nearest."""
    if not standings:
        return {}
    shown = min(standings, key=lambda one: one.left)
    return {"x-ratelimit-limit": str(shown.most), "x-ratelimit-remaining": str(shown.left),
            "x-ratelimit-reset": _moment(datetime.fromtimestamp(shown.resets, UTC))}  # fmt: skip


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _limited(seconds: float) -> Answer:
    reset = _moment(CLOCK.now() + timedelta(seconds=seconds))
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
    revoked=_error(401, "The access token was revoked"),
    no_route=_error(404, "Not Found"),
    errors={
        "invalid": fixed(_error(422, "Validation failed: Text can't be blank")),
        "too-long": fixed(_error(422, "Validation failed: Text character limit of 500 exceeded")),
        "media-type": fixed(_error(422, "Validation failed: File content type is invalid, File is invalid")),
        "media-not-ready": fixed(
            _error(422, "Cannot attach files that have not finished processing. Try again in a moment!")
        ),
        "expired": fixed(_error(401, "The access token is invalid")),
        "revoked": fixed(_error(401, "The access token was revoked")),
        "permission": fixed(_error(403, "This action is outside the authorized scopes")),
        "not-found": fixed(NOT_FOUND),
        "rate-limited": _limited,
        "unavailable": fixed(HTML_UNAVAILABLE),
    },
    passing=("rate-limited", "unavailable", "media-not-ready"),
    usage=_usage,
)
