"""`/metrics` for Prometheus: how late, how much is waiting, what became of what, by platform. No personal data."""

from datetime import datetime, timedelta

from litestar import Response, get
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.permissions import Permission
from approvals.queries import attention_views
from approvals.register import CLOSED
from gateway.api.injected import Acting, Now, Session
from gateway.api.routing import needs
from gateway.health import SILENT_AFTER

WINDOW = timedelta(hours=24)
OPEN = ("due", "sending", "unconfirmed", "held", "missed")
QUANTILES = (0.5, 0.95, 0.99)


@get(
    "/metrics",
    include_in_schema=False,
    media_type=CONTENT_TYPE_LATEST,
    **needs(Permission.LOG_READ, says="Figures for Prometheus", refusals=()),
)
async def metrics(session: Session, actor: Acting, now: Now) -> Response[bytes]:
    """Of the organisation whose key asks. Counted in the database, so it is the same whichever process answers."""
    registry = CollectorRegistry()
    await _deliveries(session, registry, actor.organisation, now)
    await _lateness(session, registry, actor.organisation, now)
    await _accounts(session, registry, actor.organisation, now)
    await _workers(session, registry, now)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def _deliveries(session: AsyncSession, registry: CollectorRegistry, organisation: object, now: datetime) -> None:
    outcomes = Gauge(
        "porth_deliveries", "Deliveries of the last 24 hours, and all that are open", ["platform", "state"],
        registry=registry,
    )  # fmt: skip
    backlog = Gauge("porth_backlog", "Due deliveries that have not been sent", registry=registry)
    oldest = Gauge("porth_oldest_due_seconds", "Age of the oldest due delivery", registry=registry)
    rows = await session.execute(
        select(m.Channel.platform, m.Delivery.state, func.count())
        .join(m.Account, m.Account.id == m.Delivery.account_id)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .where(
            m.Delivery.organisation_id == organisation,
            or_(m.Delivery.publish_at > now - WINDOW, m.Delivery.state.in_(OPEN)),
        )
        .group_by(m.Channel.platform, m.Delivery.state)
    )
    for platform, state, count in rows:
        outcomes.labels(platform, state).set(count)
    waiting, since = (
        await session.execute(
            select(func.count(), func.min(m.Delivery.publish_at)).where(
                m.Delivery.organisation_id == organisation, m.Delivery.state == "due", m.Delivery.publish_at <= now
            )
        )
    ).one()
    backlog.set(waiting)
    oldest.set((now - since).total_seconds() if since else 0)


async def _lateness(session: AsyncSession, registry: CollectorRegistry, organisation: object, now: datetime) -> None:
    late = Gauge(
        "porth_lateness_seconds", "Published after its time, of the last 24 hours", ["platform", "quantile"],
        registry=registry,
    )  # fmt: skip
    seconds = func.extract("epoch", m.Delivery.published_at - m.Delivery.publish_at)
    rows = await session.execute(
        select(m.Channel.platform, *(func.percentile_cont(q).within_group(seconds) for q in QUANTILES))
        .join(m.Account, m.Account.id == m.Delivery.account_id)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .where(
            m.Delivery.organisation_id == organisation,
            m.Delivery.published_at.is_not(None),
            m.Delivery.publish_at > now - WINDOW,
        )
        .group_by(m.Channel.platform)
    )
    for platform, *values in rows:
        for quantile, value in zip(QUANTILES, values, strict=True):
            late.labels(platform, str(quantile)).set(max(float(value), 0))


async def _accounts(session: AsyncSession, registry: CollectorRegistry, organisation: object, now: datetime) -> None:
    stopped = Gauge("porth_accounts_stopped", "Accounts that take no deliveries", ["platform"], registry=registry)
    states = Gauge("porth_accounts", "Accounts by their state, as /health names it", ["platform", "state"],
                   registry=registry)  # fmt: skip
    left = Gauge(
        "porth_account_seconds_left", "Until its credentials end, below zero when they have ended; none that last",
        ["platform", "account"], registry=registry,
    )  # fmt: skip
    rows = await session.execute(
        select(m.Account, m.Channel.platform)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .where(m.Account.organisation_id == organisation, m.Account.stopped_code.is_distinct_from(CLOSED))
    )
    for account, platform in rows:
        stopped.labels(platform).inc(account.stopped_at is not None)
        states.labels(platform, attention_views.state(account, now)).inc()
        if account.expires_at is not None:
            left.labels(platform, str(account.id)).set((account.expires_at - now).total_seconds())


async def _workers(session: AsyncSession, registry: CollectorRegistry, now: datetime) -> None:
    living = Gauge("porth_workers", "Workers that live", registry=registry)
    beat = Gauge("porth_worker_beat_age_seconds", "Since a worker last said that it lives", registry=registry)
    skew = Gauge("porth_worker_clock_skew_seconds", "The most that a worker's clock is off", registry=registry)
    seen = list(await session.execute(select(m.Worker.seen_at, m.Worker.skew_seconds)))
    alive = [row for row in seen if row.seen_at > now - SILENT_AFTER]
    living.set(len(alive))
    beat.set((now - max(row.seen_at for row in seen)).total_seconds() if seen else float("inf"))
    skew.set(max((abs(row.skew_seconds) for row in alive), default=0))
