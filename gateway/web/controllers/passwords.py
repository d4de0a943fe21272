"""A new password by a code that comes by e-mail: asked for on the sign-in page, or sent with an invitation."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from approvals.errors import Refusal
from approvals.permissions import Permission
from gateway import passwords
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import PUBLIC, needs
from gateway.web import forms
from gateway.web.controllers.sign_ins import form_token, kept_form_token, require_own_form, throttle_of
from gateway.web.forms import Form
from gateway.web.pages import page, said, see_other


class Passwords(Controller):
    path = "/"

    @get("/sign-in/forgotten", **needs(PUBLIC, refusals=()))
    async def ask(self, request: Asked) -> Response[Any]:
        return _page(request, "forgotten", Form())

    @post("/sign-in/forgotten", status_code=200, **needs(PUBLIC, refusals=()))
    async def forgotten(self, request: Asked, porth: Porth, now: Now, spoken: Spoken) -> Response[Any]:
        """The same answer for every address: the form that takes the code. The address stands in no link."""
        form = await forms.read(request)
        require_own_form(request, form)
        email, throttle = form.get("email"), throttle_of(request)
        key, address = f"forgotten {email}", request.client.host if request.client else ""
        if "@" not in email:
            return _page(request, "forgotten", form.say("email", said(spoken, "email-wrong")), status=422)
        if throttle.refused(key, address, now):
            return _page(request, "forgotten", form.say("email", said(spoken, "too-many-tries")), status=429)
        throttle.failed(key, address, now)
        async with porth.sessions.begin() as session:
            await passwords.forgotten(session, porth.vault, email, now=now)
        return _page(request, "new", form, sent=True)

    @get("/sign-in/new-password", **needs(PUBLIC, refusals=()))
    async def choose(self, request: Asked) -> Response[Any]:
        return _page(request, "new", Form())

    @post("/sign-in/new-password", status_code=200, **needs(PUBLIC, refusals=()))
    async def redeem(self, request: Asked, porth: Porth, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        require_own_form(request, form)
        email, throttle = form.get("email"), throttle_of(request)
        key, address = f"code {email}", request.client.host if request.client else ""
        if throttle.refused(key, address, now):
            return _page(request, "new", form.say("code", said(spoken, "too-many-tries")), status=429)
        try:
            async with porth.sessions.begin() as session:
                right = await passwords.redeem(session, email, form.get("code"), form.get("password"), now=now)
        except Refusal as refusal:
            return _page(request, "new", form.refuse(refusal, spoken), status=422)
        if not right:
            throttle.failed(key, address, now)
            return _page(request, "new", form.say("code", said(spoken, "password-code-wrong")), status=422)
        return see_other("/sign-in?done=password-set")

    @post("/administration/people/{person:uuid}/invitation", **needs(Permission.PEOPLE_MANAGE, refusals=()))
    async def invite(
        self, person: FromPath[UUID], session: Session, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        await passwords.invite(session, porth.vault, actor, person, now=now)
        return see_other(f"/administration/people/{person}?done=invited")


def _page(request: Asked, name: str, form: Form, *, sent: bool = False, status: int = 200) -> Response[str]:
    token = form_token(request)
    return page(
        request, f"passwords/{name}.html", status=status, cookies=[kept_form_token(token)], form=form, token=token,
        sent=sent, minutes=passwords.FORGOTTEN_FOR.seconds // 60,
    )  # fmt: skip
