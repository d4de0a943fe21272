"""The first page: what waits for the person who looks at it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from litestar import Controller, Response, get
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import queries
from approvals.permissions import SIGNS, Actor, Permission
from approvals.queries import ConsentFilter, DeliveryFilter, PostFilter
from gateway.api.injected import Acting, Asked, Now, Session, Spoken
from gateway.api.routing import SIGNED_IN, needs
from gateway.web.controllers.deliveries import ASKING, texts
from gateway.web.pages import page
from gateway.web.reasons import reasons

FEW = 5
MOST_ACCOUNTS = 20


class Waiting(Struct, frozen=True):
    """One heading of the page and the first things under it."""

    key: str
    """`home.KEY` is the heading."""
    address: str
    """Where all of them are."""
    posts: tuple[queries.PostSummary, ...] = ()
    deliveries: tuple[queries.DeliveryView, ...] = ()
    consents: tuple[queries.ConsentView, ...] = ()
    accounts: tuple[queries.AccountAttention, ...] = ()
    takedowns: tuple[queries.TakedownView, ...] = ()
    drifts: tuple[queries.DriftView, ...] = ()
    more: bool = False

    @property
    def empty(self) -> bool:
        return not (self.posts or self.deliveries or self.consents or self.accounts or self.takedowns or self.drifts)


class Home(Controller):
    @get("/", **needs(SIGNED_IN, refusals=()))
    async def show(self, request: Asked, session: Session, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        organisation = await session.get_one(m.Organisation, actor.organisation)
        waiting = [section async for section in _sections(session, actor, now) if not section.empty]
        return page(
            request, "home/show.html", organisation=organisation, waiting=waiting,
            writes=actor.may(Permission.POST_EDIT), texts=await texts(session, _deliveries(waiting)),
            terms_waiting=await _terms_waiting(session, actor),
            why=reasons(_deliveries(waiting), spoken), passes_on=actor.may(Permission.TAKEDOWN_REQUEST),
        )  # fmt: skip


async def _terms_waiting(session: AsyncSession, actor: Actor) -> int:
    """Changes of the organisation's own lists that wait for somebody."""
    if not actor.may(Permission.TERMS_EDIT):
        return 0
    return sum(one.waiting for one in await queries.term_lists(session, actor))


def _deliveries(sections: list[Waiting]) -> list[queries.DeliveryView]:
    return [found for section in sections for found in section.deliveries]


async def _sections(session: AsyncSession, actor: Actor, now: datetime) -> AsyncIterator[Waiting]:
    async for went_wrong in _went_wrong(session, actor, now):
        yield went_wrong
    if actor.may(Permission.DELIVERY_RESOLVE) or actor.may(Permission.CHANNEL_MANAGE):
        troubled = await queries.accounts_needing_attention(session, actor.organisation, now)
        yield Waiting("accounts", "/administration", accounts=troubled[:MOST_ACCOUNTS])
    if actor.may(Permission.CONSENT_DECIDE):
        unseen = await queries.consents(session, actor, ConsentFilter(verified=False, withdrawn=False), limit=FEW + 1)
        yield Waiting("consents", "/consents?show=unverified", consents=tuple(unseen[:FEW]), more=len(unseen) > FEW)
    for step, permission in SIGNS.items():
        if actor.may(permission):
            yield await _posts(
                session, actor, f"sign-{step}", f"/review?step={step}", PostFilter(waiting_for=step, oldest_first=True)
            )
    if actor.may(Permission.SIGN_WELSH):
        yield await _posts(
            session, actor, "translate", "/translate", PostFilter(status="translating", oldest_first=True)
        )
    if actor.may(Permission.SCHEDULE):
        yield await _posts(session, actor, "schedule", "/posts?status=approved", PostFilter(status="approved"))
    if actor.may(Permission.POST_EDIT):
        drafts = PostFilter(status="draft", mine=True)
        yield await _posts(session, actor, "drafts", "/posts?status=draft&mine=yes", drafts)
        reviewed = PostFilter(status="in-review", mine=True)
        yield await _posts(session, actor, "in-review", "/posts?status=in-review&mine=yes", reviewed)


async def _went_wrong(session: AsyncSession, actor: Actor, now: datetime) -> AsyncIterator[Waiting]:
    if actor.may(Permission.TAKEDOWN_APPROVE):
        leaving = await queries.takedowns(session, actor, now=now, limit=FEW + 1)
        yield Waiting("takedowns", "/deliveries/takedowns", takedowns=tuple(leaving[:FEW]), more=len(leaving) > FEW)
    if actor.may(Permission.DELIVERY_RESOLVE):
        found = await queries.deliveries(session, actor, DeliveryFilter(states=ASKING), limit=FEW + 1)
        yield Waiting("deliveries", "/deliveries?show=asking", deliveries=tuple(found[:FEW]), more=len(found) > FEW)
        changed = await queries.drifts(session, actor, limit=FEW + 1)
        yield Waiting("drifts", "/deliveries/drifts", drifts=tuple(changed[:FEW]), more=len(changed) > FEW)


async def _posts(session: AsyncSession, actor: Actor, key: str, address: str, wanted: PostFilter) -> Waiting:
    found = await queries.posts(session, actor, wanted, limit=FEW + 1)
    return Waiting(key, address, posts=tuple(found[:FEW]), more=len(found) > FEW)
