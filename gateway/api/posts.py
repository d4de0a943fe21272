"""Posts: written, translated, submitted, taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from approvals import checks, evidence, queries
from approvals import models as m
from approvals.actions import drafting
from approvals.actions.drafting import Declaration, Origins
from approvals.content import Content
from approvals.errors import NotFound
from approvals.findings import Finding
from approvals.originals import Correction
from approvals.permissions import Actor, Permission
from approvals.queries import CommentView, PostFilter, PostSummary, PostView
from approvals.status import Status
from connectors.contract import Language
from gateway.api import problems
from gateway.api.bounds import bounded
from gateway.api.idempotency import Key, Once
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.problems import FoundIn
from gateway.api.rendering import render_missing
from gateway.api.routing import needs
from gateway.api.times import moment
from gateway.runtime import Runtime

Reading = Permission.POST_READ


class NewPost(Struct, frozen=True, forbid_unknown_fields=True):
    team: UUID
    content: Content
    corrects: UUID | None = None
    """The published post that this one corrects in public: it must be public, and not corrected already."""


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    seen: int
    """The number of the version that this builds on."""
    content: Content


class TranslationRequest(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    """When it is wanted: local time, or with an offset."""


class Translation(Struct, frozen=True, forbid_unknown_fields=True):
    language: Language
    content: Content
    """Only the texts of `language` are taken from it."""
    origin: Origins


class SubmissionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    seen: int
    declaration: Declaration


class Reason(Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class NewComment(Struct, frozen=True, forbid_unknown_fields=True):
    words: str
    kind: Annotated[str, "comment or suggestion"] = "comment"
    where: dict[str, Any] | None = None


class PostRef(Struct, frozen=True):
    """A post as it stands after what was just done to it."""

    id: UUID
    version: int
    state: str


class Submitted(Struct, frozen=True):
    id: UUID
    version: int
    digest: str
    """What reviewers sign off; every later call about this version repeats it."""
    findings: tuple[FoundIn, ...]


def ref(found: m.Post) -> PostRef:
    return PostRef(found.id, found.latest, found.state)


class Posts(Controller):
    path = "/posts"
    tags: Sequence[str] = ("Posts",)

    @get(**needs(Reading, says="List posts, the newest first"))
    async def browse(
        self,
        session: Session,
        actor: Acting,
        limit: Limit = FEW,
        after: FromQuery[UUID | None] = None,
        status: FromQuery[Status | None] = None,
        waiting_for: Annotated[str | None, QueryParameter(description="The step that comes next.")] = None,
        team: FromQuery[UUID | None] = None,
        channel: FromQuery[str | None] = None,
        mine: FromQuery[bool | None] = None,
        oldest_first: Annotated[  # noqa: FBT002  # a query parameter
            bool, QueryParameter(description="What has waited longest first; translations by their deadline.")
        ] = False,
    ) -> Page[PostSummary]:
        wanted = PostFilter(status, waiting_for, team, channel, mine is True, oldest_first)
        return page(await queries.posts(session, actor, wanted, after=after, limit=limit + 1), limit)

    @post(**needs(Permission.POST_EDIT, says="Start a draft"))
    async def create(
        self,
        data: JSONBody[NewPost],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> PostRef:
        content = bounded(data.content, "/content")

        async def create() -> PostRef:
            return ref(await drafting.create(session, actor, data.team, content, now=now, corrects=data.corrects))

        return await Once(porth, idempotency_key, request, actor, data).run(session, PostRef, create)

    @get("/{post_id:uuid}", **needs(Reading, says="Read one post, with everything that was said and done about it"))
    async def read(self, post_id: FromPath[UUID], session: Session, porth: Porth, actor: Acting, now: Now) -> PostView:
        return await view(session, porth, actor, post_id, now)

    @put("/{post_id:uuid}/content", **needs(Permission.POST_EDIT, says="Save a new version"))
    async def save(
        self, post_id: FromPath[UUID], data: JSONBody[Edit], session: Session, actor: Acting, now: Now
    ) -> PostRef:
        content = bounded(data.content, "/content")
        made = await drafting.save(session, actor, post_id, content, seen=data.seen, now=now)
        return ref(await session.get_one(m.Post, made.post_id))

    @get("/{post_id:uuid}/versions/{number:int}", **needs(Reading, says="Read the content of one version"))
    async def version(self, post_id: FromPath[UUID], number: FromPath[int], session: Session, actor: Acting) -> Content:
        return await queries.content_of(session, actor, post_id, number)

    @get("/{post_id:uuid}/findings", **needs(Reading, says="Run every check on the newest version, storing nothing"))
    async def findings(
        self, post_id: FromPath[UUID], session: Session, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> list[FoundIn]:
        content = await queries.content_of(session, actor, post_id)
        original = await queries.original_of(session, actor, post_id)
        correction = Correction(original, post_id) if original else None
        context, _ = await evidence.context(
            session, actor.organisation, content, porth.limits, now=now, correction=correction
        )
        return [problems.described(finding, spoken) for finding in checks.run(content, context)]

    @post(
        "/{post_id:uuid}/translation-request",
        status_code=200,
        **needs(Permission.POST_EDIT, says="Ask for the other language by a time"),
    )
    async def ask_for_translation(
        self, post_id: FromPath[UUID], data: JSONBody[TranslationRequest], session: Session, actor: Acting, now: Now
    ) -> PostRef:
        return ref(await drafting.ask_for_translation(session, actor, post_id, moment(data.by, "/by"), now=now))

    @post(
        "/{post_id:uuid}/translation",
        status_code=200,
        **needs(Permission.POST_TRANSLATE, says="Return the text of the other language"),
    )
    async def return_translation(
        self, post_id: FromPath[UUID], data: JSONBody[Translation], session: Session, actor: Acting, now: Now
    ) -> PostRef:
        made = await drafting.return_translation(
            session, actor, post_id, bounded(data.content, "/content"), data.language, data.origin, now=now
        )
        return ref(await session.get_one(m.Post, made.post_id))

    @post(
        "/{post_id:uuid}/submission",
        status_code=200,
        **needs(Permission.POST_EDIT, says="Submit the newest version to its reviewers"),
    )
    async def submit(
        self,
        post_id: FromPath[UUID],
        data: JSONBody[SubmissionRequest],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        spoken: Spoken,
    ) -> Submitted | Response[bytes]:
        await render_for(porth, actor, post_id)
        outcome = await drafting.submit(
            session, actor, post_id, data.declaration, porth.limits, seen=data.seen, now=now
        )
        if outcome.digest is None:
            return _blocked(request, outcome.findings)
        found = tuple(problems.described(finding, spoken) for finding in outcome.findings)
        return Submitted(post_id, outcome.version, outcome.digest, found)

    @post(
        "/{post_id:uuid}/withdrawal",
        status_code=200,
        **needs(Permission.POST_WITHDRAW, says="Take a post back before anything of it is public"),
    )
    async def withdraw(
        self, post_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> PostRef:
        return ref(await drafting.withdraw(session, actor, post_id, data.reason, now=now))

    @post("/{post_id:uuid}/comments", **needs(Reading, says="Say something to the author"))
    async def comment(
        self,
        post_id: FromPath[UUID],
        data: JSONBody[NewComment],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> CommentView:
        async def create() -> CommentView:
            made = await drafting.comment(
                session, actor, post_id, data.words, kind=data.kind, where=data.where, now=now
            )
            by = queries.PersonRef(actor.person, request.user.name)
            return CommentView(made.id, made.version, made.kind, made.words, made.where, by, made.created_at)

        return await Once(porth, idempotency_key, request, actor, [post_id, data]).run(session, CommentView, create)


def correction_of(found: PostView) -> Correction | None:
    return Correction(found.corrects, found.id) if found.corrects else None


async def view(session: Session, porth: Runtime, actor: Actor, post_id: UUID, now: datetime) -> PostView:
    """One post with the findings that time has added: what its reviewers must know before they sign."""
    found = await queries.post(session, actor, post_id)
    if found.state != "in_review":
        return found
    context, _ = await evidence.context(
        session, actor.organisation, found.content, porth.limits, now=now, correction=correction_of(found)
    )
    return await queries.post(session, actor, post_id, fresh=checks.run(found.content, context, timed_only=True))


async def render_for(porth: Runtime, actor: Actor, post_id: UUID) -> None:
    """Whatever renditions this post still lacks, made before any transaction of the request begins."""
    async with porth.sessions() as session:
        try:
            content = await queries.content_of(session, actor, post_id)
        except NotFound:
            return
    await render_missing(porth, actor.organisation, [media.upload or "" for media in content.media], content.channels)


def _blocked(request: Asked, findings: tuple[Finding, ...]) -> Response[bytes]:
    """Not raised: the refused attempt stands in the log, so its transaction must be committed."""
    return problems.answer(request, 422, "submission-blocked", findings=findings)
