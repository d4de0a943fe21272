"""What the sandbox was sent, in SQLite: in memory, or in a file that outlives a kill -9."""

import base64
import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
  platform TEXT, name TEXT, id TEXT, token TEXT UNIQUE, PRIMARY KEY (platform, name), UNIQUE (platform, id));
CREATE TABLE IF NOT EXISTS blobs (sha256 TEXT PRIMARY KEY, media_type TEXT, content BLOB);
CREATE TABLE IF NOT EXISTS posts (
  number INTEGER PRIMARY KEY AUTOINCREMENT, platform TEXT, account TEXT, id TEXT, at TEXT, deleted TEXT, post BLOB,
  UNIQUE (platform, id));
CREATE INDEX IF NOT EXISTS posts_of_account ON posts (platform, account, at);
CREATE TABLE IF NOT EXISTS things (kind TEXT, id TEXT, value BLOB, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY AUTOINCREMENT);
"""
FIRST_ID = 1_990_000_000_000_000_000
"""Ids have nineteen digits, as X's have."""


class Account(Struct, frozen=True):
    platform: str
    name: str
    id: str
    """As the platform would number it: never the name, so that the two are not confused unnoticed."""
    token: str


class Medium(Struct, frozen=True):
    sha256: str
    media_type: str
    size: int
    alt: str = ""
    id: str = ""


class Post(Struct, frozen=True, kw_only=True):
    platform: str
    account: str
    account_id: str
    id: str
    text: str
    at: str
    """ISO 8601, UTC, to the microsecond."""
    languages: tuple[str, ...] = ()
    """Only where the platform has a tag for it."""
    title: str | None = None
    link: str | None = None
    media: tuple[Medium, ...] = ()
    deleted_at: str | None = None
    extra: Mapping[str, Any] = {}

    def kind(self) -> str:
        """`post`, or what else a person may have made by hand: `reply`, `repost`, `direct`."""
        return str(self.extra.get("kind", "post"))


