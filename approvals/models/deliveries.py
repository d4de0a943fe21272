"""What is to be sent, what is being sent and what became of it: the one truth, and the queue."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from approvals.models.base import Base, Identified

STATES = (
    "due", "sending", "published", "failed", "unconfirmed", "held", "missed", "cancelled", "retracted",
)  # fmt: skip


class Delivery(Identified, Base):
    """One part of a manifest on one account. A trigger allows the state changes of docs/architecture.md only."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        UniqueConstraint("version_id", "part"),
        Index(
            "uq_deliveries_platform_id",
            "account_id",
            "platform_id",
            unique=True,
            postgresql_where=text("edits_id IS NULL"),
        ),
        Index(
            "ix_deliveries_edits",
            "edits_id",
            unique=True,
            postgresql_where=text("state IN ('sending', 'unconfirmed', 'published', 'retracted')"),
        ),
        Index("ix_deliveries_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        CheckConstraint("(edits_id IS NULL) = (origin_id IS NULL)", name="an_edit_has_an_origin"),
        CheckConstraint("state <> 'published' OR platform_id IS NOT NULL", name="published_has_an_id"),
        Index("ix_deliveries_due", "next_attempt_at", postgresql_where=text("state = 'due'")),
        Index("ix_deliveries_open", "next_attempt_at", postgresql_where=text("state IN ('sending', 'unconfirmed')")),
        Index(
            "ix_deliveries_watched",
            "published_at",
            postgresql_where=text("state = 'published' AND takedown_at IS NULL"),
        ),
        Index(
            "ix_deliveries_unsettled",
            "organisation_id",
            postgresql_where=text("state IN ('due', 'sending', 'unconfirmed', 'held', 'missed')"),
        ),
        Index("ix_deliveries_post", "post_id"),
        Index(
            "ix_deliveries_unpublished",
            "organisation_id",
            "state",
            postgresql_where=text("state NOT IN ('published', 'cancelled')"),
        ),
        Index("ix_deliveries_account", "account_id", "published_at"),
        Index("ix_deliveries_organisation", "organisation_id", "publish_at"),
        Index(
            "ix_deliveries_takedown",
            "next_attempt_at",
            postgresql_where=text("state = 'published' AND takedown_at IS NOT NULL"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("submissions.version_id"))
    part: Mapped[int]
    """Index in the version's manifest."""
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("deliveries.id"))
    """The Welsh half, which must be published first (WEL-03)."""
    edits_id: Mapped[UUID | None] = mapped_column(ForeignKey("deliveries.id"))
    """The delivery whose words this one replaces on the platform: of the post that is corrected (PUB-01)."""
    origin_id: Mapped[UUID | None] = mapped_column(ForeignKey("deliveries.id"))
    """Of an edit: the delivery that made the platform's post, which both name."""
    state: Mapped[str] = mapped_column(String(15), default="due")
    code: Mapped[str | None]
    """Why it is held, failed, missed or unconfirmed."""
    publish_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    leased_by: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    """First entry into `sending` of this delivery: older posts on the account are not it."""
    prepared: Mapped[bool] = mapped_column(default=False)
    attempt: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`connectors.contract.Attempt.state`."""
    lookups: Mapped[int] = mapped_column(default=0)
    absent_at: Mapped[datetime | None]
    """When a lookup first found with authority that there is no such post; believed when a later one says the same."""
    seen: Mapped[list[Any]] = mapped_column(default=list)
    """Receipts that a lookup saw but could not tell apart, for the person who decides."""
    platform_id: Mapped[str | None]
    url: Mapped[str | None]
    published_at: Mapped[datetime | None]
    takedown_at: Mapped[datetime | None]
    """When its removal was asked for; settling honours it."""
    takedown_reason: Mapped[str | None]
    retracted_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    """When it was last read back after publishing (PUB-06)."""
    uneditable: Mapped[str | None]
    """Why the platform refused to edit its post: a correction is a post of its own from then on."""
    created_at: Mapped[datetime]


class Drift(Identified, Base):
    """What is not on the platform as it was approved, until a person has settled it (PUB-06): a published post that
    no longer says it, or (`foreign`) a post that no delivery made.
    """

    __tablename__ = "drifts"
    __table_args__ = (
        CheckConstraint("kind IN ('edited', 'deleted', 'foreign')", name="kind"),
        CheckConstraint("(kind = 'foreign') = (delivery_id IS NULL)", name="foreign_is_no_delivery"),
        Index("ix_drifts_open", "delivery_id", unique=True, postgresql_where=text("settled_at IS NULL")),
        Index("ix_drifts_foreign", "account_id", "platform_id", unique=True, postgresql_where=text("kind = 'foreign'")),
    )

    delivery_id: Mapped[UUID | None] = mapped_column(ForeignKey("deliveries.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    platform_id: Mapped[str]
    url: Mapped[str | None]
    made_at: Mapped[datetime | None]
    """When the platform says that the post was made."""
    kind: Mapped[str] = mapped_column(String(15))
    reads: Mapped[str]
    """What the platform showed; empty where it was gone."""
    seen_at: Mapped[datetime]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    settled_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class Worker(Base):
    """Heartbeats, so that `/health` tells the truth."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    skew_seconds: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    """How far its clock is before the database's; behind is negative."""


class RememberedAnswer(Base):
    """An `Idempotency-Key` and the answer that was given for it."""

    __tablename__ = "remembered_answers"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
