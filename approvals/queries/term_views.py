"""The organisation's own terms as people read them: each list's size, and one list with who put what there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from approvals import models as m
from approvals import terms
from approvals.permissions import Actor, Permission
from approvals.queries.reach import PersonRef

State = Literal["proposed", "standing", "leaving"]


class TermListView(Struct, frozen=True):
    name: str
    standing: int
    """Terms that count."""
    waiting: int
    """Proposals, to add or to remove, that somebody else has to confirm."""


class TermView(Struct, frozen=True):
    id: UUID
    list: str
    value: Mapping[str, str]
    note: str
    state: State
    proposed_by: PersonRef
    proposed_at: datetime
    confirmed_by: PersonRef | None
    removal_by: PersonRef | None

    @property
    def waits_for(self) -> UUID | None:
        """Whose proposal it is that waits for somebody else."""
        if self.state == "standing":
            return None
        return (self.removal_by or self.proposed_by).id


_WAITS = or_(m.Term.confirmed_at.is_(None), m.Term.removal_at.is_not(None))


async def term_lists(session: AsyncSession, actor: Actor) -> list[TermListView]:
    """Every list, with what stands in it."""
    actor.require(Permission.TERMS_READ)
    rows = await session.execute(
        select(m.Term.list, func.count(m.Term.confirmed_at), func.count().filter(_WAITS))
        .where(m.Term.organisation_id == actor.organisation, m.Term.ended_at.is_(None))
        .group_by(m.Term.list)
    )
    found = {name: (standing, waiting) for name, standing, waiting in rows}
    return [TermListView(name, *found.get(name, (0, 0))) for name in terms.LISTS]


async def terms_of(
    session: AsyncSession,
    actor: Actor,
    name: str | None,
    *,
    words: str = "",
    waiting: bool | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[TermView]:
    """Terms of one list or of all, the newest first; `waiting`: only those that wait for somebody, or only others."""
    actor.require(Permission.TERMS_READ)
    if name is not None:
        terms.fields(name)
    proposer, confirmer, remover = aliased(m.Person), aliased(m.Person), aliased(m.Person)
    conditions: list[ColumnElement[bool]] = [
        m.Term.list == name if name is not None else true(),
        m.Term.id < after if after else true(),
        m.Term.key.contains(words.casefold(), autoescape=True) if words else true(),
    ]
    if waiting is not None:
        conditions.append(_WAITS if waiting else and_(m.Term.confirmed_at.is_not(None), m.Term.removal_at.is_(None)))
    rows = await session.execute(
        select(m.Term, proposer.name, confirmer.name, remover.name)
        .join(proposer, proposer.id == m.Term.proposed_by)
        .outerjoin(confirmer, confirmer.id == m.Term.confirmed_by)
        .outerjoin(remover, remover.id == m.Term.removal_by)
        .where(m.Term.organisation_id == actor.organisation, m.Term.ended_at.is_(None), *conditions)
        .order_by(m.Term.id.desc())
        .limit(limit)
    )
    return [_view(term, *names) for term, *names in rows]


def _view(term: m.Term, proposer: str, confirmer: str | None, remover: str | None) -> TermView:
    state: State = "proposed" if term.confirmed_at is None else "leaving" if term.removal_at is not None else "standing"
    return TermView(
        term.id, term.list, term.value, term.note, state, PersonRef(term.proposed_by, proposer), term.proposed_at,
        PersonRef(term.confirmed_by, confirmer) if term.confirmed_by and confirmer else None,
        PersonRef(term.removal_by, remover) if term.removal_by and remover else None,
    )  # fmt: skip
