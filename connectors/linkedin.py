"""LinkedIn organisation pages, over the versioned Posts interface. Source: platforms.md 6."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

import regex
import requests

from connectors.contract import Attempt, Credentials, Finding, Identity, Outgoing, Receipt, Seen
from connectors.errors import AuthExpired, PublishingError, RateLimited, Rejected, Retryable
from connectors.http import Exchange, Line, Unreadable, Wire
from connectors.limits import LIMITS
from connectors.listing import newest
from connectors.matching import alike, choose, since, twin_aware

HOSTS = ("api.linkedin.com", "www.linkedin.com")
"""The second takes uploads and renews tokens."""
API = "https://api.linkedin.com/rest"
POLL = 1.0
PAGE = 50
"""Posts asked for at once."""
_MARKUP = regex.compile(r"[|{}@\[\]()<>\\*_~]|#(?![\p{L}\p{N}_])")
_MARKED = regex.compile(r"\\([|{}@\[\]()<>#\\*_~])")


class LinkedIn:
    platform = "linkedin"
    limits = LIMITS["linkedin"]
    secret_names = ("access_token", "refresh_token", "client_id", "client_secret")
    """The last three only where the app may renew tokens."""
    repeat_safe_for: timedelta | None = None
    edits = True
    """The words alone: a description cannot be changed."""

    def __init__(self, wire: Wire) -> None:
        self._line = Line(wire, HOSTS, classify)

    async def verify(self, credentials: Credentials) -> Identity:
        with self._line.deadline():
            page = await self._line.call(self._page, credentials)
            name = await self._line.call(self._name, credentials, page)
        number = page.rpartition(":")[2]
        return Identity(account=page, name=name, url=f"https://www.linkedin.com/company/{number}/")

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        with self._line.deadline():
            page = await self._line.call(self._page, credentials)
            if page != credentials.account:
                raise AuthExpired("other-account", f"these are the credentials of {page}")
            for picture in outgoing.media:
                if picture.sha256 not in attempt.state.get("media", {}):
                    content = await attempt.read(picture.sha256)
                    image = await self._line.call(self._upload, credentials, content, picture.media_type)
                    kept = {**attempt.state.get("media", {}), picture.sha256: image}
                    await attempt.save({**attempt.state, "media": kept})
                while not await self._line.call(  # noqa: ASYNC110 - LinkedIn gets ready; the deadline ends this
                    self._ready, credentials, attempt.state["media"][picture.sha256]
                ):
                    await asyncio.sleep(POLL)

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:
        uploaded = attempt.state.get("media", {})
        if any(picture.sha256 not in uploaded for picture in outgoing.media):
            raise Retryable("not-prepared")
        images = [{"id": uploaded[one.sha256], "altText": one.alt} for one in outgoing.media]
        async with twin_aware(attempt):
            post = await self._line.call(self._create, credentials, _post(outgoing, credentials, images), making=True)
        return self._receipt(post, datetime.now(UTC))

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Finding:
        seen = await self._line.call(self._listed, credentials, since(attempt))
        return choose(alike(seen, outgoing.text), attempt)

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        post = await self._line.call(self._get, credentials, receipt.id)
        return None if post is None else Outgoing(text=plain(post.get("commentary", "")), languages=())

    async def edit(self, receipt: Receipt, outgoing: Outgoing, credentials: Credentials) -> Receipt:
        await self._line.call(self._update, credentials, receipt.id, little(outgoing.text), making=True)
        return receipt

    async def recent(self, credentials: Credentials, since: datetime) -> tuple[Seen, ...]:
        """Without reposts to which the page adds no word of its own."""
        return await self._line.call(self._listed, credentials, since)

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        await self._line.call(self._delete, credentials, receipt.id)

    async def refresh(self, credentials: Credentials) -> Credentials | None:
        """The refresh token's own year is not extended by this."""
        if not credentials.secrets.get("refresh_token"):
            return None
        renewed = await self._line.call(self._renew, credentials)
        kept = {name: str(renewed[name]) for name in ("access_token", "refresh_token") if name in renewed}
        return Credentials(credentials.account, dict(credentials.secrets) | kept)

    # Below: in the pool, blocking.

    def _send(self, credentials: Credentials, method: str, url: str, **what: Any) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {credentials.secrets['access_token']}",
            "LinkedIn-Version": self._line.wire.linkedin_version,
            "X-Restli-Protocol-Version": "2.0.0",
            **what.pop("headers", {}),
        }
        return self._line.session().request(method, url, headers=headers, **what)

    def _page(self, credentials: Credentials) -> str:
        """The organisation that these credentials may post for: the account's own, where there are several."""
        params = {"q": "roleAssignee", "state": "APPROVED"}
        found = _object(self._send(credentials, "GET", f"{API}/organizationAcls", params=params), "elements")
        pages = [str(one.get("organization") or one.get("organizationTarget")) for one in _list(found["elements"])]
        if not pages:
            raise AuthExpired("permission", "these credentials manage no page")
        return credentials.account if credentials.account in pages else pages[0]

    def _name(self, credentials: Credentials, page: str) -> str:
        url = f"{API}/organizations/{page.rpartition(':')[2]}"
        return str(_object(self._send(credentials, "GET", url), "localizedName")["localizedName"])

    def _upload(self, credentials: Credentials, content: bytes, media_type: str) -> str:
        asked = {"initializeUploadRequest": {"owner": credentials.account}}
        params = {"action": "initializeUpload"}
        made = _object(self._send(credentials, "POST", f"{API}/images", params=params, json=asked), "value")["value"]
        address, image = made["uploadUrl"], str(made["image"])
        sent = self._send(credentials, "PUT", address, data=content, headers={"Content-Type": media_type})
        if sent.status_code not in {200, 201}:
            raise Unreadable("not uploaded")
        return image

    def _ready(self, credentials: Credentials, image: str) -> bool:
        answer = self._send(credentials, "GET", f"{API}/images/{quote(image, safe='')}")
        if answer.status_code == requests.codes.forbidden and _code(answer) == "ACCESS_DENIED":
            return True  # some permissions can upload, but not look; the post will tell
        state = _object(answer, "status")["status"]
        if state == "PROCESSING_FAILED":
            raise Rejected("picture-refused", state)
        return bool(state == "AVAILABLE")

    def _create(self, credentials: Credentials, body: Mapping[str, Any]) -> str:
        answer = self._send(credentials, "POST", f"{API}/posts", json=body)
        post = answer.headers.get("x-restli-id", "")
        if answer.status_code != requests.codes.created or not post.startswith("urn:li:"):
            raise Unreadable("without x-restli-id")
        return post

    def _update(self, credentials: Credentials, post: str, commentary: str) -> None:
        headers = {"X-RestLi-Method": "PARTIAL_UPDATE"}
        patch = {"patch": {"$set": {"commentary": commentary}}}
        answer = self._send(credentials, "POST", f"{API}/posts/{quote(post, safe='')}", json=patch, headers=headers)
        if answer.status_code == requests.codes.no_content:
            return
        # some say 200, which a proxy's page says too: the post itself tells
        if not answer.ok or (self._get(credentials, post) or {}).get("commentary") != commentary:
            raise Unreadable("not changed")

    def _listed(self, credentials: Credentials, start: datetime) -> tuple[Seen, ...]:
        return newest(self._pages(credentials), start)

    def _pages(self, credentials: Credentials) -> Iterator[list[Seen]]:
        params = {"q": "author", "author": credentials.account, "count": str(PAGE), "sortBy": "CREATED"}
        headers = {"X-RestLi-Method": "FINDER"}
        for start in count(0, PAGE):
            params["start"] = str(start)
            answer = self._send(credentials, "GET", f"{API}/posts", params=params, headers=headers)
            posts = _list(_object(answer, "elements")["elements"])
            yield [self._seen(post) for post in posts if post.get("commentary") or "reshareContext" not in post]
            if len(posts) < PAGE:
                return

    def _seen(self, post: Mapping[str, Any]) -> Seen:
        made = post.get("publishedAt") or post["createdAt"]  # which differ where somebody planned it
        at = datetime.fromtimestamp(made / 1000, UTC)
        return Seen(self._receipt(post["id"], at), plain(post.get("commentary", "")))

    def _get(self, credentials: Credentials, post: str) -> dict[str, Any] | None:
        answer = self._send(credentials, "GET", f"{API}/posts/{quote(post, safe='')}")
        return None if _is_gone(answer) else _object(answer, "id", "commentary")

    def _delete(self, credentials: Credentials, post: str) -> None:
        headers = {"X-RestLi-Method": "DELETE"}
        answer = self._send(credentials, "DELETE", f"{API}/posts/{quote(post, safe='')}", headers=headers)
        if answer.status_code != requests.codes.no_content and not _is_gone(answer):
            raise Unreadable("not deleted")

    def _renew(self, credentials: Credentials) -> dict[str, Any]:
        names = ("refresh_token", "client_id", "client_secret")
        form = {"grant_type": "refresh_token", **{name: credentials.secrets[name] for name in names}}
        answer = self._line.session().post("https://www.linkedin.com/oauth/v2/accessToken", data=form)
        return _object(answer, "access_token")

    def _receipt(self, post: str, at: datetime) -> Receipt:
        public = f"https://www.linkedin.com/feed/update/{post}/"
        return Receipt(id=post, url=self._line.wire.link("linkedin", post, public), at=at)


