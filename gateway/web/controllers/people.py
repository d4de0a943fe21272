"""People: who is here, and one person with everything that an administrator does for them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import organising, staffing
from approvals.errors import Refusal
from approvals.permissions import Actor, Permission, Role
from connectors.contract import Language
from gateway import access, passwords
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import forms
from gateway.web.forms import Form, uuids
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, see_other

MANAGE = Permission.PEOPLE_MANAGE
PERSON_ROLES = tuple(role for role in Role if role is not Role.PUBLISHER)
ON_A_PAGE = 25
Act = Callable[[AsyncSession], Awaitable[Any]]


class People(Controller):
    path = "/administration/people"

    @get(**needs(MANAGE, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        asked = request.query_params
        words, role = asked.get("words", "").strip(), asked.get("role", "")
        left = asked.get("left") == "yes"
        found = await queries.people(
            session, actor, words=words, role=role if role in PERSON_ROLES else None, left=left,
            after=cursor(request), limit=ON_A_PAGE + 1,
        )  # fmt: skip
        teams = await queries.teams(session, actor)
        filters = Form({"words": [words], "role": [role], "left": ["yes" if left else ""]})
        return page(
            request, "administration/people.html", people=found[:ON_A_PAGE], filters=filters, roles=PERSON_ROLES,
            team_names={team.id: team.name for team in teams}, next=next_address(request, found, ON_A_PAGE),
            filtered=bool(words or role or left),
        )  # fmt: skip

    @get("/new", **needs(MANAGE, refusals=()))
    async def form(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return await _new(request, session, actor, Form({"language": ["cy"]}))

    @post("/new", status_code=200, **needs(MANAGE, refusals=()))
    async def add(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        """With a first password, or without one: then an invitation is sent with which the person sets their own."""
        form = await forms.read(request)
        try:
            password = form.get("password")
            password_hash = await access.hashed(password) if password else None
            async with porth.sessions.begin() as session:
                made = await organising.add_person(
                    session, actor, form.get("email"), form.get("name").strip(), roles_in(form),
                    teams=uuids(form.all("teams")), language=_language(form), password_hash=password_hash,
                    line_manager=next(iter(uuids(form.all("line_manager"))), None), now=now,
                )  # fmt: skip
                if not password:
                    await passwords.invite(session, porth.vault, actor, made.id, now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="email")
            async with porth.sessions.begin() as session:
                return await _new(request, session, actor, form, status=422)
        done = "person-added" if password else "invited"
        return see_other(f"/administration/people/{made.id}?done={done}")

    @get("/{person:uuid}", **needs(MANAGE, refusals=()))
    async def show(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        return await _show(request, porth, actor, person, None, now=now)

    @post("/{person:uuid}/details", status_code=200, **needs(MANAGE, refusals=()))
    async def set_details(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            manager = next(iter(uuids(form.all("line_manager"))), None)
            await staffing.set_details(
                session, actor, person, name=form.get("name"), language=_language(form), line_manager=manager, now=now
            )

        return await _act(request, porth, actor, person, act, "details-set", form, now, spoken)

    @post("/{person:uuid}/roles", status_code=200, **needs(MANAGE, refusals=()))
    async def set_roles(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await organising.set_roles(session, actor, person, roles_in(form), now=now)

        return await _act(request, porth, actor, person, act, "roles-set", form, now, spoken)

    @post("/{person:uuid}/teams", status_code=200, **needs(MANAGE, refusals=()))
    async def set_teams(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await organising.set_teams(session, actor, person, uuids(form.all("teams")), now=now)

        return await _act(request, porth, actor, person, act, "teams-set", form, now, spoken)

    @post("/{person:uuid}/sign-ins/end", status_code=200, **needs(MANAGE, refusals=()))
    async def end_sign_ins(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await staffing.end_sign_ins(session, actor, person, form.get("end-reason"), now=now)

        return await _act(request, porth, actor, person, act, "sign-ins-ended", form, now, spoken, at="end-reason")

    @post("/{person:uuid}/second-factor/reset", status_code=200, **needs(MANAGE, refusals=()))
    async def reset_second_factor(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await staffing.reset_second_factor(session, actor, person, form.get("reset-reason"), now=now)

        return await _act(
            request, porth, actor, person, act, "second-factor-reset", form, now, spoken, at="reset-reason"
        )

    @post("/{person:uuid}/password-code", status_code=200, **needs(MANAGE, refusals=()))
    async def password_code(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """The answer shows the code, this once."""
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                code = await passwords.issue_code(session, actor, person, now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="password-code")
            return await _show(request, porth, actor, person, form, now=now, status=422)
        return await _show(request, porth, actor, person, None, now=now, code=code)

    @post("/{person:uuid}/leave", status_code=200, **needs(MANAGE, refusals=()))
    async def leave(
        self, person: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)

        async def act(session: AsyncSession) -> None:
            await organising.leave(session, actor, person, now=now)

        return await _act(request, porth, actor, person, act, "person-left", form, now, spoken, at="leave")


def roles_in(form: Form) -> set[Role]:
    return {Role(name) for name in form.all("roles") if name in PERSON_ROLES}


def _language(form: Form) -> Language:
    return "en" if form.get("language") == "en" else "cy"


async def _new(request: Asked, session: AsyncSession, actor: Actor, form: Form, *, status: int = 200) -> Response[Any]:
    return page(
        request, "administration/new_person.html", status=status, form=form, roles=PERSON_ROLES,
        teams=await queries.teams(session, actor), managers=await queries.line_managers(session, actor),
    )  # fmt: skip


async def _show(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    person: UUID,
    form: Form | None,
    *,
    now: datetime,
    code: str | None = None,
    status: int = 200,
) -> Response[Any]:
    """`form`: what was typed and refused; without one the fields hold what is there."""
    async with porth.sessions.begin() as session:
        found = await queries.staff(session, actor, person, now=now)
        teams, managers = await queries.teams(session, actor), await queries.line_managers(session, actor)
    line = found.person
    there = {
        "name": [line.name], "language": [line.language], "line_manager": [str(line.line_manager or "")],
        "roles": list(line.roles), "teams": [str(team) for team in line.teams],
    }  # fmt: skip
    shown = Form(there)
    if form is not None:
        shown = Form({**there, **{name: form.all(name) for name in form.names()}})
        shown.wrong = form.wrong
    return page(
        request, "administration/person.html", status=status, staff=found, form=shown, roles=PERSON_ROLES,
        teams=teams, managers=managers, code=code, me=actor.person, team_names={team.id: team.name for team in teams},
    )  # fmt: skip


async def _act(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    person: UUID,
    act: Act,
    done: str,
    form: Form,
    now: datetime,
    spoken: Language,
    *,
    at: str = "",
) -> Response[Any]:
    """Do one thing in one transaction; if it is refused, the page again, with the refusal at the field `at`."""
    try:
        async with porth.sessions.begin() as session:
            await act(session)
    except Refusal as refusal:
        own = forms.field_of(refusal.field)
        form.refuse(refusal, spoken, at=own if own in {"name", "line_manager"} else at)
        return await _show(request, porth, actor, person, form, now=now, status=422)
    return see_other(f"/administration/people/{person}?done={done}")
