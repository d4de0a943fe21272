"""The quality log's tables; approvals/quality_log.py says what they mean."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from approvals.models.base import Base


class LogHead(Base):
    """The end of each organisation's chain; its row lock is taken last, before the commit."""

    __tablename__ = "log_heads"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    number: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class LogEntry(Base):
    """INSERT and SELECT only."""

    __tablename__ = "log_entries"
    __table_args__ = (
        Index("ix_log_entries_post", "post_id"),
        Index("ix_log_entries_at", "organisation_id", "at"),
        Index("ix_log_entries_kind", "organisation_id", "kind", "number"),
        Index("ix_log_entries_actor", "organisation_id", "actor_id", "number"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    post_id: Mapped[UUID | None]
    payload_hash: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class LogPayload(Base):
    """What an entry says, apart from the chain, so that it can lawfully be erased without breaking it."""

    __tablename__ = "log_payloads"
    __table_args__ = (
        Index(
            "ix_log_payloads_words",
            literal_column("payload_words(payload)").label("words"),
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    """Canonical JSON."""
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    retention: Mapped[str] = mapped_column(String(15))
