"""What YouTube's answers mean: resources, sessions, and the documented refusals. Source: platforms.md 7, 12.3."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import regex
import requests
from msgspec import Struct

from connectors.contract import Language, Localized, Outgoing
from connectors.errors import AuthExpired, PublishingError, RateLimited, Rejected
from connectors.http import Exchange, Unreadable

Resource = dict[str, Any]

FORCED_PRIVATE = "forced-private"
TOKEN_REFUSED = "token-refused"  # noqa: S105 - a code
PACIFIC = ZoneInfo("America/Los_Angeles")
"""Where the day of a quota ends."""
_RECEIVED = regex.compile(r"bytes=0-(\d+)")
_GRANT = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "deleted_client"})
_ACCOUNT: Mapping[str, str] = {
    "youtubeSignupRequired": "permission",
    "forbidden": "permission",
    "insufficientPermissions": "permission",
    "authenticatedUserAccountClosed": "policy-block",
    "authenticatedUserAccountSuspended": "policy-block",
    "channelClosed": "policy-block",
    "channelSuspended": "policy-block",
    "forbiddenPrivacySetting": FORCED_PRIVATE,
}
"""Reasons for which every video of the account would be refused, 401 or 403, with our code."""
_CONTENT: Mapping[str, str] = {
    **dict.fromkeys(("invalidTitle", "invalidDescription", "invalidTags", "invalidCategoryId"), "invalid"),
    **dict.fromkeys(("invalidVideoMetadata", "invalidMetadata", "defaultLanguageNotSet"), "invalid"),
    **dict.fromkeys(("contentRequired", "nameTooLong"), "caption-refused"),
    "videoNotFound": "not-found",
}
"""Reasons that lie in this video, 400 or 404, with our code."""
_LIMITED = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "uploadLimitExceeded"})
"""The last is the channel's own limit, not the project's. When these end is not said."""
_DAILY = frozenset({"quotaExceeded", "dailyLimitExceeded"})


class Upload(Struct, frozen=True):
    """One line of the list of a channel's uploads, private ones included."""

    video: str
    text: str
    at: datetime | None
    """When it became public, if it is."""


def whole(answer: requests.Response, *names: str) -> Resource:
    body = answer.json()
    if not answer.ok or not isinstance(body, dict) or any(not body.get(name) for name in names):
        raise Unreadable(f"without {' or '.join(names)}")
    return body


def items(body: Resource) -> list[Resource]:
    found = body.get("items", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("id") for one in found):
        raise Unreadable("not a list of resources")
    return found


def channel(resource: Resource) -> Resource:
    if not isinstance(resource.get("snippet"), dict) or "title" not in resource["snippet"]:
        raise Unreadable("a channel without a title")
    return resource


def upload(item: Resource) -> Upload:
    snippet, details = item["snippet"], item["contentDetails"]
    text = f"{snippet['title']}\n\n{snippet.get('description', '')}".strip()
    shown = item.get("status", {}).get("privacyStatus") == "public" and "videoPublishedAt" in details
    return Upload(str(details["videoId"]), text, moment(details["videoPublishedAt"]) if shown else None)


def privacy(video: Resource) -> str:
    return str(video["status"]["privacyStatus"])


def is_public(video: Resource) -> bool:
    return privacy(video) == "public"


def outgoing(video: Resource) -> Outgoing:
    """The words as they are now. A language that is not ours is left out."""
    snippet = video["snippet"]
    first = _language(snippet.get("defaultLanguage"))
    others = ((_language(tag), words) for tag, words in video.get("localizations", {}).items())
    return Outgoing(
        text=snippet["description"],
        languages=(first,) if first else (),
        title=snippet["title"],
        localized=tuple(
            Localized(language, words["title"], words.get("description", ""))
            for language, words in others
            if language is not None and language != first
        ),
    )


def _language(tag: str | None) -> Language | None:
    match (tag or "").partition("-")[0]:
        case "cy":
            return "cy"
        case "en":
            return "en"
    return None


def moment(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


def received(range_header: str | None) -> int:
    """How many bytes a session has, by the `Range` of its 308; without one it has none."""
    if range_header is None:
        return 0
    found = _RECEIVED.fullmatch(range_header)
    if found is None:
        raise Unreadable("a range that is none")
    return int(found[1]) + 1


def reason(answer: requests.Response) -> str:
    """The reason of a refusal; empty where the answer is none."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return ""
    return _reason(body) if isinstance(body, dict) and not answer.ok else ""


def _reason(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    errors = error.get("errors") if isinstance(error, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(first.get("reason", "")) if isinstance(first, dict) else ""


def midnight(now: datetime) -> datetime:
    """The next one where quotas are counted."""
    tomorrow = now.astimezone(PACIFIC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, PACIFIC).astimezone(UTC)


def classify(exchange: Exchange) -> PublishingError | None:
    """Known refusals."""
    body = exchange.object()
    error = body.get("error")
    if isinstance(error, str):  # of the token's endpoint
        refused = error in _GRANT and exchange.status in {400, 401}
        return AuthExpired(TOKEN_REFUSED, str(body.get("error_description") or error)) if refused else None
    if not isinstance(error, dict) or error.get("code") != exchange.status or not isinstance(error.get("message"), str):
        return None
    return _refusal(exchange.status, _reason(body), error["message"])


def _refusal(status: int | None, why: str, detail: str) -> PublishingError | None:
    detail = f"{why}: {detail}"
    if status in {401, 403} and why in _ACCOUNT:
        return AuthExpired(_ACCOUNT[why], detail)
    if status == 401:  # noqa: PLR2004 - HTTP's "unauthorized"
        return AuthExpired(TOKEN_REFUSED, detail)
    if status in {400, 404} and why in _CONTENT:
        return Rejected(_CONTENT[why], detail)
    if status in {400, 403, 429} and why in _LIMITED | _DAILY:
        return RateLimited(midnight(datetime.now(UTC)) if why in _DAILY else None, detail=detail)
    return None
