"""What each platform allows: content, calls and lifetimes, as the platform documents them (platforms.md 2 to 10, 12.1).

These are the platforms' own figures, apart from `connectors/limits.py`, which is what Porth keeps to: so a limit that
Porth has wrong shows. They may be changed while the sandbox runs (`POST /_control/limits`), in place: whoever holds a
`Content` or a `Rate` sees the change.
"""

import copy
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from connectors.counting import Counting, length

MINUTE, HOUR, DAY = 60, 3600, 86_400
MB = 1_000_000
Kind = Literal["access", "refresh", "password"]
"""What a credential is for."""


class Content(Struct, kw_only=True):
    """`None`: no limit is documented."""

    text: int | None
    counting: Counting
    text_bytes: int | None = None
    pictures: int
    picture_bytes: int | None = None
    picture_types: tuple[str, ...] = ("image/jpeg", "image/png")
    min_width: int | None = None
    max_width: int | None = None
    max_pixels: int | None = None
    """Width times height."""
    ratio: tuple[float, float] | None = None
    alt: int | None = None
    hashtags: int | None = None
    mentions: int | None = None
    links: int | None = None
    needs_picture: bool = False

    def length(self, text: str) -> int:
        return length(text, self.counting)

    def too_long(self, text: str) -> bool:
        return self.text is not None and self.length(text) > self.text


class Rate(Struct, kw_only=True):
    """At most so many calls in so many seconds."""

    calls: tuple[str, ...] = ()
    """What counts, by `Route.call`; empty: every call."""
    most: int | None
    """`None`: no limit."""
    seconds: int
    per: Literal["account", "app"] = "account"
    window: Literal["fixed", "aligned", "moving"] = "fixed"
    """`fixed` begins with its first call, `aligned` with the hour or the day, `moving` is always the time just past."""
    cost: Mapping[str, int] = {}
    """In points, by call; 1 for the others."""
    successes: bool = False
    """Only what was carried out counts."""
    error: str = "rate-limited"
    """The platform's refusal, by name."""


class Rules(Struct, kw_only=True):
    content: Content
    rates: dict[str, Rate] = {}
    lives: dict[str, float | None] = msgspec.field(default_factory=lambda: {"access": None})
    """Seconds, `None` without an end: of credentials by `Kind`, and of what the platform keeps for a while."""
    first: tuple[Kind, ...] = ("access", "refresh")
    """What the credentials that an account begins with may be used as."""


