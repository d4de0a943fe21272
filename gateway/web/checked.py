"""What the checks say of a text while it is written, and how much of each channel's room it takes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from anyio import to_thread
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import checks, evidence
from approvals.checks.context import Context
from approvals.content import LANGUAGES, Content
from approvals.findings import Finding, Where
from approvals.originals import Correction
from approvals.outgoing import Part, render
from gateway.runtime import Runtime
from gateway.web.drafts import wording_name
from i18n.messages import Language

WHOLE = "whole"
"""Where findings stand that are about no field in particular."""
_PLACES: Mapping[str, str] = {"publish_at": "earliest", "window": "earliest", "channels": "channels"}


class Count(Struct, frozen=True):
    """What one language's text takes of one channel."""

    channel: str
    length: int
    most: int | None
    together: bool
    """Both languages in one post."""

    @property
    def over(self) -> int:
        return max(0, self.length - self.most) if self.most is not None else 0


class Shown(Struct, frozen=True):
    """One finding and the words that it is about."""

    finding: Finding
    quote: str


class Checked(Struct, frozen=True):
    findings: tuple[Finding, ...] = ()
    at: Mapping[str, Sequence[Shown]] = {}
    """By the id of the field."""
    counts: Mapping[Language, Sequence[Count]] = {}


async def check(
    session: AsyncSession,
    porth: Runtime,
    organisation: UUID,
    content: Content,
    *,
    now: datetime,
    correction: Correction | None = None,
) -> Checked:
    context, manifest = await evidence.context(
        session, organisation, content, porth.limits, now=now, correction=correction
    )
    found = await to_thread.run_sync(checks.run, content, context)
    return Checked(found, placed(found, content), counted(content, context, manifest))


def placed(findings: Sequence[Finding], content: Content) -> dict[str, list[Shown]]:
    """By the id of the field; what is about both languages stands at both."""
    found: dict[str, list[Shown]] = {}
    for finding in findings:
        own, twin = finding.where, finding.where.twin
        found.setdefault(field(own.pointer), []).append(Shown(finding, quote(content, own)))
        if twin is not None and field(twin.pointer) != field(own.pointer):
            found.setdefault(field(twin.pointer), []).append(Shown(finding, quote(content, twin)))
    return found


def field(pointer: str) -> str:
    """The id of the field at which a finding about this place is shown."""
    parts = pointer.strip("/").split("/")
    if parts[0] in {"text", "link"} and len(parts) > 1:
        return f"{parts[0]}-{parts[1]}"
    if parts[0] in {"people", "media"}:
        return f"{parts[0]}-{parts[1]}" if len(parts) > 1 else parts[0]
    if parts[0] == "wording" and parts[-1] in LANGUAGES:
        channel = "/".join(parts[1:-1])
        return f"{wording_name(channel)}-{parts[-1]}"
    return _PLACES.get(parts[0], WHOLE)


def quote(content: Content, where: Where) -> str:
    """The words that a finding points at, "" where it points at a whole field."""
    if where.span is None:
        return ""
    value: Any = msgspec.to_builtins(content)
    for part in where.pointer.strip("/").split("/"):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, (list, tuple)) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return ""
    return value[where.span[0] : where.span[1]] if isinstance(value, str) else ""


def counted(content: Content, context: Context, manifest: Sequence[Part] = ()) -> dict[Language, list[Count]]:
    """By what each channel would get; without its pictures, where those are not ready yet."""
    found: dict[Language, list[Count]] = {language: [] for language in LANGUAGES}
    for channel in context.channels.values():
        ready = [part for part in manifest if part.channel == channel.name]
        for part in ready or render(content, channel, (), context.correcting):
            for language in part.outgoing.languages:
                found[language].append(_count(part, channel.limits.length(part.outgoing.text), channel.limits.text))
    return found


def _count(part: Part, length: int, most: int | None) -> Count:
    return Count(part.channel, length, most, together=len(part.outgoing.languages) > 1)
