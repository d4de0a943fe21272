"""The queue of what waits for a sign-off, and one post as its reviewers see it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import evidence, queries
from approvals.actions import consenting, reviewing
from approvals.actions.reviewing import LOOKED_FOR
from approvals.consent import Consent, status
from approvals.consent import Status as ConsentStatus
from approvals.content import Content, Media
from approvals.errors import Invalid, Refusal, Stale
from approvals.findings import Finding, Severity, Where, decided_by
from approvals.permissions import SIGNS, Actor, Permission
from approvals.queries import PostFilter, PostSummary, PostView
from approvals.route import Step
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.posts import correction_of, view
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import forms
from gateway.web.changes import Change, changes, pictures, signed_before, with_digest
from gateway.web.checked import quote
from gateway.web.controllers.consents import day
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.moments import window_of
from gateway.web.pages import page, see_other
from gateway.web.previews import Preview, previews
from gateway.web.quotes import quotes
from i18n.messages import Language

STEPS = tuple(SIGNS)
ON_A_PAGE = 50
Act = Callable[[AsyncSession], Awaitable[Any]]


class Queue(Struct, frozen=True):
    """What waits for one step, the longest waiting first."""

    step: str
    posts: tuple[PostSummary, ...]
    next: str | None


class FindingLine(Struct, frozen=True):
    finding: Finding
    quote: str
    decision: queries.DecisionView | None
    step: str
    """Who decides it."""
    decides: bool
    """The reader may decide it now."""
    pair: tuple[str, str] | None = None
    """Its two telephone lines, Welsh and English, if the reader may propose them as a pair (approvals/terms.py)."""


class Case(Struct, frozen=True):
    """Everything that the page of one review shows."""

    post: PostView
    window: Any
    previews: tuple[Preview, ...]
    findings: tuple[FindingLine, ...]
    consents: tuple[tuple[Consent, ConsentStatus], ...]
    """With where each stands today."""
    before: int | None
    """The version that the changes are counted from."""
    changes: tuple[Change, ...]
    pictures: tuple[tuple[Media | None, Media | None], ...]
    """Those that are not what they were, before and now."""
    quotes: Mapping[UUID, str]
    """By comment: the words that it is about."""
    step: str | None
    """The step that comes next, if the reader may sign it."""
    undecided: int
    attests: bool
    refuses: bool


class Reviewing(Controller):
    @get("/review", **needs(*SIGNS.values(), refusals=()))
    async def queue(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        asked = request.query_params.get("step")
        steps = [step for step in STEPS if actor.may(SIGNS[step]) and asked in {None, "", step}]
        found = [await _queue(request, session, actor, step) for step in steps]
        return page(request, "reviewing/queue.html", queues=found)

    @get("/posts/{post_id:uuid}/review", **needs(*SIGNS.values(), refusals=()))
    async def show(
        self, post_id: FromPath[UUID], request: Asked, session: Session, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        case = await _case(session, porth, actor, post_id, now)
        return page(request, "reviewing/show.html", case=case, post=case.post, form=Form(), looked_for=LOOKED_FOR)

    @post("/posts/{post_id:uuid}/review/sign-off", status_code=200, **needs(*SIGNS.values(), refusals=()))
    async def sign_off(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await reviewing.sign_off(
                session, actor, post_id, cast("Step", form.get("step")), form.get("digest"), porth.limits,
                attests=form.all("attests"), now=now,
            )  # fmt: skip

        return await _act(request, porth, actor, post_id, form, act, "sign-off", "signed-off", now, spoken)

    @post("/posts/{post_id:uuid}/review/decision", status_code=200, **needs(*SIGNS.values(), refusals=()))
    async def decide(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        finding = form.get("finding")
        field = f"reason-{finding}"

        async def act(session: AsyncSession) -> None:
            await reviewing.decide(
                session, actor, post_id, form.get("digest"), finding, form.get(field), porth.limits, now=now
            )

        return await _act(request, porth, actor, post_id, form, act, field, "decided", now, spoken)

    @post("/posts/{post_id:uuid}/review/send-back", status_code=200, **needs(*SIGNS.values(), refusals=()))
    async def send_back(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            content = await queries.content_of(session, actor, post_id)
            where = phrase(content, form.get("phrase").strip())
            await reviewing.send_back(
                session, actor, post_id, form.get("digest"), form.get("send-back"), where=where, now=now
            )

        return await _act(request, porth, actor, post_id, form, act, "send-back", "sent-back", now, spoken)

    @post("/posts/{post_id:uuid}/review/refusal", status_code=200, **needs(Permission.REFUSE, refusals=()))
    async def refuse(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await reviewing.refuse(session, actor, post_id, form.get("digest"), form.get("refusal"), now=now)

        return await _act(request, porth, actor, post_id, form, act, "refusal", "refused", now, spoken)


def phrase(content: Content, words: str) -> Where | None:
    """Where a quoted phrase stands in the post. Raises `Invalid` where it stands nowhere."""
    if not words:
        return None
    for pointer, _, text in content.texts():
        at = text.find(words)
        if at >= 0:
            return Where(pointer, (at, at + len(words)))
    raise Invalid("phrase-not-there", "/phrase")


async def _queue(request: Asked, session: AsyncSession, actor: Actor, step: str) -> Queue:
    wanted = PostFilter(waiting_for=step, oldest_first=True)
    found = await queries.posts(session, actor, wanted, after=cursor(request), limit=ON_A_PAGE + 1)
    return Queue(step, tuple(found[:ON_A_PAGE]), next_address(request, found, ON_A_PAGE))


async def _act(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    post_id: UUID,
    form: Form,
    act: Act,
    field: str,
    done: str,
    now: datetime,
    spoken: Language,
) -> Response[Any]:
    """Do one thing in one transaction; if it is refused, the page again, as it is now, with what was typed."""
    try:
        async with porth.sessions.begin() as session:
            await act(session)
    except Refusal as refusal:
        own = forms.field_of(refusal.field)
        form.refuse(refusal, spoken, at=own if own in {"attests", "phrase"} else field)
        return await _again(request, porth, actor, post_id, form, now, stale=isinstance(refusal, Stale))
    return see_other(f"/posts/{post_id}?done={done}" if done != "decided" else f"/posts/{post_id}/review?done={done}")


async def _again(
    request: Asked, porth: Runtime, actor: Actor, post_id: UUID, form: Form, now: datetime, *, stale: bool
) -> Response[Any]:
    async with porth.sessions.begin() as session:
        seen = await with_digest(session, post_id, form.get("digest")) if stale else None
        case = await _case(session, porth, actor, post_id, now, since=seen)
    return page(
        request, "reviewing/show.html", status=422, case=case, post=case.post, form=form, looked_for=LOOKED_FOR,
        stale=stale,
    )  # fmt: skip


async def _case(
    session: AsyncSession, porth: Runtime, actor: Actor, post_id: UUID, now: datetime, *, since: int | None = None
) -> Case:
    found = await view(session, porth, actor, post_id, now)
    context, _ = await evidence.context(
        session, actor.organisation, found.content, porth.limits, now=now, correction=correction_of(found)
    )
    before = since or await signed_before(session, post_id, found.version)
    known = await queries.content_of(session, actor, post_id, before) if before else found.content
    first = found.outstanding[0] if found.outstanding else None
    manifest = found.submission.manifest if found.submission else ()
    edited = await queries.edited_by(session, manifest) if found.corrects else None
    return Case(
        post=found,
        window=window_of(found.content),
        previews=tuple(previews(manifest, found.content, context.channels, edited)),
        findings=tuple(_lines(found, actor)),
        consents=tuple(
            (consenting.masked(actor, consent), status(consent, day(now))) for consent in context.consents.values()
        ),
        before=before,
        changes=tuple(changes(known, found.content)),
        pictures=tuple(pictures(known, found.content)),
        quotes=await quotes(session, actor, found),
        step=first.step if first and actor.may(SIGNS[first.step]) else None,
        undecided=len(first.undecided) if first else 0,
        attests=bool(first and first.step == "privacy" and found.content.media),
        refuses=actor.may(Permission.REFUSE) and found.state == "in_review",
    )


def _lines(found: PostView, actor: Actor) -> list[FindingLine]:
    decisions = {decision.finding: decision for decision in found.decisions}
    lines: list[FindingLine] = []
    for finding in found.submission.findings if found.submission else ():
        step, decision = decided_by(finding), decisions.get(finding.key)
        asks = finding.severity is Severity.DECIDE and decision is None and found.state == "in_review"
        decides = asks and actor.may(SIGNS[step])
        pair = _phones(found.content, finding) if actor.may(Permission.TERMS_EDIT) else None
        lines.append(FindingLine(finding, quote(found.content, finding.where), decision, step, decides, pair))
    return lines


def _phones(content: Content, finding: Finding) -> tuple[str, str] | None:
    if finding.code != "WEL-FACT" or finding.params.get("variant") != "phone" or finding.where.twin is None:
        return None
    cy, en = quote(content, finding.where), quote(content, finding.where.twin)
    return (cy, en) if cy and en else None
