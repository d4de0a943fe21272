"""Consent records and where they are relied on."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from approvals.consent import Consent
from approvals.models.base import Base, Identified


class ConsentRecord(Identified, Base):
    __tablename__ = "consents"
    __table_args__ = (
        UniqueConstraint("organisation_id", "ref"),
        ForeignKeyConstraint(
            ["organisation_id", "superseded_by"],
            ["consents.organisation_id", "consents.ref"],
            name="fk_consents_superseded_by",
        ),
        Index("ix_consents_ending", "expires", postgresql_where=text("lapsed_at IS NULL AND withdrawn_at IS NULL")),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    ref: Mapped[str]
    record: Mapped[dict[str, Any]]
    """`approvals.consent.Consent` as it was signed: the whole record but for how to reach the person, and but for
    what happened to it since, which the columns tell."""
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed by the vault; the custodian's eyes only (CON-14)."""
    expires: Mapped[date]
    """`approvals.consent.ends`: when it ends by itself."""
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    withdrawal_reason: Mapped[str | None]
    verified_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    """The person no longer works here (CON-12)."""
    disputed_at: Mapped[datetime | None]
    superseded_by: Mapped[str | None]
    """The reference of the newer record."""
    lapsed_at: Mapped[datetime | None]
    """When its end was noticed and what relied on it was held."""

    def consent(self) -> Consent:
        """The record as it stands now."""
        return msgspec.structs.replace(
            msgspec.convert(self.record, Consent),
            withdrawn=self.withdrawn_at.date() if self.withdrawn_at else None,
            verified=self.verified_by is not None,
            leaver=self.left_at is not None,
            disputed=self.disputed_at is not None,
            superseded=self.superseded_by,
        )


class ConsentRequest(Identified, Base):
    """A reference given out before anything is signed: the letter carries it, the signed form comes back with it."""

    __tablename__ = "consent_requests"
    __table_args__ = (UniqueConstraint("organisation_id", "ref"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    ref: Mapped[str]
    asked: Mapped[dict[str, Any]]
    """`approvals.consent_request.Asked`"""
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    requested_at: Mapped[datetime]
    consent_id: Mapped[UUID | None] = mapped_column(ForeignKey("consents.id"))
    """The record that was made from the signed form."""


class ConsentUse(Base):
    """A submitted version relies on this consent. Written at submission; what withdrawal follows."""

    __tablename__ = "consent_uses"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("submissions.version_id"), primary_key=True)
    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consents.id"), primary_key=True, index=True)
