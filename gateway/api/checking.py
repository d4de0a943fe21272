"""`POST /check`: every check of a post document, and nothing is stored."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
from litestar import Controller, post
from litestar.params import JSONBody
from msgspec import Struct

from approvals import checks, evidence
from approvals.content import Content, instant, normalised
from approvals.permissions import Permission
from gateway.api import problems
from gateway.api.bounds import bounded
from gateway.api.injected import Acting, Now, Porth, Session, Spoken
from gateway.api.problems import FoundIn
from gateway.api.rendering import render_missing
from gateway.api.routing import needs


class Checked(Struct, frozen=True):
    id: str | None
    findings: tuple[FoundIn, ...]


class Checking(Controller):
    tags: Sequence[str] = ("Posts",)

    @post("/check", status_code=200, **needs(Permission.POST_EDIT, says="Run every check on a document"))
    async def check(
        self, data: JSONBody[Content], session: Session, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Checked:
        """The organisation's recorded consents count, and the document's own beside them."""
        content = normalised(bounded(data, ""))
        uploads = [media.upload or "" for media in content.media]
        await render_missing(porth, actor.organisation, uploads, content.channels)
        context, _ = await evidence.context(
            session, actor.organisation, content, porth.limits, now=now, publish_at=_moment(content.publish_at)
        )
        consents = {**context.consents, **{consent.ref: consent for consent in content.consents}}
        found = checks.run(content, msgspec.structs.replace(context, consents=consents))
        return Checked(data.id, tuple(problems.described(finding, spoken) for finding in found))


def _moment(publish_at: str | None) -> datetime | None:
    """What is not a time is a finding of the checks."""
    with suppress(ValueError):
        return instant(publish_at) if publish_at else None
    return None
