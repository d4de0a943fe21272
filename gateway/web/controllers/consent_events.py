"""What happens to a consent besides being withdrawn, each as a form on its page."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from litestar import Controller, Response, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals.actions import consenting
from approvals.actions.consenting import Ended
from approvals.errors import Refusal
from approvals.permissions import Actor, Permission
from gateway.api.injected import Acting, Asked, Now, Porth, Spoken
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import forms
from gateway.web.controllers.consents import show
from gateway.web.forms import Form
from gateway.web.pages import page, said, see_other
from i18n.messages import Language

DECIDE = Permission.CONSENT_DECIDE
Event = Callable[[AsyncSession, str], Awaitable[Any]]


class ConsentEvents(Controller):
    path = "/consents/{ref:str}"

    @post("/leaver", status_code=200, **needs(DECIDE, refusals=()))
    async def left(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        async def act(session: AsyncSession, reason: str) -> Ended:
            return await consenting.left(session, actor, ref, reason, now=now)

        return await _act(request, porth, actor, ref, "left", act, now, spoken)

    @post("/dispute", status_code=200, **needs(DECIDE, refusals=()))
    async def dispute(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        async def act(session: AsyncSession, reason: str) -> Ended:
            return await consenting.dispute(session, actor, ref, reason, now=now)

        return await _act(request, porth, actor, ref, "disputed", act, now, spoken)

    @post("/settlement", status_code=200, **needs(DECIDE, refusals=()))
    async def settle(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        async def act(session: AsyncSession, reason: str) -> None:
            await consenting.settle(session, actor, ref, reason, now=now)

        return await _act(request, porth, actor, ref, "settled", act, now, spoken)

    @post("/replacement", status_code=200, **needs(DECIDE, refusals=()))
    async def supersede(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        async def act(session: AsyncSession, by: str) -> Ended:
            return await consenting.supersede(session, actor, ref, by, now=now)

        return await _act(request, porth, actor, ref, "superseded", act, now, spoken)

    @post("/basis-decision", status_code=200, **needs(Permission.SIGN_PRIVACY, refusals=()))
    async def decide_basis(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        async def act(session: AsyncSession, reason: str) -> None:
            await consenting.decide_basis(session, actor, ref, reason, now=now)

        return await _act(request, porth, actor, ref, "basis", act, now, spoken)

    @post("/contact", status_code=200, **needs(DECIDE, refusals=()))
    async def contact(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """A POST, as every look is logged: nothing that loads pages ahead of the reader may make one."""
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                found = await consenting.view_contact(session, actor, ref, now=now)
        except Refusal as refusal:
            return await _again(request, porth, actor, ref, form.refuse(refusal, spoken), now)
        words = porth.vault.open(found.contact or b"", found.id.bytes).decode()
        return page(request, "consents/contact.html", ref=ref, contact=words, here=f"/consents/{quote(ref, safe='')}")


async def _act(
    request: Asked, porth: Runtime, actor: Actor, ref: str, name: str, act: Event, now: datetime, spoken: Language
) -> Response[Any]:
    """Do it in one transaction, with what was typed in the field of its name, and say what came of it."""
    form = await forms.read(request)
    typed = form.get(name).strip()
    try:
        async with porth.sessions.begin() as session:
            done = await act(session, typed)
    except Refusal as refusal:
        form.say(name, said(spoken, refusal.code, refusal.params))
        return await _again(request, porth, actor, ref, form, now)
    public = len(done.review) if isinstance(done, Ended) else 0
    what = f"consent-{name}-public" if public else f"consent-{name}"
    return see_other(f"/consents/{quote(ref, safe='')}?done={what}&n={public}")


async def _again(request: Asked, porth: Runtime, actor: Actor, ref: str, form: Form, now: datetime) -> Response[Any]:
    async with porth.sessions.begin() as session:
        return await show(request, session, actor, ref, form, now, status=422)
