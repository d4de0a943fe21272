"""The quality log: read, one post's story, and whether the chain holds."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath

from approvals import quality_log, queries
from approvals.errors import NotAllowed
from approvals.permissions import Permission, Reach
from approvals.quality_log import Broken, Verifier
from approvals.queries import EntryFilter
from gateway.api import log
from gateway.api.injected import Acting, Asked, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.web.pages import page, said

READ = Permission.LOG_READ
ON_A_PAGE = 50


class Log(Controller):
    @get("/log", **needs(READ, refusals=()))
    async def show(self, request: Asked, session: Session, actor: Acting, spoken: Spoken) -> Response[Any]:
        return await _page(request, session, actor, spoken, None)

    @get("/posts/{post_id:uuid}/story", **needs(READ, refusals=()))
    async def story(
        self, post_id: FromPath[UUID], request: Asked, session: Session, actor: Acting, spoken: Spoken
    ) -> Response[Any]:
        return await _page(request, session, actor, spoken, post_id)

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


async def _page(request: Asked, session: Session, actor: Acting, spoken: Spoken, post_id: UUID | None) -> Response[Any]:
    asked = request.query_params
    before = asked.get("before", "")
    kind = asked.get("kind") or None
    found = await queries.log_entries(
        session, actor, EntryFilter(post_id, kind), limit=ON_A_PAGE + 1,
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 12 else None,  # noqa: PLR2004  # a number
    )  # fmt: skip
    shown = found[:ON_A_PAGE]
    more = {"before": shown[-1].number, **({"kind": kind} if kind else {})} if len(found) > ON_A_PAGE else None
    return page(
        request, "log/show.html", entries=[(entry, log.sentence(entry, spoken)) for entry in shown], post_id=post_id,
        next=f"{request.url.path}?{urlencode(more)}" if more else None, kind=kind,
        verifies=actor.reach(READ) is Reach.ALL,
    )  # fmt: skip
