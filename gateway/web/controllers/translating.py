"""The translators' queue, the source beside the box, and how the words came to be."""

from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries, rules
from approvals.actions import drafting
from approvals.actions.drafting import Origins
from approvals.content import LANGUAGES, Content, Origin, normalised
from approvals.errors import Refusal
from approvals.permissions import Actor, Permission
from approvals.queries import PostFilter
from approvals.terms import standing
from connectors.contract import Language
from gateway.api.bounds import bounded
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.web import drafts, forms
from gateway.web.checked import Checked, check
from gateway.web.drafts import wording_name
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import OTHER, page, said, see_other
from i18n.equivalents import Equivalent, equivalents
from i18n.glossary import Glossary

TRANSLATE = Permission.POST_TRANSLATE
ORIGINS: tuple[str, ...] = Origin.__args__  # type: ignore[attr-defined]  # a Literal has them
ON_A_PAGE = 50


class Translating(Controller):
    @get("/translate", **needs(TRANSLATE, refusals=()))
    async def queue(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        wanted = PostFilter(status="translating", oldest_first=True)
        found = await queries.posts(session, actor, wanted, after=cursor(request), limit=ON_A_PAGE + 1)
        return page(
            request, "translating/queue.html", posts=found[:ON_A_PAGE], next=next_address(request, found, ON_A_PAGE)
        )

    @get("/posts/{post_id:uuid}/translate", **needs(TRANSLATE, refusals=()))
    async def show(
        self, post_id: FromPath[UUID], request: Asked, session: Session, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        found = await queries.post(session, actor, post_id)
        checked = await check(session, porth, actor.organisation, found.content, now=now)
        form = drafts.form_of(found.content, None, seen=found.version)
        return await _page(request, session, actor, post_id, form, checked=checked)

    @post("/posts/{post_id:uuid}/translate/check", status_code=200, **needs(TRANSLATE, refusals=()))
    async def check(
        self, post_id: FromPath[UUID], request: Asked, session: Session, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        """What the checks say of the words so far, for the places that this page has; nothing is stored."""
        form = await forms.read(request)
        content = await queries.content_of(session, actor, post_id)
        to = missing(content)
        words = normalised(bounded(written(form, content, to), ""))
        checked = await check(session, porth, actor.organisation, words, now=now)
        return page(request, "writing/checked.html", checked=checked, places=places(content, to))

    @post("/posts/{post_id:uuid}/translate", status_code=200, **needs(TRANSLATE, refusals=()))
    async def give(
        self, post_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        origin = form.get("origin")
        if origin not in ORIGINS:
            form.say("origin", said(spoken, "translate.say-origin"))
        else:
            try:
                async with porth.sessions.begin() as session:
                    content = await queries.content_of(session, actor, post_id)
                    to = missing(content)
                    words = bounded(written(form, content, to), "")
                    origins = Origins(cast("Origin", origin), form.get("tool").strip() or None)
                    await drafting.return_translation(session, actor, post_id, words, to, origins, now=now)
            except Refusal as refusal:
                form.refuse(refusal, spoken)
        if not form.wrong:
            return see_other(f"/posts/{post_id}?done=translated")
        async with porth.sessions.begin() as session:
            return await _page(request, session, actor, post_id, form, status=422)


def missing(content: Content) -> Language:
    """The language that was asked for: the one without a text."""
    return next((language for language in LANGUAGES if not content.text.get(language).strip()), "cy")


def places(content: Content, to: Language) -> tuple[str, ...]:
    """Where findings stand on the page."""
    own = (f"{wording_name(channel)}-{to}" for channel in content.wording)
    return f"text-{to}", f"link-{to}", *own, *(f"media-{i}" for i in range(len(content.media)))


def written(form: Form, content: Content, to: Language) -> Content:
    """The content with this language's words as the form has them."""

    def words(old: Any, name: str) -> Any:
        return msgspec.structs.replace(old, **{to: form.get(f"{name}-{to}") or None})

    media = tuple(
        msgspec.structs.replace(
            picture,
            alt=words(picture.alt, f"media-{i}-alt"),
            words=words(picture.words, f"media-{i}-words") if picture.words else None,
        )
        for i, picture in enumerate(content.media)
    )
    wording = {channel: words(own, wording_name(channel)) for channel, own in content.wording.items()}
    return msgspec.structs.replace(
        content, text=words(content.text, "text"), link=words(content.link, "link"), media=media, wording=wording
    )


async def _page(
    request: Asked,
    session: AsyncSession,
    actor: Actor,
    post_id: UUID,
    form: Form,
    *,
    checked: Checked | None = None,
    status: int = 200,
) -> Response[Any]:
    found = await queries.post(session, actor, post_id)
    to = missing(found.content)
    source = OTHER[to]
    own = await standing(session, actor.organisation)
    return page(
        request, "translating/show.html", status=status, post=found, to=to, source=source, form=form, origins=ORIGINS,
        checked=checked or Checked(), terms=terms(found.content, source, rules.glossary(own)),
        wording_name=wording_name,
    )  # fmt: skip


def terms(content: Content, source: Language, glossary: Glossary) -> tuple[Equivalent, ...]:
    """What stands in the words to be translated and has a settled form in the other language."""
    words = "\n".join(text for _, language, text in content.texts() if language == source)
    return equivalents(words, source, glossary)
