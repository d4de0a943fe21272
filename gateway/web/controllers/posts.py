"""The list of posts, and one post with everything that was said and done about it."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath

from approvals import queries
from approvals.actions import drafting, scheduling
from approvals.content import Content
from approvals.errors import NotFound, Refusal
from approvals.permissions import SIGNS, Permission
from approvals.queries import PostFilter
from approvals.status import Status
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.posts import view
from gateway.api.routing import needs
from gateway.web import forms
from gateway.web.controllers.deliveries import piece_of
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.moments import window_of
from gateway.web.pages import language, page, see_other
from gateway.web.quotes import quotes
from i18n.messages import Language

READ = Permission.POST_READ
STATUSES: tuple[str, ...] = get_args(Status)
ON_A_PAGE = 20


class Posts(Controller):
    path = "/posts"

    @get(**needs(READ, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        asked = request.query_params
        status: Any = asked.get("status") if asked.get("status") in STATUSES else None
        wanted = PostFilter(status=status, channel=asked.get("channel") or None, mine=asked.get("mine") == "yes")
        found = await queries.posts(session, actor, wanted, after=cursor(request), limit=ON_A_PAGE + 1)
        return page(
            request, "posts/list.html", posts=found[:ON_A_PAGE], wanted=wanted, statuses=STATUSES,
            next=next_address(request, found, ON_A_PAGE), writes=actor.may(Permission.POST_EDIT),
        )  # fmt: skip

    @get("/{post_id:uuid}", **needs(READ, refusals=()))
    async def show(
        self, post_id: FromPath[UUID], request: Asked, session: Session, porth: Porth, actor: Acting, now: Now,
        spoken: Spoken,
    ) -> Response[Any]:  # fmt: skip
        context = await shown(session, porth, actor, post_id, now)
        return page(request, "posts/show.html", **context, **_live(request, context, now, spoken), form=Form())

    @post("/{post_id:uuid}/comments", status_code=200, **needs(READ, refusals=()))
    async def comment(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                await drafting.comment(session, actor, post_id, form.get("words"), now=now)
        except Refusal as refusal:
            return await again(request, porth, actor, post_id, now, form.refuse(refusal, spoken, field="words"))
        return see_other(f"/posts/{post_id}?done=commented")

    @post("/{post_id:uuid}/withdrawal", status_code=200, **needs(Permission.POST_WITHDRAW, refusals=()))
    async def withdraw(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                await drafting.withdraw(session, actor, post_id, form.get("reason"), now=now)
        except Refusal as refusal:
            return await again(request, porth, actor, post_id, now, form.refuse(refusal, spoken, field="reason"))
        return see_other(f"/posts/{post_id}?done=withdrawn")

    @post("/{post_id:uuid}/takedown", status_code=200, **needs(Permission.TAKEDOWN_APPROVE, refusals=()))
    async def take_down(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                n = await scheduling.take_down(session, actor, post_id, form.get("takedown-reason"), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, at="takedown-reason")
            return await again(request, porth, actor, post_id, now, form)
        return see_other(f"/posts/{post_id}?done=takedown&n={n}")

    @post("/{post_id:uuid}/removal-request", status_code=200, **needs(Permission.TAKEDOWN_REQUEST, refusals=()))
    async def ask_removal(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                n = await scheduling.ask_removal(session, actor, post_id, form.get("removal-reason"), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, at="removal-reason")
            return await again(request, porth, actor, post_id, now, form)
        return see_other(f"/posts/{post_id}?done=takedown&n={n}")

    @post("/{post_id:uuid}/suggestions", status_code=200, **needs(READ, refusals=()))
    async def suggest(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """A wording for one language, which the author can take with one press without its writer becoming one."""
        form = await forms.read(request)
        language = "en" if form.get("suggestion-language") == "en" else "cy"
        try:
            async with porth.sessions.begin() as session:
                where = {"pointer": f"/text/{language}"}
                await drafting.comment(
                    session, actor, post_id, form.get("suggestion"), kind="suggestion", where=where, now=now
                )
        except Refusal as refusal:
            return await again(request, porth, actor, post_id, now, form.refuse(refusal, spoken, field="suggestion"))
        return see_other(f"/posts/{post_id}?done=suggested")

    @post(
        "/{post_id:uuid}/suggestions/{comment_id:uuid}/take",
        status_code=200,
        **needs(Permission.POST_EDIT, refusals=()),
    )
    async def take(
        self, post_id: FromPath[UUID], comment_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting,
        now: Now, spoken: Spoken,
    ) -> Response[Any]:  # fmt: skip
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                found = await queries.post(session, actor, post_id)
                suggestion = next((each for each in found.comments if each.id == comment_id), None)
                if suggestion is None or suggestion.kind != "suggestion" or not suggestion.where:
                    raise NotFound("no-such-page")
                seen = int(form.get("seen")) if form.get("seen").isdecimal() else 0
                content = with_wording(found.content, suggestion.where["pointer"], suggestion.words)
                await drafting.save(session, actor, post_id, content, seen=seen, now=now)
        except Refusal as refusal:
            return await again(request, porth, actor, post_id, now, form.refuse(refusal, spoken))
        return see_other(f"/posts/{post_id}?done=saved")


def with_wording(content: Content, pointer: str, words: str) -> Content:
    """The content with one language's text in other words."""
    language = pointer.rsplit("/", 1)[-1]
    return msgspec.structs.replace(content, text=msgspec.structs.replace(content.text, **{language: words}))


