"""Posts, their immutable versions, and what people said about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from approvals.models.base import Base, Identified


class Post(Identified, Base):
    __tablename__ = "posts"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'translating', 'in_review', 'refused', 'withdrawn', 'archived')", name="state"
        ),
        Index("ix_posts_organisation_state", "organisation_id", "state", "id"),
        Index("ix_posts_newest", "organisation_id", "id"),
        Index(
            "ix_posts_waiting",
            "organisation_id",
            "changed_at",
            "id",
            postgresql_where=text("state = 'in_review' AND NOT scheduled"),
        ),
        Index("ix_posts_corrects", "corrects_id", postgresql_where=text("corrects_id IS NOT NULL")),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"))
    state: Mapped[str] = mapped_column(String(15))
    """Assigned by `lifecycle.advance` only."""
    latest: Mapped[int] = mapped_column(default=1)
    """Number of the newest version."""
    created_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    scheduled: Mapped[bool] = mapped_column(server_default=false())
    """Whether deliveries of the newest version stand. Kept by a trigger, so that a queue need not look at every post
    that was ever published; what a post's status is follows from the deliveries themselves."""
    translate_by: Mapped[datetime | None]
    """When the Welsh (or English) is wanted, while it waits for it."""
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("posts.id"))
    """The post that this one corrects in public (PUB-01)."""


class Version(Identified, Base):
    """One saved state of a post. INSERT and SELECT only."""

    __tablename__ = "versions"
    __table_args__ = (
        UniqueConstraint("post_id", "number"),
        Index(
            "ix_versions_words",
            literal_column("content_words(content)").label("words"),
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
        ),
        Index(
            "ix_versions_channels",
            literal_column("(content -> 'channels')").label("channels"),
            postgresql_using="gin",
            postgresql_ops={"channels": "jsonb_path_ops"},
        ),
    )

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    """`approvals.content.Content`."""
    origin: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Per language: `{"origin": written|translated|machine-assisted, "tool": ...}` (WEL-12)."""
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class Submission(Base):
    """The sealed bytes of a version. INSERT and SELECT only."""

    __tablename__ = "submissions"
    __table_args__ = (UniqueConstraint("version_id", "digest"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    findings: Mapped[list[Any]]
    rules: Mapped[str]
    """Version of the rule pack that made the findings (AUD-02)."""
    declaration: Mapped[dict[str, Any]]
    """The four answers of APR-05."""
    submitted_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    submitted_at: Mapped[datetime]


class SignOff(Identified, Base):
    """INSERT and SELECT only. A trigger refuses authors; the key refuses one person for two steps."""

    __tablename__ = "sign_offs"
    __table_args__ = (
        UniqueConstraint("version_id", "person_id", name="uq_sign_offs_one_step_a_person"),
        UniqueConstraint("version_id", "step", name="uq_sign_offs_one_person_a_step"),
        ForeignKeyConstraint(
            ["version_id", "digest"], ["submissions.version_id", "submissions.digest"], name="fk_sign_offs_digest"
        ),
        CheckConstraint("step IN ('line', 'welsh', 'privacy', 'comms')", name="step"),
    )

    version_id: Mapped[UUID]
    step: Mapped[str] = mapped_column(String(7))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    digest: Mapped[str] = mapped_column(String(64))
    """What the person saw and agreed to."""
    attests: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the step asked the person to confirm having looked at."""
    signed_at: Mapped[datetime]


class Decision(Identified, Base):
    """How a `decide` finding of a version was resolved. INSERT and SELECT only."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("version_id", "finding", name="uq_decisions_finding"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("submissions.version_id"))
    finding: Mapped[str] = mapped_column(String(24))
    """`Finding.key`."""
    code: Mapped[str]
    reason: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime]


class Comment(Identified, Base):
    """A word to the author: a suggestion, a question, why a post was sent back. Not an edit."""

    __tablename__ = "comments"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), index=True)
    version: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(15))
    """comment, suggestion, sent-back, refused, taken."""
    words: Mapped[str]
    where: Mapped[dict[str, Any] | None]
    """`approvals.findings.Where`."""
    created_at: Mapped[datetime]
