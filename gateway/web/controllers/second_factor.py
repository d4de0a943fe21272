"""The one-time code: asked for after the password, set up and removed by the person themselves."""

import base64
import binascii
from typing import Any

from litestar import Controller, Response, get, post

from approvals import queries
from approvals.errors import Invalid, Refusal
from approvals.permissions import Actor
from gateway import second_factor
from gateway.access import COOKIE, NotSignedIn
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import PUBLIC, SIGNED_IN, needs
from gateway.runtime import Runtime
from gateway.second_factor import Seed
from gateway.vault import CannotOpenError
from gateway.web import forms
from gateway.web.controllers.sign_ins import form_token, kept_form_token, local, require_own_form, throttle_of
from gateway.web.forms import Form
from gateway.web.pages import page, said, see_other


class SecondFactor(Controller):
    path = "/"

    @get("/sign-in/code", **needs(PUBLIC, refusals=()))
    async def ask(self, request: Asked) -> Response[Any]:
        if COOKIE not in request.cookies:
            return see_other("/sign-in")
        return _code_page(request, Form({"next": [local(request.query_params.get("next"))]}))

    @post("/sign-in/code", status_code=200, **needs(PUBLIC, refusals=()))
    async def answer(self, request: Asked, porth: Porth, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        require_own_form(request, form)
        token, throttle = request.cookies.get(COOKIE, ""), throttle_of(request)
        address = request.client.host if request.client else ""
        if throttle.refused(f"code {token}", address, now):
            return _code_page(request, form.say("code", said(spoken, "too-many-tries")), status=429)
        try:
            async with porth.sessions.begin() as session:
                await second_factor.verify(session, porth.vault, token, form.get("code"), now=now)
        except NotSignedIn as refusal:
            throttle.failed(f"code {token}", address, now)
            return _code_page(request, form.say("code", said(spoken, refusal.code)), status=401)
        return see_other(local(form.get("next")))

    @get("/account/second-factor", **needs(SIGNED_IN, refusals=(), before_second_factor=True))
    async def choose(self, request: Asked, session: Session, porth: Porth, actor: Acting) -> Response[Any]:
        organisation = await queries.organisation(session, actor)
        seed = second_factor.new_seed()
        return _set_up_page(request, porth, actor, seed, Form(), asked=organisation.policy.second_factor)

    @post("/account/second-factor", status_code=200, **needs(SIGNED_IN, refusals=(), before_second_factor=True))
    async def set_up(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        seed = _seed(porth, actor, form.get("seed"))
        try:
            async with porth.sessions.begin() as session:
                codes = await second_factor.set_up(session, porth.vault, request.user, seed, form.get("code"), now=now)
        except Refusal as refusal:
            return _set_up_page(request, porth, actor, seed, form.refuse(refusal, spoken), status=422)
        return page(request, "second_factor/codes.html", codes=codes)

    @post("/account/second-factor/removal", **needs(SIGNED_IN, refusals=()))
    async def remove(self, request: Asked, session: Session, now: Now) -> Response[Any]:
        await second_factor.remove(session, request.user, now=now)
        return see_other("/account?done=second-factor-removed")


def _code_page(request: Asked, form: Form, *, status: int = 200) -> Response[str]:
    token = form_token(request)
    return page(
        request, "second_factor/ask.html", status=status, cookies=[kept_form_token(token)], form=form, token=token
    )


def _set_up_page(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    seed: Seed,
    form: Form,
    *,
    asked: bool = False,
    status: int = 200,
) -> Response[str]:
    kept = base64.urlsafe_b64encode(second_factor.sealed(porth.vault, actor.person, seed)).decode()
    shown = " ".join(seed.secret[i : i + 4] for i in range(0, len(seed.secret), 4))
    return page(
        request, "second_factor/set_up.html", status=status, form=form, seed=kept, secret=shown, asked=asked,
        address=second_factor.address(seed, request.user.name),
    )  # fmt: skip


def _seed(porth: Runtime, actor: Actor, kept: str) -> Seed:
    """The seed that the form was given, which only Porth can have sealed."""
    try:
        return second_factor.opened(porth.vault, actor.person, base64.urlsafe_b64decode(kept))
    except (CannotOpenError, binascii.Error, ValueError) as error:
        raise Invalid("csrf") from error
