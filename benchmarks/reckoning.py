"""What chaos has done: every delivery against what its account was sent, counted on the platforms' side."""

from collections import Counter, defaultdict
from typing import Any, NamedTuple

import msgspec

from benchmarks.rig import Rig, Sent

WAITING = ("unconfirmed", "failed", "held", "missed")
"""A person is told, with the code."""


class Count(NamedTuple):
    states: Counter[str]
    by_platform: Counter[str]
    """Deliveries that are or were public."""
    codes: Counter[str]
    """Of those that wait for a person."""
    duplicates: int
    lost: int
    unreasoned: int
    english_first: int
    """Halves that were public before their Welsh half, or without it."""
    pairs: int
    """English halves that came out, all of them compared."""
    still_public: int
    """Taken down, as it is said, and there all the same."""
    kills: int
    restarts: int
    takedowns: int
    moved: int
    """Times across the change of the clocks that are not the moment that was meant."""

    @property
    def clean(self) -> bool:
        return not (
            self.duplicates or self.lost or self.unreasoned or self.english_first or self.still_public or self.moved
        )


def counted(installation: Rig, *, kills: int, restarts: int, takedowns: int, moved: int) -> Count:
    rows = {row["id"]: row for row in installation.rows(_DELIVERIES)}
    there: dict[tuple[str, str, str], list[Sent]] = defaultdict(list)
    for post in installation.sent():
        there[post.platform, post.account, _plain(post.text)].append(post)
    for row in rows.values():
        row["sent"] = there.pop((row["platform"], row["handle"], _text(row)), [])
    waiting = [row for row in rows.values() if row["state"] in WAITING]
    pairs = [(row, rows[row["follows_id"]]) for row in rows.values() if row["follows_id"] and row["sent"]]
    return Count(
        states=Counter(row["state"] for row in rows.values()),
        by_platform=Counter(row["platform"] for row in rows.values() if row["sent"]),
        codes=Counter(f"{row['state']} {row['code']}" for row in waiting),
        # also on an account where nobody had meant it
        duplicates=sum(max(len(row["sent"]) - 1, 0) for row in rows.values()) + sum(map(len, there.values())),
        lost=sum(_is_lost(row, rows) for row in rows.values()),
        unreasoned=sum(not row["code"] for row in waiting),
        english_first=sum(_is_early(english, welsh) for english, welsh in pairs),
        pairs=len(pairs),
        still_public=sum(not post.gone for row in rows.values() if row["state"] == "retracted" for post in row["sent"]),
        kills=kills, restarts=restarts, takedowns=takedowns, moved=moved,
    )  # fmt: skip


_DELIVERIES = """
    SELECT d.id, d.state, d.code, d.part, d.follows_id, d.takedown_at, a.handle, c.platform, s.document
    FROM deliveries d JOIN accounts a ON a.id = d.account_id JOIN channels c ON c.id = a.channel_id
    JOIN submissions s ON s.version_id = d.version_id WHERE d.publish_at < now()
"""


def _is_lost(row: dict[str, Any], rows: dict[Any, dict[str, Any]]) -> bool:
    """Neither where it belongs nor a person's question."""
    public = any(not post.gone for post in row["sent"])
    match row["state"]:
        case "published":
            return not public
        case "retracted":
            return not row["sent"]
        case "unconfirmed":
            return False  # it may be public: that is what the person is asked
        case state if state in WAITING:
            return public
        case "due":  # the second half of what waits for a person waits with it
            return row["follows_id"] is None or rows[row["follows_id"]]["state"] not in WAITING
    return True


def _is_early(english: dict[str, Any], welsh: dict[str, Any]) -> bool:
    return not welsh["sent"] or min(p.received for p in english["sent"]) < min(p.received for p in welsh["sent"])


def _text(row: dict[str, Any]) -> str:
    return _plain(msgspec.json.decode(row["document"])["manifest"][row["part"]]["outgoing"]["text"])


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
