"""Signing in and out, the language switch, and what one can see and end of one's own sign-ins."""

import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from approvals.errors import NotAllowed, NotFound
from gateway import access
from gateway.access import COOKIE, NotSignedIn, Throttle
from gateway.api import sign_ins
from gateway.api.injected import Asked, Now, Porth, Session, Spoken
from gateway.api.routing import PUBLIC, SIGNED_IN, needs
from gateway.web import forms
from gateway.web.forms import Form
from gateway.web.pages import LANGUAGE_COOKIE, page, said, see_other

FORM_COOKIE = "porth-form"
"""Before anybody is signed in: the form must repeat what the browser was given, which another site cannot read."""
YEAR = 365 * 24 * 60 * 60


def local(address: str | None, *, otherwise: str = "/") -> str:
    """An address on this site, so that nobody is sent on to another one."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return otherwise
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc and address.isprintable() else otherwise


class SignIns(Controller):
    path = "/"

    @get("/sign-in", **needs(PUBLIC, refusals=()))
    async def form(self, request: Asked, spoken: Spoken) -> Response[str]:
        form = Form({"next": [local(request.query_params.get("next"))]})
        if request.query_params.get("why") == "ended":
            form.say("", said(spoken, "sign-in-ended"))
        return _sign_in_page(request, form)

    @post("/sign-in", status_code=200, **needs(PUBLIC, refusals=()))
    async def sign_in(self, request: Asked, porth: Porth, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        require_own_form(request, form)
        email, throttle = form.get("email"), throttle_of(request)
        address = request.client.host if request.client else ""
        if throttle.refused(email, address, now):
            return _sign_in_page(request, form.say("email", said(spoken, "too-many-tries")), status=429)
        try:
            async with porth.sessions.begin() as session:
                made = await access.sign_in(
                    session, email, form.get("password"), agent=request.headers.get("user-agent", ""), now=now
                )
        except NotSignedIn as refusal:
            throttle.failed(email, address, now)
            return _sign_in_page(request, form.say("email", said(spoken, refusal.code)), status=401)
        throttle.succeeded(email, address)
        return see_other(local(form.get("next")), sign_ins.cookie(porth, made.token), _gone(FORM_COOKIE))

    @post("/sign-out", **needs(SIGNED_IN, refusals=(), before_second_factor=True))
    async def sign_out(self, request: Asked, session: Session) -> Response[Any]:
        await access.sign_out(session, request.user)
        return see_other("/sign-in", _gone(COOKIE))


@get("/language/{wanted:str}", **needs(PUBLIC, refusals=()))
async def choose_language(wanted: FromPath[str], request: Asked, porth: Porth) -> Response[Any]:
    """Back to where one was, in the other language."""
    if wanted not in {"cy", "en"}:
        raise NotFound("no-such-page")
    kept = Cookie(
        LANGUAGE_COOKIE, value=wanted, max_age=YEAR, path="/", httponly=True, samesite="lax",
        secure=porth.settings.base_url.startswith("https:"),
    )  # fmt: skip
    return see_other(local(request.query_params.get("back")), kept)


def _sign_in_page(request: Asked, form: Form, *, status: int = 200) -> Response[str]:
    token = form_token(request)
    return page(request, "sign_ins/form.html", status=status, cookies=[kept_form_token(token)], form=form, token=token)


def form_token(request: Asked) -> str:
    return request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)


def kept_form_token(token: str) -> Cookie:
    return Cookie(FORM_COOKIE, value=token, path="/", httponly=True, samesite="strict")


def require_own_form(request: Asked, form: Form) -> None:
    given, kept = form.get("token"), request.cookies.get(FORM_COOKIE, "")
    if not kept or not hmac.compare_digest(given.encode(), kept.encode()):
        raise NotAllowed("csrf")


def throttle_of(request: Asked) -> Throttle:
    found: Throttle = request.app.state.throttle
    return found


def _gone(name: str) -> Cookie:
    return Cookie(name, value="", max_age=0, path="/")
