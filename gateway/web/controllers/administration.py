"""Administration: people and their roles, service teams, channels with their accounts, API keys."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import organising
from approvals.errors import Refusal
from approvals.permissions import Actor, Permission, Role
from gateway import access, passwords
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import forms
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, see_other
from i18n.messages import Language

MANAGE = Permission.PEOPLE_MANAGE
KEY_ROLES = (Role.SUBMITTER, Role.PUBLISHER, Role.AUDITOR)
PERSON_ROLES = tuple(role for role in Role if role is not Role.PUBLISHER)
ON_A_PAGE = 25
Act = Callable[[AsyncSession], Awaitable[Any]]


class Administration(Controller):
    path = "/administration"

    @get(**needs(MANAGE, refusals=()))
    async def show(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return page(
            request, "administration/show.html", organisation=await queries.organisation(session, actor),
            channels=await queries.channels(session, actor),
        )  # fmt: skip

    @get("/people", **needs(MANAGE, refusals=()))
    async def people(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return await _people(request, session, actor, Form({"language": ["cy"]}))

    @post("/people", status_code=200, **needs(MANAGE, refusals=()))
    async def add_person(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        try:
            password = form.get("password")
            password_hash = await access.hashed(password) if password else None
            async with porth.sessions.begin() as session:
                made = await organising.add_person(
                    session, actor, form.get("email"), form.get("name").strip(), roles_in(form),
                    teams=uuids(form.all("teams")), language="en" if form.get("language") == "en" else "cy",
                    password_hash=password_hash, now=now,
                )  # fmt: skip
                if password_hash is None:
                    await passwords.invite(session, porth.vault, actor, made.id, now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken)
            async with porth.sessions.begin() as session:
                return await _people(request, session, actor, form, status=422)
        return see_other("/administration/people?done=person-added")

    @post("/people/{person:uuid}/roles", status_code=200, **needs(MANAGE, refusals=()))
    async def set_roles(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await organising.set_roles(session, actor, person, roles_in(form), now=now)

        return await _act(request, porth, actor, act, "roles-set", spoken)

    @post("/people/{person:uuid}/leave", status_code=200, **needs(MANAGE, refusals=()))
    async def leave(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        async def act(session: AsyncSession) -> None:
            await organising.leave(session, actor, person, now=now)

        return await _act(request, porth, actor, act, "person-left", spoken)

    @get("/teams", **needs(MANAGE, refusals=()))
    async def teams(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return page(request, "administration/teams.html", teams=await queries.teams(session, actor), form=Form())

    @post("/teams", status_code=200, **needs(MANAGE, refusals=()))
    async def add_team(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                await organising.add_team(session, actor, form.get("name").strip(), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="name")
            async with porth.sessions.begin() as session:
                teams = await queries.teams(session, actor)
            return page(request, "administration/teams.html", status=422, teams=teams, form=form)
        return see_other("/administration/teams?done=team-added")

    @get("/keys", **needs(MANAGE, refusals=()))
    async def keys(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return await _keys(request, session, actor, Form())

    @post("/keys", status_code=200, **needs(MANAGE, refusals=()))
    async def add_key(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        """The answer shows the secret, this once: it is nowhere to be loaded again."""
        form, secret = await forms.read(request), None
        try:
            async with porth.sessions.begin() as session:
                made = await organising.create_key(
                    session, actor, form.get("name").strip(), _role(form.get("role")),
                    next(iter(uuids(form.all("responsible"))), UUID(int=0)),
                    team=next(iter(uuids(form.all("team"))), None), now=now,
                )  # fmt: skip
                secret = made.secret
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="name")
        async with porth.sessions.begin() as session:
            shown = form if form.wrong else Form()
            return await _keys(request, session, actor, shown, secret=secret, status=422 if form.wrong else 200)

    @post("/keys/{key:uuid}/revoke", status_code=200, **needs(MANAGE, refusals=()))
    async def revoke(self, key: FromPath[UUID], porth: Porth, actor: Acting, now: Now) -> Response[Any]:
        async with porth.sessions.begin() as session:
            await organising.revoke_key(session, actor, key, now=now)
        return see_other("/administration/keys?done=key-revoked")


def roles_in(form: Form) -> set[Role]:
    return {Role(name) for name in form.all("roles") if name in PERSON_ROLES}


def uuids(texts: tuple[str, ...]) -> tuple[UUID, ...]:
    found: list[UUID] = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return tuple(found)


def _role(name: str) -> Role:
    """A role that no key may have is refused by the action."""
    return Role(name) if name in set(Role) else Role.ADMIN


async def _people(
    request: Asked, session: AsyncSession, actor: Actor, form: Form, *, status: int = 200
) -> Response[Any]:
    found = await queries.people(session, actor, after=cursor(request), limit=ON_A_PAGE + 1)
    teams = await queries.teams(session, actor)
    return page(
        request, "administration/people.html", status=status, people=found[:ON_A_PAGE], teams=teams,
        team_names={team.id: team.name for team in teams}, next=next_address(request, found, ON_A_PAGE), form=form,
        roles=PERSON_ROLES, me=actor.person,
    )  # fmt: skip


async def _keys(
    request: Asked,
    session: AsyncSession,
    actor: Actor,
    form: Form,
    *,
    secret: str | None = None,
    status: int = 200,
) -> Response[Any]:
    found = await queries.keys(session, actor, after=cursor(request), limit=ON_A_PAGE + 1)
    return page(
        request, "administration/keys.html", status=status, keys=found[:ON_A_PAGE], secret=secret, form=form,
        next=next_address(request, found, ON_A_PAGE), teams=await queries.teams(session, actor),
        people=await queries.people(session, actor, limit=100), roles=KEY_ROLES,
    )  # fmt: skip


async def _act(request: Asked, porth: Runtime, actor: Actor, act: Act, done: str, spoken: Language) -> Response[Any]:
    try:
        async with porth.sessions.begin() as session:
            await act(session)
    except Refusal as refusal:
        async with porth.sessions.begin() as session:
            return await _people(request, session, actor, Form().refuse(refusal, spoken), status=422)
    return see_other(f"/administration/people?done={done}")
