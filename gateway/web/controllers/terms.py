"""The organisation's own lists: proposed by one person, confirmed by another, one by one or from a table."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries, terms
from approvals.actions import wording
from approvals.errors import Invalid, NotFound, Refusal
from approvals.permissions import Actor, Permission
from approvals.queries import TermView
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.api.terms import MOST, WrongLine, said_wrong, table_of
from gateway.api.uploads import FORM, receive
from gateway.runtime import Runtime
from gateway.web import forms
from gateway.web.forms import Form, uuids
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, said, see_other

EDIT, READ = Permission.TERMS_EDIT, Permission.TERMS_READ
ON_A_PAGE = 50
MOST_WAITING = 200
WELSH = frozenset(list(terms.LISTS)[: list(terms.LISTS).index("phones")])
"""Lists about the two languages, which stand first."""


class Waiting(Struct, frozen=True):
    """Proposals of a list, and those of them that the reader may confirm."""

    terms: tuple[TermView, ...]
    others: tuple[UUID, ...]


class OwnTerms(Controller):
    path = "/terms"

    @get(**needs(READ, refusals=()))
    async def lists(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        found = await queries.term_lists(session, actor)
        return page(
            request, "terms/lists.html", welsh=[one for one in found if one.name in WELSH],
            others=[one for one in found if one.name not in WELSH],
        )  # fmt: skip

    @get("/{name:str}", **needs(READ, refusals=()))
    async def browse(self, name: FromPath[str], request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return await _list(request, session, actor, name, Form())

    @post("/{name:str}", status_code=200, **needs(EDIT, refusals=()))
    async def propose(
        self, name: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        try:
            value = {field.name: form.get(f"term-{field.name}") for field in terms.fields(name)}
            async with porth.sessions.begin() as session:
                await wording.propose_one(session, actor, name, value, form.get("note"), now=now)
        except Refusal as refusal:
            own = forms.field_of(refusal.field)
            form.refuse(refusal, spoken, at=f"term-{own}" if own else "")
            return await _again(request, porth, actor, name, form)
        return see_other(f"/terms/{name}?done=term-proposed")

    @post("/{name:str}/import", status_code=200, request_max_body_size=MOST + FORM,
          **needs(EDIT, refusals=(), streamed=True))  # fmt: skip
    async def take(
        self, name: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form, wrong = Form(), list[WrongLine]()
        try:
            terms.fields(name)
            table = table_of(name, (await receive(request, MOST)).file)
            wrong = [said_wrong(one, spoken) for one in table.wrong]
            if not wrong and not table.entries:
                raise Invalid("term-no-rows", "/file")
            if not wrong:
                async with porth.sessions.begin() as session:
                    made = await wording.propose(session, actor, name, table.entries, now=now)
                return see_other(f"/terms/{name}?done=terms-proposed&n={len(made)}")
            form.say("file", said(spoken, "term-lines-wrong", {"n": len(wrong)}))
        except Refusal as refusal:
            form.refuse(refusal, spoken, at="file")
        return await _again(request, porth, actor, name, form, wrong=wrong)

    @post("/{name:str}/settle", status_code=200, **needs(EDIT, refusals=()))
    async def settle(
        self, name: FromPath[str], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """`do` is confirm, decline or remove, of one term or of all that the page showed."""
        form = await forms.read(request)
        chosen, do = uuids(form.all("terms")), form.get("do")
        try:
            async with porth.sessions.begin() as session:
                if do == "confirm":
                    await wording.confirm(session, actor, chosen, now=now)
                elif do == "decline":
                    await wording.decline(session, actor, chosen, now=now)
                else:
                    for term in chosen:
                        await wording.propose_removal(session, actor, term, now=now)
        except Refusal as refusal:
            return await _again(request, porth, actor, name, Form().refuse(refusal, spoken))
        done = {"confirm": "terms-confirmed", "decline": "terms-declined"}.get(do, "term-removal")
        return see_other(f"/terms/{name}?done={done}&n={len(chosen)}")


async def _list(
    request: Asked,
    session: AsyncSession,
    actor: Actor,
    name: str,
    form: Form,
    *,
    wrong: list[WrongLine] | None = None,
    status: int = 200,
) -> Response[Any]:
    if name not in terms.LISTS:
        raise NotFound("no-such-page")
    words = request.query_params.get("words", "").strip()[: terms.LONGEST]
    found = await queries.terms_of(
        session, actor, name, words=words, waiting=False, after=cursor(request), limit=ON_A_PAGE + 1
    )
    waiting = await queries.terms_of(session, actor, name, waiting=True, limit=MOST_WAITING)
    others = tuple(term.id for term in waiting if term.waits_for != actor.person)
    return page(
        request, "terms/list.html", status=status, name=name, fields=terms.fields(name), terms=found[:ON_A_PAGE],
        waiting=Waiting(tuple(waiting), others), next=next_address(request, found, ON_A_PAGE), form=form,
        filters=Form({"words": [words]}), words=words, wrong=wrong or [], edits=actor.may(EDIT), me=actor.person,
    )  # fmt: skip


async def _again(
    request: Asked, porth: Runtime, actor: Actor, name: str, form: Form, *, wrong: list[WrongLine] | None = None
) -> Response[Any]:
    async with porth.sessions.begin() as session:
        return await _list(request, session, actor, name, form, wrong=wrong, status=422)
