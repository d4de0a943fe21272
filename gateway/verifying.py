"""The quality log, verified once a day by whoever does the chores: a log that nobody looks at protects nobody."""

import logging
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from approvals.actions import telling
from approvals.quality_log import Broken, Verifier
from gateway import heads
from gateway.faults import Fault
from gateway.runtime import Runtime

log = logging.getLogger(__name__)


async def verify_logs(porth: Runtime, session: AsyncSession, now: datetime) -> None:
    """Each chain against the newest head that was written here; who keeps the log is told where it breaks."""
    rows = await session.execute(select(m.Organisation.id, m.Organisation.slug))
    for organisation, slug in list(rows):
        broken = await _first_broken(porth, session, organisation, slug)
        if broken is not None:
            log.error("the quality log of %s does not verify from entry %s on (%s)", slug, broken.number, broken.reason)
            await telling.log_is_broken(session, organisation, broken.number, now=now)
        await session.commit()


async def _first_broken(porth: Runtime, session: AsyncSession, organisation: UUID, slug: str) -> Broken | None:
    home = porth.settings.home
    try:
        path = heads.newest(home, slug)
        verifier = Verifier(heads.read(path, heads.public_key(home / heads.PUBLIC)) if path else None)
        async for entry in quality_log.entries(session, organisation):
            verifier.add(entry)
        verifier.end()
    except Broken as broken:
        return broken
    except Fault as fault:  # a head that this installation has not signed, or that cannot be read
        log.warning("the head of %s: %s", slug, fault)
        return Broken(0, "head")
    return None
