"""After an outage, what is overdue goes out one by one on each account, and not in a burst.

A delivery is late when its time is more than `GRACE` ago, and then begins only if nothing has begun on its account
within the organisation's spacing. What is on time is never held back, nor is the second half of a pair, which must
follow the first at once (WEL-03); both count for the distance that what is late keeps. What is too late does not
wait for a turn: it becomes `missed`. Claims (gateway/queue.py) pick by the same rule; the last word is `take_turn`,
under the lock on the account's row.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions.delivering import Case, release_lease
from approvals.policy import SPACING

GRACE = timedelta(seconds=60)
CODE = "spacing"

DISTANCE = f"make_interval(secs => COALESCE((o.policy->>'spacing_seconds')::int, {SPACING}))"
TOO_LATE = "COALESCE(make_interval(mins => (o.policy->>'late_after_minutes')::int), CAST(:late_after AS interval))"
SPACED = f"""(
    d.follows_id IS NULL AND d.publish_at < :now - interval '{GRACE.seconds} s' AND {DISTANCE} > interval '0'
    AND d.publish_at >= :now - {TOO_LATE}
)"""
"""Whether the delivery `d` of the organisation `o` is late, and not too late: what keeps its distance."""

# one who waits for the platform's pause after a failure keeps that time; the rest are put in a row anew
_LAY_OUT = text(f"""
    WITH crowded AS MATERIALIZED (
        SELECT DISTINCT d.account_id FROM deliveries d JOIN organisations o ON o.id = d.organisation_id
        JOIN accounts a ON a.id = d.account_id
        WHERE d.state = 'due' AND d.next_attempt_at <= :now AND (d.lease_until IS NULL OR d.lease_until < :now)
          AND o.paused_at IS NULL AND (a.limited_until IS NULL OR a.limited_until <= :now) AND {SPACED}
          AND (CAST(:organisation AS uuid) IS NULL OR d.organisation_id = :organisation)
    ), waiting AS MATERIALIZED (
        SELECT d.id, d.account_id, d.publish_at, {DISTANCE} AS distance, {TOO_LATE} AS too_late,
            greatest(:now, a.begun_at + {DISTANCE}) AS first
        FROM deliveries d JOIN organisations o ON o.id = d.organisation_id JOIN accounts a ON a.id = d.account_id
        WHERE d.state = 'due' AND d.account_id IN (SELECT account_id FROM crowded) AND {SPACED}
          AND (d.next_attempt_at <= :now OR d.code = '{CODE}') AND (d.lease_until IS NULL OR d.lease_until < :now)
        ORDER BY d.id FOR UPDATE OF d SKIP LOCKED
    ), turns AS (
        SELECT id, least(
            first + distance * (row_number() OVER (PARTITION BY account_id ORDER BY publish_at, id) - 1),
            publish_at + too_late + interval '1 s'
        ) AS at FROM waiting
    )
    UPDATE deliveries d SET next_attempt_at = turns.at, code = '{CODE}' FROM turns
    WHERE d.id = turns.id AND turns.at > :now AND (d.next_attempt_at, d.code) IS DISTINCT FROM (turns.at, '{CODE}')
    RETURNING d.id
""")  # noqa: S608  # nothing but constants of ours


async def lay_out(
    session: AsyncSession, now: datetime, late_after: timedelta, organisation: UUID | None = None
) -> list[UUID]:
    """Say of everything that waits for its turn when that is expected, the longest overdue first.

    Only for people, and so that claims need not look at it before: whether it is its turn is decided when it comes.
    """
    values = {"now": now, "late_after": late_after, "organisation": organisation}
    return [row.id for row in await session.execute(_LAY_OUT, values)]


async def take_turn(session: AsyncSession, found: Case, *, now: datetime) -> bool:
    """Record on the account that this delivery begins; `False` if it is late and has to wait, and is put aside.

    The row's lock is held until the commit: of two workers the second sees what the first has begun.
    """
    delivery, spacing = found.delivery, found.policy.spacing
    waits = spacing and delivery.follows_id is None and delivery.publish_at < now - GRACE
    free = or_(m.Account.begun_at.is_(None), m.Account.begun_at <= now - spacing) if waits else true()
    taken = await session.scalar(
        update(m.Account)
        .where(m.Account.id == found.account.id, free)
        .values(begun_at=func.greatest(m.Account.begun_at, now))
        .returning(m.Account.id)
        .execution_options(synchronize_session=False)
    )
    if taken is None:
        begun = await session.scalar(select(m.Account.begun_at).where(m.Account.id == found.account.id))
        delivery.code, delivery.next_attempt_at = CODE, (begun or now) + spacing
        release_lease(delivery)
        await session.flush()
    return taken is not None
