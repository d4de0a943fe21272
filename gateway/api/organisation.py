"""The organisation: its route and policy, its teams and people with their roles, its API keys, and the pause."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from approvals import queries
from approvals.actions import organising, scheduling
from approvals.permissions import Permission, Role
from approvals.policy import Policy
from approvals.queries import OrganisationView, PersonView, RouteEffects, TeamView
from approvals.route import RouteStep
from connectors.contract import Language
from gateway import access, passwords
from gateway.api.idempotency import Key, Once
from gateway.api.injected import Acting, Asked, Now, Porth, Session
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.posts import Reason
from gateway.api.routing import needs

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class PolicyRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    policy: Policy | UnsetType = UNSET
    route: tuple[RouteStep, ...] | UnsetType = UNSET
    seen: tuple[RouteStep, ...] | None = None
    """The route that was looked at before it is changed; if it is another by now, this is refused."""


class OtherRoute(Struct, frozen=True, forbid_unknown_fields=True):
    route: tuple[RouteStep, ...]


class NewTeam(Struct, frozen=True, forbid_unknown_fields=True):
    name: Name


class NewPerson(Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    name: Name
    roles: tuple[Role, ...]
    teams: tuple[UUID, ...] = ()
    language: Language = "cy"
    line_manager: UUID | None = None
    password: str | None = None
    """For a first sign-in; without one the person is sent a code by e-mail to choose their own with."""


class Roles(Struct, frozen=True, forbid_unknown_fields=True):
    roles: tuple[Role, ...]


class Teams(Struct, frozen=True, forbid_unknown_fields=True):
    teams: tuple[UUID, ...]


class CreatedPerson(Struct, frozen=True):
    id: UUID


def built(route: Sequence[RouteStep]) -> list[dict[str, str]]:
    return [{"step": s.step, "when": s.when} for s in route]


class Organisation(Controller):
    tags: Sequence[str] = ("Organisation",)

    @get("/organisation", **needs(Permission.CHANNEL_READ, says="The organisation, its route and policy"))
    async def read(self, session: Session, actor: Acting) -> OrganisationView:
        return await queries.organisation(session, actor)

    @put("/organisation/policy", **needs(Permission.POLICY_EDIT, says="Set the route of approval, and the policy"))
    async def set_policy(
        self, data: JSONBody[PolicyRequest], session: Session, actor: Acting, now: Now
    ) -> OrganisationView:
        await organising.set_policy(
            session,
            actor,
            policy=None if data.policy is UNSET else data.policy,
            route=None if data.route is UNSET else built(data.route),
            seen=None if data.seen is None else built(data.seen),
            now=now,
        )
        return await queries.organisation(session, actor)

    @post(
        "/organisation/route-effects",
        status_code=200,
        **needs(Permission.POLICY_EDIT, says="What another route would do to the posts under way; nothing is changed"),
    )
    async def effects(self, data: JSONBody[OtherRoute], session: Session, actor: Acting) -> RouteEffects:
        organising.whole_route(built(data.route))
        now_there = (await queries.organisation(session, actor)).route
        return await queries.route_effects(session, actor, now_there, data.route)

    @post(
        "/organisation/pause",
        status_code=200,
        **needs(Permission.PAUSE, says="Stop every send of the organisation before its call"),
    )
    async def pause(self, data: JSONBody[Reason], session: Session, actor: Acting, now: Now) -> OrganisationView:
        await scheduling.pause(session, actor, data.reason, now=now)
        return await queries.organisation(session, actor)

    @post("/organisation/resumption", status_code=200, **needs(Permission.PAUSE, says="End the pause"))
    async def resume(self, data: JSONBody[Reason], session: Session, actor: Acting, now: Now) -> OrganisationView:
        await scheduling.resume(session, actor, data.reason, now=now)
        return await queries.organisation(session, actor)

    @get("/teams", **needs(Permission.CHANNEL_READ, says="List service teams"))
    async def teams(self, session: Session, actor: Acting) -> list[TeamView]:
        return await queries.teams(session, actor)

    @post("/teams", **needs(Permission.PEOPLE_MANAGE, says="Add a service team"))
    async def add_team(
        self,
        data: JSONBody[NewTeam],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> TeamView:
        async def create() -> TeamView:
            made = await organising.add_team(session, actor, data.name, now=now)
            return TeamView(made.id, made.name)

        return await Once(porth, idempotency_key, request, actor, data).run(session, TeamView, create)


class People(Controller):
    path = "/people"
    tags: Sequence[str] = ("Organisation",)

    @get(**needs(Permission.PEOPLE_MANAGE, says="List people with their roles and teams"))
    async def browse(
        self,
        session: Session,
        actor: Acting,
        limit: Limit = FEW,
        after: FromQuery[UUID | None] = None,
        words: FromQuery[str] = "",
        role: FromQuery[Role | None] = None,
        left: FromQuery[bool | None] = None,
    ) -> Page[PersonView]:
        found = await queries.people(session, actor, words=words, role=role, left=left, after=after, limit=limit + 1)
        return page(found, limit)

    @post(**needs(Permission.PEOPLE_MANAGE, says="Add a person"))
    async def add(
        self,
        data: JSONBody[NewPerson],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> CreatedPerson:
        password_hash = await access.hashed(data.password) if data.password is not None else None

        async def create() -> CreatedPerson:
            made = await organising.add_person(
                session,
                actor,
                data.email,
                data.name,
                set(data.roles),
                teams=data.teams,
                language=data.language,
                password_hash=password_hash,
                line_manager=data.line_manager,
                now=now,
            )
            if password_hash is None:
                await passwords.invite(session, porth.vault, actor, made.id, now=now)
            return CreatedPerson(made.id)

        return await Once(porth, idempotency_key, request, actor, data).run(session, CreatedPerson, create)

    @put(
        "/{person_id:uuid}/roles",
        status_code=204,
        **needs(Permission.PEOPLE_MANAGE, says="Give a person exactly these roles"),
    )
    async def set_roles(
        self, person_id: FromPath[UUID], data: JSONBody[Roles], session: Session, actor: Acting, now: Now
    ) -> None:
        await organising.set_roles(session, actor, person_id, set(data.roles), now=now)

    @put(
        "/{person_id:uuid}/teams",
        status_code=204,
        **needs(Permission.PEOPLE_MANAGE, says="Make a person a member of exactly these service teams"),
    )
    async def set_teams(
        self, person_id: FromPath[UUID], data: JSONBody[Teams], session: Session, actor: Acting, now: Now
    ) -> None:
        await organising.set_teams(session, actor, person_id, data.teams, now=now)

    @post(
        "/{person_id:uuid}/leave",
        status_code=204,
        **needs(Permission.PEOPLE_MANAGE, says="The person has left: no sign-in, no roles, no keys"),
    )
    async def leave(self, person_id: FromPath[UUID], session: Session, actor: Acting, now: Now) -> None:
        await organising.leave(session, actor, person_id, now=now)
