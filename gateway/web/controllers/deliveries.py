"""What goes out and what became of it: the list, one delivery with what a person can do, the pause."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import queries
from approvals.actions import scheduling
from approvals.errors import NotFound, Refusal
from approvals.models.deliveries import STATES
from approvals.permissions import Actor, Permission
from approvals.queries import DeliveryFilter, DeliveryView
from connectors.contract import Receipt
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import drafts, forms, live, reasons
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, rendered, said, see_other
from i18n.messages import Language

READ = Permission.DELIVERY_READ
ASKING = ("unconfirmed", "failed", "missed", "held")
"""Deliveries that wait for a person."""
ON_A_PAGE = 25
MOST_OF_A_POST = 100
Act = Callable[[AsyncSession], Awaitable[Any]]


class Deliveries(Controller):
    path = "/deliveries"

    @get(**needs(READ, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        return await _list(request, session, actor, Form(), now, spoken)

    @get("/of/{post_id:uuid}", **needs(READ, refusals=()))
    async def of_post(
        self, post_id: FromPath[UUID], request: Asked, session: Session, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """For the page of the post, which asks for news of its deliveries."""
        found = await queries.deliveries(session, actor, DeliveryFilter(post=post_id), limit=MOST_OF_A_POST)
        if not live.asks(request):
            return see_other(f"/posts/{post_id}")
        return live.answer(request, piece_of(request, post_id, found[::-1], now, spoken))

    @post("/pause", status_code=200, **needs(Permission.PAUSE, refusals=()))
    async def pause(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        stops = form.get("do") == "pause"
        try:
            async with porth.sessions.begin() as session:
                act = scheduling.pause if stops else scheduling.resume
                await act(session, actor, form.get("pause-reason"), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, at="pause-reason")
            async with porth.sessions.begin() as session:
                return await _list(request, session, actor, form, now, spoken, status=422)
        return see_other(f"/deliveries?done={'paused' if stops else 'resumed'}")

    @get("/{delivery_id:uuid}", **needs(READ, refusals=()))
    async def show(
        self, delivery_id: FromPath[UUID], request: Asked, session: Session, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        return await _show(request, session, actor, delivery_id, Form(), now, spoken)

    @post("/{delivery_id:uuid}/hold", status_code=200, **needs(Permission.SCHEDULE, refusals=()))
    async def hold(
        self, delivery_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await scheduling.hold(session, actor, delivery_id, form.get("reason"), now=now)

        return await _act(request, porth, actor, delivery_id, form, act, "held", now, spoken)

    @post("/{delivery_id:uuid}/release", status_code=200, **needs(Permission.DELIVERY_RESOLVE, refusals=()))
    async def release(
        self, delivery_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            at = drafts.moment(form, "at")
            await scheduling.release(session, actor, delivery_id, form.get("reason"), porth.limits, at=at, now=now)

        return await _act(request, porth, actor, delivery_id, form, act, "released", now, spoken)

    @post("/{delivery_id:uuid}/removal", status_code=200, **needs(Permission.TAKEDOWN_APPROVE, refusals=()))
    async def removed(
        self, delivery_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await scheduling.removed_by_hand(session, actor, delivery_id, form.get("reason"), now=now)

        return await _act(request, porth, actor, delivery_id, form, act, "removed", now, spoken)

    @post("/{delivery_id:uuid}/resolution", status_code=200, **needs(Permission.DELIVERY_RESOLVE, refusals=()))
    async def resolve(
        self, delivery_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        form = await _where_it_is_known(porth, actor, delivery_id, form)
        there = form.get("there")
        if there not in {"yes", "seen", "no", "again"}:
            form.say("there", said(spoken, "delivery.say-whether"))
        elif there == "yes" and not (form.get("found-id").strip() and form.get("found-url").startswith("https://")):
            form.say("found-id", said(spoken, "delivery.say-where"))

        async def act(session: AsyncSession) -> None:
            found = await _found(session, actor, delivery_id, form, now)
            reason = form.get("reason")
            await scheduling.resolve(session, actor, delivery_id, found, reason, now=now)
            if there == "again":
                await session.flush()
                await scheduling.release(session, actor, delivery_id, reason, porth.limits, at=now, now=now)

        done = "released" if there == "again" else "resolved"
        return await _act(request, porth, actor, delivery_id, form, act, done, now, spoken)


async def _found(session: AsyncSession, actor: Actor, delivery_id: UUID, form: Form, now: datetime) -> Receipt | None:
    """The post that the person says it is: one that Porth saw, or one that they found; `None`: it is not there."""
    match form.get("there"):
        case "yes":
            at = drafts.moment(form, "at") or now
            return Receipt(form.get("found-id").strip(), form.get("found-url").strip(), at)
        case "seen":
            seen = (await queries.delivery(session, actor, delivery_id)).seen
            chosen = next((each for each in seen if each["id"] == form.get("seen-id")), None)
            if chosen is None:
                raise NotFound("no-such-page")
            return msgspec.convert(chosen, Receipt)
        case _:
            return None


async def _where_it_is_known(porth: Runtime, actor: Actor, delivery_id: UUID, form: Form) -> Form:
    """An edit is of a post whose place is known: nobody has to look that up."""
    async with porth.sessions.begin() as session:
        edits = (await queries.delivery(session, actor, delivery_id)).edits
    return form if edits is None else form.with_(**{"found-id": edits.platform_id, "found-url": edits.url})


async def _list(
    request: Asked,
    session: AsyncSession,
    actor: Actor,
    form: Form,
    now: datetime,
    spoken: Language,
    *,
    status: int = 200,
) -> Response[Any]:
    show = request.query_params.get("show", "")
    states = ASKING if show == "asking" else (show,) if show in STATES else ()
    found = await queries.deliveries(
        session, actor, DeliveryFilter(states=states), after=cursor(request), limit=ON_A_PAGE + 1
    )
    shown = found[:ON_A_PAGE]
    piece = live.piece(
        request, "deliveries/lines.html", every=live.pace(shown, now), deliveries=shown, show=show,
        next=next_address(request, found, ON_A_PAGE), texts=await texts(session, found),
        why=reasons.reasons(shown, spoken),
    )  # fmt: skip
    if live.asks(request):
        return live.answer(request, piece)
    return page(
        request, "deliveries/list.html", status=status, live=piece, show=show, states=STATES, form=form,
        organisation=await queries.organisation(session, actor), pauses=actor.may(Permission.PAUSE),
    )  # fmt: skip


def piece_of(request: Asked, post: UUID, found: Sequence[DeliveryView], now: datetime, spoken: Language) -> live.Piece:
    """What became of one post, on its page."""
    return live.piece(
        request, "posts/deliveries.html", every=live.pace(found, now), path=f"/deliveries/of/{post}",
        deliveries=found, why=reasons.reasons(found, spoken),
    )  # fmt: skip


async def texts(session: AsyncSession, found: list[DeliveryView]) -> dict[tuple[UUID, int], dict[str, str]]:
    """The words of each delivery's version, by post and version."""
    wanted = {(each.post, each.version) for each in found}
    rows = await session.execute(
        select(m.Version.post_id, m.Version.number, m.Version.content["text"]).where(
            tuple_(m.Version.post_id, m.Version.number).in_(wanted)
        )
    )
    return {(post, number): words or {} for post, number, words in rows}


