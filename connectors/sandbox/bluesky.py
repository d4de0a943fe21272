"""A Bluesky server: shapes from specs/bluesky/lexicons and platforms.md 8 and 12.3."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.sandbox.calls import Answer, Call, Platform, Route, answer, fixed
from connectors.sandbox.clock import CLOCK
from connectors.sandbox.pictures import sniff
from connectors.sandbox.rates import Standing
from connectors.sandbox.rules import Kind, life, rules
from connectors.sandbox.store import Account, Medium, Post, Store
from connectors.sandbox.tokens import issue, shorten

LIMIT = rules("bluesky").content
POST = "app.bsky.feed.post"
GRACE = 7200
"""Seconds for which a refresh token still works once it was used: its answer may have been lost."""
UPLOAD = 50_000_000
"""Bytes that a server takes; whether a post may show them is found out when it is written."""
LANGUAGES = 3
XRPC = r"/xrpc/com\.atproto\."


def _error(status: int, name: str, message: str, **headers: str) -> Answer:
    return answer(status, {"error": name, "message": message}, **headers)


TOO_LARGE = _error(413, "PayloadTooLarge", "request entity too large")
NOT_FOUND = _error(400, "RecordNotFound", "Could not locate record")
UNAUTHORIZED = _error(401, "AuthMissing", "Authentication Required")
SIGN_IN = _error(401, "AuthenticationRequired", "Invalid identifier or password")
ENDED = _error(400, "ExpiredToken", "Token has expired")
INVALID_TOKEN = _error(400, "InvalidToken", "Token could not be verified")


def _jwt(account: Account, store: Store, kind: Kind) -> str:
    """It looks like one because the SDK reads its end; the signature is nobody's."""
    now, number = int(CLOCK.time()), store.number()
    scope = "com.atproto.refresh" if kind == "refresh" else "com.atproto.appPassPrivileged"
    parts = (
        {"typ": "refresh+jwt" if kind == "refresh" else "at+jwt", "alg": "HS256"},
        {"scope": scope, "sub": account.id, "jti": number, "iat": now, "exp": now + int(life("bluesky", kind)),
         "aud": "did:web:sandbox.example"},
    )  # fmt: skip
    encoded = [base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=").decode() for part in parts]
    token = ".".join((*encoded, "c2FuZGJveA"))
    issue(store, account, token, kind)
    return token


def _token(call: Call) -> str:
    """The app password where a session is made, the session's own tokens elsewhere."""
    return str(call.json().get("password", "")) if call.path.endswith("createSession") else call.bearer()


def _session(_call: Call, account: Account, store: Store) -> Answer:
    # no didDoc: the SDK would follow it to another server
    return answer(200, {
        "accessJwt": _jwt(account, store, "access"), "refreshJwt": _jwt(account, store, "refresh"),
        "handle": f"{account.name}.example".lower(), "did": account.id, "active": True,
    })  # fmt: skip


def _refresh(call: Call, account: Account, store: Store) -> Answer:
    shorten(store, account, "refresh", GRACE)
    return _session(call, account, store)


def _upload(call: Call, account: Account, store: Store) -> Answer:
    kind = sniff(call.body)
    if len(call.body) > UPLOAD:
        return TOO_LARGE
    medium = store.keep(call.body, kind)
    cid = "bafkrei" + base64.b32encode(hashlib.sha256(call.body).digest()).decode().lower().rstrip("=")
    store.put("bluesky-blob", f"{account.id}/{cid}", msgspec.to_builtins(medium))
    blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": kind, "size": medium.size}
    return answer(200, {"blob": blob})


def _put(call: Call, account: Account, store: Store) -> Answer:
    body = call.json()
    rkey, record = str(body.get("rkey", "")), body.get("record", {})
    if body.get("repo") != account.id or body.get("collection") != POST:
        return _error(400, "InvalidRequest", "Could not find repo")
    fault = _fault(record)
    if fault:
        return _error(400, "InvalidRequest", f"Invalid app.bsky.feed.post record: {fault}")
    media = _media(record, account, store)
    if isinstance(media, Answer):
        return media
    uri = f"at://{account.id}/{POST}/{rkey}"
    existing = store.post("bluesky", uri)
    if existing is None:
        at = datetime.fromisoformat(record["createdAt"]).astimezone(UTC).isoformat(timespec="microseconds")
        store.add(account, uri, record["text"], at, languages=tuple(record.get("langs", ())), media=media,
                  extra={"record": record})  # fmt: skip
    else:
        store.change(existing, text=record["text"], extra={"record": record})
    return answer(200, {"uri": uri, "cid": _cid(record), "validationStatus": "valid"})


def _cid(record: Any) -> str:
    digest = hashlib.sha256(msgspec.json.encode(record, order="sorted")).digest()
    return "bafyrei" + base64.b32encode(digest).decode().lower().rstrip("=")


def _fault(record: dict[str, Any]) -> str | None:
    text = record.get("text")
    if not isinstance(text, str) or "createdAt" not in record:
        return 'Record must have the property "text"'
    if LIMIT.too_long(text):
        return f"Record/text must not be longer than {LIMIT.text} graphemes"
    if len(text.encode()) > (LIMIT.text_bytes or len(text.encode())):
        return f"Record/text must not be longer than {LIMIT.text_bytes} characters"
    if len(record.get("langs", [])) > LANGUAGES:
        return f"Record/langs must not have more than {LANGUAGES} elements"
    images = record.get("embed", {}).get("images", [])
    if len(images) > LIMIT.pictures or any("alt" not in image for image in images):
        return "Record/embed/images is not valid"
    for facet in record.get("facets", []):
        part = text.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]]
        if not part or part.decode(errors="replace").startswith("�"):
            return "Record/facets/index is not valid"
    return None


