"""A Bluesky server: shapes from specs/bluesky/lexicons and platforms.md 8 and 12.3."""

import base64
import hashlib
import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.counting import length
from connectors.limits import LIMITS
from connectors.sandbox.calls import Answer, Call, Platform, Route, answer, fixed
from connectors.sandbox.pictures import sniff
from connectors.sandbox.store import Account, Medium, Post, Store

LIMIT = LIMITS["bluesky"]
POST = "app.bsky.feed.post"
SESSION = 7200
REFRESH = 90 * 86_400
XRPC = r"/xrpc/com\.atproto\."


def _error(status: int, name: str, message: str, **headers: str) -> Answer:
    return answer(status, {"error": name, "message": message}, **headers)


NOT_FOUND = _error(400, "RecordNotFound", "Could not locate record")
UNAUTHORIZED = _error(401, "AuthMissing", "Authentication Required")


def _jwt(account: Account, seconds: int, scope: str) -> str:
    """It looks like one because the SDK reads its end; the signature is nobody's."""
    parts = (
        {"typ": "at+jwt", "alg": "HS256"},
        {"scope": scope, "sub": account.id, "token": account.token, "iat": int(time.time()),
         "exp": int(time.time()) + seconds, "aud": "did:web:sandbox.example"},
    )  # fmt: skip
    encoded = [base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=").decode() for part in parts]
    return ".".join((*encoded, "c2FuZGJveA"))


def _token(call: Call) -> str:
    """The app password: as it is where a session is made, from the session elsewhere."""
    if call.path.endswith("createSession"):
        return str(call.json().get("password", ""))
    try:
        claims = call.bearer().split(".")[1]
        found = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=="))
        return str(found["token"]) if found["exp"] > time.time() else ""
    except (IndexError, ValueError, KeyError, TypeError):
        return ""


def _session(_call: Call, account: Account, _store: Store) -> Answer:
    # no didDoc: the SDK would follow it to another server
    return answer(200, {
        "accessJwt": _jwt(account, SESSION, "com.atproto.appPassPrivileged"),
        "refreshJwt": _jwt(account, REFRESH, "com.atproto.refresh"),
        "handle": f"{account.name}.example".lower(), "did": account.id, "active": True,
    })  # fmt: skip


def _upload(call: Call, account: Account, store: Store) -> Answer:
    kind = sniff(call.body)
    if not call.body or len(call.body) > (LIMIT.picture_bytes or 0):
        return _error(400, "BlobTooLarge", f"This file is too large. It is {len(call.body)} bytes.")
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
    if media is None:
        return _error(400, "InvalidRequest", "Could not find blob")
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
    if length(text, "graphemes") > (LIMIT.text or 0):
        return "Record/text must not be longer than 300 graphemes"
    if len(text.encode()) > (LIMIT.text_bytes or 0):
        return "Record/text must not be longer than 3000 characters"
    images = record.get("embed", {}).get("images", [])
    if len(images) > LIMIT.pictures or any("alt" not in image for image in images):
        return "Record/embed/images is not valid"
    for facet in record.get("facets", []):
        part = text.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]]
        if not part or part.decode(errors="replace").startswith("�"):
            return "Record/facets/index is not valid"
    return None


def _media(record: dict[str, Any], account: Account, store: Store) -> tuple[Medium, ...] | None:
    found = []
    for image in record.get("embed", {}).get("images", []):
        kept = store.get("bluesky-blob", f"{account.id}/{image['image']['ref']['$link']}")
        if kept is None:
            return None
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
                  ratelimit_reset=str(int(time.time() + seconds)), ratelimit_policy="5000;w=3600")  # fmt: skip


BLUESKY = Platform(
    name="bluesky",
    hosts=("bsky.social", "bluesky.example"),
    token=_token,
    routes=(
        Route("POST", XRPC + r"server\.(createSession|refreshSession)", "verify", _session),
        Route("POST", XRPC + r"repo\.uploadBlob", "upload", _upload),
        Route("POST", XRPC + r"repo\.putRecord", "create", _put),
        Route("GET", XRPC + r"repo\.getRecord", "read", _get),
        Route("GET", XRPC + r"repo\.listRecords", "find", _list),
        Route("POST", XRPC + r"repo\.deleteRecord", "delete", _delete),
    ),
    unauthorized=UNAUTHORIZED,
    no_route=_error(501, "MethodNotImplemented", "Method Not Implemented"),
    errors={
        "invalid": fixed(_error(400, "InvalidRequest", "Invalid app.bsky.feed.post record: Record/text is not valid")),
        "expired": fixed(_error(401, "AuthenticationRequired", "Invalid identifier or password")),
        "auth-missing": fixed(UNAUTHORIZED),
        "session-ended": fixed(_error(400, "ExpiredToken", "Token has expired")),
        "session-invalid": fixed(_error(400, "InvalidToken", "Token could not be verified")),
        "takedown": fixed(_error(401, "AccountTakedown", "Account has been taken down")),
        "mime-type": fixed(_error(400, "InvalidMimeType", "Wrong type of file. It is image/tiff.")),
        "size": fixed(_error(400, "InvalidSize", "Size does not match")),
        "too-large": fixed(_error(413, "PayloadTooLarge", "request entity too large")),
        "not-found": fixed(NOT_FOUND),
        "rate-limited": _limited,
        "upstream": fixed(_error(502, "UpstreamFailure", "Upstream Failure")),
        "existing-key": fixed(_error(500, "InternalServerError", "Internal Server Error")),
    },
    passing=("rate-limited", "upstream", "session-ended"),
    post_id=lambda account, number: f"at://{account.id}/{POST}/{number}",
)
