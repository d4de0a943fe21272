"""What only a correction must answer for (PUB-01): it changes something, and reaches those who saw the wrong post."""

from collections.abc import Iterator

from approvals.checks.context import Context
from approvals.content import Content
from approvals.corrections import Correcting
from approvals.findings import Finding, Severity, Where

_TEXT = Where("/text/cy", None, Where("/text/en"))


def of_content(content: Content, context: Context) -> Iterator[Finding]:
    original = context.correcting
    if original is None:
        return
    unreached = any(one.unreached and one.channel in content.channels for one in original.standing)
    if _shown(content) == _shown(original.content) and not unreached:
        yield Finding("PUB-CORRECTION", Severity.BLOCK, "both", _TEXT, {"variant": "unchanged"})
    if original.standing:
        yield from _reach(content, original)


def _shown(content: Content) -> tuple[object, ...]:
    pictures = tuple((media.upload, media.alt) for media in content.media)
    return content.text, content.link, content.wording, pictures


def _reach(content: Content, original: Correcting) -> Iterator[Finding]:
    there = dict.fromkeys(one.channel for one in original.standing)
    where = Where("/channels")
    if not any(channel in content.channels for channel in there):
        yield Finding(
            "PUB-CORRECTION", Severity.BLOCK, "both", where, {"variant": "elsewhere", "channels": ", ".join(there)}
        )
        return
    for channel in there:
        if channel not in content.channels:
            yield Finding("PUB-CORRECTION", Severity.DECIDE, "both", where, {"variant": "left-out", "channel": channel})
    for i, channel in enumerate(content.channels):
        if channel not in there:
            place = Where(f"/channels/{i}")
            yield Finding(
                "PUB-CORRECTION", Severity.ADVISE, "both", place, {"variant": "not-there", "channel": channel}
            )


def standing(content: Content, context: Context) -> Iterator[Finding]:  # noqa: ARG001  # the shape of a check
    """Time changes this: the wrong post may be taken down, and somebody else's correction may be quicker."""
    if context.correcting is None:
        return
    if context.correcting.superseded:
        yield Finding("PUB-CORRECTION", Severity.BLOCK, "both", _TEXT, {"variant": "superseded"})
    elif not context.correcting.standing:
        yield Finding("PUB-CORRECTION", Severity.BLOCK, "both", _TEXT, {"variant": "gone"})
