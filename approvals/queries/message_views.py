"""How a person is told, and the mails that could not be sent."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.messages.audience import choices_of
from approvals.messages.choices import Days, Group, How, concerns, must_hear
from approvals.messages.kinds import KINDS
from approvals.permissions import Actor, Permission


class GroupView(Struct, frozen=True):
    """One group of messages, as it is for this person."""

    group: Group
    how: How | None
    """`None`: nothing was chosen, each kind is as by default."""
    can_be_off: bool
    kinds: tuple[str, ...]


class ChoicesView(Struct, frozen=True):
    groups: tuple[GroupView, ...]
    """Those of which the person's roles can bring them anything."""
    hour: int
    days: Days


class MailView(Struct, frozen=True):
    """One e-mail. What it said is kept nowhere."""

    id: UUID
    person: UUID
    name: str
    email: str
    kind: str
    state: str
    code: str | None
    """Why the last try failed: a key of the `mail` catalogs, and where the server gave one, its number."""
    tries: int
    made_at: datetime
    next_attempt_at: datetime | None
    settled_at: datetime | None


async def message_choices(session: AsyncSession, actor: Actor) -> ChoicesView:
    found = choices_of(await session.get(m.MessageChoice, actor.person, populate_existing=True))
    groups = tuple(
        GroupView(
            group,
            found.groups.get(group),
            not must_hear(actor, group),
            tuple(k.name for k in KINDS if k.group == group),
        )
        for group in concerns(actor)
    )
    return ChoicesView(groups, found.hour, found.days)


async def troubled_mails(
    session: AsyncSession, actor: Actor, *, after: UUID | None = None, limit: int = 50
) -> list[MailView]:
    """Mails of the organisation that failed for good, or whose last try failed; the newest first."""
    actor.require(Permission.PEOPLE_MANAGE)
    rows = await session.execute(
        select(m.Mail, m.Person.name, m.Person.email)
        .join(m.Person, m.Person.id == m.Mail.person_id)
        .where(
            m.Mail.organisation_id == actor.organisation,
            m.Mail.state.in_(("open", "failed")),
            m.Mail.code.is_not(None),
            m.Mail.id < after if after else true(),
        )
        .order_by(m.Mail.id.desc())
        .limit(limit)
    )
    return [
        MailView(
            mail.id, mail.person_id, name, email, mail.kind, mail.state, mail.code, mail.tries, mail.made_at,
            mail.next_attempt_at if mail.state == "open" else None, mail.settled_at,
        )
        for mail, name, email in rows
    ]  # fmt: skip
