"""Pictures: what was taken in, what was made of it, and the renditions that channels get."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from approvals.models.base import Base, Identified


class MediaItem(Identified, Base):
    """One upload. The original lies encrypted in quarantine until it is deleted; only the clean picture is used."""

    __tablename__ = "media"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    uploaded_at: Mapped[datetime]
    original_sha256: Mapped[str] = mapped_column(String(64))
    original: Mapped[str | None]
    """Its name in quarantine; `None` once it was deleted."""
    sha256: Mapped[str] = mapped_column(String(64))
    """The clean picture's."""
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    removed: Mapped[list[Any]]
    """Kinds of what was taken out, never the values (MET-06)."""
    regions: Mapped[list[Any] | None]
    """`approvals.checks.context.Region` each; `None` where nobody looked."""
    obscured: Mapped[list[Any]] = mapped_column(default=list)
    """The recipe over the original: `{"box": [...], "how": pixelate|solid}`."""


class Rendition(Base):
    """A clean picture as one platform takes it, or why it cannot be made to fit."""

    __tablename__ = "renditions"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the clean picture."""
    platform: Mapped[str] = mapped_column(String(31), primary_key=True)
    sha256: Mapped[str | None] = mapped_column(String(64))
    media_type: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    size: Mapped[int | None]
    unfit: Mapped[str | None]
    """Code of why it does not fit."""
