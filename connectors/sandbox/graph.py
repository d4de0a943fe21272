"""What Meta's three platforms refuse with alike. Source: platforms.md 3.3, 12.3."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from connectors.sandbox.calls import Answer, Call, answer, fixed
from connectors.sandbox.store import Account, Post, Store


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


def _limited(seconds: float) -> Answer:
    entry = {"type": "pages", "call_count": 100, "total_cputime": 25, "total_time": 25,
             "estimated_time_to_regain_access": max(1, round(seconds / 60))}  # fmt: skip
    usage = msgspec.json.encode({"1234567890": [entry]}).decode()
    made = refusal(80001, "(#80001) There have been too many calls to this Page account.", 403)
    return msgspec.structs.replace(made, headers={"x-business-use-case-usage": usage})


ERRORS: Mapping[str, Callable[[float], Answer]] = {
    "invalid": fixed(refusal(100, "(#100) Invalid parameter")),
    "expired": fixed(TOKEN_EXPIRED),
    "permission": fixed(refusal(200, "(#200) The user hasn't authorized the application to perform this action", 403)),
    "rate-limited": _limited,
    "rate-limited-app": fixed(refusal(4, "(#4) Application request limit reached", 403)),
    "too-fast": fixed(refusal(368, "You are posting too fast.", error_subcode=1390008)),
    "policy-block": fixed(refusal(368, "The action attempted has been deemed abusive or is otherwise disallowed")),
    "unknown": fixed(refusal(1, "An unknown error occurred", 500, is_transient=True)),
    "service": fixed(refusal(2, "Service temporarily unavailable", 500, is_transient=True)),
    "unavailable": fixed(Answer(500, b"<html><body>Sorry, something went wrong.</body></html>", {}, "text/html")),
}
PASSING = ("rate-limited-app", "unknown", "service", "unavailable")
