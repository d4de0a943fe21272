"""Which link and which hashtag answers which of the other language, shown to whoever writes. The checks judge."""

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import rules
from approvals.content import Content
from approvals.permissions import Actor
from approvals.terms import standing
from i18n.contact_parity import counterparts
from i18n.facts import Fact, Read


class Pair(Struct, frozen=True):
    """As they are written; "" where the other language has nothing for it."""

    cy: str
    en: str


async def pairs(session: AsyncSession, actor: Actor, content: Content) -> tuple[Pair, ...]:
    """Links first, then hashtags."""
    glossary = rules.glossary(await standing(session, actor.organisation))
    cy = Read(f"{content.text.cy or ''}\n{content.link.cy or ''}", "cy")
    en = Read(f"{content.text.en or ''}\n{content.link.en or ''}", "en")
    found = [
        pair for kind in ("link", "hashtag") for pair in counterparts(kind, list(cy.facts), list(en.facts), glossary)
    ]
    return tuple(Pair(_written(cy, left), _written(en, right)) for left, right in found)


def _written(read: Read, fact: Fact | None) -> str:
    return read.text.nfc[fact.span[0] : fact.span[1]] if fact else ""