def _media(record: dict[str, Any], account: Account, store: Store) -> tuple[Medium, ...] | Answer:
    found = []
    for image in record.get("embed", {}).get("images", []):
        kept = store.get("bluesky-blob", f"{account.id}/{image['image']['ref']['$link']}")
        if kept is None:
            return _error(400, "InvalidRequest", "Could not find blob")
        if not kept["media_type"].startswith(LIMIT.picture_types):
            return _error(400, "InvalidMimeType", f"Wrong type of file. It is {kept['media_type']}.")
        if kept["size"] > (LIMIT.picture_bytes or kept["size"]):
            return _error(400, "BlobTooLarge", f"This file is too large. It is {kept['size']} bytes.")
        found.append(msgspec.structs.replace(msgspec.convert(kept, Medium), alt=image["alt"]))
    return tuple(found)


def _find(call: Call, store: Store) -> Post | None:
    where = call.query or call.json()
    return store.post("bluesky", f"at://{where.get('repo')}/{where.get('collection')}/{where.get('rkey')}")


def _get(call: Call, _account: Account, store: Store) -> Answer:
    post = _find(call, store)
    if post is None:
        return NOT_FOUND
    return answer(200, _shown(post))


def _shown(post: Post) -> dict[str, Any]:
    record = {**post.extra.get("record", {"$type": POST, "createdAt": post.at}), "text": post.text}
    if post.kind() == "reply":
        other = {"uri": f"at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/{POST}/3l2222222222a", "cid": _cid({})}
        record["reply"] = {"root": other, "parent": other}
    return {"uri": post.id, "cid": _cid(record), "value": record}


def _list(call: Call, account: Account, store: Store) -> Answer:
    if call.query.get("repo") != account.id:
        return _error(400, "InvalidRequest", "Could not find repo")
    after = f"at://{account.id}/{POST}/{call.query['cursor']}" if "cursor" in call.query else ""
    posts, _ = store.page(account, int(call.query.get("limit", "50")), after)
    # a cursor comes with the last page too
    cursor = {"cursor": posts[-1].id.rpartition("/")[2]} if posts else {}
    return answer(200, {"records": [_shown(post) for post in posts if post.kind() != "repost"], **cursor})


def _delete(call: Call, account: Account, store: Store) -> Answer:
    post = _find(call, store)
    if post is not None and post.account == account.name:
        store.delete(post)
    return answer(200, {})


def _limited(seconds: float) -> Answer:
    return _error(429, "RateLimitExceeded", "Rate Limit Exceeded", ratelimit_limit="5000", ratelimit_remaining="0",
                  ratelimit_reset=str(int(CLOCK.time() + seconds)), ratelimit_policy="5000;w=3600")  # fmt: skip


def _usage(standings: tuple[Standing, ...], _account: Account) -> Mapping[str, str]:
    """Of the limit that is nearest."""
    if not standings:
        return {}
    shown = min(standings, key=lambda one: one.left)
    return {
        "ratelimit-limit": str(shown.most),
        "ratelimit-remaining": str(shown.left),
        "ratelimit-reset": str(int(shown.resets)),
        "ratelimit-policy": f"{shown.most};w={shown.seconds}",
    }


BLUESKY = Platform(
    name="bluesky",
    hosts=("bsky.social", "bluesky.example"),
    token=_token,
    routes=(
        Route("POST", XRPC + r"server\.createSession", "verify", _session, takes="password", refused=SIGN_IN),
        Route("POST", XRPC + r"server\.refreshSession", "refresh", _refresh, takes="refresh"),
        Route("POST", XRPC + r"repo\.uploadBlob", "upload", _upload),
        Route("POST", XRPC + r"repo\.putRecord", "create", _put),
        Route("GET", XRPC + r"repo\.getRecord", "read", _get),
        Route("GET", XRPC + r"repo\.listRecords", "find", _list),
        Route("POST", XRPC + r"repo\.deleteRecord", "delete", _delete),
    ),
    unauthorized=INVALID_TOKEN,
    ended=ENDED,
    revoked=ENDED,
    usage=_usage,
    no_route=_error(501, "MethodNotImplemented", "Method Not Implemented"),
    errors={
        "invalid": fixed(_error(400, "InvalidRequest", "Invalid app.bsky.feed.post record: Record/text is not valid")),
        "expired": fixed(SIGN_IN),
        "auth-missing": fixed(UNAUTHORIZED),
        "session-ended": fixed(ENDED),
        "session-invalid": fixed(INVALID_TOKEN),
        "takedown": fixed(_error(401, "AccountTakedown", "Account has been taken down")),
        "mime-type": fixed(_error(400, "InvalidMimeType", "Wrong type of file. It is image/tiff.")),
        "size": fixed(_error(400, "InvalidSize", "Size does not match")),
        "blob-too-large": fixed(_error(400, "BlobTooLarge", "This file is too large.")),
        "too-large": fixed(TOO_LARGE),
        "not-found": fixed(NOT_FOUND),
        "rate-limited": _limited,
        "upstream": fixed(_error(502, "UpstreamFailure", "Upstream Failure")),
        "existing-key": fixed(_error(500, "InternalServerError", "Internal Server Error")),
    },
    passing=("rate-limited", "upstream", "session-ended"),
    post_id=lambda account, number: f"at://{account.id}/{POST}/{number}",
)
