"""Consents: recorded, verified, withdrawn; their evidence is encrypted, and every look at it is logged."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import consenting
from approvals.actions.consenting import Ended, Withdrawal
from approvals.consent import Consent
from approvals.content import LONDON
from approvals.errors import Invalid
from approvals.permissions import Actor, Permission
from approvals.queries import ConsentFilter, ConsentUseView, ConsentView
from gateway.api.idempotency import Key, Once
from gateway.api.injected import Acting, Asked, Now, Porth, Session
from gateway.api.media import FILE_HEADERS
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.posts import Reason
from gateway.api.routing import file_answer, needs
from gateway.api.uploads import FORM, receive

MOST = 20 * 1024 * 1024
EVIDENCE_TYPES = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
"""First bytes of what a signed form may be."""


class NewConsent(Struct, frozen=True, forbid_unknown_fields=True):
    consent: Consent
    contact: str | None = None
    """How to reach the person, for the custodian alone."""


class Contact(Struct, frozen=True):
    contact: str


class Sought(Struct, frozen=True, forbid_unknown_fields=True):
    words: str
    """Part of a reference, or of the name of who signed."""


class Newer(Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    """The reference of the newer record."""


class Consents(Controller):
    path = "/consents"
    tags: Sequence[str] = ("Consents",)

    @get(**needs(Permission.CONSENT_STATUS, says="List consents, the newest first"))
    async def browse(
        self,
        session: Session,
        actor: Acting,
        now: Now,
        limit: Limit = FEW,
        after: FromQuery[UUID | None] = None,
        verified: FromQuery[bool | None] = None,
        withdrawn: FromQuery[bool | None] = None,
        expires_before: Annotated[date | None, QueryParameter(description="Those that end soon.")] = None,
    ) -> Page[ConsentView]:
        wanted = ConsentFilter(verified, withdrawn, expires_before)
        found = await queries.consents(session, actor, wanted, after=after, limit=limit + 1, on=_day(now))
        return page(found, limit)

    @post(**needs(Permission.CONSENT_REQUEST, says="Record a signed consent"))
    async def record(
        self,
        data: JSONBody[NewConsent],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> ConsentView:
        contact = data.contact

        async def create() -> ConsentView:
            made = await consenting.record(
                session,
                actor,
                data.consent,
                contact=None if contact is None else lambda found: porth.vault.seal(contact.encode(), found.bytes),
                now=now,
            )
            return await queries.consent(session, actor, made.ref, on=_day(now))

        return await Once(porth, idempotency_key, request, actor, data).run(session, ConsentView, create)

    @post(
        "/search",
        status_code=200,
        **needs(Permission.CONSENT_STATUS, says="Find consents; by name only for those who see whole records"),
    )
    async def search(
        self, data: JSONBody[Sought], session: Session, actor: Acting, now: Now, limit: Limit = FEW
    ) -> list[ConsentView]:
        """A POST, as a name has no place in an address."""
        return await queries.consents_found(session, actor, data.words, limit=limit, on=_day(now))

    @get("/{ref:str}", **needs(Permission.CONSENT_STATUS, says="Read one consent: all of it, or status and scope"))
    async def read(self, ref: FromPath[str], session: Session, actor: Acting, now: Now) -> ConsentView:
        return await queries.consent(session, actor, ref, on=_day(now))

    @get("/{ref:str}/uses", **needs(Permission.CONSENT_STATUS, says="Where a consent is relied on"))
    async def uses(self, ref: FromPath[str], session: Session, actor: Acting) -> list[ConsentUseView]:
        return await queries.consent_uses(session, actor, ref)

    @post(
        "/{ref:str}/verification",
        status_code=200,
        **needs(Permission.CONSENT_DECIDE, says="Say that the signed form was seen"),
    )
    async def verify(self, ref: FromPath[str], session: Session, actor: Acting, now: Now) -> ConsentView:
        await consenting.verify(session, actor, ref, now=now)
        return await _again(session, actor, ref, now)

    @post(
        "/{ref:str}/basis-decision",
        status_code=200,
        **needs(Permission.SIGN_PRIVACY, says="Decide that another lawful basis than consent carries the use"),
    )
    async def decide_basis(
        self, ref: FromPath[str], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> ConsentView:
        await consenting.decide_basis(session, actor, ref, data.reason, now=now)
        return await _again(session, actor, ref, now)

    @post(
        "/{ref:str}/withdrawal",
        status_code=200,
        **needs(Permission.CONSENT_DECIDE, says="Withdraw a consent: what relies on it is held, or taken down"),
    )
    async def withdraw(
        self, ref: FromPath[str], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> Withdrawal:
        return await consenting.withdraw(session, actor, ref, data.reason, now=now)

    @post(
        "/{ref:str}/leaver",
        status_code=200,
        **needs(
            Permission.CONSENT_DECIDE, says="The person no longer works here: hold what is due, list what is public"
        ),
    )
    async def left(
        self, ref: FromPath[str], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> Ended:
        return await consenting.left(session, actor, ref, data.reason, now=now)

    @post(
        "/{ref:str}/dispute",
        status_code=200,
        **needs(Permission.CONSENT_DECIDE, says="Somebody disputes a consent: hold what is due, list what is public"),
    )
    async def dispute(
        self, ref: FromPath[str], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> Ended:
        return await consenting.dispute(session, actor, ref, data.reason, now=now)

    @post(
        "/{ref:str}/settlement",
        status_code=200,
        **needs(Permission.CONSENT_DECIDE, says="A dispute is over, and the consent stands"),
    )
    async def settle(
        self, ref: FromPath[str], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> ConsentView:
        await consenting.settle(session, actor, ref, data.reason, now=now)
        return await _again(session, actor, ref, now)

    @post(
        "/{ref:str}/replacement",
        status_code=200,
        **needs(Permission.CONSENT_DECIDE, says="A newer record of the same person holds from now on"),
    )
    async def supersede(
        self, ref: FromPath[str], data: JSONBody[Newer], session: Session, actor: Acting, now: Now
    ) -> Ended:
        return await consenting.supersede(session, actor, ref, data.by, now=now)

    @put(
        "/{ref:str}/evidence",
        request_max_body_size=MOST + FORM,
        **needs(Permission.CONSENT_REQUEST, says="Add the signed form: multipart with `file`", streamed=True),
    )
    async def add_evidence(
        self, ref: FromPath[str], porth: Porth, actor: Acting, now: Now, request: Asked
    ) -> ConsentView:
        sent = await receive(request, MOST)
        evidence_type(sent.file)
        kept = await to_thread.run_sync(porth.quarantine.put, sent.file)
        try:
            async with porth.sessions.begin() as session:
                await consenting.attach_evidence(session, actor, ref, kept.id, now=now)
                return await _again(session, actor, ref, now)
        except BaseException:
            await to_thread.run_sync(porth.quarantine.delete, kept.id)
            raise

    @get(
        "/{ref:str}/evidence",
        **file_answer(
            needs(Permission.CONSENT_EVIDENCE, says="The signed form; every look is logged"), "application/pdf"
        ),
    )
    async def evidence(self, ref: FromPath[str], porth: Porth, actor: Acting, now: Now) -> Response[bytes]:
        async with porth.sessions.begin() as session:  # the look is in the log before anything is shown
            name = await consenting.view_evidence(session, actor, ref, now=now)
        data = await to_thread.run_sync(porth.quarantine.read, name)
        headers = FILE_HEADERS | {"Content-Disposition": "attachment"}
        return Response(data, media_type=evidence_type(data), headers=headers)

    @get("/{ref:str}/contact", **needs(Permission.CONSENT_DECIDE, says="How to reach the person; logged"))
    async def contact(self, ref: FromPath[str], porth: Porth, actor: Acting, now: Now) -> Contact:
        async with porth.sessions.begin() as session:
            found = await consenting.view_contact(session, actor, ref, now=now)
        return Contact(porth.vault.open(found.contact or b"", found.id.bytes).decode())


async def _again(session: AsyncSession, actor: Actor, ref: str, now: datetime) -> ConsentView:
    await session.flush()
    return await queries.consent(session, actor, ref, on=_day(now))


def _day(now: datetime) -> date:
    return now.astimezone(LONDON).date()


def evidence_type(data: bytes) -> str:
    for start, media_type in EVIDENCE_TYPES.items():
        if data.startswith(start):
            return media_type
    raise Invalid("evidence-type", "/file")
