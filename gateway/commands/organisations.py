"""Which organisation a command is about, and in whose name it acts."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.errors import Refusal
from approvals.permissions import Actor, Role
from gateway.faults import Fault


@contextmanager
def said() -> Iterator[None]:
    """An action's refusal as a fault: one sentence, and exit code 2."""
    try:
        yield
    except Refusal as refusal:
        raise Fault(refusal.code, **refusal.params) from refusal


async def slugs(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(m.Organisation.slug).order_by(m.Organisation.slug)))


async def chosen(session: AsyncSession, slug: str | None) -> m.Organisation:
    """The organisation of this name, or the only one there is. Raises `Fault`."""
    known = await slugs(session)
    if slug is None and len(known) != 1:
        raise Fault("log.which-organisation", known=", ".join(known))
    found = await session.scalar(select(m.Organisation).where(m.Organisation.slug == (slug or known[0])))
    if found is None:
        raise Fault("log.no-organisation", slug=slug, known=", ".join(known))
    return found


def root(organisation: m.Organisation) -> Actor:
    """Whoever has the machine acts for the organisation itself; the log names nobody."""
    return Actor(organisation.id, organisation.id, frozenset({Role.ADMIN}))
