"""A new password by a code that comes by e-mail. All addresses look the same from outside."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Request, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from approvals.errors import Invalid
from approvals.permissions import Permission
from gateway import passwords
from gateway.access import Throttle, TooManyTries
from gateway.api.injected import Acting, Now, Porth, Session
from gateway.api.routing import PUBLIC, needs


class Forgotten(Struct, frozen=True, forbid_unknown_fields=True):
    email: str


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    code: str
    """As the mail says it; hyphens, spaces and small letters do not matter."""
    password: str


class Passwords(Controller):
    tags: Sequence[str] = ("Access",)

    @post(
        "/sign-in/forgotten",
        status_code=204,
        **needs(PUBLIC, says="Send a code for a new password to this address, if somebody has it"),
    )
    async def forgotten(
        self, data: JSONBody[Forgotten], session: Session, porth: Porth, now: Now, request: Request[Any, Any, State]
    ) -> None:
        throttle: Throttle = request.app.state.throttle
        key, address = f"forgotten {data.email}", request.client.host if request.client else ""
        if throttle.refused(key, address, now):
            raise TooManyTries
        throttle.failed(key, address, now)
        await passwords.forgotten(session, porth.vault, data.email, now=now)

    @post("/sign-in/password", status_code=204, **needs(PUBLIC, says="Set the password with the code that was sent"))
    async def redeem(
        self, data: JSONBody[NewPassword], porth: Porth, now: Now, request: Request[Any, Any, State]
    ) -> None:
        throttle: Throttle = request.app.state.throttle
        key, address = f"code {data.email}", request.client.host if request.client else ""
        if throttle.refused(key, address, now):
            raise TooManyTries
        async with porth.sessions.begin() as session:  # its own: a wrong try counts though it is refused
            right = await passwords.redeem(session, data.email, data.code, data.password, now=now)
        if not right:
            throttle.failed(key, address, now)
            raise Invalid("password-code-wrong", "/code")

    @post(
        "/people/{person_id:uuid}/invitation",
        status_code=204,
        **needs(Permission.PEOPLE_MANAGE, says="Send a person a code to set their password with"),
    )
    async def invite(self, person_id: FromPath[UUID], session: Session, porth: Porth, actor: Acting, now: Now) -> None:
        await passwords.invite(session, porth.vault, actor, person_id, now=now)
