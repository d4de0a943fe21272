"""What goes out and what became of it: the list, the week, one delivery with what a person can do, the pause."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import queries
from approvals.actions import scheduling
from approvals.content import LONDON
from approvals.errors import Blocked, Refusal
from approvals.models.deliveries import STATES
from approvals.permissions import Actor, Permission
from approvals.queries import DeliveryFilter, DeliveryView
from connectors.contract import Receipt
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import drafts, forms
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, said, see_other, sentence
from i18n.messages import Language

READ = Permission.DELIVERY_READ
ASKING = ("unconfirmed", "failed", "missed", "held")
"""Deliveries that wait for a person."""
ON_A_PAGE = 25
MOST_IN_A_WEEK = 500
CLASH = timedelta(minutes=30)
"""Two posts on one account closer together than this take each other's readers."""
Act = Callable[[AsyncSession], Awaitable[Any]]


class Deliveries(Controller):
    path = "/deliveries"

    @get(**needs(READ, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return await _list(request, session, actor, Form())

    @get("/week", **needs(READ, refusals=()))
    async def week(self, request: Asked, session: Session, actor: Acting, now: Now) -> Response[Any]:
        monday = _monday(request.query_params.get("from"), now.astimezone(LONDON).date())
        since, until = (datetime.combine(monday + timedelta(days=n), time(), LONDON) for n in (0, 7))
        wanted = DeliveryFilter(since=since, until=until)
        found = await queries.deliveries(session, actor, wanted, limit=MOST_IN_A_WEEK)
        days = [(monday + timedelta(days=n), []) for n in range(7)]  # type: ignore[var-annotated]  # filled below
        for each in sorted(found, key=lambda each: each.publish_at):
            days[(each.publish_at.astimezone(LONDON).date() - monday).days][1].append(each)
        return page(
            request, "deliveries/week.html", days=days, clashes=clashes(found), monday=monday,
            before=monday - timedelta(days=7), after=monday + timedelta(days=7), texts=await texts(session, found),
        )  # fmt: skip

    @post("/pause", status_code=200, **needs(Permission.PAUSE, refusals=()))
    async def pause(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        stops = form.get("do") == "pause"
        try:
            async with porth.sessions.begin() as session:
                act = scheduling.pause if stops else scheduling.resume
                await act(session, actor, form.get("pause-reason"), now=now)
        except Refusal as refusal:
            form.say("pause-reason", said(spoken, refusal.code, refusal.params))
            async with porth.sessions.begin() as session:
                return await _list(request, session, actor, form, status=422)
        return see_other(f"/deliveries?done={'paused' if stops else 'resumed'}")

    @get("/{delivery_id:uuid}", **needs(READ, refusals=()))
    async def show(self, delivery_id: FromPath[UUID], request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return await _show(request, session, actor, delivery_id, Form())

    @post("/{delivery_id:uuid}/hold", status_code=200, **needs(Permission.SCHEDULE, refusals=()))
    async def hold(
        self, delivery_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await scheduling.hold(session, actor, delivery_id, form.get("reason"), now=now)

        return await _act(request, porth, actor, delivery_id, form, act, "held", spoken)

    @post("/{delivery_id:uuid}/release", status_code=200, **needs(Permission.DELIVERY_RESOLVE, refusals=()))
    async def release(
        self, delivery_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            at = drafts.moment(form, "at")
            await scheduling.release(session, actor, delivery_id, form.get("reason"), porth.limits, at=at, now=now)

        return await _act(request, porth, actor, delivery_id, form, act, "released", spoken)

    @post("/{delivery_id:uuid}/removal", status_code=200, **needs(Permission.TAKEDOWN_APPROVE, refusals=()))
    async def removed(
        self, delivery_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await scheduling.removed_by_hand(session, actor, delivery_id, form.get("reason"), now=now)

        return await _act(request, porth, actor, delivery_id, form, act, "removed", spoken)

    @post("/{delivery_id:uuid}/resolution", status_code=200, **needs(Permission.DELIVERY_RESOLVE, refusals=()))
    async def resolve(
        self, delivery_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        form = await _where_it_is_known(porth, actor, delivery_id, form)
        there = form.get("there")
        if there not in {"yes", "no"}:
            form.say("there", said(spoken, "delivery.say-whether"))
        elif there == "yes" and not (form.get("found-id").strip() and form.get("found-url").startswith("https://")):
            form.say("found-id", said(spoken, "delivery.say-where"))

        async def act(session: AsyncSession) -> None:
            at = drafts.moment(form, "at") or now
            found = Receipt(form.get("found-id").strip(), form.get("found-url").strip(), at) if there == "yes" else None
            await scheduling.resolve(session, actor, delivery_id, found, form.get("reason"), now=now)

        return await _act(request, porth, actor, delivery_id, form, act, "resolved", spoken)


async def _where_it_is_known(porth: Runtime, actor: Actor, delivery_id: UUID, form: Form) -> Form:
    """An edit is of a post whose place is known: nobody has to look that up."""
    async with porth.sessions.begin() as session:
        edits = (await queries.delivery(session, actor, delivery_id)).edits
    return form if edits is None else form.with_(**{"found-id": edits.platform_id, "found-url": edits.url})


def clashes(found: list[DeliveryView]) -> frozenset[UUID]:
    """Deliveries of different posts on one account, close together."""
    clashing: set[UUID] = set()
    standing = sorted((d for d in found if d.state != "cancelled"), key=lambda d: (d.channel, d.account, d.publish_at))
    for one, other in pairwise(standing):
        together = (one.channel, one.account) == (other.channel, other.account)
        if together and one.post != other.post and other.publish_at - one.publish_at < CLASH:
            clashing |= {one.id, other.id}
    return frozenset(clashing)


def _monday(given: str | None, today: date) -> date:
    try:
        chosen = date.fromisoformat(given or "")
    except ValueError:
        chosen = today
    return chosen - timedelta(days=chosen.weekday())


async def _list(request: Asked, session: AsyncSession, actor: Actor, form: Form, *, status: int = 200) -> Response[Any]:
    show = request.query_params.get("show", "")
    states = ASKING if show == "asking" else (show,) if show in STATES else ()
    found = await queries.deliveries(
        session, actor, DeliveryFilter(states=states), after=cursor(request), limit=ON_A_PAGE + 1
    )
    return page(
        request, "deliveries/list.html", status=status, deliveries=found[:ON_A_PAGE], show=show, states=STATES,
        next=next_address(request, found, ON_A_PAGE), organisation=await queries.organisation(session, actor),
        pauses=actor.may(Permission.PAUSE), form=form, texts=await texts(session, found),
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
    request: Asked, session: AsyncSession, actor: Actor, delivery_id: UUID, form: Form, *, status: int = 200
) -> Response[Any]:
    found = await queries.delivery(session, actor, delivery_id)
    return page(
        request, "deliveries/show.html", status=status, delivery=found, form=form,
        content=await queries.content_of(session, actor, found.post, found.version),
        holds=found.state == "due" and actor.may(Permission.SCHEDULE),
        releases=found.state in {"held", "missed", "failed"} and actor.may(Permission.DELIVERY_RESOLVE),
        removes=found.state == "published" and found.takedown_at is not None and actor.may(Permission.TAKEDOWN_APPROVE),
        resolves=found.state == "unconfirmed" and actor.may(Permission.DELIVERY_RESOLVE),
    )  # fmt: skip


async def _act(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    delivery_id: UUID,
    form: Form,
    act: Act,
    done: str,
    spoken: Language,
) -> Response[Any]:
    if not form.wrong:
        try:
            async with porth.sessions.begin() as session:
                await act(session)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="reason")
            for finding in refusal.findings if isinstance(refusal, Blocked) else ():
                form.say("", sentence(finding, spoken))
    if not form.wrong:
        return see_other(f"/deliveries/{delivery_id}?done={done}")
    async with porth.sessions.begin() as session:
        return await _show(request, session, actor, delivery_id, form, status=422)
