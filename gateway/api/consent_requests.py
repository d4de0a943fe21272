"""Consents that are being asked for: a reference, and the letter that carries it, in Welsh and English."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy import select

from approvals import models as m
from approvals import queries
from approvals.actions import requesting
from approvals.consent_request import Asked
from approvals.permissions import Permission
from approvals.queries import ConsentRequestView
from gateway import letters
from gateway.api.injected import Acting, Now, Porth, Session
from gateway.api.media import FILE_HEADERS
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.routing import file_answer, needs
from i18n.messages import Language

REQUEST = Permission.CONSENT_REQUEST


class ConsentRequests(Controller):
    tags: Sequence[str] = ("Consents",)

    @post("/consent-requests", **needs(REQUEST, says="Reserve a reference for a consent that is to be asked for"))
    async def ask(self, data: JSONBody[Asked], session: Session, actor: Acting, now: Now) -> ConsentRequestView:
        made = await requesting.request(session, actor, data, now=now)
        return await queries.consent_request(session, actor, made.ref)

    @get("/consent-requests", **needs(REQUEST, says="List what was asked for, the newest first"))
    async def browse(
        self, session: Session, actor: Acting, limit: Limit = FEW, after: FromQuery[UUID | None] = None
    ) -> Page[ConsentRequestView]:
        return page(await queries.consent_requests(session, actor, after=after, limit=limit + 1), limit)

    @get(
        "/consents/{ref:str}/letter",
        **file_answer(needs(REQUEST, says="The letter and form to sign, as PDF"), "application/pdf"),
    )
    async def letter(
        self,
        ref: FromPath[str],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        language: Annotated[Language | None, QueryParameter(description="Both, Welsh first, if left out.")] = None,
    ) -> Response[bytes]:
        found = await queries.consent_request(session, actor, ref)
        organisation = await session.get_one(m.Organisation, actor.organisation)
        channels = await session.execute(
            select(m.Channel.name, m.Channel.platform).where(
                m.Channel.organisation_id == actor.organisation, m.Channel.name.in_(found.asked.channels)
            )
        )
        made = await to_thread.run_sync(
            letters.consent,
            letters.Letter(
                ref=found.ref,
                asked=found.asked,
                organisation={"cy": organisation.name_cy, "en": organisation.name_en},
                platforms={row.name: row.platform for row in channels},
                written=now,
            ),
            (language,) if language else ("cy", "en"),
            letters.fonts(porth.settings),
        )
        name = f'inline; filename="{found.ref}.pdf"'
        return Response(made, media_type="application/pdf", headers=FILE_HEADERS | {"Content-Disposition": name})
