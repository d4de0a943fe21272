"""Preview of what each account will get, and choosing the time inside the approved window."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import evidence, queries
from approvals.actions import scheduling
from approvals.errors import Invalid, Refusal
from approvals.permissions import Actor, Permission
from approvals.queries import DeliveryView, PostView
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.posts import correction_of, render_for, view
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import drafts, forms, moments
from gateway.web.forms import Form
from gateway.web.moments import window_of
from gateway.web.pages import page, said, see_other
from gateway.web.planner import near
from gateway.web.previews import previews
from i18n.messages import Language

SetTime = Callable[[AsyncSession, Form, datetime], Awaitable[None]]
"""Gives a post the time that was typed."""

MORNING = "9:00"
"""The time that is proposed on a day chosen in the calendar."""


class Scheduling(Controller):
    path = "/posts/{post_id:uuid}"

    @get("/preview", **needs(Permission.POST_READ, refusals=()))
    async def preview(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        await render_for(porth, actor, post_id)
        async with porth.sessions.begin() as session:
            found = await queries.post(session, actor, post_id)
            context, manifest = await evidence.context(
                session, actor.organisation, found.content, porth.limits, now=now, correction=correction_of(found)
            )
            edited = await queries.edited_by(session, manifest) if found.corrects else None
        shown = previews(manifest, found.content, context.channels, edited)
        return page(request, "scheduling/preview.html", post=found, previews=shown)

    @get("/schedule", **needs(Permission.SCHEDULE, refusals=()))
    async def choose(
        self, post_id: FromPath[UUID], request: Asked, session: Session, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        found = await view(session, porth, actor, post_id, now)
        at = _first(found, now, request.query_params.get("day"))
        form = Form({name: [value] for name, value in moments.fields("at", at).items()})
        return await _choice(request, session, actor, found, form, at)

    @post("/schedule", status_code=200, **needs(Permission.SCHEDULE, refusals=()))
    async def schedule(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        async def act(session: AsyncSession, form: Form, at: datetime) -> None:
            await scheduling.schedule(session, actor, post_id, form.get("digest"), at, porth.limits, now=now)

        return await _set_time(request, porth, actor, post_id, act, "scheduled", now, spoken)

    @post("/move", status_code=200, **needs(Permission.SCHEDULE, refusals=()))
    async def move(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        async def act(session: AsyncSession, _: Form, at: datetime) -> None:
            await scheduling.move(session, actor, post_id, at, porth.limits, now=now)

        return await _set_time(request, porth, actor, post_id, act, "moved", now, spoken)

    @post("/unschedule", status_code=200, **needs(Permission.SCHEDULE, refusals=()))
    async def unschedule(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                await scheduling.cancel(session, actor, post_id, form.get("reason"), now=now)
        except Refusal as refusal:
            return await _again(request, porth, actor, post_id, form.refuse(refusal, spoken, field="reason"), now)
        return see_other(f"/posts/{post_id}?done=unscheduled")


async def _set_time(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    post_id: UUID,
    act: SetTime,
    done: str,
    now: datetime,
    spoken: Language,
) -> Response[Any]:
    """Give the post the time that was typed, or look what else goes out on that day."""
    form = await forms.read(request)
    if form.get("do") == "look":
        return await _again(request, porth, actor, post_id, form, now, status=200)
    try:
        at = now if form.get("do") == "now" else drafts.moment(form, "at")
        if at is None:
            form.say("at", said(spoken, "when-needed"))
        else:
            async with porth.sessions.begin() as session:
                await act(session, form, at)
    except Refusal as refusal:
        form.refuse(refusal, spoken, field="at")
    if form.wrong:
        return await _again(request, porth, actor, post_id, form, now)
    return see_other(f"/posts/{post_id}?done={done}")


def _first(found: PostView, now: datetime, day: str | None) -> datetime | None:
    """What the form proposes: the time that it has, else the first moment that is allowed (on the day asked for)."""
    standing = [each.publish_at for each in _standing(found)]
    window = window_of(found.content)
    if standing or window is None or window[1] <= now:
        return min(standing, default=None)
    first = max(window[0], now)
    try:
        asked = moments.on("at", day or "", MORNING)
    except Invalid:
        return first
    return min(max(first, asked), window[1])


def _standing(found: PostView) -> list[DeliveryView]:
    return [each for each in found.deliveries if each.version == found.version and each.state != "cancelled"]


async def _choice(
    request: Asked,
    session: AsyncSession,
    actor: Actor,
    found: PostView,
    form: Form,
    at: datetime | None,
    *,
    status: int = 200,
) -> Response[Any]:
    """The page, with what else goes out on that day."""
    standing = _standing(found)
    return page(
        request, "scheduling/choose.html", status=status, post=found, window=window_of(found.content), form=form,
        moves=bool(standing) and all(scheduling.can_move(each.state, each.code) for each in standing),
        near=await near(session, actor, at, found.content.channels, found.id),
    )  # fmt: skip


async def _again(
    request: Asked, porth: Runtime, actor: Actor, post_id: UUID, form: Form, now: datetime, *, status: int = 422
) -> Response[Any]:
    try:
        at = drafts.moment(form, "at")
    except Invalid:
        at = None
    async with porth.sessions.begin() as session:
        found = await view(session, porth, actor, post_id, now)
        return await _choice(request, session, actor, found, form, at, status=status)