class Store:
    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        # the operating system keeps what was written when the process is killed; only a power cut could lose it
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    def reset(self) -> None:
        for table in ("accounts", "blobs", "posts", "things"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand above

    # accounts

    def declare(self, platform: str, name: str, token: str, number: str | None = None) -> Account:
        account = Account(platform, name, number or number_of(platform, name), token)
        self._db.execute("INSERT OR REPLACE INTO accounts VALUES (?,?,?,?)", (platform, name, account.id, token))
        return account

    def holder(self, platform: str, token: str) -> Account | None:
        """Whose token it is. `sandbox-<platform>-<name>` makes its account when it is first used."""
        row = self._db.execute(
            "SELECT platform, name, id, token FROM accounts WHERE token=? AND platform=?", (token, platform)
        ).fetchone()
        if row:
            return Account(*row)
        if known := self.get("token", f"{platform}/{token}"):
            return Account(platform, known["name"], number_of(platform, known["name"]), token)
        name = token.removeprefix(f"sandbox-{platform}-")
        return self.declare(platform, name, token) if name and name != token else None

    def alias(self, account: Account, token: str) -> None:
        """One more token of the same account."""
        self.put("token", f"{account.platform}/{token}", {"name": account.name})

    def accounts(self) -> list[Account]:
        rows = self._db.execute("SELECT platform, name, id, token FROM accounts ORDER BY platform, name")
        return [Account(*row) for row in rows]

    # pictures

    def keep(self, content: bytes, media_type: str) -> Medium:
        sha256 = hashlib.sha256(content).hexdigest()
        self._db.execute("INSERT OR IGNORE INTO blobs VALUES (?,?,?)", (sha256, media_type, content))
        return Medium(sha256, media_type, len(content))

    def blob(self, sha256: str) -> tuple[str, bytes] | None:
        row = self._db.execute("SELECT media_type, content FROM blobs WHERE sha256=?", (sha256,)).fetchone()
        return (row[0], row[1]) if row else None

    # anything else a platform remembers between calls

    def number(self) -> str:
        """A new id, never given twice."""
        return str(FIRST_ID + (self._db.execute("INSERT INTO numbers DEFAULT VALUES").lastrowid or 0))

    def put(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        self._db.execute("INSERT OR REPLACE INTO things VALUES (?,?,?)", (kind, key, msgspec.json.encode(value)))

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        row = self._db.execute("SELECT value FROM things WHERE kind=? AND id=?", (kind, key)).fetchone()
        return msgspec.json.decode(row[0]) if row else None

    def drop(self, kind: str, key: str) -> bool:
        return self._db.execute("DELETE FROM things WHERE kind=? AND id=?", (kind, key)).rowcount > 0

    # posts

    def add(self, account: Account, post_id: str, text: str, at: str | None = None, **what: Any) -> Post:
        post = Post(
            platform=account.platform, account=account.name, account_id=account.id, id=post_id, text=text,
            at=at or now(), **what,
        )  # fmt: skip
        self._db.execute(
            "INSERT INTO posts (platform, account, id, at, post) VALUES (?,?,?,?,?)",
            (post.platform, post.account, post.id, post.at, msgspec.json.encode(post)),
        )
        return post

    def change(self, post: Post, **what: Any) -> Post:
        changed = msgspec.structs.replace(post, **what)
        self._db.execute(
            "UPDATE posts SET post=?, deleted=? WHERE platform=? AND id=?",
            (msgspec.json.encode(changed), changed.deleted_at, post.platform, post.id),
        )
        return changed

    def post(self, platform: str, post_id: str) -> Post | None:
        """A post that is still there."""
        row = self._db.execute(
            "SELECT post FROM posts WHERE platform=? AND id=? AND deleted IS NULL", (platform, post_id)
        ).fetchone()
        return msgspec.json.decode(row[0], type=Post) if row else None

    def delete(self, post: Post) -> None:
        self.change(post, deleted_at=now())

    def latest(self, account: Account, limit: int = 50, since: str = "") -> list[Post]:
        """The posts of an account that are still there, newest first."""
        return self._posts(
            "platform=? AND account=? AND at>=? AND deleted IS NULL ORDER BY at DESC, number DESC LIMIT ?",
            (account.platform, account.name, since, limit),
        )

    def page(self, account: Account, size: int, after: str = "", since: str = "") -> tuple[list[Post], bool]:
        """One page of what `latest` lists, from behind the post `after`; and whether there are more."""
        where, values = (
            "platform=? AND account=? AND at>=? AND deleted IS NULL",
            [account.platform, account.name, since],
        )
        if after:
            where += " AND (at, number) < (SELECT at, number FROM posts WHERE platform=? AND id=?)"
            values += [account.platform, after]
        found = self._posts(f"{where} ORDER BY at DESC, number DESC LIMIT ?", (*values, size + 1))
        return found[:size], len(found) > size

    def posts(self, limit: int = -1) -> list[Post]:
        """Every post ever made, deleted ones included, newest first."""
        return self._posts("1 ORDER BY at DESC, number DESC LIMIT ?", (limit,))

    def _posts(self, where: str, values: Iterable[Any]) -> list[Post]:
        rows = self._db.execute(f"SELECT post FROM posts WHERE {where}", tuple(values))  # noqa: S608 - ours
        return [msgspec.json.decode(row[0], type=Post) for row in rows]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def number_of(platform: str, name: str) -> str:
    """The sandbox's id of an account: digits stand for themselves, a name always gives the same id."""
    digest = hashlib.sha256(f"{platform}/{name}".encode()).digest()
    if platform == "bluesky":
        return "did:plc:" + base64.b32encode(digest[:15]).decode().lower()
    if platform == "wordpress":
        return f"https://{name}.wordpress.example"
    number = name if name.isdecimal() else str(10**14 + int.from_bytes(digest[:5]))
    return f"urn:li:organization:{number}" if platform == "linkedin" else number
