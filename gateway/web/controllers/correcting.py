"""Correcting a published post: a draft that begins with its words, and goes the whole route."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import FromPath

from approvals import queries
from approvals.actions import drafting
from approvals.corrections import begun
from approvals.errors import Refusal
from approvals.permissions import Permission
from gateway.api.injected import Acting, Asked, Now, Porth, Spoken
from gateway.api.routing import needs
from gateway.web import forms
from gateway.web.controllers.posts import again
from gateway.web.pages import see_other


class Correcting(Controller):
    path = "/posts/{post_id:uuid}"

    @post("/correction", status_code=200, **needs(Permission.POST_EDIT, refusals=()))
    async def begin(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                found = await queries.post(session, actor, post_id)
                content = begun(found.content)
                made = await drafting.create(session, actor, found.team, content, now=now, corrects=post_id)
        except Refusal as refusal:
            return await again(request, porth, actor, post_id, now, form.refuse(refusal, spoken))
        return see_other(f"/posts/{made.id}/edit?done=correcting")
