"""What is to disappear from the platforms: watched until it is gone, and asked for by whoever is asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import removing, scheduling
from approvals.actions.delivering import CANNOT_RETRACT
from approvals.errors import Invalid, Refusal
from approvals.permissions import Actor, Permission
from approvals.queries import TakedownView
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.web import forms, live
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, said, see_other

ON_A_PAGE = 25


class Takedowns(Controller):
    path = "/deliveries/takedowns"

    @get(**needs(Permission.POST_READ, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting, now: Now) -> Response[Any]:
        return await _list(request, session, actor, now, Form())

    @post("/{delivery_id:uuid}/removal", status_code=200, **needs(Permission.TAKEDOWN_APPROVE, refusals=()))
    async def removed(
        self, delivery_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        field = f"reason-{delivery_id}"
        try:
            async with porth.sessions.begin() as session:
                await scheduling.removed_by_hand(session, actor, delivery_id, form.get(field), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, at=field)
            async with porth.sessions.begin() as session:
                return await _list(request, session, actor, now, form, status=422)
        return see_other("/deliveries/takedowns?show=all&done=removed")


class Removals(Controller):
    path = "/removals"

    @get("/new", **needs(Permission.TAKEDOWN_REQUEST, refusals=()))
    async def new(self, request: Asked) -> Response[Any]:
        return page(request, "takedowns/ask.html", form=Form())

    @post("/new", status_code=200, **needs(Permission.TAKEDOWN_REQUEST, refusals=()))
    async def ask(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        """For a person who rings up or writes: whoever takes the call needs only the post's address."""
        form = await forms.read(request)
        who, reason = form.get("who"), form.get("reason").strip()
        try:
            if who not in WHO:
                raise Invalid("removal-who-needed", "/who")
            words = f"{said(spoken, f'removal.who-{who}')}. {reason}".strip()
            async with porth.sessions.begin() as session:
                _, n = await removing.ask_removal_at(session, actor, form.get("address"), words, now=now)
        except Refusal as refusal:
            return page(request, "takedowns/ask.html", status=422, form=form.refuse(refusal, spoken, field="address"))
        if actor.may(Permission.POST_READ):
            return see_other(f"/deliveries/takedowns?done=takedown&n={n}")
        return see_other(f"/removals/new?done=takedown&n={n}")


WHO = ("shown", "named", "parent", "relative", "other")
"""Who asks, without a name: it stands in the log, which outlives what is removed."""


def piece(request: Asked, found: Sequence[TakedownView], actor: Actor, form: Form, **context: Any) -> live.Piece:
    """Removals while they happen."""
    moving = any(each.retracted_at is None and not each.needs_person for each in found)
    return live.piece(
        request, "takedowns/lines.html", every=live.OFTEN if moving else live.SELDOM, takedowns=found, form=form,
        removes=actor.may(Permission.TAKEDOWN_APPROVE), refused=CANNOT_RETRACT, **context,
    )  # fmt: skip


async def _list(
    request: Asked, session: AsyncSession, actor: Actor, now: datetime, form: Form, *, status: int = 200
) -> Response[Any]:
    everything = request.query_params.get("show") == "all"
    found = await queries.takedowns(
        session, actor, now=now, only_open=not everything, after=cursor(request), limit=ON_A_PAGE + 1
    )
    shown = found[:ON_A_PAGE]
    following = next_address(request, found, ON_A_PAGE, lambda each: each.delivery)
    made = piece(request, shown, actor, form, next=following, everything=everything)
    if live.asks(request):
        return live.answer(request, made)
    return page(request, "takedowns/list.html", status=status, live=made, everything=everything, form=form)
