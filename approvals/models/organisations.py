"""Who there is: organisations, service teams, people, keys, sessions, channels and their accounts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from approvals.models.base import Base, Identified

DEFAULT_ROUTE: list[dict[str, str]] = [
    {"step": "welsh", "when": "always"},
    {"step": "privacy", "when": "people"},
    {"step": "comms", "when": "always"},
]


class Organisation(Identified, Base):
    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint(
            """route @> '[{"step": "welsh", "when": "always"}, {"step": "comms", "when": "always"}]'""",
            name="route_keeps_welsh_and_comms",
        ),
    )

    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name_cy: Mapped[str]
    name_en: Mapped[str]
    route: Mapped[list[Any]] = mapped_column(default=lambda: list(DEFAULT_ROUTE))
    """Steps in the order in which they sign: `{"step": line|welsh|privacy|comms, "when": always|people}`."""
    policy: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Choices of requirements.md 8.1 (approvals/policy.py)."""
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", use_alter=True))
    pause_reason: Mapped[str | None]
    created_at: Mapped[datetime]


class Team(Identified, Base):
    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str]


class Person(Identified, Base):
    __tablename__ = "people"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    email: Mapped[str] = mapped_column(unique=True)
    """Lower case."""
    name: Mapped[str]
    language: Mapped[str] = mapped_column(String(2), default="cy")
    password_hash: Mapped[str | None]
    line_manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed by the vault."""
    recovery_hashes: Mapped[list[Any]] = mapped_column(default=list)
    left_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RoleGrant(Base):
    __tablename__ = "role_grants"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    granted_at: Mapped[datetime]


class Membership(Base):
    __tablename__ = "memberships"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)


class SignIn(Base):
    """A server-side session. The cookie holds the token, the table its hash."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    second_factor: Mapped[bool] = mapped_column(default=False)
    agent: Mapped[str] = mapped_column(default="")


class ApiKey(Identified, Base):
    __tablename__ = "api_keys"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    prefix: Mapped[str] = mapped_column(String(12), unique=True)
    """Shown in lists, so that a key can be recognised; not secret."""
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str]
    role: Mapped[str]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    responsible_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Channel(Identified, Base):
    """A channel as the public knows it; one account, or a Welsh and an English one (WEL-05)."""

    __tablename__ = "channels"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name"),
        CheckConstraint("model IN ('bilingual', 'paired', 'cy', 'en')", name="model"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(String(63))
    platform: Mapped[str] = mapped_column(String(31))
    model: Mapped[str] = mapped_column(String(15))
    register: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """ACT-01: purpose, owner, deputy, last review (approvals/register.py)."""
    created_at: Mapped[datetime]


class Account(Identified, Base):
    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
        Index("ix_accounts_channel", "channel_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id"))
    external_id: Mapped[str]
    """The account's id on the platform."""
    handle: Mapped[str] = mapped_column(default="")
    languages: Mapped[list[str]] = mapped_column(ARRAY(String(2)))
    mode: Mapped[str] = mapped_column(String(7))
    """`sandbox` or `live`, from its creation on; a trigger refuses a change."""
    credentials: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed by the vault."""
    expires_at: Mapped[datetime | None]
    stopped_code: Mapped[str | None]
    """Why the account takes no deliveries (refused credentials, blocked by policy); `None`: it does."""
    stopped_at: Mapped[datetime | None]
    limited_until: Mapped[datetime | None]
    """The platform's own limit: nothing is sent before."""
    begun_at: Mapped[datetime | None]
    """When a delivery on it was last begun: what is late keeps its distance (approvals/actions/spacing.py)."""
    renewed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Credentials that the platform has given in exchange and that have not worked yet, sealed as `credentials` is."""
    renewing_until: Mapped[datetime | None]
    """Until then one process is exchanging the credentials, and no other may."""
    listed_at: Mapped[datetime | None]
    """Until when the account's posts have been looked through for those that no delivery made (PUB-06)."""
    created_at: Mapped[datetime]
