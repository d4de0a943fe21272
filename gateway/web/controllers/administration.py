"""Where administration begins: what there is to look after, and what of it asks for somebody; service teams."""

from typing import Any

from litestar import Controller, Response, get, post

from approvals import queries
from approvals.actions import organising
from approvals.errors import Refusal
from approvals.permissions import Permission
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.web import forms
from gateway.web.forms import Form
from gateway.web.pages import page, see_other

MANAGE = Permission.PEOPLE_MANAGE


class Administration(Controller):
    path = "/administration"

    @get(**needs(MANAGE, refusals=()))
    async def show(self, request: Asked, session: Session, actor: Acting, now: Now) -> Response[Any]:
        channels = await queries.channels(session, actor, now=now)
        lists = await queries.term_lists(session, actor)
        return page(
            request, "administration/show.html", organisation=await queries.organisation(session, actor),
            stopped=[(c, a) for c in channels if not c.register.closed for a in c.accounts if a.stopped_at],
            lacking=[c for c in channels if c.lacks], waiting=sum(one.waiting for one in lists),
        )  # fmt: skip

    @get("/teams", **needs(MANAGE, refusals=()))
    async def teams(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return page(request, "administration/teams.html", teams=await queries.teams(session, actor), form=Form())

    @post("/teams", status_code=200, **needs(MANAGE, refusals=()))
    async def add_team(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                await organising.add_team(session, actor, form.get("name").strip(), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="name")
            async with porth.sessions.begin() as session:
                teams = await queries.teams(session, actor)
            return page(request, "administration/teams.html", status=422, teams=teams, form=form)
        return see_other("/administration/teams?done=team-added")
