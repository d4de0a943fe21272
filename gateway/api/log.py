"""The quality log: read, exported, verified. Nothing here can change it."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from approvals import quality_log, queries
from approvals.errors import NotAllowed
from approvals.permissions import Actor, Permission, Reach
from approvals.quality_log import Broken, Verifier
from approvals.queries import EntryFilter, EntryView
from gateway import bundles
from gateway.api.injected import Acting, Now, Porth, Session, Spoken
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.routing import file_answer, needs
from gateway.api.times import moment
from gateway.runtime import Runtime
from gateway.stories import sentence
from i18n.messages import Language, say

LOG_TOPICS = (*queries.TOPICS, queries.HOUSEKEEPING)
ZIP = "application/zip"
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
        post_id: Annotated[UUID | None, QueryParameter(name="post")] = None,
        topic: Annotated[str | None, QueryParameter(description=f"One of {', '.join(LOG_TOPICS)}.")] = None,
        words: Annotated[str, QueryParameter(description="All of them stand in the entry or in its post.")] = "",
        person: Annotated[str, QueryParameter(description="Part of the name or address of whoever acted.")] = "",
        channel: Annotated[str | None, QueryParameter(description="The entry's post is for this channel.")] = None,
        since: Annotated[str | None, QueryParameter(description="At or after this.")] = None,
        until: Annotated[str | None, QueryParameter(description="Before this.")] = None,
    ) -> Page[Line]:
        wanted = EntryFilter(
            post_id, kind, topic, queries.words_of(words), person.strip(), channel,
            moment(since, "/since") if since else None, moment(until, "/until") if until else None,
        )  # fmt: skip
        found = await queries.log_entries(session, actor, wanted, before=before, limit=limit + 1)
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

    @post(
        "/posts/{post_id:uuid}/bundle",
        status_code=200,
        **file_answer(needs(Permission.LOG_READ, says="One post's whole story, signed, as a ZIP; logged"), ZIP),
    )
    async def bundle(self, post_id: FromPath[UUID], porth: Porth, actor: Acting, now: Now) -> Response[bytes]:
        return as_file(await bundles.bundle(porth, actor, post_id, now=now), post_id)

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


def as_file(made: bytes, post_id: UUID) -> Response[bytes]:
    return Response(
        made, media_type=ZIP, headers={"Content-Disposition": f'attachment; filename="porth-{post_id}.zip"'}
    )


def _lines(found: Sequence[EntryView], spoken: Language) -> list[Line]:
    return [Line(entry, sentence(entry, spoken)) for entry in found]


def _whole(actor: Actor) -> None:
    """A chain makes sense only whole, so only whoever may read all of it."""
    if actor.reach(Permission.LOG_READ) is not Reach.ALL:
        raise NotAllowed("not-your-role", permission=Permission.LOG_READ.value)


async def _exported(porth: Runtime, actor: Actor) -> AsyncIterator[bytes]:
    async with porth.sessions() as session:
        async for entry in quality_log.entries(session, actor.organisation):
            yield msgspec.json.encode(entry) + b"\n"