async def shown(session: Any, porth: Any, actor: Any, post_id: UUID, now: Any) -> dict[str, Any]:
    """What the page of one post needs: the post, and what this person may do with it now."""
    found = await view(session, porth, actor, post_id, now)
    own = found.team in actor.teams or found.author.id == actor.person
    next_step = found.outstanding[0].step if found.outstanding else None
    public = any(d.state in {"published", "sending", "unconfirmed"} for d in found.deliveries)
    standing = any(d.state == "published" and d.takedown_at is None for d in found.deliveries)
    return {
        "post": found,
        "window": window_of(found.content),
        "quotes": await quotes(session, actor, found),
        "decisions": {decision.finding: decision for decision in found.decisions},
        "edits": _reaches(actor, Permission.POST_EDIT, own=own)
        and found.state in {"draft", "translating", "in_review"}
        and not public,
        "reviews": next_step is not None and actor.may(SIGNS[next_step]),
        "schedules": found.status == "approved" and actor.may(Permission.SCHEDULE),
        "moves": found.status in {"scheduled", "on-hold", "missed"} and actor.may(Permission.SCHEDULE),
        "translates": found.state == "translating" and _reaches(actor, Permission.POST_TRANSLATE, own=own),
        "withdraws": _reaches(actor, Permission.POST_WITHDRAW, own=own)
        and found.state in {"draft", "translating", "in_review"}
        and not public,
        "reads_log": _reaches(actor, Permission.LOG_READ, own=own),
        "corrects": standing
        and not any(correction.public for correction in found.corrections)
        and _reaches(actor, Permission.POST_EDIT, own=own),
        "takes_down": public and actor.may(Permission.TAKEDOWN_APPROVE),
        "asks_removal": public and not actor.may(Permission.TAKEDOWN_APPROVE),
        "suggests": found.author.id != actor.person and any(actor.may(permission) for permission in SIGNS.values()),
    }


def _reaches(actor: Any, permission: Permission, *, own: bool) -> bool:
    reach = actor.reach(permission)
    return reach is not None and (own or reach.name == "ALL")


async def again(request: Asked, porth: Any, actor: Any, post_id: UUID, now: Any, form: Form) -> Response[Any]:
    """The same page with what was typed and what was wrong."""
    async with porth.sessions.begin() as session:
        context = await shown(session, porth, actor, post_id, now)
    live = _live(request, context, now, language(request))
    return page(request, "posts/show.html", status=422, form=form, **context, **live)


def _live(request: Asked, context: dict[str, Any], now: datetime, spoken: Language) -> dict[str, Any]:
    found = context["post"]
    return {"live": piece_of(request, found.id, found.deliveries, now, spoken) if found.deliveries else None}
