"""Which deliveries are whose to work on: claims with a lease, in the deliveries table itself.

A claim is an UPDATE of rows picked with `FOR UPDATE SKIP LOCKED`, so two workers never hold the same delivery. A
lease that runs out while a delivery is still `due` is claimed again; one that runs out in `sending` means that
nobody knows what happened: `unconfirmed` (house.md, "What a post is"). Running work renews its lease
(`Settings.lease`) every third of it.
"""

from collections import Counter
from datetime import datetime, timedelta
from random import random
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import delivering, spacing

Task = Literal["send", "look", "retract"]


class Claim(NamedTuple):
    delivery: UUID
    task: Task


_DUE = f"""
    FROM deliveries d
    JOIN organisations o ON o.id = d.organisation_id
    JOIN accounts a ON a.id = d.account_id
    LEFT JOIN deliveries first ON first.id = d.follows_id
    WHERE d.state = 'due' AND d.next_attempt_at <= :now
      AND (d.lease_until IS NULL OR d.lease_until < :now)
      AND o.paused_at IS NULL
      AND (a.limited_until IS NULL OR a.limited_until <= :now)
      AND (a.begun_at IS NULL OR NOT {spacing.SPACED} OR a.begun_at <= :now - {spacing.DISTANCE})
      AND (d.follows_id IS NULL OR first.state = 'published')
      AND (CAST(:organisation AS uuid) IS NULL OR d.organisation_id = :organisation)
"""
_UNCONFIRMED = f"""
    FROM deliveries d
    WHERE d.state = 'unconfirmed' AND d.next_attempt_at <= :now AND d.lookups < {len(delivering.LOOKUPS)}
      AND (d.lease_until IS NULL OR d.lease_until < :now)
      AND (CAST(:organisation AS uuid) IS NULL OR d.organisation_id = :organisation)
"""
# one removal of a post that edits have changed: by the delivery that made it, while that one is to do it
_TAKEDOWNS = """
    FROM deliveries d
    WHERE d.state = 'published' AND d.takedown_at IS NOT NULL AND d.next_attempt_at <= :now
      AND NOT EXISTS (SELECT FROM deliveries origin WHERE origin.id = d.origin_id
                      AND origin.state = 'published' AND origin.takedown_at IS NOT NULL)
      AND (d.lease_until IS NULL OR d.lease_until < :now)
      AND (CAST(:organisation AS uuid) IS NULL OR d.organisation_id = :organisation)
"""
# materialised: as a mere subquery it may be run once for each row, and take more than its LIMIT
_ORDER = "ORDER BY d.next_attempt_at, d.id"
CLAIM = text(f"""
    WITH removals AS MATERIALIZED (
        SELECT d.id {_TAKEDOWNS} {_ORDER} LIMIT :removals FOR UPDATE OF d SKIP LOCKED
    ), lookups AS MATERIALIZED (
        SELECT d.id {_UNCONFIRMED} {_ORDER} LIMIT :lookups FOR UPDATE OF d SKIP LOCKED
    ), sends AS MATERIALIZED (
        SELECT d.id, CASE WHEN {spacing.SPACED} THEN d.account_id ELSE d.id END AS turn, d.next_attempt_at
        {_DUE} {_ORDER}
        LIMIT :most - (SELECT count(*) FROM removals) - (SELECT count(*) FROM lookups)
        FOR UPDATE OF d SKIP LOCKED
    ), one_for_each_turn AS (
        SELECT DISTINCT ON (turn) id FROM sends ORDER BY turn, next_attempt_at, id
    ), chosen AS (
        SELECT id, 'retract' AS task FROM removals UNION ALL SELECT id, 'look' FROM lookups
        UNION ALL SELECT id, 'send' FROM one_for_each_turn
    )
    UPDATE deliveries d SET leased_by = :worker, lease_until = :until FROM chosen WHERE d.id = chosen.id
    RETURNING d.id, chosen.task
""")  # noqa: S608  # nothing but constants of ours
REMOVALS, LOOKUPS = 1 / 2, 1 / 4
"""The most of a claim that each may be while other work waits, so that a long row of one never keeps the rest back."""
_OLDEST = text(
    "SELECT least("
    + ", ".join(f"(SELECT min(d.next_attempt_at) {ready})" for ready in (_DUE, _UNCONFIRMED, _TAKEDOWNS))
    + ")"
)


async def claim(
    session: AsyncSession,
    worker: str,
    now: datetime,
    until: datetime,
    most: int,
    organisation: UUID | None = None,
    *,
    late_after: timedelta = timedelta(minutes=30),
) -> list[Claim]:
    """Up to `most` pieces of work until `until`: removals and lookups their part, then sends, the longest due first."""
    values = {"worker": worker, "now": now, "until": until, "organisation": organisation, "late_after": late_after}

    async def take(most: int, removals: int, lookups: int) -> list[Claim]:
        parts = {"most": most, "removals": removals, "lookups": lookups}
        return [Claim(row.id, row.task) for row in await session.execute(CLAIM, {**values, **parts})]

    # rounded by chance, or with one free hand the same kind would always go first
    removals = int(most * REMOVALS + random())  # noqa: S311  # nobody gains by guessing it
    lookups = min(int(most * LOOKUPS + random()), most - removals)  # noqa: S311  # the same
    claims = await take(most, removals, lookups)
    tasks = Counter(claim.task for claim in claims)
    left = most - len(claims)
    if left and (tasks["retract"] == removals or tasks["look"] == lookups):
        more = await take(left, left, 0)
        claims += more + (await take(left - len(more), 0, left - len(more)) if len(more) < left else [])
    return claims


async def oldest(session: AsyncSession, now: datetime, late_after: timedelta) -> datetime | None:
    """Since when the longest due of what a claim would take now has been waiting: sends, lookups and removals."""
    found: datetime | None = await session.scalar(_OLDEST, {"now": now, "late_after": late_after, "organisation": None})
    return found


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
