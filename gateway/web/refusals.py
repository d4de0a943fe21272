"""What the pages answer instead of a page: sign in first, not allowed, not there, changed meanwhile, a fault of ours.

The statuses and codes are those of the API (gateway/api/problems.py), so the two never disagree.
"""

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from sqlalchemy.exc import DBAPIError

from approvals import errors
from gateway.access import NotSignedIn
from gateway.api import problems
from gateway.media.errors import PictureRefused
from gateway.web import live
from gateway.web.pages import Asked, language, page, said

SIGN_IN = "/sign-in"
_SAFE = frozenset({"GET", "HEAD"})


def not_signed_in(request: Asked, refusal: NotSignedIn) -> Response[Any]:
    """To the sign-in page, and from there back here."""
    if live.asks(request):
        return live.reload()
    if refusal.code == "second-factor-needed":
        return Redirect(f"{SIGN_IN}/code?next={quote(came_from(request), safe='')}", status_code=303)
    if refusal.code == "second-factor-missing":
        return Redirect("/account/second-factor", status_code=303)
    why = "&why=ended" if refusal.code == "sign-in-ended" else ""
    return Redirect(f"{SIGN_IN}?next={quote(came_from(request), safe='')}{why}", status_code=303)


def came_from(request: Asked) -> str:
    query = str(request.url.query)
    if request.method not in _SAFE:
        return "/"
    return f"{request.url.path}?{query}" if query else request.url.path


def refused(request: Asked, refusal: errors.Refusal) -> Response[Any]:
    return _as_page(request, problems.refused(request, refusal))


def picture_refused(request: Asked, refusal: PictureRefused) -> Response[Any]:
    return _as_page(request, problems.picture_refused(request, refusal))


def http(request: Asked, error: HTTPException) -> Response[Any]:
    return _as_page(request, problems.http(request, error))


def database(request: Asked, error: DBAPIError) -> Response[Any]:
    return _as_page(request, problems.database(request, error))


def unexpected(request: Asked, error: Exception) -> Response[Any]:
    return _as_page(request, problems.unexpected(request, error))


def _as_page(request: Asked, answer: Response[Any]) -> Response[Any]:
    """The same answer with words around it that a person can use."""
    problem = msgspec.json.decode(answer.content, type=problems.Problem)
    params = problem.params if isinstance(problem.params, dict) else {}
    fault = problem.instance if isinstance(problem.instance, str) else None
    return page(
        request,
        "refused.html",
        status=problem.status,
        code=problem.code,
        words=said(language(request), problem.code, params),
        fault=fault.removeprefix("urn:uuid:") if fault else None,
    )


HANDLERS: dict[Any, Any] = {
    errors.Refusal: refused,
    NotSignedIn: not_signed_in,
    PictureRefused: picture_refused,
    HTTPException: http,
    DBAPIError: database,
    Exception: unexpected,
}
