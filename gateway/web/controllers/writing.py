"""Writing a post: both languages side by side, checked while one types, kept, and handed to its reviewers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from approvals import queries
from approvals.actions import drafting
from approvals.actions.drafting import Declaration, Outcome
from approvals.content import LANGUAGES, Content, normalised
from approvals.errors import Refusal, Stale
from approvals.findings import blocks
from approvals.originals import Correction
from approvals.permissions import Actor, Permission
from gateway.api.bounds import bounded
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.posts import correction_of, render_for
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import choices, drafts, forms
from gateway.web.checked import WHOLE, Checked, check
from gateway.web.checked import field as field_of_finding
from gateway.web.counterparts import pairs
from gateway.web.forms import Form
from gateway.web.moments import window_of
from gateway.web.pages import page, said, see_other, sentence
from gateway.web.quotes import quotes
from i18n.messages import Language

EDIT = Permission.POST_EDIT
NEXT = {"pictures": "pictures", "ask": "ask-for-translation", "preview": "preview"}
"""Buttons that save and go on to another page of the post."""


PLACES = ("text-cy", "text-en", "link-cy", "link-en", "channels", "earliest", "people", "media", WHOLE)


class Writing(Controller):
    path = "/posts"

    @get("/new", **needs(EDIT, refusals=()))
    async def new(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        own = await choices.teams(session, actor)
        form = Form(
            {
                "team": [str(own[0].id)] if own else [],
                "channels": [c.name for c in await choices.channels(session, actor) if c.works],
            }
        )
        return await _page(request, session, actor, form, None)

    @post("/new", status_code=200, **needs(EDIT, refusals=()))
    async def create(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        content = drafts.content_of(form, Content(), spoken)
        if form.wrong or form.get("do") == "add-person":
            return await _again(request, porth, actor, _with_row(form), None)
        try:
            async with porth.sessions.begin() as session:
                team = _uuid(form.get("team"))
                made = await drafting.create(session, actor, team, bounded(content, ""), now=now)
        except Refusal as refusal:
            return await _again(request, porth, actor, form.refuse(refusal, spoken), None)
        return Redirect(f"/posts/{made.id}/edit", status_code=307)  # the same form, to the page that the post now has

    @get("/{post_id:uuid}/edit", **needs(EDIT, refusals=()))
    async def edit(
        self, post_id: FromPath[UUID], request: Asked, session: Session, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        found = await queries.post(session, actor, post_id)
        form = drafts.form_of(found.content, window_of(found.content), seen=found.version)
        correction = correction_of(found)
        checked = await check(session, porth, actor.organisation, found.content, now=now, correction=correction)
        return await _page(request, session, actor, form, found, checked=checked)

    @post("/{post_id:uuid}/edit", status_code=200, **needs(EDIT, refusals=()))
    async def save(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        if form.get("do") == "add-person":
            return await _again(request, porth, actor, _with_row(form), post_id)
        try:
            seen = await _kept(porth, actor, post_id, form, now, spoken)
        except Refusal as refusal:
            form.refuse(refusal, spoken)
            if isinstance(refusal, Stale):
                form = form.with_(seen=refusal.params.get("version", form.get("seen")))
        if form.wrong:
            return await _again(request, porth, actor, form, post_id)
        return await _go_on(request, porth, actor, post_id, form.with_(seen=seen), now, spoken)

    @post("/{post_id:uuid}/autosave", status_code=200, **needs(EDIT, refusals=()))
    async def autosave(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """For a page that stays open: only of a draft, as saving takes a post out of review."""
        form = await forms.read(request)
        words, seen = "write.autosaved", int(form.get("seen") or 0)
        try:
            seen = await _kept(porth, actor, post_id, form, now, spoken, only_drafts=True)
        except Stale:
            words = "write.autosave-stale"
        except Refusal:
            words = "write.autosave-not"
        return page(request, "writing/autosaved.html", words=words, seen=seen, now=now)

    @post("/check", status_code=200, **needs(EDIT, refusals=()))
    async def check(
        self, request: Asked, session: Session, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """The findings of what is in the form now. Nothing is kept."""
        form = await forms.read(request)
        base, correction = Content(), None
        if form.get("post"):
            post_id = _uuid(form.get("post"))
            base = await queries.content_of(session, actor, post_id)
            original = await queries.original_of(session, actor, post_id)
            correction = Correction(original, post_id) if original else None
        content = normalised(bounded(drafts.content_of(form, base, spoken), ""))
        checked = await check(session, porth, actor.organisation, content, now=now, correction=correction)
        places = ["text-cy", "text-en", "link-cy", "link-en", "channels", "earliest", "people", "whole"]
        places += [f"people-{i}" for i in range(len(content.people))] + [
            f"media-{i}" for i in range(len(content.media))
        ]
        own = await choices.channels(session, actor)
        places += [f"{drafts.wording_name(c.name)}-{language}" for c in own for language in LANGUAGES]
        return page(
            request, "writing/checked.html", checked=checked, places=places, wordings=[c.name for c in own],
            wording_name=drafts.wording_name, pairs=await pairs(session, actor, content),
        )  # fmt: skip

    @get("/{post_id:uuid}/ask-for-translation", **needs(EDIT, refusals=()))
    async def asking(self, post_id: FromPath[UUID], request: Asked, session: Session, actor: Acting) -> Response[Any]:
        found = await queries.post(session, actor, post_id)
        return page(request, "writing/ask.html", post=found, form=Form())

    @post("/{post_id:uuid}/ask-for-translation", status_code=200, **needs(EDIT, refusals=()))
    async def ask(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            by = drafts.moment(form, "by")
            if by is None:
                form.say("by", said(spoken, "when-needed"))
            else:
                async with porth.sessions.begin() as session:
                    await drafting.ask_for_translation(session, actor, post_id, by, now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="by")
        if not form.wrong:
            return see_other(f"/posts/{post_id}?done=translation-asked")
        async with porth.sessions.begin() as session:
            found = await queries.post(session, actor, post_id)
        return page(request, "writing/ask.html", status=422, post=found, form=form)


async def _kept(
    porth: Runtime,
    actor: Actor,
    post_id: UUID,
    form: Form,
    now: datetime,
    spoken: Language,
    *,
    only_drafts: bool = False,
) -> int:
    """Save what the form says if it says anything new; the number of the version that stands then."""
    seen = int(form.get("seen")) if form.get("seen").isdecimal() else 0
    async with porth.sessions.begin() as session:
        found = await queries.post(session, actor, post_id)
        content = bounded(drafts.content_of(form, found.content, spoken), "")
        if form.wrong or normalised(content) == found.content:
            return found.version
        if only_drafts and found.state != "draft":
            raise Stale("stale-version", version=found.version)
        made = await drafting.save(session, actor, post_id, content, seen=seen, now=now)
        return made.number


async def _go_on(
    request: Asked, porth: Runtime, actor: Actor, post_id: UUID, form: Form, now: datetime, spoken: Language
) -> Response[Any]:
    """What the pressed button asks for after saving."""
    do = form.get("do")
    if do == "submit":
        return await _submit(request, porth, actor, post_id, form, now, spoken)
    if do in NEXT:
        return see_other(f"/posts/{post_id}/{NEXT[do]}")
    if do.startswith("people-in-") and do.removeprefix("people-in-").isdecimal():
        return see_other(f"/posts/{post_id}/pictures/{do.removeprefix('people-in-')}/people")
    return see_other(f"/posts/{post_id}/edit?done=saved")


async def _submit(
    request: Asked, porth: Runtime, actor: Actor, post_id: UUID, form: Form, now: datetime, spoken: Language
) -> Response[Any]:
    await render_for(porth, actor, post_id)
    declaration = Declaration(**{name: form.get(f"declaration-{name}") for name in drafts.DECLARATION})
    try:
        async with porth.sessions.begin() as session:
            outcome = await drafting.submit(
                session, actor, post_id, declaration, porth.limits, seen=int(form.get("seen")), now=now
            )
    except Refusal as refusal:
        return await _again(request, porth, actor, form.refuse(refusal, spoken), post_id)
    if outcome.accepted:
        return see_other(f"/posts/{post_id}?done=submitted")
    return await _again(request, porth, actor, _with_findings(form, outcome, spoken), post_id)


def _with_findings(form: Form, outcome: Outcome, spoken: Language) -> Form:
    """What blocks the submission, each linked to the field that it is about."""
    for finding in blocks(outcome.findings):
        form.say(field_of_finding(finding.where.pointer), sentence(finding, spoken))
    if not form.wrong:
        form.say("channels", said(spoken, "write.nothing-to-send"))
    return form


def _with_row(form: Form) -> Form:
    rows = int(form.get("rows")) if form.get("rows").isdecimal() else 1
    return form.with_(rows=min(rows + 1, drafts.MOST_PEOPLE))


async def _again(request: Asked, porth: Runtime, actor: Actor, form: Form, post_id: UUID | None) -> Response[Any]:
    """The page as it was typed, with what is wrong and what the checks say."""
    async with porth.sessions.begin() as session:
        found = await queries.post(session, actor, post_id) if post_id else None
        shown = Form({name: form.all(name) for name in form.names()})
        content = drafts.content_of(shown, found.content if found else Content(), "en")
        correction = correction_of(found) if found else None
        checked = await check(
            session, porth, actor.organisation, normalised(content), now=porth.clock(), correction=correction
        )
        return await _page(request, session, actor, form, found, checked=checked, status=422 if form.wrong else 200)


async def _page(
    request: Asked,
    session: Session,
    actor: Actor,
    form: Form,
    found: queries.PostView | None,
    *,
    checked: Checked | None = None,
    status: int = 200,
) -> Response[Any]:
    people = max(len(found.content.people) if found else 0, _rows(form), 1)
    return page(
        request,
        "writing/edit.html",
        status=status,
        form=form,
        post=found,
        teams=await choices.teams(session, actor),
        channels=await choices.channels(session, actor),
        people=people,
        media=found.content.media if found else (),
        checked=checked or Checked(),
        categories=drafts.CATEGORIES,
        declaration=drafts.DECLARATION,
        wording_name=drafts.wording_name,
        quotes=await quotes(session, actor, found) if found else {},
        pairs=await pairs(session, actor, found.content) if found else (),
    )


def _rows(form: Form) -> int:
    typed = sum(1 for i in range(drafts.MOST_PEOPLE) if form.get(f"people-{i}-name"))
    return max(typed, int(form.get("rows")) if form.get("rows").isdecimal() else 0)


def _uuid(text: str) -> UUID:
    """What is not an id is the id of nothing."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
