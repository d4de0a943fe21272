"""Asking for a consent: a reference and its letter first, then what was signed."""

from typing import Any, get_args
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import requesting
from approvals.consent import Category, Covered
from approvals.errors import NotFound, Refusal
from approvals.permissions import Actor, Permission
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.web import choices, consent_forms, forms
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, see_other

REQUEST = Permission.CONSENT_REQUEST
ON_A_PAGE = 25


class ConsentRequests(Controller):
    path = "/consent-requests"

    @get(**needs(REQUEST, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        found = await queries.consent_requests(session, actor, after=cursor(request), limit=ON_A_PAGE + 1)
        return page(
            request, "consent_requests/list.html", requests=found[:ON_A_PAGE],
            next=next_address(request, found, ON_A_PAGE),
        )  # fmt: skip

    @get("/new", **needs(REQUEST, refusals=()))
    async def new(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        """Blank, or as the post `?post=` needs it, or the consent `?renew=` once more."""
        form = await _prefilled(request, session, actor)
        return await _form(request, session, actor, form)

    @post("/new", status_code=200, **needs(REQUEST, refusals=()))
    async def ask(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        asked = consent_forms.asked(form, spoken)
        if asked is not None:
            try:
                async with porth.sessions.begin() as session:
                    ref = (await requesting.request(session, actor, asked, now=now)).ref
            except Refusal as refusal:
                form.refuse(refusal, spoken)
            else:
                return see_other(f"/consent-requests/{ref}?done=consent-asked")
        async with porth.sessions.begin() as session:
            return await _form(request, session, actor, form, status=422)

    @get("/{ref:str}", **needs(REQUEST, refusals=()))
    async def show(self, ref: FromPath[str], request: Asked, session: Session, actor: Acting) -> Response[Any]:
        found = await queries.consent_request(session, actor, ref)
        return page(request, "consent_requests/show.html", found=found)


async def _prefilled(request: Asked, session: AsyncSession, actor: Actor) -> Form:
    post_id, renew = request.query_params.get("post"), request.query_params.get("renew")
    try:
        if post_id:
            return consent_forms.of_content(await queries.content_of(session, actor, UUID(post_id)))
        if renew:
            return consent_forms.of_consent((await queries.consent(session, actor, renew)).consent)
    except ValueError:
        raise NotFound("no-such-post") from None
    return Form({"covers": ["image"]})


async def _form(request: Asked, session: AsyncSession, actor: Actor, form: Form, *, status: int = 200) -> Response[Any]:
    return page(
        request, "consent_requests/new.html", status=status, form=form, kinds=get_args(Covered),
        channels=await choices.channels(session, actor), categories=get_args(Category),
    )  # fmt: skip
