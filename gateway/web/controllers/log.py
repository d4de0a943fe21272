"""The quality log: read, one post's story, and whether the chain holds."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from approvals import quality_log, queries
from approvals.errors import NotAllowed, Refusal
from approvals.permissions import Permission, Reach
from approvals.quality_log import Broken, Verifier
from approvals.queries import EntryFilter
from gateway import bundles
from gateway.api import log
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.stories import sentence
from gateway.web import moments
from gateway.web.forms import Form
from gateway.web.pages import page, said

READ = Permission.LOG_READ
ON_A_PAGE = 50


class Log(Controller):
    @get("/log", **needs(READ, refusals=()))
    async def show(self, request: Asked, session: Session, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        return await _page(request, session, actor, now, spoken, None)

    @get("/posts/{post_id:uuid}/story", **needs(READ, refusals=()))
    async def story(
        self, post_id: FromPath[UUID], request: Asked, session: Session, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        return await _page(request, session, actor, now, spoken, post_id)

    @post("/posts/{post_id:uuid}/bundle", status_code=200, **needs(READ, refusals=()))
    async def bundle(self, post_id: FromPath[UUID], porth: Porth, actor: Acting, now: Now) -> Response[Any]:
        return log.as_file(await bundles.bundle(porth, actor, post_id, now=now), post_id)

    @get("/log/verification", **needs(READ, refusals=()))
    async def verification(self, request: Asked, porth: Porth, actor: Acting, spoken: Spoken) -> Response[Any]:
        if actor.reach(READ) is not Reach.ALL:
            raise NotAllowed("not-your-role", permission=READ.value)
        verifier, broken = Verifier(), None
        async with porth.sessions() as session:
            try:
                async for entry in quality_log.entries(session, actor.organisation):
                    verifier.add(entry)
            except Broken as found:
                broken = said(spoken, f"log.broken.{found.reason}", {"number": found.number})
        return page(request, "log/verification.html", seen=verifier.so_far, broken=broken)


async def _page(
    request: Asked, session: Session, actor: Acting, now: Now, spoken: Spoken, post_id: UUID | None
) -> Response[Any]:
    form = Form({name: [value] for name, value in request.query_params.multi_items()})
    try:
        found = await queries.log_entries(
            session, actor, _wanted(form, post_id), before=_before(form), limit=ON_A_PAGE + 1
        )
    except Refusal as refusal:
        form.refuse(refusal, spoken)
        found = []
    shown = found[:ON_A_PAGE]
    return page(
        request, "log/show.html", entries=[(entry, sentence(entry, spoken)) for entry in shown], post_id=post_id,
        next=_next(request, form, shown[-1].number) if len(found) > ON_A_PAGE else None, form=form,
        verifies=actor.reach(READ) is Reach.ALL, topics=log.LOG_TOPICS,
        channels=await queries.channels(session, actor, now=now),
        searches=any(form.get(name) for name in form.names() if name != "before"), status=422 if form.wrong else 200,
    )  # fmt: skip


def _wanted(form: Form, post_id: UUID | None) -> EntryFilter:
    """Raises `Invalid`. The last day is searched to its end."""
    until = moments.read("until", (*_day(form, "until"), "00:00") if any(_day(form, "until")) else ("",) * 4)
    return EntryFilter(
        post_id, form.get("kind") or None, form.get("topic") or None, queries.words_of(form.get("words")),
        form.get("person").strip(), form.get("channel") or None,
        moments.read("since", (*_day(form, "since"), "00:00") if any(_day(form, "since")) else ("",) * 4),
        moments.end_of_day(until) if until else None,
    )  # fmt: skip


def _day(form: Form, name: str) -> tuple[str, str, str]:
    return form.get(f"{name}-day").strip(), form.get(f"{name}-month").strip(), form.get(f"{name}-year").strip()


def _before(form: Form) -> int | None:
    before = form.get("before")
    return int(before) if before.isascii() and before.isdecimal() and len(before) < 12 else None  # noqa: PLR2004  # a number


def _next(request: Asked, form: Form, last: int) -> str:
    kept = [(name, form.get(name)) for name in form.names() if name != "before" and form.get(name)]
    return f"{request.url.path}?{urlencode([*kept, ('before', str(last))])}"
