"""Pieces of pages that show what workers do while it happens, without being loaded again.

htmx asks for a piece every few seconds while something is on its way, and seldom otherwise. Each carries the mark of
what it shows; while that is still so the answer is 204, and nothing on the page is touched. Without JavaScript the
piece is an ordinary part of its page.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response
from markupsafe import Markup
from msgspec import Struct

from approvals.actions.delivering import CANNOT_RETRACT
from approvals.queries import DeliveryView
from gateway.access import UNATTENDED
from gateway.web import pages
from gateway.web.pages import Asked

OFTEN, SELDOM = 3, 30
"""Seconds between two looks."""
SOON = timedelta(minutes=2)
STUCK = timedelta(minutes=30)
"""What is still due so long after its time waits for a pause to end or a worker to start."""
_NOT_OURS = frozenset({"done", "n", "seen"})


class Piece(Struct, frozen=True):
    html: str
    """With the element around it that asks for the next."""
    mark: str

    def __html__(self) -> str:
        return self.html


def asks(request: Asked) -> bool:
    """Whether the page asks by itself, not a person."""
    return UNATTENDED in request.headers


def piece(request: Asked, template: str, *, every: int, path: str | None = None, **context: Any) -> Piece:
    """`template` says what stands inside; `path` answers with the next one, the page's own if it is not given."""
    inner = pages.rendered(request, template, **context)
    mark = hashlib.blake2s(f"{every} {inner}".encode(), digest_size=8).hexdigest()
    address = _address(request, path or request.url.path, mark)
    return Piece(pages.rendered(request, "live.html", inner=Markup(inner), every=every, address=address), mark)  # noqa: S704  # a template escaped it


def answer(request: Asked, found: Piece, *besides: str) -> Response[Any]:
    """The piece, and `besides` for other places of the page; 204 while the reader sees it already."""
    if request.query_params.get("seen") == found.mark:
        return Response(None, status_code=204)
    return pages.answer(request, "".join((found.html, *besides)))


def reload() -> Response[Any]:
    """The sign-in has ended: the page loads itself again, and so asks for another."""
    return Response(None, status_code=204, headers={"HX-Refresh": "true"})


def pace(found: Iterable[DeliveryView], now: datetime) -> int:
    """How often it is worth looking."""
    return OFTEN if any(moves(each, now) for each in found) else SELDOM


def moves(found: DeliveryView, now: datetime) -> bool:
    """Whether it may be in another state within seconds, with nobody doing anything."""
    match found.state:
        case "sending":
            return True
        case "due":
            return now - STUCK <= found.publish_at <= now + SOON
        case "unconfirmed":
            return found.code != "ask-a-person"
        case "published":
            return found.takedown_at is not None and not (found.code or "").startswith(CANNOT_RETRACT)
        case _:
            return False


def _address(request: Asked, path: str, mark: str) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in _NOT_OURS]
    return f"{path}?{urlencode([*kept, ('seen', mark)])}"
