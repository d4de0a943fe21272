"""The organisation's own terms: one person proposes a change, another confirms it, and only then it counts.

`Source: requirements.md 8.2, "edit rule pack (two people)"`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log, terms
from approvals.errors import Invalid, NotAllowed, NotFound, WrongState
from approvals.permissions import Actor, Permission
from approvals.term_table import Entry

LONGEST_NOTE = 400


async def propose(
    session: AsyncSession, actor: Actor, name: str, entries: Sequence[Entry], *, now: datetime
) -> list[m.Term]:
    """Terms for a list. What stands there already, or waits, is passed over: a table can be sent again."""
    actor.require(Permission.TERMS_EDIT)
    terms.fields(name)
    cleaned = [Entry(terms.clean(name, entry.value), entry.note.strip()[:LONGEST_NOTE]) for entry in entries]
    await _lock(session, actor)
    keys = {terms.key(name, entry.value): entry for entry in cleaned}
    there = set(await session.scalars(_open(actor).with_only_columns(m.Term.key).where(m.Term.list == name)))
    made = [
        m.Term(
            organisation_id=actor.organisation, list=name, key=key, value=entry.value, note=entry.note,
            proposed_by=actor.person, proposed_at=now,
        )
        for key, entry in keys.items()
        if key not in there
    ]  # fmt: skip
    session.add_all(made)
    await session.flush()
    if made:
        await _log(session, actor, "terms-proposed", name, made, now)
    return made


async def propose_one(
    session: AsyncSession, actor: Actor, name: str, value: Mapping[str, str], note: str = "", *, now: datetime
) -> m.Term:
    """One term; that it is there already is said."""
    made = await propose(session, actor, name, [Entry(dict(value), note)], now=now)
    if not made:
        raise Invalid("term-taken", f"/{terms.fields(name)[0].name}")
    return made[0]


async def propose_removal(session: AsyncSession, actor: Actor, term: UUID, *, now: datetime) -> m.Term:
    """The term counts until somebody else has confirmed that it goes."""
    actor.require(Permission.TERMS_EDIT)
    (found,) = await _locked(session, actor, [term])
    if found.confirmed_at is None or found.removal_at is not None:
        raise WrongState("term-waits")
    found.removal_by, found.removal_at = actor.person, now
    await session.flush()
    await _log(session, actor, "terms-removal-proposed", found.list, [found], now)
    return found


async def confirm(session: AsyncSession, actor: Actor, chosen: Collection[UUID], *, now: datetime) -> int:
    """Confirm what others have proposed, additions and removals. All of them, or none."""
    return await _settle(session, actor, chosen, confirmed=True, now=now)


async def decline(session: AsyncSession, actor: Actor, chosen: Collection[UUID], *, now: datetime) -> int:
    """Say no to proposals, or take back one's own."""
    return await _settle(session, actor, chosen, confirmed=False, now=now)


async def _settle(
    session: AsyncSession, actor: Actor, chosen: Collection[UUID], *, confirmed: bool, now: datetime
) -> int:
    actor.require(Permission.TERMS_EDIT)
    found = await _locked(session, actor, chosen)
    for term in found:
        if confirmed and actor.person == (term.removal_by or term.proposed_by):
            raise NotAllowed("own-proposal")
        if term.confirmed_at is not None and term.removal_at is None:
            raise WrongState("term-settled")
    by_list: dict[tuple[str, str], list[m.Term]] = {}
    for term in found:
        by_list.setdefault((term.list, _settled(term, actor, confirmed=confirmed, now=now)), []).append(term)
    await session.flush()
    for (name, kind), settled in by_list.items():
        await _log(session, actor, kind, name, settled, now)
    return len(found)


def _settled(term: m.Term, actor: Actor, *, confirmed: bool, now: datetime) -> str:
    """Settle one proposal; what it is called in the log."""
    if term.confirmed_at is None and confirmed:
        term.confirmed_by, term.confirmed_at = actor.person, now
        return "terms-added"
    if term.confirmed_at is None:
        term.ended_by, term.ended_at = actor.person, now
        return "terms-declined"
    if confirmed:
        term.ended_by, term.ended_at = actor.person, now
        return "terms-removed"
    term.removal_by = term.removal_at = None
    return "terms-kept"


def _open(actor: Actor) -> Any:
    return select(m.Term).where(m.Term.organisation_id == actor.organisation, m.Term.ended_at.is_(None))


async def _locked(session: AsyncSession, actor: Actor, chosen: Collection[UUID]) -> list[m.Term]:
    wanted = _open(actor).where(m.Term.id.in_(set(chosen))).order_by(m.Term.id).with_for_update()
    found = list(await session.scalars(wanted))
    if not found or len(found) != len(set(chosen)):
        raise NotFound("no-such-term")
    return found


async def _lock(session: AsyncSession, actor: Actor) -> None:
    """One at a time, so that a list does not get the same term twice; the database would refuse the second."""
    await session.get_one(m.Organisation, actor.organisation, with_for_update={"key_share": True})


async def _log(
    session: AsyncSession, actor: Actor, kind: str, name: str, changed: Sequence[m.Term], now: datetime
) -> None:
    payload = {
        "list": name, "n": len(changed),
        "terms": [{"id": str(term.id), "value": term.value, "note": term.note} for term in changed],
    }  # fmt: skip
    await quality_log.append(session, actor.organisation, kind, payload, now=now, actor=actor.person)
