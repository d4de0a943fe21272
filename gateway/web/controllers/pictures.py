"""Adding pictures to a post, and saying who is in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import queries
from approvals.actions import drafting, picturing
from approvals.content import Content, Media
from approvals.errors import NotFound, Refusal
from approvals.permissions import Actor, Permission, Reach
from approvals.queries import ConsentView, PostView
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.media import MOST
from gateway.api.routing import needs
from gateway.api.uploads import FORM, receive
from gateway.media.errors import PictureRefused
from gateway.runtime import Runtime
from gateway.web import forms, people_forms, pictures
from gateway.web.controllers.consents import MOST_CHOICES, day
from gateway.web.forms import Form
from gateway.web.pages import page, said, see_other
from i18n.messages import Language

EDIT = Permission.POST_EDIT


class Pictures(Controller):
    path = "/posts/{post_id:uuid}/pictures"

    @get(**needs(EDIT, refusals=()))
    async def choose(self, post_id: FromPath[UUID], request: Asked, session: Session, actor: Acting) -> Response[Any]:
        found = await queries.post(session, actor, post_id)
        return page(request, "pictures/add.html", post=found, form=Form())

    @post(status_code=200, request_max_body_size=MOST + FORM, **needs(EDIT, refusals=(), streamed=True))
    async def add(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = Form()
        async with porth.sessions.begin() as session:
            found = await queries.post(session, actor, post_id)
        try:
            sent = await receive(request, porth.decoder.limits.bytes)
            made = await pictures.take_in(porth, actor, found.team, sent.file, now=now)
            number = await _append(porth, actor, post_id, made, now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="file")
        except PictureRefused as refused:
            form.say("file", said(spoken, refused.code, refused.params))
        except HTTPException as error:
            form.say("file", said(spoken, "body-too-large" if error.status_code == 413 else "upload-broken"))  # noqa: PLR2004  # HTTP
        if form.wrong:
            return page(request, "pictures/add.html", status=422, post=found, form=form)
        return see_other(f"/posts/{post_id}/pictures/{number}/people?done=picture-added")

    @get("/{number:int}/people", **needs(EDIT, refusals=()))
    async def people(
        self, post_id: FromPath[UUID], number: FromPath[int], request: Asked, session: Session, actor: Acting
    ) -> Response[Any]:
        found = await queries.post(session, actor, post_id)
        media, item = await _picture(session, actor, found.content, number)
        form = people_forms.form_of(media, people_forms.entries(media, _proposed(item)), seen=found.version)
        return _people(request, actor, found, number, (media, item), form)

    @post("/{number:int}/people", status_code=200, **needs(EDIT, refusals=()))
    async def answer(
        self, post_id: FromPath[UUID], number: FromPath[int], request: Asked, porth: Porth, actor: Acting, now: Now,
        spoken: Spoken,
    ) -> Response[Any]:  # fmt: skip
        form = await forms.read(request)
        if form.has("find") or form.has("pick"):
            return await _look(request, porth, actor, post_id, number, form, now)
        try:
            await _answered(porth, actor, post_id, number, form, now, spoken)
        except Refusal as refusal:
            form.refuse(refusal, spoken)
        except PictureRefused as refused:
            form.say("", said(spoken, refused.code, refused.params))
        if not form.wrong:
            return see_other(f"/posts/{post_id}/pictures/{number}/people?done=people-saved")
        async with porth.sessions.begin() as session:
            found = await queries.post(session, actor, post_id)
            media, item = await _picture(session, actor, found.content, number)
        return _people(request, actor, found, number, (media, item), form, status=422)


async def _look(
    request: Asked, porth: Runtime, actor: Actor, post_id: UUID, number: int, form: Form, now: datetime
) -> Response[Any]:
    """The page as it was typed, with the consents that were looked for, or the one that was chosen filled in.

    With JavaScript the same search answers while one types (`Consents.choices`).
    """
    form, at = people_forms.picked(form)
    async with porth.sessions.begin() as session:
        found = await queries.post(session, actor, post_id)
        media, item = await _picture(session, actor, found.content, number)
        sought = form.get(f"person-{at}-consent") if form.has("find") else ""
        consents = await queries.consents_found(session, actor, sought, limit=MOST_CHOICES, on=day(now))
    listed = {at: consents} if form.has("find") else {}
    return _people(request, actor, found, number, (media, item), form, consents=listed)


def _people(
    request: Asked,
    actor: Actor,
    found: PostView,
    number: int,
    picture: tuple[Media, m.MediaItem],
    form: Form,
    *,
    consents: Mapping[int, Sequence[ConsentView]] | None = None,
    status: int = 200,
) -> Response[Any]:
    media, item = picture
    return page(
        request, "pictures/people.html", status=status, post=found, number=number, item=item, form=form,
        entries=people_forms.entries(media, _proposed(item)), found=consents or {},
        by_name=actor.reach(Permission.CONSENT_EVIDENCE) is Reach.ALL,
    )  # fmt: skip


async def _append(porth: Runtime, actor: Actor, post_id: UUID, upload: UUID, now: datetime) -> int:
    """Put the picture at the end of the post's newest version; its place there."""
    async with porth.sessions.begin() as session:
        found = await queries.post(session, actor, post_id)
        media = (*found.content.media, Media(upload=str(upload)))
        content = msgspec.structs.replace(found.content, media=media)
        await drafting.save(session, actor, post_id, content, seen=found.version, now=now)
    return len(media) - 1


async def _answered(
    porth: Runtime, actor: Actor, post_id: UUID, number: int, form: Form, now: datetime, spoken: Language
) -> None:
    """Hide what is to be hidden, and save the answers with the picture that results."""
    async with porth.sessions.begin() as session:
        found = await queries.post(session, actor, post_id)
        media, item = await _picture(session, actor, found.content, number)
    media = people_forms.read(form, media, spoken)
    if form.wrong:
        return
    made = await pictures.hide(porth, actor, item.id, people_forms.hidden(media.people or ()), now=now)
    media = msgspec.structs.replace(media, upload=str(made))
    pieces = tuple(media if i == number else other for i, other in enumerate(found.content.media))
    content = msgspec.structs.replace(found.content, media=pieces)
    seen = int(form.get("seen")) if form.get("seen").isdecimal() else 0
    async with porth.sessions.begin() as session:
        await drafting.save(session, actor, post_id, content, seen=seen, now=now)


async def _picture(session: AsyncSession, actor: Actor, content: Content, number: int) -> tuple[Media, m.MediaItem]:
    if number >= len(content.media):
        raise NotFound("no-such-picture")
    media = content.media[number]
    try:
        upload = UUID(media.upload or "")
    except ValueError:
        raise NotFound("no-such-picture") from None
    return media, await picturing.item(session, actor, Permission.MEDIA_READ, upload)


def _proposed(item: m.MediaItem) -> list[tuple[float, float, float, float]]:
    return [tuple(region["box"]) for region in item.regions or ()]
