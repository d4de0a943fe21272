"""Signing in and out with a password. The cookie is all that a browser keeps; the rest is on the server."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.datastructures import Cookie, State
from litestar.params import JSONBody
from msgspec import Struct

from approvals import models as m
from approvals.permissions import MATRIX, Role
from gateway import access
from gateway.access import COOKIE, NotSignedIn, Throttle, TooManyTries
from gateway.api.injected import Asked, Now, Porth, Session
from gateway.api.routing import PUBLIC, SIGNED_IN, needs
from gateway.runtime import Runtime
from i18n.messages import Language


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    password: str


class SignInView(Struct, frozen=True):
    csrf: str
    """Repeat it in the `X-CSRF-Token` header of everything that changes something."""
    expires: datetime


class Me(Struct, frozen=True):
    person: UUID
    name: str
    language: Language
    organisation: UUID
    organisation_names: dict[str, str]
    roles: tuple[Role, ...]
    teams: tuple[UUID, ...]
    permissions: tuple[str, ...]
    key: UUID | None
    """The API key that is asking, if one is."""
    csrf: str | None


class SignIns(Controller):
    tags: Sequence[str] = ("Access",)

    @post("/sign-in", status_code=200, **needs(PUBLIC, says="Sign in; the session is in the cookie"))
    async def sign_in(
        self, data: JSONBody[Credentials], session: Session, porth: Porth, now: Now, request: Request[Any, Any, State]
    ) -> Response[SignInView]:
        throttle: Throttle = request.app.state.throttle
        address = request.client.host if request.client else ""
        if throttle.refused(data.email, address, now):
            raise TooManyTries
        try:
            made = await access.sign_in(
                session, data.email, data.password, agent=request.headers.get("user-agent", ""), now=now
            )
        except NotSignedIn:
            throttle.failed(data.email, address, now)
            raise
        throttle.succeeded(data.email, address)
        return Response(SignInView(made.csrf, made.expires), cookies=[cookie(porth, made.token)])

    @delete("/sign-in", status_code=204, **needs(SIGNED_IN, says="Sign out"))
    async def sign_out(self, session: Session, request: Asked) -> Response[None]:
        await access.sign_out(session, request.user)
        return Response(None, cookies=[Cookie(COOKIE, value="", max_age=0)], status_code=204)

    @get("/me", **needs(SIGNED_IN, says="Who is asking, and what they may do"))
    async def me(self, session: Session, request: Asked) -> Me:
        user, actor = request.user, request.user.actor
        organisation = await session.get_one(m.Organisation, actor.organisation)
        return Me(
            person=actor.person, name=user.name, language=user.language, organisation=actor.organisation,
            organisation_names={"cy": organisation.name_cy, "en": organisation.name_en},
            roles=tuple(sorted(actor.roles)), teams=tuple(sorted(actor.teams)),
            permissions=tuple(p.value for p in MATRIX if actor.may(p)), key=actor.key, csrf=user.csrf,
        )  # fmt: skip


def cookie(porth: Runtime, token: str) -> Cookie:
    """Gone when the browser closes; the server ends it earlier or at the latest after `access.LIFE`."""
    return Cookie(
        COOKIE,
        value=token,
        path="/",
        httponly=True,
        samesite="lax",
        secure=porth.settings.base_url.startswith("https:"),
    )
