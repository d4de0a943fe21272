"""How a person wants to be told. What is waiting for them already follows it at once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.errors import NotAllowed
from approvals.messages.choices import Choices, check, chosen, send_after
from approvals.messages.kinds import BY_NAME
from approvals.permissions import Actor


async def choose(session: AsyncSession, actor: Actor, wanted: Choices, *, now: datetime) -> Choices:
    """Raises `Invalid`; `NotAllowed` for a key, which gets no messages and does not choose for its person."""
    if actor.key is not None:
        raise NotAllowed("not-with-a-key")
    check(actor, wanted)
    kept = {"groups": dict(wanted.groups), "hour": wanted.hour, "days": wanted.days}
    await session.execute(
        insert(m.MessageChoice)
        .values(person_id=actor.person, **kept)
        .on_conflict_do_update(index_elements=["person_id"], set_=kept)
    )
    waiting = await session.scalars(
        select(m.Message)
        .where(m.Message.person_id == actor.person, m.Message.state == "waiting")
        .order_by(m.Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for message in waiting:
        kind = BY_NAME.get(message.kind)
        how = chosen(wanted, kind.group, kind.how) if kind else "off"
        if how == "off":
            message.state = "dropped"
        else:
            message.how, message.send_after = how, send_after(wanted, how, now)
    await session.flush()
    return wanted
