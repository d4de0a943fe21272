"""What Meta's three platforms refuse with alike. Source: platforms.md 3.3, 12.3."""

import math
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from connectors.sandbox.calls import Answer, Call, answer, fixed
from connectors.sandbox.clock import CLOCK
from connectors.sandbox.rates import Standing
from connectors.sandbox.store import Account, Post, Store

BUSINESS = "x-business-use-case-usage"


def refusal(code: int, message: str, status: int = 400, **more: Any) -> Answer:
    error = {"message": message, "type": "OAuthException", "code": code, **more, "fbtrace_id": "AsandboxSANDBOXsandbox"}
    return answer(status, {"error": error})


def page_of(call: Call, account: Account, store: Store, since: str = "") -> tuple[list[Post], dict[str, Any]]:
    """A page of an account's posts, and its `paging`: as Meta's, the address of the next carries the token."""
    posts, more = store.page(account, int(call.query.get("limit", "25")), call.query.get("after", ""), since)
    if not posts:
        return [], {}
    paging: dict[str, Any] = {"cursors": {"before": posts[0].id, "after": posts[-1].id}}
    if more:
        paging["next"] = f"https://{call.host}{call.path}?{urlencode({**call.query, 'after': posts[-1].id})}"
    return posts, {"paging": paging}


TOKEN_EXPIRED = refusal(190, "Error validating access token: Session has expired.", error_subcode=463)
TOKEN_REVOKED = refusal(
    190, "Error validating access token: The session has been invalidated because the user changed their password or "
    "Facebook has changed the session for security reasons.", error_subcode=460,
)  # fmt: skip
TOKEN_UNKNOWN = refusal(190, "Invalid OAuth access token - Cannot parse access token")


def business_usage(kind: str) -> Callable[[tuple[Standing, ...], Account], Mapping[str, str]]:
    """How much of the calls of a page, or of an account, is used; nothing is said while that is next to nothing."""

    def usage(standings: tuple[Standing, ...], account: Account) -> Mapping[str, str]:
        shown = next((one for one in standings if one.name == "calls"), None)
        if shown is None or not shown.most or shown.spent * 100 < shown.most:
            return {}
        wait = shown.resets - CLOCK.time() if shown.refuses else 0
        return {BUSINESS: _business(account.id, kind, min(shown.spent * 100 // shown.most, 100), wait)}

    return usage


def _business(number: str, kind: str, percent: int, seconds: float) -> str:
    entry = {"type": kind, "call_count": percent, "total_cputime": percent // 4, "total_time": percent // 4,
             "estimated_time_to_regain_access": math.ceil(seconds / 60)}  # fmt: skip
    return msgspec.json.encode({number: [entry]}).decode()


def _limited(seconds: float, status: int = 403) -> Answer:
    made = refusal(80001, "(#80001) There have been too many calls to this Page account.", status)
    return msgspec.structs.replace(made, headers={BUSINESS: _business("1234567890", "pages", 100, seconds)})


ERRORS: Mapping[str, Callable[[float], Answer]] = {
    "invalid": fixed(refusal(100, "(#100) Invalid parameter")),
    "expired": fixed(TOKEN_EXPIRED),
    "revoked": fixed(TOKEN_REVOKED),
    "unknown-token": fixed(TOKEN_UNKNOWN),
    "permission": fixed(refusal(200, "(#200) The user hasn't authorized the application to perform this action", 403)),
    "rate-limited": _limited,
    "rate-limited-400": lambda seconds: _limited(seconds, 400),
    "rate-limited-app": fixed(refusal(4, "(#4) Application request limit reached", 403)),
    "too-fast": fixed(refusal(368, "You are posting too fast.", error_subcode=1390008)),
    "policy-block": fixed(refusal(368, "The action attempted has been deemed abusive or is otherwise disallowed")),
    "unknown": fixed(refusal(1, "An unknown error occurred", 500, is_transient=True)),
    "service": fixed(refusal(2, "Service temporarily unavailable", 500, is_transient=True)),
    "unavailable": fixed(Answer(500, b"<html><body>Sorry, something went wrong.</body></html>", {}, "text/html")),
}
PASSING = ("rate-limited-app", "unknown", "service", "unavailable")