def _post(outgoing: Outgoing, credentials: Credentials, images: list[dict[str, str]]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "author": credentials.account, "commentary": little(outgoing.text), "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED", "isReshareDisabledByAuthor": False,
    }  # fmt: skip
    if len(images) > 1:
        return {**body, "content": {"multiImage": {"images": images}}}
    return {**body, "content": {"media": images[0]}} if images else body


def little(text: str) -> str:
    """As "little text": what would be markup is escaped, or all that follows it may be lost; `#word` stays a tag."""
    return _MARKUP.sub(lambda found: "\\" + found[0], text)


def plain(little_text: str) -> str:
    return _MARKED.sub(r"\1", little_text)


def _object(answer: requests.Response, *names: str) -> dict[str, Any]:
    body = answer.json()
    if not answer.ok or not isinstance(body, dict) or any(name not in body for name in names):
        raise Unreadable(f"without {' or '.join(names)}")
    return body


def _list(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise Unreadable("not a list")
    return value


def _code(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return ""
    return str(body.get("code", "")) if isinstance(body, dict) else ""


def _is_gone(answer: requests.Response) -> bool:
    return answer.status_code == requests.codes.not_found and _code(answer) in {"NOT_FOUND", "RESOURCE_NOT_FOUND"}


def classify(exchange: Exchange) -> PublishingError | None:
    """Known refusals. Source: platforms.md 6, 12.3."""
    body = exchange.object()
    detail = body.get("message")
    if not isinstance(detail, str) or body.get("status") != exchange.status:
        return AuthExpired("token-refused") if body.get("error") == "invalid_grant" else None
    match exchange.status:
        case 401:
            return AuthExpired("token-refused", detail)
        case 403:
            return AuthExpired("permission", detail)
        case 404:
            return Rejected("not-found", detail)
        case 426:
            return AuthExpired("version-ended", detail)
        case 429:
            return RateLimited(None, detail=detail)
        case 400 | 422:
            return _content_refused(body, detail)
    return None


def _content_refused(body: Mapping[str, Any], detail: str) -> PublishingError:
    codes = {body.get("code"), *_input_codes(body)}
    if "DUPLICATE_POST" in codes or "duplicate of urn:li:" in detail:
        return Rejected("duplicate", detail)
    if "MEDIA_ASSET_WAITING_UPLOAD" in codes:
        return Retryable("picture-not-ready", detail)
    return Rejected("too-long" if "FIELD_LENGTH_TOO_LONG" in codes else "invalid", detail)


def _input_codes(body: Mapping[str, Any]) -> list[Any]:
    errors = (body.get("errorDetails") or {}).get("inputErrors") or []
    return [error.get("code") for error in errors]