async def _show(
    request: Asked,
    session: AsyncSession,
    actor: Actor,
    delivery_id: UUID,
    form: Form,
    now: datetime,
    spoken: Language,
    *,
    status: int = 200,
) -> Response[Any]:
    found = await queries.delivery(session, actor, delivery_id)
    context = {
        "delivery": found, "form": form, "why": reasons.reason(found, spoken), "asks": found.state in ASKING,
        **await _halves(session, actor, found), **_may(actor, found),
    }  # fmt: skip
    piece = live.piece(request, "deliveries/status.html", every=live.pace([found], now), **context)
    if live.asks(request):
        return live.answer(request, piece, rendered(request, "deliveries/acts.html", swapped=True, **context))
    content = await queries.content_of(session, actor, found.post, found.version)
    return page(request, "deliveries/show.html", status=status, live=piece, content=content, **context)


async def _halves(session: AsyncSession, actor: Actor, found: DeliveryView) -> dict[str, Any]:
    """The other half of a pair, and whether this one keeps it alone in public (WEL-03)."""
    others = await queries.deliveries_of(session, found.post)
    first = next((each for each in others if each.id == found.follows), None)
    second = next((each for each in others if each.follows == found.id), None)
    alone = first is not None and first.state == "published" and found.state in {"failed", "held", "missed"}
    return {
        "first": first, "second": second, "alone": alone and first is not None and first.takedown_at is None,
        "takes_down": alone and actor.may(Permission.TAKEDOWN_APPROVE),
    }  # fmt: skip


def _may(actor: Actor, found: DeliveryView) -> dict[str, bool]:
    """What this person may do with it now."""
    leaving = found.state == "published" and found.takedown_at is not None
    return {
        "holds": found.state == "due" and actor.may(Permission.SCHEDULE),
        "releases": found.state in {"held", "missed", "failed"} and actor.may(Permission.DELIVERY_RESOLVE),
        "removes": leaving and actor.may(Permission.TAKEDOWN_APPROVE),
        "resolves": found.state == "unconfirmed" and actor.may(Permission.DELIVERY_RESOLVE),
    }


async def _act(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    delivery_id: UUID,
    form: Form,
    act: Act,
    done: str,
    now: datetime,
    spoken: Language,
) -> Response[Any]:
    if not form.wrong:
        try:
            async with porth.sessions.begin() as session:
                await act(session)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="reason")
    if not form.wrong:
        return see_other(f"/deliveries/{delivery_id}?done={done}")
    async with porth.sessions.begin() as session:
        return await _show(request, session, actor, delivery_id, form, now, spoken, status=422)
