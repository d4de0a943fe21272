"""What goes around every answer: an id for the log, the security headers, one line of log without personal data."""

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

log = logging.getLogger("porth.requests")

_STATE = "porth_request"
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""A page loads nothing from elsewhere."""
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
DEFAULTS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", POLICY),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept-Language, Cookie, Authorization"),
)
"""Unless the handler has said otherwise."""


def request_id(scope: Any) -> str:
    """The same for everything that is said about one request."""
    state = scope.setdefault("state", {})
    if _STATE not in state:
        state[_STATE] = str(uuid7())
    return str(state[_STATE])


class Traced:
    """Wraps the whole application, so that what never reached a route is answered and counted alike."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._always = HEADERS + (((b"strict-transport-security", b"max-age=31536000"),) if https else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began, found = time.perf_counter(), request_id(scope)

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                added = [*self._always, *(pair for pair in DEFAULTS if pair[0] not in given)]
                message["headers"] = [*message["headers"], *added, (b"x-request-id", found.encode())]
                _record(scope, message["status"], began, found)
            await send(message)

        await self._app(scope, receive, headed)


def _record(scope: Any, status: int, began: float, found: str) -> None:
    """The route as it is written, never as it was called: addresses hold ids."""
    fields = {
        "request": found, "method": scope["method"], "route": scope.get("path_template") or "-", "status": status,
        "milliseconds": round((time.perf_counter() - began) * 1000, 1),
    }  # fmt: skip
    log.info("request", extra=fields)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and what `extra` added."""

    _OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage(),
            **{key: value for key, value in record.__dict__.items() if key not in self._OWN},
        }  # fmt: skip
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, (UUID, datetime)) else type(value).__name__
