"""What people are told by e-mail, how they want to be told, and the codes with which they set a password."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from approvals.models.base import Base, Identified


class MessageCursor(Base):
    """How far the quality log of an organisation has been read for messages."""

    __tablename__ = "message_cursors"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    number: Mapped[int]


class MessageChoice(Base):
    """What a person has chosen (`approvals.messages.choices.Choices`); without a row all is as by default."""

    __tablename__ = "message_choices"
    __table_args__ = (
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        CheckConstraint("days IN ('working', 'all')", name="days"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    groups: Mapped[dict[str, Any]]
    hour: Mapped[int]
    days: Mapped[str] = mapped_column(String(7))


class Mail(Identified, Base):
    """One e-mail to one person. Its id is its Message-ID, however often it has to be tried."""

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('at-once', 'digest', 'invitation', 'password-code', 'password-changed')", name="kind"
        ),
        CheckConstraint("state IN ('open', 'sent', 'failed', 'dropped')", name="state"),
        CheckConstraint("state = 'open' OR sealed IS NULL", name="no_secret_is_kept"),
        Index("ix_mails_open", "next_attempt_at", postgresql_where=text("state = 'open'")),
        Index("ix_mails_organisation", "organisation_id", "id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(20))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A code that it carries, sealed by the vault; gone as soon as the mail is."""
    expires_at: Mapped[datetime | None]
    """When its code ends: a mail that could not be sent until then is not sent."""
    made_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    """Also the lease: whoever tries it puts this off first."""
    tries: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(15), default="open")
    code: Mapped[str | None]
    """Why the last try failed."""
    settled_at: Mapped[datetime | None]


class Message(Identified, Base):
    """One thing that one person is told, once."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "subject", "occasion", name="uq_messages_told_once"),
        CheckConstraint("how IN ('at-once', 'digest')", name="how"),
        CheckConstraint("state IN ('waiting', 'gathered', 'dropped')", name="state"),
        Index("ix_messages_waiting", "send_after", postgresql_where=text("state = 'waiting'")),
        Index("ix_messages_mail", "mail_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(31))
    """A row of `approvals.messages.kinds.KINDS`."""
    subject: Mapped[UUID]
    """The post, delivery, account, consent or organisation that it is about."""
    occasion: Mapped[str]
    """What makes this time different from the last: the entry of the log, a version and step, a deadline."""
    facts: Mapped[dict[str, Any]]
    """Numbers, codes and times that the state is compared with before sending; never a word that somebody wrote."""
    happened_at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(7))
    send_after: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(15), default="waiting")
    mail_id: Mapped[UUID | None] = mapped_column(ForeignKey("mails.id"))


class PasswordCode(Identified, Base):
    """A code sent by e-mail with which a person sets their password, once."""

    __tablename__ = "password_codes"
    __table_args__ = (Index("ix_password_codes_person", "person_id", "id"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    code_hash: Mapped[str]
    """argon2, as for a password."""
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
