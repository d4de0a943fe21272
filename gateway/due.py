"""What is due, published once or only listed: what an outside scheduler calls in place of a worker."""

import asyncio
from uuid import UUID

from approvals.actions import delivering, spacing
from gateway import queue
from gateway.publishing import Outcome, Publisher
from gateway.runtime import Runtime


async def publish_due(
    porth: Runtime, *, organisation: UUID | None = None, limit: int | None = None, worker: str, concurrency: int = 20
) -> list[Outcome]:
    """Publish what is due now, and return what became of each. Safe when two run at once."""
    publisher = Publisher(porth, worker)
    await publisher.adopt_abandoned()
    outcomes: list[Outcome] = []
    while limit is None or len(outcomes) < limit:
        most = concurrency if limit is None else min(concurrency, limit - len(outcomes))
        async with porth.sessions() as session:
            now = porth.clock()
            claims = await queue.claim(
                session, worker, now, now + porth.settings.lease, most, organisation,
                late_after=porth.settings.late_after,
            )  # fmt: skip
            await session.commit()
        if not claims:
            break
        done = await asyncio.gather(*(publisher.outcome(claim) for claim in claims))
        outcomes += [outcome for outcome in done if outcome is not None]
    async with porth.sessions.begin() as session:
        await spacing.lay_out(session, porth.clock(), porth.settings.late_after, organisation)
    return outcomes


async def due(porth: Runtime, *, organisation: UUID | None = None, limit: int | None = None) -> list[Outcome]:
    """What `publish_due` would take now, and whether the last look would let it go; nothing changes."""
    async with porth.sessions() as session:
        now = porth.clock()
        late_after = porth.settings.late_after
        claims = await queue.claim(session, "dry-run", now, now, limit or 1000, organisation, late_after=late_after)
        listed: list[Outcome] = []
        for claim in claims:
            found = await delivering.case(session, claim.delivery, "dry-run")
            if found is None or claim.task != "send":
                continue
            stopped = await delivering.why_not(session, found, porth.limits, late_after=late_after, now=porth.clock())
            row = found.delivery
            state, code = (stopped.state, stopped.code) if stopped else ("due", None)
            listed.append(Outcome(row.id, row.post_id, found.channel.name, state, code))
        await session.rollback()
    return listed
