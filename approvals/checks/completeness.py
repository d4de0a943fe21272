"""What a submission still lacks, or what no account would take (WEL-01, COP-01, WEL-09, house.md)."""

from collections.abc import Iterator
from datetime import datetime

from approvals.checks.context import Channel, Context, Picture
from approvals.content import AmbiguousHour, Content, Media, NoSuchHour, window
from approvals.findings import Finding, Severity, Where
from connectors.contract import Outgoing

_BLOCK = Severity.BLOCK


def of_texts(content: Content, context: Context) -> Iterator[Finding]:
    if not (content.text.get("cy").strip() or content.text.get("en").strip()):
        where = Where("/text/cy", None, Where("/text/en"))
        yield Finding("WEL-MISSING", _BLOCK, "both", where, {"variant": "no-text"})
    for name, outgoing in context.manifest:
        channel = context.channels.get(name)
        if channel is not None:
            yield from _length(channel, outgoing, _fits_plain(channel, outgoing, context))
            yield from _descriptions(channel, [picture.alt for picture in outgoing.media])


def _fits_plain(channel: Channel, outgoing: Outgoing, context: Context) -> bool:
    """Of a correction: whether it would fit without the words that say so, and the link to the wrong post."""
    for name, plain in context.plain:
        if (name, plain.languages) == (channel.name, outgoing.languages):
            return channel.limits.text is not None and channel.limits.length(plain.text) <= channel.limits.text
    return False


def _length(channel: Channel, outgoing: Outgoing, fits_plain: bool) -> Iterator[Finding]:  # noqa: FBT001  # one of three things to know
    """What the account would get, links and both languages included, as the platform counts it."""
    limits, text = channel.limits, outgoing.text
    language = outgoing.languages[0] if len(outgoing.languages) == 1 else None
    where = Where(f"/text/{language}" if language else "/text/cy")
    length = limits.length(text)
    if limits.text is not None and length > limits.text:
        params = {"channel": channel.name, "n": length - limits.text, "length": length, "limit": limits.text}
        if fits_plain:
            yield Finding("PUB-CORRECTION", _BLOCK, language or "both", where, {"variant": "length", **params})
        else:
            yield Finding("TXT-LENGTH", _BLOCK, language or "both", where, params)
    size = len(text.encode("utf-8", "replace"))
    if limits.text_bytes is not None and size > limits.text_bytes:
        params = {
            "variant": "bytes",
            "channel": channel.name,
            "n": size - limits.text_bytes,
            "length": size,
            "limit": limits.text_bytes,
        }
        yield Finding("TXT-LENGTH", _BLOCK, language or "both", where, params)


def _descriptions(channel: Channel, alts: list[str]) -> Iterator[Finding]:
    limit = channel.limits.alt
    for i, alt in enumerate(alts):
        if limit is not None and len(alt) > limit:
            params = {"channel": channel.name, "n": len(alt) - limit, "length": len(alt), "limit": limit}
            yield Finding(
                "ACC-ALTLENGTH", _BLOCK, "both", Where(f"/media/{i}/alt/cy", None, Where(f"/media/{i}/alt/en")), params
            )


def of_pictures(content: Content, context: Context) -> Iterator[Finding]:
    for i, media in enumerate(content.media):
        yield from _rights(i, media)
        if media.words is None:
            yield Finding("IMG-WORDS", _BLOCK, "both", Where(f"/media/{i}/words"))
        yield from _file(i, media, context)
    for name in dict.fromkeys(content.channels):
        channel = context.channels.get(name)
        if channel is not None:
            yield from _count(channel, len(content.media))


def _rights(i: int, media: Media) -> Iterator[Finding]:
    rights = media.rights
    lacking = [f for f in ("owner", "licence", "credit") if not (getattr(rights, f, "") or "").strip()]
    if lacking:
        yield Finding("COP-RIGHTS", _BLOCK, "both", Where(f"/media/{i}/rights"), {"lacking": lacking})


