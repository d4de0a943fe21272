"""Channels: the list with the state of each account, a new channel step by step, and one channel with its register."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import organising, registering
from approvals.content import LONDON
from approvals.errors import Invalid, Refusal
from approvals.permissions import Actor, Permission
from approvals.register import Entry
from connectors.registry import PLATFORMS
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import forms, moments
from gateway.web.forms import Form, uuids
from gateway.web.pages import page, see_other
from i18n.messages import Language

MANAGE = Permission.CHANNEL_MANAGE
HERE = "/administration/channels"
LONGEST_NAME = 63
Act = Callable[[AsyncSession], Awaitable[Any]]


class Channels(Controller):
    path = HERE

    @get(**needs(MANAGE, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting, now: Now) -> Response[Any]:
        found = await queries.channels(session, actor, now=now)
        return page(request, "channels/list.html", channels=found, now=now)

    @get("/new", **needs(MANAGE, refusals=()))
    async def start(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        """The platform, then the languages, then the register: each step a page, which what was chosen leads to."""
        form = Form({name: [request.query_params.get(name, "")] for name in ("platform", "model")})
        return await _step(request, session, actor, form)

    @post("/new", status_code=200, **needs(MANAGE, refusals=()))
    async def register(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        try:
            if form.get("platform") not in PLATFORMS:
                raise Invalid("no-such-platform", "/platform", platforms=", ".join(PLATFORMS))
            name = form.get("name").strip()
            if len(name) > LONGEST_NAME:
                raise Invalid("too-long", "/name", length=len(name), most=LONGEST_NAME)
            async with porth.sessions.begin() as session:
                made = await organising.register_channel(
                    session, actor, name, form.get("platform"), form.get("model"), register=entry_in(form), now=now
                )
        except Refusal as refusal:
            form.refuse(refusal, spoken, at=_field(refusal))
            async with porth.sessions.begin() as session:
                return await _step(request, session, actor, form, status=422)
        return see_other(f"{HERE}/{made.id}?done=channel-registered")

    @get("/{channel:uuid}", **needs(MANAGE, refusals=()))
    async def show(
        self, channel: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        return await show(request, porth, actor, channel, None, now=now)

    @get("/{channel:uuid}/register", **needs(MANAGE, refusals=()))
    async def edit(
        self, channel: FromPath[UUID], request: Asked, session: Session, actor: Acting, now: Now
    ) -> Response[Any]:
        found = await queries.channel(session, actor, channel, now=now)
        kept = found.register
        form = Form(
            {
                "purpose": [kept.purpose], "owner": [str(kept.owner or "")], "deputy": [str(kept.deputy or "")],
                "recovery": [kept.recovery], "administrators": [kept.administrators],
                "second_factor": ["yes"] if kept.second_factor else [],
            }
        )  # fmt: skip
        return await _register(request, session, actor, found, form)

    @post("/{channel:uuid}/register", status_code=200, **needs(MANAGE, refusals=()))
    async def set_register(
        self, channel: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                await registering.set_register(session, actor, channel, entry_in(form), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, at=_field(refusal))
            async with porth.sessions.begin() as session:
                found = await queries.channel(session, actor, channel, now=now)
                return await _register(request, session, actor, found, form, status=422)
        return see_other(f"{HERE}/{channel}?done=register-set")

    @post("/{channel:uuid}/reviews", status_code=200, **needs(MANAGE, refusals=()))
    async def review(
        self, channel: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def do(session: AsyncSession) -> None:
            await registering.record_review(session, actor, channel, _day(form), now=now)

        return await act(request, porth, actor, channel, form, do, "reviewed", "channel-reviewed", now, spoken)

    @post("/{channel:uuid}/closure", status_code=200, **needs(MANAGE, refusals=()))
    async def close(
        self, channel: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def do(session: AsyncSession) -> None:
            await registering.close_channel(session, actor, channel, form.get("close-reason"), now=now)

        return await act(request, porth, actor, channel, form, do, "close-reason", "channel-closed", now, spoken)


def entry_in(form: Form) -> Entry:
    return Entry(
        purpose=form.get("purpose").strip(),
        owner=next(iter(uuids(form.all("owner"))), None),
        deputy=next(iter(uuids(form.all("deputy"))), None),
        recovery=form.get("recovery").strip(),
        administrators=form.get("administrators").strip(),
        second_factor=form.has("second_factor"),
    )


def _day(form: Form) -> date:
    """Today, where nothing else was typed."""
    parts = (form.get("reviewed-day"), form.get("reviewed-month"), form.get("reviewed-year"), "12:00")
    found = moments.read("reviewed", parts)
    if found is None:
        raise Invalid("when-date", "/reviewed")
    return found.astimezone(LONDON).date()


def _field(refusal: Refusal) -> str:
    """The register's fields stand on the page by their own names."""
    return forms.field_of(refusal.field).removeprefix("register-") or "name"


async def _step(request: Asked, session: AsyncSession, actor: Actor, form: Form, *, status: int = 200) -> Response[Any]:
    known = form.get("platform") in PLATFORMS
    step = 1 if not known else 2 if form.get("model") not in registering.MODELS else 3
    return page(
        request, "channels/new.html", status=status, form=form, step=step, platforms=tuple(PLATFORMS),
        models=tuple(registering.MODELS), people=await queries.with_role(session, actor),
    )  # fmt: skip


async def _register(
    request: Asked,
    session: AsyncSession,
    actor: Actor,
    channel: queries.ChannelView,
    form: Form,
    *,
    status: int = 200,
) -> Response[Any]:
    people = await queries.with_role(session, actor)
    return page(request, "channels/register.html", status=status, channel=channel, form=form, people=people)


async def show(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    channel: UUID,
    form: Form | None,
    *,
    now: datetime,
    status: int = 200,
) -> Response[Any]:
    """One channel. `form`: what was typed and refused."""
    async with porth.sessions.begin() as session:
        found = await queries.channel(session, actor, channel, now=now)
    form = form or Form({name: [text] for name, text in moments.fields("reviewed", now).items()})
    return page(request, "channels/show.html", status=status, channel=found, form=form, now=now)


async def act(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    channel: UUID,
    form: Form,
    do: Act,
    field: str,
    done: str,
    now: datetime,
    spoken: Language,
) -> Response[Any]:
    """Do one thing in one transaction; if it is refused, the channel's page again with what was typed."""
    try:
        async with porth.sessions.begin() as session:
            await do(session)
    except Refusal as refusal:
        form.refuse(refusal, spoken, at=field)
        return await show(request, porth, actor, channel, form, now=now, status=422)
    return see_other(f"{HERE}/{channel}?done={done}")
