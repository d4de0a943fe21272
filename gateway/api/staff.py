"""One person: details, sign-ins, a lost second factor, a code for a new password."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from approvals import queries
from approvals.actions import staffing
from approvals.permissions import Permission
from approvals.queries import StaffView
from connectors.contract import Language
from gateway import passwords
from gateway.api.injected import Acting, Now, Session
from gateway.api.posts import Reason
from gateway.api.routing import needs

MANAGE = Permission.PEOPLE_MANAGE


class Details(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    language: Language
    line_manager: UUID | None = None


class PasswordCode(Struct, frozen=True):
    code: str
    """Shown this once. Tell it to the person; it counts for a day, once, beside their e-mail address."""


class Ended(Struct, frozen=True):
    ended: int


class Staff(Controller):
    path = "/people/{person_id:uuid}"
    tags: Sequence[str] = ("Organisation",)

    @get(**needs(MANAGE, says="One person: roles, sign-ins, and what is theirs that somebody must take over"))
    async def show(self, person_id: FromPath[UUID], session: Session, actor: Acting, now: Now) -> StaffView:
        return await queries.staff(session, actor, person_id, now=now)

    @put("/details", **needs(MANAGE, says="Set a person's name, language and line manager"))
    async def set_details(
        self, person_id: FromPath[UUID], data: JSONBody[Details], session: Session, actor: Acting, now: Now
    ) -> StaffView:
        await staffing.set_details(
            session, actor, person_id, name=data.name, language=data.language, line_manager=data.line_manager, now=now
        )
        return await queries.staff(session, actor, person_id, now=now)

    @post("/sign-ins/end", status_code=200, **needs(MANAGE, says="Sign a person out everywhere"))
    async def end_sign_ins(
        self, person_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> Ended:
        return Ended(await staffing.end_sign_ins(session, actor, person_id, data.reason, now=now))

    @post(
        "/second-factor/reset",
        status_code=204,
        **needs(MANAGE, says="Take away a person's one-time codes, which they have lost"),
    )
    async def reset_second_factor(
        self, person_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> None:
        await staffing.reset_second_factor(session, actor, person_id, data.reason, now=now)

    @post("/password-code", **needs(MANAGE, says="A code with which the person sets a new password; shown this once"))
    async def password_code(self, person_id: FromPath[UUID], session: Session, actor: Acting, now: Now) -> PasswordCode:
        return PasswordCode(await passwords.issue_code(session, actor, person_id, now=now))