def _file(i: int, media: Media, context: Context) -> Iterator[Finding]:
    picture = context.pictures.get(media.upload or media.file or "")
    where = Where(f"/media/{i}/upload" if media.upload else f"/media/{i}/file" if media.file else f"/media/{i}")
    if picture is None:
        variant = "upload" if media.upload else "file" if media.file else "none"
        severity = Severity.ADVISE if variant == "file" else _BLOCK
        yield Finding("IMG-FILE", severity, "both", where, {"variant": variant})
    elif picture.refused:
        yield Finding("IMG-REFUSED", _BLOCK, "both", where, {"reason": picture.refused})
    elif not picture.clean:
        yield Finding("IMG-UNCLEAN", _BLOCK, "both", where)
    else:
        yield from _usable(where, picture)


def _usable(where: Where, picture: Picture) -> Iterator[Finding]:
    for channel, reason in picture.unfit.items():
        yield Finding("IMG-UNFIT", _BLOCK, "both", where, {"channel": channel, "reason": reason})
    if picture.removed:
        yield Finding("META-STRIPPED", Severity.NOTE, "both", where, {"kinds": list(picture.removed)})


def _count(channel: Channel, pictures: int) -> Iterator[Finding]:
    if pictures > channel.limits.pictures:
        params = {"variant": "many", "channel": channel.name, "n": channel.limits.pictures}
        yield Finding("IMG-COUNT", _BLOCK, "both", Where("/media"), params)
    if channel.limits.needs_picture and not pictures:
        yield Finding("IMG-COUNT", _BLOCK, "both", Where("/media"), {"variant": "needed", "channel": channel.name})


def of_channels(content: Content, context: Context) -> Iterator[Finding]:
    if not content.channels:
        yield Finding("PUB-CHANNEL", _BLOCK, "both", Where("/channels"), {"variant": "none"})
    for i, name in enumerate(content.channels):
        if name not in context.channels:
            yield Finding(
                "PUB-CHANNEL", _BLOCK, "both", Where(f"/channels/{i}"), {"variant": "unknown", "channel": name}
            )
        elif name in content.channels[:i]:
            yield Finding(
                "PUB-CHANNEL", Severity.ADVISE, "both", Where(f"/channels/{i}"), {"variant": "twice", "channel": name}
            )


def suspended(content: Content, context: Context) -> Iterator[Finding]:
    for i, name in enumerate(content.channels):
        channel = context.channels.get(name)
        if channel is not None and channel.suspended:
            params = {"variant": "suspended", "channel": name}
            yield Finding("PUB-CHANNEL", _BLOCK, "both", Where(f"/channels/{i}"), params)


def of_window(content: Content, context: Context) -> Iterator[Finding]:
    """When it is to go out: stated, a time that exists once, in order, and not over."""
    where = Where("/window" if content.window else "/publish_at")
    try:
        when = window(content)
    except AmbiguousHour as error:
        first, second = error.choices
        yield Finding("PUB-WINDOW", _BLOCK, "both", where, {"variant": "ambiguous", "first": first, "second": second})
    except NoSuchHour as error:
        yield Finding("PUB-WINDOW", _BLOCK, "both", where, {"variant": "skipped", "time": str(error)})
    except (ValueError, OverflowError):
        yield Finding("PUB-WINDOW", _BLOCK, "both", where, {"variant": "malformed"})
    else:
        yield from _in_order(when, where, context.now)


def _in_order(when: tuple[datetime, datetime] | None, where: Where, now: datetime) -> Iterator[Finding]:
    if when is None:
        yield Finding("PUB-WINDOW", _BLOCK, "both", where, {"variant": "missing"})
    elif when[1] <= when[0]:
        yield Finding("PUB-WINDOW", _BLOCK, "both", where, {"variant": "order"})
    elif when[1] <= now:
        yield Finding("PUB-WINDOW", _BLOCK, "both", where, {"variant": "past"})
