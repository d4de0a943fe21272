"""Which deliveries are whose to work on: claims with a lease, in the deliveries table itself.

A claim is an UPDATE of rows picked with `FOR UPDATE SKIP LOCKED`, so two workers never hold the same delivery. A
lease that runs out while a delivery is still `due` is claimed again; one that runs out in `sending` means that
nobody knows what happened: `unconfirmed` (house.md, "What a post is"). Running work renews its lease
(`Settings.lease`) every third of it.
"""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import delivering

Task = Literal["send", "look", "retract"]


class Claim(NamedTuple):
    delivery: UUID
    task: Task


_DUE = """
    SELECT d.id FROM deliveries d
    JOIN organisations o ON o.id = d.organisation_id
    JOIN accounts a ON a.id = d.account_id
    LEFT JOIN deliveries first ON first.id = d.follows_id
    WHERE d.state = 'due' AND d.next_attempt_at <= :now
      AND (d.lease_until IS NULL OR d.lease_until < :now)
      AND o.paused_at IS NULL
      AND (a.limited_until IS NULL OR a.limited_until <= :now)
      AND (d.follows_id IS NULL OR first.state = 'published')
      AND (CAST(:organisation AS uuid) IS NULL OR d.organisation_id = :organisation)
    ORDER BY d.next_attempt_at, d.id LIMIT :most FOR UPDATE OF d SKIP LOCKED
"""
_UNCONFIRMED = f"""
    SELECT d.id FROM deliveries d
    WHERE d.state = 'unconfirmed' AND d.next_attempt_at <= :now AND d.lookups < {len(delivering.LOOKUPS)}
      AND (d.lease_until IS NULL OR d.lease_until < :now)
      AND (CAST(:organisation AS uuid) IS NULL OR d.organisation_id = :organisation)
    ORDER BY d.next_attempt_at, d.id LIMIT :most FOR UPDATE SKIP LOCKED
"""  # noqa: S608  # a number of ours
# one removal of a post that edits have changed: by the delivery that made it, while that one is to do it
_TAKEDOWNS = """
    SELECT d.id FROM deliveries d
    WHERE d.state = 'published' AND d.takedown_at IS NOT NULL AND d.next_attempt_at <= :now
      AND NOT EXISTS (SELECT FROM deliveries origin WHERE origin.id = d.origin_id
                      AND origin.state = 'published' AND origin.takedown_at IS NOT NULL)
      AND (d.lease_until IS NULL OR d.lease_until < :now)
      AND (CAST(:organisation AS uuid) IS NULL OR d.organisation_id = :organisation)
    ORDER BY d.next_attempt_at, d.id LIMIT :most FOR UPDATE SKIP LOCKED
"""
# materialised: as a mere subquery it may be run once for each row, and take more than its LIMIT
_CLAIM = """
    WITH picked AS MATERIALIZED ({picked})
    UPDATE deliveries d SET leased_by = :worker, lease_until = :until FROM picked WHERE d.id = picked.id
    RETURNING d.id
"""
_STATEMENTS = tuple(
    (task, text(_CLAIM.format(picked=picked)))
    for task, picked in (("retract", _TAKEDOWNS), ("send", _DUE), ("look", _UNCONFIRMED))
)


async def claim(
    session: AsyncSession, worker: str, now: datetime, until: datetime, most: int, organisation: UUID | None = None
) -> list[Claim]:
    """Up to `most` pieces of work until `until`, removals before sends, the longest due first."""
    claims: list[Claim] = []
    for task, statement in _STATEMENTS:
        if len(claims) < most:
            rows = await session.execute(
                statement,
                {
                    "worker": worker, "now": now, "until": until, "most": most - len(claims),
                    "organisation": organisation,
                },
            )  # fmt: skip
            claims += [Claim(row.id, task) for row in rows]  # type: ignore[arg-type]  # of the three tasks
    return claims


async def renew(session: AsyncSession, worker: str, deliveries: list[UUID], until: datetime) -> None:
    """Keep what is still being worked on."""
    await session.execute(
        # in the order of the ids, as everybody locks them, or a withdrawal and this wait for each other
        text(
            "WITH mine AS MATERIALIZED ("
            "SELECT id FROM deliveries WHERE leased_by = :worker AND id = ANY(:ids) ORDER BY id FOR UPDATE)"
            " UPDATE deliveries d SET lease_until = :until FROM mine WHERE d.id = mine.id"
        ),
        {"until": until, "worker": worker, "ids": deliveries},
    )


async def abandoned(session: AsyncSession, now: datetime) -> list[UUID]:
    """Deliveries in `sending` whose worker has died."""
    rows = await session.execute(
        text(
            "SELECT id FROM deliveries WHERE state = 'sending' AND (lease_until IS NULL OR lease_until < :now)"
            " ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED"
        ),
        {"now": now},
    )
    return [row.id for row in rows]


async def adopt(session: AsyncSession, delivery: UUID, worker: str, until: datetime) -> None:
    """Take over the lease of an abandoned delivery, so that only this worker settles it."""
    row = await session.get_one(m.Delivery, delivery)
    row.leased_by, row.lease_until = worker, until
    await session.flush()


async def next_due(session: AsyncSession, now: datetime) -> datetime | None:
    """When the next delivery falls due. What is due already but may not go yet is looked at with every poll."""
    found: datetime | None = await session.scalar(
        text("SELECT min(next_attempt_at) FROM deliveries WHERE state = 'due' AND next_attempt_at > :now"),
        {"now": now},
    )
    return found
