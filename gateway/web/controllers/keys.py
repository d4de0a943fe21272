"""API keys: made, given a new secret, revoked. A secret is on the one page that answers, and on no other."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import organising, staffing
from approvals.errors import Refusal
from approvals.permissions import Actor, Permission, Role
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import forms
from gateway.web.forms import Form, uuids
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, see_other

MANAGE = Permission.PEOPLE_MANAGE
KEY_ROLES = (Role.SUBMITTER, Role.PUBLISHER, Role.AUDITOR)
LIVES = ("30", "90", "180", "365")
"""Days that a key can be given."""
OVERLAPS = ("0", "1", "7")
"""Days that an old secret can still work."""
ON_A_PAGE = 25


class Made(Struct, frozen=True):
    """A key whose secret is shown this once."""

    name: str
    secret: str


class Keys(Controller):
    path = "/administration/keys"

    @get(**needs(MANAGE, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting, now: Now) -> Response[Any]:
        return await _page(request, session, actor, _blank(), now=now)

    @post(status_code=200, **needs(MANAGE, refusals=()))
    async def add(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        life = form.get("life")
        try:
            async with porth.sessions.begin() as session:
                made = await organising.create_key(
                    session, actor, form.get("name").strip(), _role(form.get("role")),
                    next(iter(uuids(form.all("responsible"))), UUID(int=0)),
                    team=next(iter(uuids(form.all("team"))), None),
                    expires=now + timedelta(days=int(life)) if life in LIVES else None, now=now,
                )  # fmt: skip
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="name")
            return await _again(request, porth, actor, form, now=now, status=422)
        return await _again(request, porth, actor, _blank(), now=now, made=Made(made.row.name, made.secret))

    @post("/{key:uuid}/rotation", status_code=200, **needs(MANAGE, refusals=()))
    async def rotate(
        self, key: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        overlap = (await forms.read(request)).get("overlap")
        days = int(overlap) if overlap in OVERLAPS else staffing.OVERLAP.days
        try:
            async with porth.sessions.begin() as session:
                made = await staffing.rotate_key(session, actor, key, overlap=timedelta(days=days), now=now)
        except Refusal as refusal:
            return await _again(request, porth, actor, _blank().refuse(refusal, spoken), now=now, status=422)
        return await _again(request, porth, actor, _blank(), now=now, made=Made(made.row.name, made.secret))

    @post("/{key:uuid}/revoke", status_code=200, **needs(MANAGE, refusals=()))
    async def revoke(self, key: FromPath[UUID], porth: Porth, actor: Acting, now: Now) -> Response[Any]:
        async with porth.sessions.begin() as session:
            await organising.revoke_key(session, actor, key, now=now)
        return see_other("/administration/keys?done=key-revoked")


def _blank() -> Form:
    return Form({"life": [LIVES[-1]]})


def _role(name: str) -> Role:
    """A role that no key may have is refused by the action."""
    return Role(name) if name in set(Role) else Role.ADMIN


async def _again(request: Asked, porth: Runtime, actor: Actor, form: Form, **more: Any) -> Response[Any]:
    async with porth.sessions.begin() as session:
        return await _page(request, session, actor, form, **more)


async def _page(
    request: Asked,
    session: AsyncSession,
    actor: Actor,
    form: Form,
    *,
    now: Any,
    made: Made | None = None,
    status: int = 200,
) -> Response[Any]:
    found = await queries.keys(session, actor, after=cursor(request), limit=ON_A_PAGE + 1)
    return page(
        request, "administration/keys.html", status=status, keys=found[:ON_A_PAGE], made=made, form=form, now=now,
        next=next_address(request, found, ON_A_PAGE), teams=await queries.teams(session, actor),
        people=await queries.with_role(session, actor), roles=KEY_ROLES, lives=LIVES, overlaps=OVERLAPS,
    )  # fmt: skip
