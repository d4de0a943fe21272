"""What happens to a consent besides being withdrawn, each as a form on its page."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any, Protocol
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
from gateway.web.pages import page, see_other
from i18n.messages import Language

DECIDE = Permission.CONSENT_DECIDE


class Event(Protocol):
    """What can happen to a consent: `given` is a reason, or the reference that takes its place."""

    def __call__(
        self, session: AsyncSession, actor: Actor, ref: str, given: str, /, *, now: datetime
    ) -> Awaitable[Any]: ...


class ConsentEvents(Controller):
    path = "/consents/{ref:str}"

    @post("/leaver", status_code=200, **needs(DECIDE, refusals=()))
    async def left(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        return await _act(request, porth, actor, ref, "left", consenting.left, now, spoken)

    @post("/dispute", status_code=200, **needs(DECIDE, refusals=()))
    async def dispute(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        return await _act(request, porth, actor, ref, "disputed", consenting.dispute, now, spoken)

    @post("/settlement", status_code=200, **needs(DECIDE, refusals=()))
    async def settle(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        return await _act(request, porth, actor, ref, "settled", consenting.settle, now, spoken)

    @post("/replacement", status_code=200, **needs(DECIDE, refusals=()))
    async def supersede(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        return await _act(request, porth, actor, ref, "superseded", consenting.supersede, now, spoken)

    @post("/basis-decision", status_code=200, **needs(Permission.SIGN_PRIVACY, refusals=()))
    async def decide_basis(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        return await _act(request, porth, actor, ref, "basis", consenting.decide_basis, now, spoken)

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
            done = await act(session, actor, ref, typed, now=now)
    except Refusal as refusal:
        form.refuse(refusal, spoken, at=name)
        return await _again(request, porth, actor, ref, form, now)
    public = len(done.review) if isinstance(done, Ended) else 0
    what = f"consent-{name}-public" if public else f"consent-{name}"
    return see_other(f"/consents/{quote(ref, safe='')}?done={what}&n={public}")


async def _again(request: Asked, porth: Runtime, actor: Actor, ref: str, form: Form, now: datetime) -> Response[Any]:
    async with porth.sessions.begin() as session:
        return await show(request, session, actor, ref, form, now, status=422)
