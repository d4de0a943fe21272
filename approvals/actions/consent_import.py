"""Consents from a table, all or none."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from approvals.actions import consenting
from approvals.consent_table import Row, Table, Wrong
from approvals.errors import Invalid, Refusal
from approvals.permissions import Actor, Permission

Seal = Callable[[str, UUID], bytes]
"""A contact, and the id of its record, into what is kept."""


class Import(Struct, frozen=True):
    """What an import did, or would do."""

    rows: int
    wrong: tuple[Wrong, ...]
    recorded: int


async def tried(session: AsyncSession, actor: Actor, table: Table) -> Import:
    """What is wrong with the table, the database's references included. Nothing is recorded."""
    actor.require(Permission.CONSENT_DECIDE)
    return Import(len(table.rows), (*table.wrong, *await _taken(session, actor, table)), 0)


async def take(session: AsyncSession, actor: Actor, table: Table, seal: Seal, *, now: datetime) -> Import:
    """Record every row. Raises `Invalid` where one cell is wrong.

    The custodian alone imports; the records still wait to be verified against their signed forms, one by one.
    """
    wrong = (await tried(session, actor, table)).wrong
    if wrong:
        first = wrong[0]
        raise Invalid("consent-import-wrong", "/file", n=len(wrong), line=first.line, column=first.column)
    for row in table.rows:
        await _record(session, actor, row, seal, now)
    await quality_log.append(
        session, actor.organisation, "consents-imported", {"n": len(table.rows)},
        now=now, actor=actor.person, retention="consents",
    )  # fmt: skip
    return Import(len(table.rows), (), len(table.rows))


async def _taken(session: AsyncSession, actor: Actor, table: Table) -> list[Wrong]:
    lines = {row.consent.ref: row.line for row in table.rows}
    rows = await session.scalars(
        select(m.ConsentRecord.ref).where(
            m.ConsentRecord.organisation_id == actor.organisation, m.ConsentRecord.ref.in_(lines)
        )
    )
    return [Wrong(lines[ref], "ref", "taken", ref) for ref in sorted(rows, key=lines.__getitem__)]


async def _record(session: AsyncSession, actor: Actor, row: Row, seal: Seal, now: datetime) -> None:
    contact = row.contact
    try:
        await consenting.record(
            session, actor, row.consent, seen=False, now=now,
            contact=None if contact is None else lambda found: seal(contact, found),
        )  # fmt: skip
    except Refusal as refusal:
        raise Invalid(
            "consent-import-wrong", "/file", n=1, line=row.line, column=(refusal.field or "").strip("/")
        ) from refusal
