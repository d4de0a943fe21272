"""A reference for a consent that is about to be asked for."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from approvals.consent_request import Asked, new_reference
from approvals.errors import Invalid
from approvals.permissions import Actor, Permission


async def request(session: AsyncSession, actor: Actor, asked: Asked, *, now: datetime) -> m.ConsentRequest:
    """Keep what is asked under a new reference; the signed form is recorded with it (`consenting.record`)."""
    actor.require(Permission.CONSENT_REQUEST, author=actor.person)
    if not asked.covers:
        raise Invalid("consent-covers-nothing", "/covers")
    if not asked.channels:
        raise Invalid("consent-needs-channels", "/channels")
    if asked.until is not None and asked.until <= now.date():
        raise Invalid("consent-dates", "/until", starts=now.date().isoformat())
    made = m.ConsentRequest(
        organisation_id=actor.organisation, ref=new_reference(), asked=msgspec.to_builtins(asked) | {
            "wording": asked.wording  # also where it is the default, which moves on with the words
        }, requested_by=actor.person, requested_at=now,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await quality_log.append(
        session, actor.organisation, "consent-requested", {"ref": made.ref},
        now=now, actor=actor.person, retention="consents",
    )  # fmt: skip
    return made
