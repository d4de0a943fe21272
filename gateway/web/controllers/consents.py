"""Consents: found, recorded, verified, withdrawn, and where they are relied on."""

from datetime import date, datetime
from typing import Any, get_args

import msgspec
from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import consenting
from approvals.consent import Authority, Category, Consent, Covered
from approvals.errors import Refusal
from approvals.permissions import Actor, Permission
from approvals.queries import ConsentFilter
from gateway.api.consents import MOST, evidence_type
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.api.uploads import FORM, receive
from gateway.web import choices, forms, live
from gateway.web.controllers.takedowns import piece
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, said, see_other
from i18n.messages import Language

STATUS = Permission.CONSENT_STATUS
ON_A_PAGE = 25
MOST_REMOVALS = 25
SHOWN = {
    "unverified": ConsentFilter(verified=False, withdrawn=False),
    "withdrawn": ConsentFilter(withdrawn=True),
    "": ConsentFilter(),
}
"""What the list can be narrowed to."""
DATES = ("starts", "expires", "born", "publication_approved")
TEXTS = ("relationship", "authority_basis", "capacity")


class Consents(Controller):
    path = "/consents"

    @get(**needs(STATUS, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        show, ref = request.query_params.get("show", ""), request.query_params.get("ref", "").strip()
        if ref:
            try:
                await queries.consent(session, actor, ref)
            except Refusal:
                show = "nothing"
            else:
                return see_other(f"/consents/{ref}")
        wanted = SHOWN.get(show, ConsentFilter())
        found = await queries.consents(session, actor, wanted, after=cursor(request), limit=ON_A_PAGE + 1)
        return page(
            request, "consents/list.html", consents=found[:ON_A_PAGE], show=show, ref=ref,
            next=next_address(request, found, ON_A_PAGE), records=actor.may(Permission.CONSENT_REQUEST),
        )  # fmt: skip

    @get("/new", **needs(Permission.CONSENT_REQUEST, refusals=()))
    async def new(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        channels = [channel.name for channel in await choices.channels(session, actor)]
        return await _form(request, session, actor, Form({"covers": ["image"], "channels": channels}))

    @post("/new", status_code=200, **needs(Permission.CONSENT_REQUEST, refusals=()))
    async def record(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        consent, contact = written(form, spoken), form.get("contact").strip()
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
            return see_other(f"/consents/{consent.ref}?done=consent-recorded")
        async with porth.sessions.begin() as session:
            return await _form(request, session, actor, form, status=422)

    @get("/{ref:str}", **needs(STATUS, refusals=()))
    async def show(
        self, ref: FromPath[str], request: Asked, session: Session, actor: Acting, now: Now
    ) -> Response[Any]:
        return await _show(request, session, actor, ref, Form(), now)

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
                return await _show(request, session, actor, ref, form, now, status=422)
        return see_other(f"/consents/{ref}?done=consent-verified")

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
            return see_other(f"/consents/{ref}?done=evidence-added")
        async with porth.sessions.begin() as session:
            return await _show(request, session, actor, ref, form, now, status=422)

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
                return await _show(request, session, actor, ref, form, now, status=422)
        return see_other(f"/consents/{ref}?done=consent-withdrawn&n={done.held + done.takedowns}")


def written(form: Form, spoken: Language) -> Consent | None:
    """The consent that the form describes, or nothing, with what is wrong in `form.wrong`."""
    fields: dict[str, Any] = {name: form.get(name).strip() or None for name in TEXTS}
    fields |= {name: _date(form, name, spoken) for name in DATES}
    for name in ("starts", "expires"):
        if fields[name] is None and not form.error(name):
            form.say(name, said(spoken, "when-needed"))
    for name in ("category", "authority"):
        if not form.get(name):
            form.say(name, said(spoken, f"consents.say-{name}"))
    if form.wrong:
        return None
    return msgspec.convert(
        {
            **{name: value for name, value in fields.items() if value is not None},
            "ref": form.get("ref").strip(), "category": form.get("category"), "authority": form.get("authority"),
            "signatory": form.get("signatory").strip(), "covers": form.all("covers"),
            "channels": form.all("channels"), "in_patient": form.has("in-patient"),
            "purposes": tuple(filter(None, (line.strip() for line in form.get("purposes").split("\n")))),
        },
        Consent,
    )  # fmt: skip


def _date(form: Form, name: str, spoken: Language) -> date | None:
    parts = [form.get(f"{name}-{part}").strip() for part in ("day", "month", "year")]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        form.say(name, said(spoken, "when-date"))
        return None


async def _form(request: Asked, session: AsyncSession, actor: Actor, form: Form, *, status: int = 200) -> Response[Any]:
    return page(
        request, "consents/new.html", status=status, form=form, channels=await choices.channels(session, actor),
        categories=get_args(Category), authorities=get_args(Authority), kinds=get_args(Covered),
    )  # fmt: skip


async def _show(
    request: Asked, session: AsyncSession, actor: Actor, ref: str, form: Form, now: datetime, *, status: int = 200
) -> Response[Any]:
    found = await queries.consent(session, actor, ref)
    removals = await _removals(request, session, actor, ref, now)
    if live.asks(request) and removals:
        return live.answer(request, removals)
    return page(
        request, "consents/show.html", status=status, found=found, consent=found.consent, form=form, live=removals,
        uses=await queries.consent_uses(session, actor, ref),
        decides=actor.may(Permission.CONSENT_DECIDE) and found.withdrawn_at is None,
        records=actor.may(Permission.CONSENT_REQUEST) and found.withdrawn_at is None,
        sees=found.has_evidence and actor.may(Permission.CONSENT_EVIDENCE),
    )  # fmt: skip


async def _removals(request: Asked, session: AsyncSession, actor: Actor, ref: str, now: datetime) -> live.Piece | None:
    """What a withdrawal takes down, while it happens; nothing for those who read no posts, and where nothing was."""
    found = await queries.takedowns(session, actor, now=now, only_open=False, consent=ref, limit=MOST_REMOVALS)
    return piece(request, found, actor, Form()) if found else None
