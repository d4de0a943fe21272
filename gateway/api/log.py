"""The quality log: read, exported, verified. Nothing here can change it."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from approvals import quality_log, queries
from approvals.errors import NotAllowed
from approvals.permissions import Actor, Permission, Reach
from approvals.quality_log import Broken, Verifier
from approvals.queries import EntryFilter, EntryView
from gateway.api.injected import Acting, Porth, Session, Spoken
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.routing import file_answer, needs
from gateway.runtime import Runtime
from i18n.messages import Language, known, say

JSON_LINES = "application/jsonl"


class Line(Struct, frozen=True):
    """An entry with its sentence."""

    entry: EntryView
    sentence: str


class Verification(Struct, frozen=True):
    whole: bool
    entries: int
    """Entries that hold, from the first."""
    erased: int
    head: str
    broken_at: int | None = None
    reason: str | None = None
    sentence: str | None = None


class Log(Controller):
    tags: Sequence[str] = ("Quality log",)

    @get("/log", **needs(Permission.LOG_READ, says="Read the log, the newest entry first"))
    async def browse(
        self,
        session: Session,
        actor: Acting,
        spoken: Spoken,
        limit: Limit = FEW,
        before: Annotated[int | None, QueryParameter(ge=1, description="Entries with smaller numbers.")] = None,
        kind: FromQuery[str | None] = None,
        post: FromQuery[UUID | None] = None,
    ) -> Page[Line]:
        found = await queries.log_entries(session, actor, EntryFilter(post, kind), before=before, limit=limit + 1)
        return page(_lines(found, spoken), limit, lambda line: line.entry.number)

    @get("/posts/{post_id:uuid}/log", **needs(Permission.LOG_READ, says="What the log says of one post"))
    async def story(
        self,
        post_id: FromPath[UUID],
        session: Session,
        actor: Acting,
        spoken: Spoken,
        limit: Limit = FEW,
        before: Annotated[int | None, QueryParameter(ge=1)] = None,
    ) -> Page[Line]:
        found = await queries.log_entries(session, actor, EntryFilter(post_id), before=before, limit=limit + 1)
        return page(_lines(found, spoken), limit, lambda line: line.entry.number)

    @get(
        "/log/export",
        **file_answer(needs(Permission.LOG_READ, says="The log as JSON lines, for `porth log verify`"), JSON_LINES),
    )
    async def export(self, porth: Porth, actor: Acting) -> Stream:
        _whole(actor)
        headers = {"Content-Disposition": 'attachment; filename="porth-log.jsonl"'}
        return Stream(_exported(porth, actor), media_type=JSON_LINES, headers=headers)

    @get("/log/verification", **needs(Permission.LOG_READ, says="Walk the whole chain, and say whether it holds"))
    async def verification(self, porth: Porth, actor: Acting, spoken: Spoken) -> Verification:
        _whole(actor)
        verifier = Verifier()
        async with porth.sessions() as session:
            try:
                async for entry in quality_log.entries(session, actor.organisation):
                    verifier.add(entry)
            except Broken as broken:
                seen = verifier.so_far
                sentence = say(spoken, f"log.broken.{broken.reason}", {"number": broken.number})
                return Verification(False, seen.entries, seen.erased, seen.head, broken.number, broken.reason, sentence)
        return Verification(True, *msgspec.structs.astuple(verifier.so_far))


def _lines(found: Sequence[EntryView], spoken: Language) -> list[Line]:
    return [Line(entry, sentence(entry, spoken)) for entry in found]


def sentence(entry: EntryView, spoken: Language) -> str:
    """What happened, in words. A kind of entry that is newer than the catalog is named by itself."""
    key = f"log.{entry.kind.removeprefix('delivery-')}"
    payload = entry.payload or {}
    params = {
        **payload, **payload.get("receipt", {}), "who": entry.actor.name if entry.actor else "Porth",
        "why": payload.get("reason") or payload.get("code"),
    }  # fmt: skip
    return say(spoken, key, params) if known(spoken, key) else entry.kind


def _whole(actor: Actor) -> None:
    """A chain makes sense only whole, so only whoever may read all of it."""
    if actor.reach(Permission.LOG_READ) is not Reach.ALL:
        raise NotAllowed("not-your-role", permission=Permission.LOG_READ.value)


async def _exported(porth: Runtime, actor: Actor) -> AsyncIterator[bytes]:
    async with porth.sessions() as session:
        async for entry in quality_log.entries(session, actor.organisation):
            yield msgspec.json.encode(entry) + b"\n"
