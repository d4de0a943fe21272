"""Reviewing: sign-offs, decisions, sending back, refusing. Each repeats the digest that the reviewer saw."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Controller, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from approvals.actions import reviewing
from approvals.findings import Where
from approvals.permissions import SIGNS, Permission
from approvals.queries import DecisionView, PersonRef, SignOffView
from approvals.route import Step
from gateway.api.injected import Acting, Asked, Now, Porth, Session
from gateway.api.posts import PostRef, ref
from gateway.api.routing import needs

DECIDING = (Permission.SIGN_WELSH, Permission.SIGN_PRIVACY, Permission.SIGN_COMMS)


class NewSignOff(Struct, frozen=True, forbid_unknown_fields=True):
    step: Step
    digest: str
    attests: tuple[str, ...] = ()
    """What the privacy step asks to have looked for in each picture."""


class NewDecision(Struct, frozen=True, forbid_unknown_fields=True):
    digest: str
    finding: str
    """The finding's `key`."""
    reason: str


class SendBack(Struct, frozen=True, forbid_unknown_fields=True):
    digest: str
    words: str
    where: Where | None = None


class RefusalRequest(Struct, frozen=True, forbid_unknown_fields=True):
    digest: str
    reason: str


class Reviews(Controller):
    path = "/posts/{post_id:uuid}"
    tags: Sequence[str] = ("Reviews",)

    @post("/sign-offs", **needs(*SIGNS.values(), says="Sign one step off, for exactly what the digest stands for"))
    async def sign_off(
        self,
        post_id: FromPath[UUID],
        data: JSONBody[NewSignOff],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
    ) -> SignOffView:
        made = await reviewing.sign_off(
            session, actor, post_id, data.step, data.digest, porth.limits, attests=data.attests, now=now
        )
        return SignOffView(made.step, PersonRef(actor.person, request.user.name), made.digest, made.signed_at)

    @post("/decisions", **needs(*DECIDING, says="Resolve a finding that asks for a decision, with a reason"))
    async def decide(
        self,
        post_id: FromPath[UUID],
        data: JSONBody[NewDecision],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
    ) -> DecisionView:
        made = await reviewing.decide(
            session, actor, post_id, data.digest, data.finding, data.reason, porth.limits, now=now
        )
        by = PersonRef(actor.person, request.user.name)
        return DecisionView(made.finding, made.code, made.reason, by, made.decided_at)

    @post("/send-back", status_code=200, **needs(*SIGNS.values(), says="Ask the author to change something"))
    async def send_back(
        self, post_id: FromPath[UUID], data: JSONBody[SendBack], session: Session, actor: Acting, now: Now
    ) -> PostRef:
        return ref(
            await reviewing.send_back(session, actor, post_id, data.digest, data.words, where=data.where, now=now)
        )

    @post("/refusal", status_code=200, **needs(Permission.REFUSE, says="Refuse a post for good"))
    async def refuse(
        self, post_id: FromPath[UUID], data: JSONBody[RefusalRequest], session: Session, actor: Acting, now: Now
    ) -> PostRef:
        return ref(await reviewing.refuse(session, actor, post_id, data.digest, data.reason, now=now))
