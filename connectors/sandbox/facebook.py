"""Facebook Pages: shapes from specs/facebook and platforms.md 3 and 12.3."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.limits import LIMITS
from connectors.sandbox.calls import Answer, Call, Platform, Route, answer, fixed
from connectors.sandbox.graph import ERRORS, PASSING, TOKEN_EXPIRED, page_of, refusal
from connectors.sandbox.store import Account, Medium, Post, Store

LIMIT = LIMITS["facebook"]
PREFIX = r"/v\d+\.\d+"
GONE = refusal(100, "Unsupported get request. Object with ID does not exist", error_subcode=33)
NO_ROUTE = refusal(2500, "Unknown path components")


def _post_id(account: Account, number: str) -> str:
    return f"{account.id}_{number}"


def _me(call: Call, account: Account, _store: Store) -> Answer:
    if account.name.startswith("user-"):  # a person's token in place of a page's
        if "category" in call.query.get("fields", ""):
            return refusal(100, "(#100) Tried accessing nonexisting field (category) on node type (User)")
        return answer(200, {"id": account.id, "name": account.name})
    page = {"id": account.id, "name": account.name, "category": "Hospital",
            "link": f"https://www.facebook.com/{account.id}"}  # fmt: skip
    return answer(200, {name: page[name] for name in call.query.get("fields", "id,name").split(",") if name in page})


def _photo(call: Call, account: Account, store: Store) -> Answer:
    fields, files = call.form()
    if call.matched["page"] != account.id:
        return refusal(200, "(#200) Permissions error")
    if "source" not in files:
        return refusal(324, "(#324) Missing or invalid image file")
    content = files["source"].content
    if len(content) > (LIMIT.picture_bytes or 0):
        return refusal(1, "Photos should be smaller than 4 MB and saved as JPG or PNG", error_subcode=1366046)
    kept = store.keep(content, files["source"].media_type)
    medium = msgspec.structs.replace(kept, alt=fields.get("alt_text_custom", ""), id=store.number())
    store.put("facebook-photo", medium.id, {**msgspec.to_builtins(medium), "owner": account.id})
    if fields.get("published", "true").lower() == "false":
        return answer(200, {"id": medium.id})
    text = fields.get("caption", fields.get("message", ""))
    post = store.add(account, _post_id(account, store.number()), text, media=(medium,))
    return answer(200, {"id": medium.id, "post_id": post.id})


def _feed(call: Call, account: Account, store: Store) -> Answer:
    fields = call.fields()
    if call.matched["page"] != account.id:
        return refusal(200, "(#200) Permissions error")
    text, link = fields.get("message", ""), fields.get("link")
    media = _attached(fields, account, store)
    if media is None:
        return refusal(100, "(#100) param attached_media must be an array.")
    if not (text or link or media):
        return refusal(100, "(#100) The status message is empty")
    if len(text) > (LIMIT.text or 0):
        return refusal(100, "(#100) param message is too long")
    post = store.add(account, _post_id(account, store.number()), text, media=media, link=link)
    return answer(200, {"id": post.id})


def _attached(fields: Mapping[str, str], account: Account, store: Store) -> tuple[Medium, ...] | None:
    """The staged photos that a post names, or `None` where it names nonsense or somebody else's."""
    try:
        wanted = [one["media_fbid"] for one in msgspec.json.decode(fields.get("attached_media", "[]"))]
    except (msgspec.DecodeError, TypeError, KeyError):
        return None
    found = [store.get("facebook-photo", str(photo)) for photo in wanted]
    if any(one is None or one["owner"] != account.id for one in found):
        return None
    return tuple(msgspec.convert(one, Medium) for one in found if one)


def _posts(call: Call, account: Account, store: Store) -> Answer:
    if call.matched["page"] != account.id:
        return refusal(200, "(#200) Permissions error")
    since = call.query.get("since")
    start = datetime.fromtimestamp(int(since), UTC).isoformat() if since else ""
    posts, paging = page_of(call, account, store, start)
    fields = call.query.get("fields", "id,message,created_time")
    return answer(200, {"data": [_shown(post, fields) for post in posts], **paging})


def _shown(post: Post, fields: str) -> dict[str, Any]:
    at = datetime.fromisoformat(post.at).strftime("%Y-%m-%dT%H:%M:%S+0000")
    everything: dict[str, Any] = {"id": post.id, "message": post.text, "created_time": at,
                                  "permalink_url": f"https://www.facebook.com/{post.id}"}  # fmt: skip
    if post.media:
        photos = [{"type": "photo", "target": {"id": medium.id}} for medium in post.media]
        album = [{"type": "album", "target": {"id": post.id}, "subattachments": {"data": photos}}]
        everything["attachments"] = {"data": photos if len(photos) == 1 else album}
    return {name: value for name, value in everything.items() if name == "id" or name in fields}


def _get(call: Call, account: Account, store: Store) -> Answer:
    post = store.post("facebook", call.matched["id"])
    if post is None or post.account != account.name:
        return GONE
    return answer(200, _shown(post, call.query.get("fields", "id,message,created_time")))


def _edit(call: Call, account: Account, store: Store) -> Answer:
    post, text = store.post("facebook", call.matched["id"]), call.fields().get("message", "")
    if post is None or post.account != account.name:
        return GONE
    if not (text or post.media or post.link):
        return refusal(100, "(#100) The status message is empty")
    if len(text) > (LIMIT.text or 0):
        return refusal(100, "(#100) param message is too long")
    store.change(post, text=text)
    return answer(200, {"success": True})


def _delete(call: Call, account: Account, store: Store) -> Answer:
    post = store.post("facebook", call.matched["id"])
    if post is not None and post.account == account.name:
        store.delete(post)
        return answer(200, {"success": True})
    return answer(200, {"success": True}) if store.drop("facebook-photo", call.matched["id"]) else GONE


def _token(call: Call) -> str:
    return call.fields().get("access_token") or call.bearer()


FACEBOOK = Platform(
    name="facebook",
    hosts=("graph.facebook.com",),
    token=_token,
    routes=(
        Route("GET", PREFIX + r"/me", "verify", _me),
        Route("POST", PREFIX + r"/(?<page>\d+)/photos", "upload", _photo),
        Route("POST", PREFIX + r"/(?<page>\d+)/feed", "create", _feed),
        Route("GET", PREFIX + r"/(?<page>\d+)/published_posts", "find", _posts),
        Route("GET", PREFIX + r"/(?<id>[\d_]+)", "read", _get),
        Route("POST", PREFIX + r"/(?<id>\d+_\d+)", "edit", _edit),
        Route("DELETE", PREFIX + r"/(?<id>[\d_]+)", "delete", _delete),
    ),
    unauthorized=TOKEN_EXPIRED,
    no_route=NO_ROUTE,
    errors={
        **ERRORS,
        "duplicate": fixed(refusal(506, "(#506) Duplicate status message")),
        "duplicate-javascript": fixed(
            Answer(400, refusal(506, "(#506) Duplicate status message").body, {}, "text/javascript; charset=UTF-8")
        ),
        "not-a-page-token": fixed(
            refusal(100, "(#100) Tried accessing nonexisting field (category) on node type (User)")
        ),
    },
    passing=PASSING,
    post_id=_post_id,
)
