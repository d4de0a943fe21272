"""API keys: for service teams' systems, publishing jobs and auditors' tools. A secret is shown once."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from approvals import queries
from approvals.actions import organising, staffing
from approvals.permissions import Permission, Role
from approvals.queries import KeyView
from gateway.api.idempotency import Key, Once
from gateway.api.injected import Acting, Asked, Now, Porth, Session
from gateway.api.organisation import Name
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.routing import needs
from gateway.api.times import moment


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    role: Role
    responsible: UUID
    """Who answers for the system, and counts as the author of what it submits."""
    team: UUID | None = None
    expires: str | None = None


class Rotation(Struct, frozen=True, forbid_unknown_fields=True):
    overlap_days: int = staffing.OVERLAP.days
    """For how long the old secret still works; 0: it ends at once."""
    expires: str | None = None


class CreatedKey(Struct, frozen=True):
    id: UUID
    secret: str
    """Shown once; nobody can see it again."""
    prefix: str
    role: str


class Keys(Controller):
    path = "/keys"
    tags: Sequence[str] = ("Organisation",)

    @get(**needs(Permission.PEOPLE_MANAGE, says="List API keys; never their secrets"))
    async def browse(
        self, session: Session, actor: Acting, limit: Limit = FEW, after: FromQuery[UUID | None] = None
    ) -> Page[KeyView]:
        return page(await queries.keys(session, actor, after=after, limit=limit + 1), limit)

    @post(**needs(Permission.PEOPLE_MANAGE, says="Create an API key; its secret is shown this once"))
    async def create(
        self,
        data: JSONBody[NewKey],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> CreatedKey:
        expires = moment(data.expires, "/expires") if data.expires else None

        async def create() -> CreatedKey:
            made = await organising.create_key(
                session, actor, data.name, data.role, data.responsible, team=data.team, expires=expires, now=now
            )
            return CreatedKey(made.row.id, made.secret, made.row.prefix, made.row.role)

        return await Once(porth, idempotency_key, request, actor, data).run(session, CreatedKey, create)

    @delete("/{key_id:uuid}", status_code=204, **needs(Permission.PEOPLE_MANAGE, says="Revoke an API key"))
    async def revoke(self, key_id: FromPath[UUID], session: Session, actor: Acting, now: Now) -> None:
        await organising.revoke_key(session, actor, key_id, now=now)

    @post(
        "/{key_id:uuid}/rotation",
        **needs(Permission.PEOPLE_MANAGE, says="Give a key's system a new secret; the old one ends after a while"),
    )
    async def rotate(
        self,
        key_id: FromPath[UUID],
        data: JSONBody[Rotation],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> CreatedKey:
        expires = moment(data.expires, "/expires") if data.expires else None
        # beyond what a duration can hold is beyond what is accepted
        overlap = timedelta(days=max(-1, min(data.overlap_days, staffing.OVERLAP.days + 1)))

        async def create() -> CreatedKey:
            made = await staffing.rotate_key(session, actor, key_id, overlap=overlap, expires=expires, now=now)
            return CreatedKey(made.row.id, made.secret, made.row.prefix, made.row.role)

        return await Once(porth, idempotency_key, request, actor, data).run(session, CreatedKey, create)
