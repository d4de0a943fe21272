"""Consents: recorded, verified, withdrawn; their evidence is encrypted, and every look at it is logged."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from approvals import queries
from approvals.actions import consenting
from approvals.actions.consenting import Withdrawal
from approvals.consent import Consent
from approvals.errors import Invalid
from approvals.permissions import Permission
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


class Consents(Controller):
    path = "/consents"
    tags: Sequence[str] = ("Consents",)

    @get(**needs(Permission.CONSENT_STATUS, says="List consents, the newest first"))
    async def browse(
        self,
        session: Session,
        actor: Acting,
        limit: Limit = FEW,
        after: FromQuery[UUID | None] = None,
        verified: FromQuery[bool | None] = None,
        withdrawn: FromQuery[bool | None] = None,
        expires_before: Annotated[date | None, QueryParameter(description="Those that end soon.")] = None,
    ) -> Page[ConsentView]:
        wanted = ConsentFilter(verified, withdrawn, expires_before)
        return page(await queries.consents(session, actor, wanted, after=after, limit=limit + 1), limit)

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
            return await queries.consent(session, actor, made.ref)

        return await Once(porth, idempotency_key, request, actor, data).run(session, ConsentView, create)

    @get("/{ref:str}", **needs(Permission.CONSENT_STATUS, says="Read one consent: all of it, or status and scope"))
    async def read(self, ref: FromPath[str], session: Session, actor: Acting) -> ConsentView:
        return await queries.consent(session, actor, ref)

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
        await session.flush()
        return await queries.consent(session, actor, ref)

    @post(
        "/{ref:str}/withdrawal",
        status_code=200,
        **needs(Permission.CONSENT_DECIDE, says="Withdraw a consent: what relies on it is held, or taken down"),
    )
    async def withdraw(
        self, ref: FromPath[str], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> Withdrawal:
        return await consenting.withdraw(session, actor, ref, data.reason, now=now)

    @put(
        "/{ref:str}/evidence",
        request_max_body_size=MOST + FORM,
        **needs(Permission.CONSENT_REQUEST, says="Add the signed form: multipart with `file`", streamed=True),
    )
    async def add_evidence(
        self, ref: FromPath[str], porth: Porth, actor: Acting, now: Now, request: Asked
    ) -> ConsentView:
        sent = await receive(request, MOST)
        _evidence_type(sent.file)
        kept = await to_thread.run_sync(porth.quarantine.put, sent.file)
        try:
            async with porth.sessions.begin() as session:
                await consenting.attach_evidence(session, actor, ref, kept.id, now=now)
                await session.flush()
                return await queries.consent(session, actor, ref)
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
        return Response(data, media_type=_evidence_type(data), headers=headers)

    @get("/{ref:str}/contact", **needs(Permission.CONSENT_DECIDE, says="How to reach the person; logged"))
    async def contact(self, ref: FromPath[str], porth: Porth, actor: Acting, now: Now) -> Contact:
        async with porth.sessions.begin() as session:
            found = await consenting.view_contact(session, actor, ref, now=now)
        return Contact(porth.vault.open(found.contact or b"", found.id.bytes).decode())


def _evidence_type(data: bytes) -> str:
    for start, media_type in EVIDENCE_TYPES.items():
        if data.startswith(start):
            return media_type
    raise Invalid("evidence-type", "/file")
