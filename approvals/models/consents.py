"""Consent records and where they are relied on."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from approvals.models.base import Base, Identified


class ConsentRecord(Identified, Base):
    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("organisation_id", "ref"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    ref: Mapped[str]
    record: Mapped[dict[str, Any]]
    """`approvals.consent.Consent`: the whole record but for how to reach the person."""
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed by the vault; the custodian's eyes only (CON-14)."""
    expires: Mapped[date]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    withdrawal_reason: Mapped[str | None]
    verified_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class ConsentUse(Base):
    """A submitted version relies on this consent. Written at submission; what withdrawal follows."""

    __tablename__ = "consent_uses"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("submissions.version_id"), primary_key=True)
    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consents.id"), primary_key=True, index=True)
