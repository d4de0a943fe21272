"""What Meta's Graph API says when it refuses: Facebook, Instagram and Threads. Source: platforms.md 3.3, 12.3."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from connectors.errors import AuthExpired, PublishingError, RateLimited, Rejected, Retryable
from connectors.http import Exchange

GONE = (100, 33)
"""Code and subcode: the object does not exist, or is not yours to see."""

_LIMITS = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
_TOKEN = frozenset({102, 190, 463, 467})
_PERMISSION = frozenset({3, 10, *range(200, 300)})

_SECRET = frozenset({"access_token", "appsecret_proof"})

_SUBCODES: Mapping[int, tuple[type[PublishingError], str]] = {
    1366046: (Rejected, "picture-refused"),
    1366051: (Rejected, "duplicate"),
    1346003: (Rejected, "abusive"),
    1609008: (Rejected, "link-refused"),
    1404078: (AuthExpired, "permission"),
    1404112: (AuthExpired, "policy-block"),
    2207005: (Rejected, "picture-format"),
    2207004: (Rejected, "picture-too-large"),
    2207009: (Rejected, "picture-ratio"),
    2207010: (Rejected, "too-long"),
    2207052: (Retryable, "picture-not-fetched"),
    2207027: (Retryable, "container-not-ready"),
    4279009: (Retryable, "container-not-ready"),
}


def classify(exchange: Exchange) -> PublishingError | None:
    """By the body alone: the status varies, and neither it nor the content type can be relied on."""
    body = exchange.json()
    error = error_of(body)
    code, subcode = error.get("code"), error.get("error_subcode", 0)
    detail = str(error.get("message", ""))
    if is_gone(body):
        return Rejected("not-found", detail)
    if subcode in {1390008, 2207042}:
        return RateLimited(_regained(exchange), detail=detail)
    if subcode in _SUBCODES:
        kind, word = _SUBCODES[subcode]
        return kind(word, detail)
    if code in _LIMITS:
        return RateLimited(_regained(exchange), detail=detail)
    if code in _TOKEN:
        return AuthExpired("token-refused", detail)
    if code in _PERMISSION:
        return AuthExpired("permission", detail)
    return _by_code(code, detail)


def _by_code(code: object, detail: str) -> PublishingError | None:
    match code:
        case 100 if "node type (User)" in detail:
            return AuthExpired("not-a-page-token", detail)
        case 100:
            return Rejected("invalid", detail)
        case 368:
            return AuthExpired("policy-block", detail)
        case 506:
            return Rejected("duplicate", detail)
    return None  # 1 and 2 mean that the platform does not know either


def error_of(body: Any) -> Mapping[str, Any]:
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def is_gone(body: Any) -> bool:
    """Whether a refusal says that the object does not exist (any more)."""
    error = error_of(body)
    return (error.get("code"), error.get("error_subcode")) == GONE


def following(page: Mapping[str, Any]) -> dict[str, str]:
    """What asks for the next page of a list, from the address that names it; empty at the end.

    The address itself is never called: it carries the token, and leads where its sender likes.
    """
    address = page.get("paging", {}).get("next") or ""
    return {name: value for name, value in parse_qsl(urlsplit(address).query) if name not in _SECRET}


def _regained(exchange: Exchange) -> datetime | None:
    """When calls are taken again, from the page's own usage header."""
    try:
        usage = msgspec.json.decode(exchange.headers["x-business-use-case-usage"])
        minutes = max(int(entry["estimated_time_to_regain_access"]) for entries in usage.values() for entry in entries)
    except (KeyError, ValueError, TypeError, AttributeError, msgspec.DecodeError):
        return None
    return datetime.now(UTC) + timedelta(minutes=minutes)
