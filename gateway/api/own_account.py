"""What people do with their own account: language, password, sign-ins."""

from collections.abc import Sequence
from datetime import datetime

from litestar import Controller, delete, get, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from approvals import models as m
from approvals.errors import NotAllowed, NotFound
from connectors.contract import Language
from gateway import access, passwords
from gateway.api.injected import Acting, Asked, Now, Session
from gateway.api.routing import SIGNED_IN, needs


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    current: str
    password: str

    def __repr__(self) -> str:
        return "NewPassword(<hidden>)"


class OwnLanguage(Struct, frozen=True, forbid_unknown_fields=True):
    language: Language


class OwnSignIn(Struct, frozen=True):
    id: str
    agent: str
    created_at: datetime
    seen_at: datetime
    current: bool


class OwnAccount(Controller):
    path = "/me"
    tags: Sequence[str] = ("Access",)

    @put("/language", status_code=204, **needs(SIGNED_IN, says="Set the language of one's own pages and messages"))
    async def set_language(self, data: JSONBody[OwnLanguage], request: Asked, session: Session, actor: Acting) -> None:
        person_only(request)
        (await session.get_one(m.Person, actor.person)).language = data.language

    @put("/password", status_code=204, **needs(SIGNED_IN, says="Change one's own password; other sign-ins end"))
    async def change_password(self, data: JSONBody[NewPassword], request: Asked, session: Session, now: Now) -> None:
        person_only(request)
        await passwords.change(session, request.user, data.current, data.password, now=now)

    @get("/sign-ins", **needs(SIGNED_IN, says="Where one is signed in"))
    async def sign_ins(self, request: Asked, session: Session, actor: Acting, now: Now) -> list[OwnSignIn]:
        person_only(request)
        found = await access.sign_ins_of(session, actor.person, now=now)
        return [
            OwnSignIn(s.token_hash.hex(), s.agent, s.created_at, s.seen_at, s.token_hash == request.user.sign_in)
            for s in found
        ]

    @delete("/sign-ins/{sign_in:str}", status_code=204, **needs(SIGNED_IN, says="End one of one's own sign-ins"))
    async def end(self, sign_in: FromPath[str], request: Asked, session: Session, actor: Acting) -> None:
        person_only(request)
        if not await access.end_sign_in(session, actor.person, sign_in):
            raise NotFound("no-such-page")


def person_only(request: Asked) -> None:
    """A key acts for a system: the account of the person who answers for it is out of its reach."""
    if request.user.sign_in is None:
        raise NotAllowed("person-only")
