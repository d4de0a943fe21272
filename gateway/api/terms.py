"""The organisation's own terms: proposed by one person, confirmed by another."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from approvals import queries, term_table, terms
from approvals.actions import wording
from approvals.errors import Invalid
from approvals.permissions import Permission
from approvals.queries import TermListView, TermView
from approvals.term_table import Table, Wrong
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.routing import needs
from gateway.api.uploads import FORM, receive
from i18n.messages import Language, say

MOST = 1024 * 1024
MOST_CHOSEN = 1000


class NewTerm(Struct, frozen=True, forbid_unknown_fields=True):
    value: dict[str, str]
    """The list's fields by name."""
    note: Annotated[str, Meta(max_length=wording.LONGEST_NOTE)] = ""


class CreatedTerm(Struct, frozen=True):
    id: UUID


class Chosen(Struct, frozen=True, forbid_unknown_fields=True):
    terms: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MOST_CHOSEN)]


class Settled(Struct, frozen=True):
    terms: int


class WrongLine(Struct, frozen=True):
    line: int
    """In the file, the header being 1."""
    field: str
    code: str
    value: str
    message: str


class Taken(Struct, frozen=True):
    proposed: int
    wrong: tuple[WrongLine, ...]
    """Where anything is wrong, nothing is proposed."""


class OwnTerms(Controller):
    path = "/terms"
    tags: Sequence[str] = ("Terms",)

    @get(**needs(Permission.TERMS_READ, says="The organisation's own lists, and how much stands in each"))
    async def lists(self, session: Session, actor: Acting) -> list[TermListView]:
        return await queries.term_lists(session, actor)

    @get("/{name:str}", **needs(Permission.TERMS_READ, says="The terms of one list, with what waits to be confirmed"))
    async def browse(
        self,
        name: FromPath[str],
        session: Session,
        actor: Acting,
        limit: Limit = FEW,
        after: FromQuery[UUID | None] = None,
        words: FromQuery[str] = "",
        waiting: FromQuery[bool | None] = None,
    ) -> Page[TermView]:
        found = await queries.terms_of(session, actor, name, words=words, waiting=waiting, after=after, limit=limit + 1)
        return page(found, limit)

    @post("/{name:str}", **needs(Permission.TERMS_EDIT, says="Propose a term; another person confirms it"))
    async def propose(
        self, name: FromPath[str], data: JSONBody[NewTerm], session: Session, actor: Acting, now: Now
    ) -> CreatedTerm:
        made = await wording.propose_one(session, actor, name, data.value, data.note, now=now)
        return CreatedTerm(made.id)

    @post(
        "/{name:str}/import",
        status_code=200,
        request_max_body_size=MOST + FORM,
        **needs(Permission.TERMS_EDIT, says="Propose the terms of a CSV: multipart with `file`", streamed=True),
    )
    async def take(
        self, name: FromPath[str], porth: Porth, actor: Acting, now: Now, request: Asked, spoken: Spoken
    ) -> Taken:
        actor.require(Permission.TERMS_EDIT)
        table = table_of(name, (await receive(request, MOST)).file)
        if table.wrong:
            return Taken(0, tuple(said_wrong(wrong, spoken) for wrong in table.wrong))
        async with porth.sessions.begin() as session:
            made = await wording.propose(session, actor, name, table.entries, now=now)
        return Taken(len(made), ())

    @post(
        "/removals",
        status_code=200,
        **needs(Permission.TERMS_EDIT, says="Propose that a term is removed; another person confirms it"),
    )
    async def remove(self, data: JSONBody[Chosen], session: Session, actor: Acting, now: Now) -> Settled:
        for term in data.terms:
            await wording.propose_removal(session, actor, term, now=now)
        return Settled(len(data.terms))

    @post(
        "/confirmations",
        status_code=200,
        **needs(Permission.TERMS_EDIT, says="Confirm what other people have proposed: all of it, or nothing"),
    )
    async def confirm(self, data: JSONBody[Chosen], session: Session, actor: Acting, now: Now) -> Settled:
        return Settled(await wording.confirm(session, actor, data.terms, now=now))

    @post(
        "/refusals",
        status_code=200,
        **needs(Permission.TERMS_EDIT, says="Decline proposals, or take back one's own"),
    )
    async def decline(self, data: JSONBody[Chosen], session: Session, actor: Acting, now: Now) -> Settled:
        return Settled(await wording.decline(session, actor, data.terms, now=now))


def table_of(name: str, data: bytes) -> Table:
    """A CSV, its columns called as the API calls them or as a page does in either language."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:  # a guess would spoil ŵ and ŷ
        raise Invalid("term-encoding", "/file") from error
    return term_table.read(name, text, called(name))


def called(name: str) -> Mapping[str, frozenset[str]]:
    return {
        field.name: frozenset(say(spoken, f"term-field.{field.name}").lower() for spoken in ("cy", "en"))
        for field in terms.fields(name)
    }


def said_wrong(wrong: Wrong, spoken: Language) -> WrongLine:
    params = {"right": wrong.right, "field": say(spoken, f"term-field.{wrong.field}") if wrong.field else ""}
    return WrongLine(wrong.line, wrong.field, wrong.code, wrong.value, say(spoken, wrong.code, params))