_WRITES = ("create", "edit", "delete")
_POINTS = {"create": 3, "edit": 2, "delete": 1}
DOCUMENTED: Mapping[str, Rules] = {
    "x": Rules(
        content=Content(
            text=280, counting="weighted", pictures=4, picture_bytes=5 * MB, alt=1000, mentions=0,
            picture_types=("image/jpeg", "image/png", "image/gif", "image/webp"),
        ),
        rates={
            "posts": Rate(calls=("create", "edit"), most=100, seconds=15 * MINUTE),
            "posts-of-app": Rate(calls=("create", "edit"), most=10_000, seconds=DAY, per="app"),
            "uploads": Rate(calls=("upload",), most=500, seconds=15 * MINUTE),
            "descriptions": Rate(calls=("alt",), most=500, seconds=15 * MINUTE),
            "timeline": Rate(calls=("find",), most=900, seconds=15 * MINUTE),
            "one-post": Rate(calls=("read",), most=900, seconds=15 * MINUTE),
            "deletions": Rate(calls=("delete",), most=50, seconds=15 * MINUTE),
            "identity": Rate(calls=("verify",), most=75, seconds=15 * MINUTE),
        },
        lives={"access": None, "media": DAY, "duplicates": HOUR},
    ),
    "facebook": Rules(
        content=Content(  # 4 or 10 MB for a picture: the sources conflict
            text=63_206, counting="code-points", pictures=10, picture_bytes=4 * MB,
            picture_types=("image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"),
        ),
        rates={"calls": Rate(most=4800, seconds=DAY, window="moving")},  # for each engaged user: here one
        lives={"access": None},
    ),
    "instagram": Rules(
        content=Content(
            text=2200, counting="code-points", pictures=10, picture_bytes=8 * MB, picture_types=("image/jpeg",),
            min_width=320, max_width=1440, ratio=(0.8, 1.91), alt=1000, hashtags=30, mentions=20,
            needs_picture=True,
        ),
        rates={
            "calls": Rate(most=4800, seconds=DAY, window="moving"),
            # Meta's own pages say 100, 50 and 25
            "posts": Rate(calls=("create",), most=50, seconds=DAY, window="moving", successes=True, error="quota"),
            "containers": Rate(calls=("container",), most=400, seconds=DAY, window="moving", error="quota"),
        },
        lives={"access": 60 * DAY, "refreshable-after": DAY, "container": DAY},
    ),
    "threads": Rules(
        content=Content(
            text=500, counting="threads", pictures=20, picture_bytes=8 * MB, min_width=320, max_width=1440,
            ratio=(0.1, 10.0), alt=1000, links=5,
        ),
        rates={
            "calls": Rate(most=4800, seconds=DAY, window="moving"),
            "posts": Rate(calls=("create",), most=250, seconds=DAY, window="moving", successes=True),
            "deletions": Rate(calls=("delete",), most=100, seconds=DAY, window="moving", successes=True),
        },
        lives={"access": 60 * DAY, "refreshable-after": DAY, "container": DAY},
    ),
    "linkedin": Rules(
        content=Content(
            text=3000, counting="code-points", pictures=20, max_pixels=36_152_319, alt=4086,
            picture_types=("image/jpeg", "image/png", "image/gif"),
        ),
        rates={  # it publishes no figures, only that they are per member and per app and begin again at midnight
            "member": Rate(most=1000, seconds=DAY, window="aligned"),
            "app": Rate(most=100_000, seconds=DAY, window="aligned", per="app"),
        },
        lives={"access": 60 * DAY, "refresh": 365 * DAY, "upload": HOUR, "duplicates": 10 * MINUTE},
    ),
    "bluesky": Rules(
        content=Content(
            text=300, counting="graphemes", text_bytes=3000, pictures=4, picture_bytes=2 * MB,
            picture_types=("image/",),
        ),
        rates={
            "calls": Rate(most=3000, seconds=5 * MINUTE),
            "sign-ins": Rate(calls=("verify",), most=30, seconds=5 * MINUTE),
            "sign-ins-a-day": Rate(calls=("verify",), most=300, seconds=DAY),
            "writes": Rate(calls=_WRITES, most=5000, seconds=HOUR, cost=_POINTS),
            "writes-a-day": Rate(calls=_WRITES, most=35_000, seconds=DAY, cost=_POINTS),
        },
        lives={"password": None, "access": 2 * HOUR, "refresh": 90 * DAY},
        first=("password",),
    ),
    "mastodon": Rules(
        content=Content(
            text=500, counting="mastodon", pictures=4, picture_bytes=16_777_216, max_pixels=33_177_600, alt=1500,
            picture_types=("image/jpeg", "image/png", "image/gif", "image/webp"),
        ),
        rates={
            "calls": Rate(most=300, seconds=5 * MINUTE, window="aligned"),
            "media": Rate(calls=("upload",), most=30, seconds=30 * MINUTE, window="aligned"),
            "deletions": Rate(calls=("delete",), most=30, seconds=30 * MINUTE, window="aligned"),
        },
        lives={"access": None, "keys": HOUR},
    ),
    "wordpress": Rules(
        content=Content(
            text=None, counting="code-points", pictures=20, picture_bytes=8 * MB,
            picture_types=("image/jpeg", "image/png", "image/gif", "image/webp"),
        ),
        # it has none; the firewall or host before it may
        rates={"guard": Rate(most=None, seconds=MINUTE)},
        lives={"access": None},
    ),
}  # fmt: skip
RULES: dict[str, Rules] = copy.deepcopy(dict(DOCUMENTED))
"""In force, by platform."""


def rules(platform: str) -> Rules:
    """Without limits for a platform that has none here."""
    return RULES.get(platform) or Rules(content=Content(text=None, counting="code-points", pictures=0))


def life(platform: str, name: str) -> float:
    """Seconds; a hundred years for what has no end."""
    seconds = RULES[platform].lives[name]
    return 100 * 366 * DAY if seconds is None else seconds


def change(
    platform: str, content: Mapping[str, Any], rates: Mapping[str, int | None], lives: Mapping[str, float | None]
) -> None:
    """All of it or nothing. Raises `ValueError` that names what is not known or cannot be."""
    found = RULES[platform]
    _known("content", content, found.content.__struct_fields__)
    _known("rates", rates, found.rates)
    _known("lives", lives, found.lives)
    try:
        changed = msgspec.convert({**msgspec.to_builtins(found.content), **content}, Content)
    except msgspec.ValidationError as error:
        raise ValueError(f"content: {error}") from None
    _take(found.content, changed)
    for name, most in rates.items():
        found.rates[name].most = most
    found.lives.update(lives)


def lift() -> None:
    """No call is counted any more, on any platform: for load."""
    for found in RULES.values():
        for rate in found.rates.values():
            rate.most = None


def restore() -> None:
    """As documented."""
    for platform, documented in DOCUMENTED.items():
        found = RULES[platform]
        _take(found.content, documented.content)
        for name, rate in documented.rates.items():
            _take(found.rates[name], rate)
        found.lives.update(documented.lives)


def _take(into: Any, other: Any) -> None:
    """Field by field: others hold the object."""
    for name in into.__struct_fields__:
        setattr(into, name, getattr(other, name))


def _known(what: str, given: Mapping[str, Any], known: Any) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"{what}: there is no {', '.join(unknown)}; one of {', '.join(known)}")
