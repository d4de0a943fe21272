"""One's own account: language, password, where one is signed in."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from msgspec import Struct

from approvals import models as m
from approvals.errors import Invalid, NotFound, Refusal
from gateway import access, passwords
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import SIGNED_IN, needs
from gateway.web import forms
from gateway.web.controllers.sign_ins import (
    YEAR,
    throttle_of,
)
from gateway.web.forms import Form
from gateway.web.pages import LANGUAGE_COOKIE, page, see_other


class SignInLine(Struct, frozen=True):
    """One of a person's sign-ins."""

    id: str
    agent: str
    created_at: Any
    seen_at: Any
    current: bool


class Account(Controller):
    path = "/account"

    @get(**needs(SIGNED_IN, refusals=()))
    async def show(self, request: Asked, session: Session, actor: Acting, now: Now) -> Response[str]:
        found = await access.sign_ins_of(session, actor.person, now=now)
        lines = [
            SignInLine(s.token_hash.hex(), s.agent, s.created_at, s.seen_at, s.token_hash == request.user.sign_in)
            for s in found
        ]
        person = await session.get_one(m.Person, actor.person)
        return page(
            request, "account/show.html", sign_ins=lines, roles=sorted(actor.roles), email=person.email,
            second_factor=person.totp_secret is not None, recovery_codes=len(person.recovery_hashes),
            choice=Form({"language": [person.language]}),
        )  # fmt: skip

    @post("/sign-ins/{sign_in:str}/end", **needs(SIGNED_IN, refusals=()))
    async def end(self, sign_in: FromPath[str], session: Session, actor: Acting) -> Response[Any]:
        if not await access.end_sign_in(session, actor.person, sign_in):
            raise NotFound("no-such-page")
        return see_other("/account?done=sign-in-ended")

    @post("/sign-ins/end-others", **needs(SIGNED_IN, refusals=()))
    async def end_others(self, request: Asked, session: Session) -> Response[Any]:
        ended = await passwords.end_others(session, request.user)
        return see_other(f"/account?done=other-sign-ins-ended&n={ended}")

    @post("/language", **needs(SIGNED_IN, refusals=()))
    async def set_language(self, request: Asked, session: Session, porth: Porth, actor: Acting) -> Response[Any]:
        """Of pages and of messages, on every device; here at once."""
        chosen = "en" if (await forms.read(request)).get("language") == "en" else "cy"
        (await session.get_one(m.Person, actor.person)).language = chosen
        kept = Cookie(
            LANGUAGE_COOKIE, value=chosen, max_age=YEAR, path="/", httponly=True, samesite="lax",
            secure=porth.settings.base_url.startswith("https:"),
        )  # fmt: skip
        return see_other("/account?done=language-set", kept)

    @get("/password", **needs(SIGNED_IN, refusals=()))
    async def password(self, request: Asked) -> Response[Any]:
        return page(request, "account/password.html", form=Form())

    @post("/password", status_code=200, **needs(SIGNED_IN, refusals=()))
    async def change_password(self, request: Asked, porth: Porth, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        user, throttle = request.user, throttle_of(request)
        key, address = f"password {user.actor.person}", request.client.host if request.client else ""
        try:
            if throttle.refused(key, address, now):
                raise Invalid("too-many-tries", "/current")
            _same_twice(form)
            async with porth.sessions.begin() as session:
                await passwords.change(session, user, form.get("current"), form.get("password"), now=now)
        except Refusal as refusal:
            if refusal.code == "password-current":
                throttle.failed(key, address, now)
            form = Form().refuse(refusal, spoken, field="current")
            return page(request, "account/password.html", status=422, form=form)
        return see_other("/account?done=password-changed")


def _same_twice(form: Form) -> None:
    if form.get("password") != form.get("again"):
        raise Invalid("password-again", "/again")
