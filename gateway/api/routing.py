"""What every route declares: who may call it, what it does, and how it can be refused.

    @post("/posts", **needs(Permission.POST_EDIT, says="Start a draft"))

A route without a declaration stops start-up (`require_declarations`); the guard reads the same declaration.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, cast

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.routes import HTTPRoute

from approvals.errors import NotAllowed
from approvals.permissions import Permission
from gateway.access import CSRF_FIELD, CSRF_HEADER, NotSignedIn, SignedIn, authenticate, csrf_matches
from gateway.api.problems import Problem
from gateway.faults import Fault
from gateway.runtime import Runtime

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSALS = {
    400: "Unreadable: the field is named", 401: "Nobody is signed in", 403: "Not allowed", 404: "Not there",
    409: "Not in this state, or changed meanwhile", 413: "Too large", 422: "Understood, and refused",
    429: "Too many tries", 500: "A fault of Porth's; it has an id",
}  # fmt: skip


class Open(Enum):
    """Instead of a permission."""

    PUBLIC = "public"
    """Everybody; nobody is authenticated."""
    SIGNED_IN = "signed-in"
    """Every person, whatever their role, and every key."""


PUBLIC, SIGNED_IN = Open.PUBLIC, Open.SIGNED_IN
Declared = Open | frozenset[Permission]
_OPT = "porth_needs"
_STREAMED = "porth_streamed"
_BEFORE_SECOND_FACTOR = "porth_before_second_factor"


def needs(
    *permissions: Permission | Open,
    says: str = "",
    refusals: Sequence[int] = tuple(_REFUSALS),
    streamed: bool = False,
    before_second_factor: bool = False,
) -> dict[str, Any]:
    """Keywords for a route: any one of `permissions` opens it.

    `streamed`: the handler reads the body itself, and checks its CSRF field (gateway/api/uploads.py).
    `before_second_factor`: open also to those who have yet to set theirs up, though their organisation asks for one.
    """
    declared = permissions[0] if isinstance(permissions[0], Open) else frozenset(permissions)
    responses = {status: ResponseSpec(Problem, description=_REFUSALS[status]) for status in refusals}
    return {
        "opt": {_OPT: declared, _STREAMED: streamed, _BEFORE_SECOND_FACTOR: before_second_factor},
        "summary": says or None,
        "responses": {status: _as_problem(spec) for status, spec in responses.items()},
    }


def file_answer(declared: dict[str, Any], media_type: str) -> dict[str, Any]:
    """The same declaration for a route that answers with a file."""
    spec = ResponseSpec(
        bytes, generate_examples=False, media_type=cast("Any", media_type), description="The file as it is"
    )
    return declared | {"responses": {200: spec, **declared["responses"]}}


def _as_problem(spec: ResponseSpec) -> ResponseSpec:
    return ResponseSpec(
        spec.data_container, generate_examples=False, description=spec.description,
        media_type=cast("Any", "application/problem+json"),
    )  # fmt: skip


def declared(handler: BaseRouteHandler) -> Declared | None:
    return cast("Declared | None", handler.opt.get(_OPT))


def handlers(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """Every route that somebody wrote, with its path: not the answers to OPTIONS, which only list methods."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.http_methods != {"OPTIONS"}:
                    yield route.path_format, handler


def require_declarations(app: Litestar) -> None:
    """Raises `Fault` naming the routes that do not say who may call them."""
    bare = [f"{'/'.join(sorted(h.http_methods))} {path}" for path, h in handlers(app) if declared(h) is None]
    bare += [route.path_format for route in app.routes if not isinstance(route, HTTPRoute)]
    if bare:
        raise Fault("serve.undeclared", routes=", ".join(bare))


async def guard(connection: ASGIConnection[Any, Any, Any, State], handler: BaseRouteHandler) -> None:
    """Authenticate, refuse what no role of the actor may do, and refuse what another site sent from their browser."""
    wanted = declared(handler)
    if wanted is PUBLIC or connection.scope.get("method") == "OPTIONS":
        return
    porth = cast("Runtime", connection.app.state.porth)
    async with porth.sessions.begin() as session:
        signed_in = await authenticate(session, connection.headers, connection.cookies, now=porth.clock())
    connection.scope["user"] = signed_in
    if signed_in.lacks_second_factor and not handler.opt.get(_BEFORE_SECOND_FACTOR):
        raise NotSignedIn("second-factor-missing")
    if isinstance(wanted, frozenset) and not any(signed_in.actor.may(permission) for permission in wanted):
        raise NotAllowed("not-your-role", permission=", ".join(sorted(wanted)))
    if signed_in.csrf and connection.scope.get("method") not in SAFE and not handler.opt.get(_STREAMED):
        await _require_csrf(cast("Any", connection), signed_in)


async def _require_csrf(request: Any, signed_in: SignedIn) -> None:
    given = request.headers.get(CSRF_HEADER) or (await request.form()).get(CSRF_FIELD)
    if not csrf_matches(signed_in, given if isinstance(given, str) else None):
        raise NotAllowed("csrf")
