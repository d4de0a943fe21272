"""LinkedIn: shapes from platforms.md 6 and 12.3."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import regex

from connectors.limits import LIMITS
from connectors.linkedin import little, plain
from connectors.sandbox.calls import HTML_UNAVAILABLE, Answer, Call, Platform, Route, answer, fixed
from connectors.sandbox.store import Account, Medium, Post, Store

LIMIT = LIMITS["linkedin"]
DUPLICATE_WINDOW = timedelta(minutes=10)
OLDEST, NEWEST = 202511, 202611
"""The versions that are alive."""
UNESCAPED = regex.compile(r"(?<!\\)(?:\\\\)*[|{}@\[\]()<>*~]")


def _error(status: int, code: str, message: str, **more: Any) -> Answer:
    return answer(status, {"status": status, "code": code, "message": message, **more})


UNAUTHORIZED = _error(401, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user",
                      serviceErrorCode=65601)  # fmt: skip
NOT_FOUND = _error(404, "NOT_FOUND", "Could not find entity")
DENIED = _error(403, "ACCESS_DENIED", "Not enough permissions to access: posts.CREATE", serviceErrorCode=100)


def _duplicate(twin: str) -> Answer:
    detail = {"inputErrors": [{"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}]}
    return answer(422, {
        "errorDetailType": "com.linkedin.common.error.BadRequest", "errorDetails": detail, "status": 422,
        "message": f"Content is a duplicate of {twin}",
    })  # fmt: skip


def _version(call: Call) -> Answer | None:
    version = call.headers.get("linkedin-version", "")
    if version.isdecimal() and OLDEST <= int(version) <= NEWEST:
        return None
    return _error(426, "NONEXISTENT_VERSION", f"Requested version {version}01 is not active")


def _acls(_call: Call, account: Account, _store: Store) -> Answer:
    role = {"roleAssignee": "urn:li:person:sandbox", "role": "ADMINISTRATOR", "state": "APPROVED"}
    return answer(200, {"elements": [{**role, "organization": account.id}], "paging": {"start": 0, "count": 10}})


def _organisation(call: Call, account: Account, _store: Store) -> Answer:
    if not account.id.endswith(f":{call.matched['id']}"):
        return DENIED
    return answer(200, {"id": int(call.matched["id"]), "localizedName": account.name, "vanityName": account.name})


def _initialize(call: Call, account: Account, store: Store) -> Answer:
    if call.json().get("initializeUploadRequest", {}).get("owner") != account.id:
        return DENIED
    image = f"urn:li:image:{store.number()}"
    store.put("linkedin-image", image, {"owner": account.id})
    value = {"uploadUrl": f"https://www.linkedin.com/dms-uploads/{image}", "uploadUrlExpiresAt": 4_000_000_000_000,
             "image": image}  # fmt: skip
    return answer(200, {"value": value})


def _upload(call: Call, account: Account, store: Store) -> Answer:
    kept = store.get("linkedin-image", call.matched["id"])
    if kept is None or kept["owner"] != account.id:
        return NOT_FOUND
    medium = store.keep(call.body, call.headers.get("content-type", ""))
    store.put("linkedin-image", call.matched["id"], {**kept, **msgspec.to_builtins(medium)})
    return Answer(201, b"")


def _image(call: Call, account: Account, store: Store) -> Answer:
    kept = store.get("linkedin-image", call.matched["id"])
    if kept is None or kept["owner"] != account.id:
        return NOT_FOUND
    status = "AVAILABLE" if "sha256" in kept else "WAITING_UPLOAD"
    return answer(200, {"id": call.matched["id"], "owner": account.id, "status": status})


def _create(call: Call, account: Account, store: Store) -> Answer:
    if old := _version(call):
        return old
    body = call.json()
    text, media = str(body.get("commentary", "")), _media(body.get("content", {}), account, store)
    if body.get("author") != account.id:
        return DENIED
    if body.get("lifecycleState") != "PUBLISHED" or "distribution" not in body:
        return _error(400, "MISSING_FIELD", "ERROR :: /lifecycleState :: field is required but not found")
    if isinstance(media, Answer):
        return media
    if len(text) > (LIMIT.text or 0):
        return _error(400, "FIELD_LENGTH_TOO_LONG", "ERROR :: /commentary :: length is greater than 3000")
    since = (datetime.now(UTC) - DUPLICATE_WINDOW).isoformat()
    shown = _survives(text)
    twin = next((post for post in store.latest(account, since=since) if post.text == shown), None)
    if twin is not None:
        return _duplicate(twin.id)
    post = store.add(account, f"urn:li:share:{store.number()}", shown, media=media, extra={"commentary": text})
    return Answer(201, b"", {"x-restli-id": post.id, "location": f"/rest/posts/{post.id}"})


def _survives(commentary: str) -> str:
    """Markup that was meant as text cuts off what follows it, without an error."""
    found = UNESCAPED.search(commentary)
    return plain(commentary[: found.start()] if found else commentary)


def _media(content: Mapping[str, Any], account: Account, store: Store) -> tuple[Medium, ...] | Answer:
    single = [content["media"]] if "media" in content else []
    wanted = content.get("multiImage", {}).get("images", single)
    found = []
    for one in wanted:
        kept = store.get("linkedin-image", str(one.get("id")))
        if kept is None or kept["owner"] != account.id or len(one.get("altText", "")) > (LIMIT.alt or 0):
            return _error(400, "INVALID_CONTENT", "ERROR :: /content/media/id :: is not usable")
        if "sha256" not in kept:
            return _error(400, "MEDIA_ASSET_WAITING_UPLOAD", "Media asset is waiting for its upload")
        found.append(Medium(kept["sha256"], kept["media_type"], kept["size"], one.get("altText", "")))
    return tuple(found)


def _shown(post: Post) -> dict[str, Any]:
    at = round(datetime.fromisoformat(post.at).timestamp() * 1000)
    shown = {"id": post.id, "author": post.account_id, "commentary": post.extra.get("commentary", little(post.text)),
             "createdAt": at, "publishedAt": at, "lifecycleState": "PUBLISHED", "visibility": "PUBLIC"}  # fmt: skip
    if post.kind() != "repost":
        return shown
    return {**shown, "commentary": "", "reshareContext": {"parent": "urn:li:share:7141000000000000000"}}


def _posts(call: Call, account: Account, store: Store) -> Answer:
    if call.query.get("author") != account.id:
        return DENIED
    start, count = int(call.query.get("start", "0")), int(call.query.get("count", "10"))
    posts = store.latest(account, start + count)[start:]
    paging = {"start": start, "count": count, "links": []}
    return answer(200, {"elements": [_shown(post) for post in posts], "paging": paging})


def _own(call: Call, account: Account, store: Store) -> Post | None:
    post = store.post("linkedin", call.matched["id"])
    return post if post and post.account == account.name else None


def _get(call: Call, account: Account, store: Store) -> Answer:
    post = _own(call, account, store)
    return answer(200, _shown(post)) if post else NOT_FOUND


def _edit(call: Call, account: Account, store: Store) -> Answer:
    if old := _version(call):
        return old
    post, text = _own(call, account, store), call.json().get("patch", {}).get("$set", {}).get("commentary")
    if post is None:
        return NOT_FOUND
    if call.headers.get("x-restli-method") != "PARTIAL_UPDATE" or not isinstance(text, str):
        return _error(400, "ILLEGAL_ARGUMENT", "ERROR :: /patch :: is not a partial update of the commentary")
    if len(text) > (LIMIT.text or 0):
        return _error(400, "FIELD_LENGTH_TOO_LONG", "ERROR :: /commentary :: length is greater than 3000")
    store.change(post, text=_survives(text), extra={**post.extra, "commentary": text})
    return Answer(204, b"")


def _delete(call: Call, account: Account, store: Store) -> Answer:
    post = _own(call, account, store)
    if post is None:
        return NOT_FOUND
    store.delete(post)
    return Answer(204, b"")


def _token(call: Call) -> str:
    return call.form()[0].get("refresh_token", "") if call.path.startswith("/oauth/") else call.bearer()


def _renew(_call: Call, account: Account, store: Store) -> Answer:
    token = f"{account.token}#{store.number()}"
    store.alias(account, token)
    return answer(200, {"access_token": token, "expires_in": 5_184_000, "refresh_token": account.token,
                        "refresh_token_expires_in": 31_000_000})  # fmt: skip


LINKEDIN = Platform(
    name="linkedin",
    hosts=("api.linkedin.com", "www.linkedin.com"),
    token=_token,
    routes=(
        Route("GET", r"/rest/organizationAcls", "verify", _acls),
        Route("GET", r"/rest/organizations/(?<id>\d+)", "name", _organisation),
        Route("POST", r"/rest/images", "upload", _initialize),
        Route("PUT", r"/dms-uploads/(?<id>[^/]+)", "bytes", _upload),
        Route("GET", r"/rest/images/(?<id>[^/]+)", "status", _image),
        Route("POST", r"/rest/posts", "create", _create),
        Route("GET", r"/rest/posts", "find", _posts),
        Route("GET", r"/rest/posts/(?<id>[^/]+)", "read", _get),
        Route("POST", r"/rest/posts/(?<id>[^/]+)", "edit", _edit),
        Route("DELETE", r"/rest/posts/(?<id>[^/]+)", "delete", _delete),
        Route("POST", r"/oauth/v2/accessToken", "refresh", _renew),
    ),
    unauthorized=UNAUTHORIZED,
    no_route=_error(404, "RESOURCE_NOT_FOUND", "No virtual resource found"),
    errors={
        "invalid": fixed(_error(400, "MISSING_FIELD", "ERROR :: /author :: field is required but not found")),
        "duplicate": fixed(_duplicate("urn:li:share:7141000000000000000")),
        "version-ended": fixed(_error(426, "NONEXISTENT_VERSION", "Requested version 20250401 is not active")),
        "expired": fixed(UNAUTHORIZED),
        "permission": fixed(DENIED),
        "too-long": fixed(_error(400, "FIELD_LENGTH_TOO_LONG", "ERROR :: /commentary :: length is too long")),
        "waiting-upload": fixed(_error(400, "MEDIA_ASSET_WAITING_UPLOAD", "Media asset is waiting for its upload")),
        "rate-limited": fixed(answer(429, {"status": 429, "message": "TOO_MANY_REQUESTS"})),
        "internal": fixed(answer(500, {"status": 500, "message": "Internal Server Error"})),
        "unavailable": fixed(HTML_UNAVAILABLE),
        "header-lost": fixed(Answer(201, b"")),
    },
    passing=("rate-limited", "internal", "unavailable"),
    post_id=lambda _account, number: f"urn:li:share:{number}",
)
