"""Consents: found, recorded, verified, withdrawn, and where they are relied on."""

from datetime import date, datetime
from typing import Any, get_args
from urllib.parse import quote

from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import consenting
from approvals.consent import Authority, Category, Covered
from approvals.content import LONDON
from approvals.errors import NotFound, Refusal
from approvals.permissions import Actor, Permission, Reach
from approvals.queries import ConsentFilter
from gateway.api.consents import MOST, evidence_type
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.api.uploads import FORM, receive
from gateway.web import choices, consent_forms, forms, live
from gateway.web.controllers.takedowns import piece
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, said, see_other

STATUS = Permission.CONSENT_STATUS
ON_A_PAGE = 25
MOST_REMOVALS = 25
MOST_CHOICES = 8
SHOWN = {
    "unverified": ConsentFilter(verified=False, withdrawn=False),
    "withdrawn": ConsentFilter(withdrawn=True),
    "": ConsentFilter(),
}
"""What the list can be narrowed to."""


class Consents(Controller):
    path = "/consents"

    @get(**needs(STATUS, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting, now: Now) -> Response[Any]:
        show = request.query_params.get("show", "")
        wanted = SHOWN.get(show, ConsentFilter())
        found = await queries.consents(session, actor, wanted, after=cursor(request), limit=ON_A_PAGE + 1, on=day(now))
        return page(
            request, "consents/list.html", consents=found[:ON_A_PAGE], show=show, form=Form(),
            next=next_address(request, found, ON_A_PAGE), **_may(actor),
        )  # fmt: skip

    @post("/found", status_code=200, **needs(STATUS, refusals=()))
    async def find(self, request: Asked, session: Session, actor: Acting, now: Now) -> Response[Any]:
        """By POST, so that no name stands in an address, a history or a log of addresses."""
        form = await forms.read(request)
        words = form.get("words").strip()
        found = await queries.consents_found(session, actor, words, limit=ON_A_PAGE, on=day(now))
        if [each.consent.ref for each in found] == [words]:
            return see_other(f"/consents/{quote(words, safe='')}")
        return page(
            request, "consents/list.html", consents=found, show="", form=form, sought=words, here="/consents",
            **_may(actor),
        )  # fmt: skip

    @post("/choices", status_code=200, **needs(STATUS, refusals=()))
    async def choices(self, request: Asked, session: Session, actor: Acting, now: Now) -> Response[Any]:
        """A piece of a page: consents that match what is being typed about the person named by `for`."""
        form = await forms.read(request)
        name = form.get("for")
        sought = form.get(f"{name}-consent").strip()
        found = await queries.consents_found(session, actor, sought, limit=MOST_CHOICES, on=day(now))
        return page(request, "pictures/found.html", name=name, consents=found, sought=bool(sought))

    @get("/new", **needs(Permission.CONSENT_REQUEST, refusals=()))
    async def new(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        """Blank, or with what the letter of `?request=` asked for."""
        ref = request.query_params.get("request")
        if ref:
            asked = await queries.consent_request(session, actor, ref)
            return await _form(request, session, actor, consent_forms.of_asked(ref, asked.asked))
        channels = [channel.name for channel in await choices.channels(session, actor)]
        return await _form(request, session, actor, Form({"covers": ["image"], "channels": channels}))

    @post("/new", status_code=200, **needs(Permission.CONSENT_REQUEST, refusals=()))
    async def record(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        consent, contact = consent_forms.written(form, spoken), form.get("contact").strip()
        if consent is not None:
            try:
                async with porth.sessions.begin() as session:
                    await consenting.record(
                        session, actor, consent, now=now,
                        contact=(lambda found: porth.vault.seal(contact.encode(), found.bytes)) if contact else None,
                    )  # fmt: skip
            except Refusal as refusal:
                form.refuse(refusal, spoken)
        if consent is not None and not form.wrong:
            return see_other(f"/consents/{quote(consent.ref, safe='')}?done=consent-recorded")
        async with porth.sessions.begin() as session:
            return await _form(request, session, actor, form, status=422)

    @get("/{ref:str}", **needs(STATUS, refusals=()))
    async def show(
        self, ref: FromPath[str], request: Asked, session: Session, actor: Acting, now: Now
    ) -> Response[Any]:
        return await show(request, session, actor, ref, Form(), now)

    @post("/{ref:str}/verification", status_code=200, **needs(Permission.CONSENT_DECIDE, refusals=()))
    async def verify(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                await consenting.verify(session, actor, ref, now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken)
            async with porth.sessions.begin() as session:
                return await show(request, session, actor, ref, form, now, status=422)
        return see_other(f"/consents/{quote(ref, safe='')}?done=consent-verified")

    @post(
        "/{ref:str}/evidence",
        status_code=200,
        request_max_body_size=MOST + FORM,
        **needs(Permission.CONSENT_REQUEST, refusals=(), streamed=True),
    )
    async def add_evidence(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """The signed form: sealed before it touches a disk; whoever may see it is logged each time."""
        form = Form()
        try:
            sent = await receive(request, MOST)
            evidence_type(sent.file)
            kept = await to_thread.run_sync(porth.quarantine.put, sent.file)
            try:
                async with porth.sessions.begin() as session:
                    await consenting.attach_evidence(session, actor, ref, kept.id, now=now)
            except BaseException:
                await to_thread.run_sync(porth.quarantine.delete, kept.id)
                raise
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="file")
        except HTTPException as error:
            form.say("file", said(spoken, "body-too-large" if error.status_code == 413 else "upload-broken"))  # noqa: PLR2004  # HTTP
        if not form.wrong:
            return see_other(f"/consents/{quote(ref, safe='')}?done=evidence-added")
        async with porth.sessions.begin() as session:
            return await show(request, session, actor, ref, form, now, status=422)

    @post("/{ref:str}/withdrawal", status_code=200, **needs(Permission.CONSENT_DECIDE, refusals=()))
    async def withdraw(
        self, ref: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                done = await consenting.withdraw(session, actor, ref, form.get("reason"), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="reason")
            async with porth.sessions.begin() as session:
                return await show(request, session, actor, ref, form, now, status=422)
        return see_other(f"/consents/{quote(ref, safe='')}?done=consent-withdrawn&n={done.held + done.takedowns}")


def day(now: datetime) -> date:
    return now.astimezone(LONDON).date()


def _may(actor: Actor) -> dict[str, Any]:
    """What the list offers beside itself."""
    return {
        "records": actor.may(Permission.CONSENT_REQUEST),
        "imports": actor.may(Permission.CONSENT_DECIDE),
        "by_name": actor.reach(Permission.CONSENT_EVIDENCE) is Reach.ALL,
    }


async def _form(request: Asked, session: AsyncSession, actor: Actor, form: Form, *, status: int = 200) -> Response[Any]:
    return page(
        request, "consents/new.html", status=status, form=form, channels=await choices.channels(session, actor),
        categories=get_args(Category), authorities=get_args(Authority), kinds=get_args(Covered),
        bases=consent_forms.LEGAL,
    )  # fmt: skip


async def show(
    request: Asked, session: AsyncSession, actor: Actor, ref: str, form: Form, now: datetime, *, status: int = 200
) -> Response[Any]:
    found = await queries.consent(session, actor, ref, on=day(now))
    removals = await _removals(request, session, actor, ref, now)
    if live.asks(request) and removals:
        return live.answer(request, removals)
    standing = found.withdrawn_at is None
    return page(
        request, "consents/show.html", status=status, found=found, consent=found.consent, form=form,
        here=f"/consents/{quote(ref, safe='')}", live=removals,
        uses=await queries.consent_uses(session, actor, ref),
        decides=actor.may(Permission.CONSENT_DECIDE) and standing,
        records=actor.may(Permission.CONSENT_REQUEST) and standing,
        asks=actor.may(Permission.CONSENT_REQUEST),
        letter=actor.may(Permission.CONSENT_REQUEST) and await _asked_for(session, actor, ref),
        sees=found.has_evidence and actor.may(Permission.CONSENT_EVIDENCE),
        reaches=found.has_contact and actor.may(Permission.CONSENT_DECIDE),
        decides_basis=actor.may(Permission.SIGN_PRIVACY) and standing and found.consent.lawful_basis != "consent",
    )  # fmt: skip


async def _removals(request: Asked, session: AsyncSession, actor: Actor, ref: str, now: datetime) -> live.Piece | None:
    """What a withdrawal takes down, while it happens; nothing for those who read no posts, and where nothing was."""
    found = await queries.takedowns(session, actor, now=now, only_open=False, consent=ref, limit=MOST_REMOVALS)
    return piece(request, found, actor, Form()) if found else None


async def _asked_for(session: AsyncSession, actor: Actor, ref: str) -> bool:
    try:
        await queries.consent_request(session, actor, ref)
    except NotFound:
        return False
    return True
