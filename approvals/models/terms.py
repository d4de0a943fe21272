"""The organisation's own terms: what the checks know beside the rule pack."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from approvals.models.base import Base, Identified


class Term(Identified, Base):
    """One term of one list. Proposed by one person, it counts once another has confirmed it; the same to remove it."""

    __tablename__ = "terms"
    __table_args__ = (
        Index(
            "ix_terms_once", "organisation_id", "list", "key", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    list: Mapped[str] = mapped_column(String(31))
    """One of `approvals.terms.LISTS`."""
    key: Mapped[str] = mapped_column(String(400))
    """What may stand in the list once."""
    value: Mapped[dict[str, Any]]
    """The list's fields by name."""
    note: Mapped[str] = mapped_column(default="")
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    confirmed_at: Mapped[datetime | None]
    removal_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """Who has proposed to remove it; a term whose removal waits still counts."""
    removal_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """Who confirmed the removal, or declined or withdrew the proposal."""
    ended_at: Mapped[datetime | None]
