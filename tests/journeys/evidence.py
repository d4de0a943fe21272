"""What is true, from what the platforms were sent and what the tables hold: plain SQL, none of Porth's own code."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.gateway.conftest import Clock, Platforms

_DELIVERIES = """
    SELECT d.*, a.handle, a.mode, a.limited_until, c.platform, p.state AS post_state, p.latest,
        v.number, v.content, s.document, s.digest, first.state AS first_state, first.platform_id AS first_platform_id,
        a.organisation_id AS account_organisation, p.organisation_id AS post_organisation
    FROM deliveries d JOIN accounts a ON a.id = d.account_id JOIN channels c ON c.id = a.channel_id
    JOIN posts p ON p.id = d.post_id JOIN versions v ON v.id = d.version_id
    JOIN submissions s ON s.version_id = d.version_id LEFT JOIN deliveries first ON first.id = d.follows_id
    WHERE d.organisation_id = ANY(%s)
"""
_AUTHORS = "SELECT author_id FROM versions WHERE post_id = %s AND number <= %s"
_CONSENTS = """
    SELECT c.* FROM consents c JOIN consent_uses u ON u.consent_id = c.id WHERE u.version_id = %s
"""
_WITHDRAWN = """
    SELECT d.id, d.state FROM consents c JOIN consent_uses u ON u.consent_id = c.id
    JOIN deliveries d ON d.version_id = u.version_id
    WHERE c.withdrawn_at IS NOT NULL AND c.organisation_id = ANY(%s)
      AND (d.state = 'due' OR d.state IN ('sending', 'unconfirmed', 'published') AND d.takedown_at IS NULL)
"""
_STILL_SHOWN = """
    SELECT other.id FROM consents c JOIN consent_uses u ON u.consent_id = c.id
    JOIN deliveries d ON d.version_id = u.version_id
    JOIN deliveries other ON coalesce(other.origin_id, other.id) = coalesce(d.origin_id, d.id)
    WHERE c.withdrawn_at IS NOT NULL AND c.organisation_id = ANY(%s) AND d.platform_id IS NOT NULL
      AND other.state IN ('sending', 'unconfirmed', 'published') AND other.takedown_at IS NULL
"""
_CORRECTED_TWICE = """
    SELECT p.corrects_id FROM posts p JOIN deliveries d ON d.post_id = p.id
    WHERE p.corrects_id IS NOT NULL AND d.state IN ('sending', 'unconfirmed', 'published')
    GROUP BY p.corrects_id HAVING count(DISTINCT p.id) > 1
"""
_HALF_GONE = """
    SELECT e.id FROM deliveries e JOIN deliveries o ON o.id = e.origin_id
    WHERE e.platform_id <> o.platform_id OR e.account_id <> o.account_id
      OR (e.state = 'retracted') <> (o.state = 'retracted') AND e.state IN ('published', 'retracted')
        AND e.takedown_at IS NULL
"""
CORRECTABLE = """
    SELECT p.id FROM posts p WHERE p.organisation_id = %s
      AND EXISTS (SELECT FROM deliveries d WHERE d.post_id = p.id AND d.state = 'published' AND d.takedown_at IS NULL)
      AND NOT EXISTS (SELECT FROM posts c JOIN deliveries d ON d.post_id = c.id WHERE c.corrects_id = p.id
                      AND d.state IN ('sending', 'unconfirmed', 'published'))
      AND NOT EXISTS (
        WITH RECURSIVE written AS (
            SELECT p.id, p.corrects_id
            UNION SELECT o.id, o.corrects_id FROM posts o JOIN written w ON o.id = w.corrects_id
        ) SELECT FROM written w JOIN versions v ON v.post_id = w.id WHERE v.author_id <> %s)
    ORDER BY p.id
"""
"""Without those of which a reviewer wrote something, who may not sign their correction either."""
_STRANGERS = """
    SELECT 'log' FROM log_entries e JOIN people p ON p.id = e.actor_id WHERE p.organisation_id <> e.organisation_id
    UNION ALL SELECT 'version' FROM versions v JOIN posts o ON o.id = v.post_id JOIN people p ON p.id = v.author_id
        WHERE p.organisation_id <> o.organisation_id
    UNION ALL SELECT 'sign-off' FROM sign_offs s JOIN versions v ON v.id = s.version_id
        JOIN posts o ON o.id = v.post_id JOIN people p ON p.id = s.person_id
        WHERE p.organisation_id <> o.organisation_id
    UNION ALL SELECT 'decision' FROM decisions d JOIN versions v ON v.id = d.version_id
        JOIN posts o ON o.id = v.post_id JOIN people p ON p.id = d.person_id
        WHERE p.organisation_id <> o.organisation_id
    UNION ALL SELECT 'comment' FROM comments c JOIN posts o ON o.id = c.post_id JOIN people p ON p.id = c.person_id
        WHERE p.organisation_id <> o.organisation_id
    UNION ALL SELECT 'consent' FROM consents c JOIN people p ON p.id IN (c.created_by, c.verified_by, c.withdrawn_by)
        WHERE p.organisation_id <> c.organisation_id
    UNION ALL SELECT 'consent use' FROM consent_uses u JOIN consents c ON c.id = u.consent_id
        JOIN versions v ON v.id = u.version_id JOIN posts o ON o.id = v.post_id
        WHERE c.organisation_id <> o.organisation_id
    UNION ALL SELECT 'pause' FROM organisations o JOIN people p ON p.id = o.paused_by WHERE p.organisation_id <> o.id
"""


class Evidence:
    """`check` after every step: what it finds wrong it raises as an AssertionError that says what."""

    def __init__(self, database: str, platforms: Platforms, clock: Clock, organisations: list[UUID]) -> None:
        self._connection = psycopg.connect(database, autocommit=True, row_factory=dict_row)
        self._platforms = platforms
        self._clock = clock
        self._organisations = organisations
        self._seen: dict[tuple[str, str], str] = {}
        """The words of each post when it was looked at last."""
        self._chains: dict[UUID, tuple[int, bytes]] = {one: (0, bytes(32)) for one in organisations}

    def close(self) -> None:
        self._connection.close()

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return self._connection.execute(query, values).fetchall()

    def deliveries(self) -> list[dict[str, Any]]:
        return self.rows(_DELIVERIES, self._organisations)

    def ever_made(self) -> list[dict[str, Any]]:
        """Every post that the platforms took, oldest first, removed ones included."""
        answer = self._platforms._client.get("/posts").raise_for_status().json()
        return list(reversed(answer["posts"]))

    def check(self, *, racing: bool = False) -> None:
        """`racing`: a person acted while workers ran, so that a consent may have ended during a call."""
        deliveries, posts = self.deliveries(), self.ever_made()
        for row in deliveries:
            assert row["state"] != "sending", f"{row['id']} was left in the middle"
            assert row["leased_by"] is None, f"{row['id']} ({row['state']}) is still somebody's"
            assert row["account_organisation"] == row["post_organisation"] == row["organisation_id"]
        order = {(post["platform"], post["id"]): place for place, post in enumerate(posts)}
        for post in posts:
            self._owned(post, deliveries, order, racing=racing)
        self._seen |= {(post["platform"], post["id"]): post["text"] for post in posts}
        self._no_duplicates(deliveries, posts)
        assert self.rows(_WITHDRAWN, self._organisations) == [], "a withdrawn consent is not honoured"
        assert self.rows(_STILL_SHOWN, self._organisations) == [], "what a withdrawn person was in is still shown"
        assert self.rows(_CORRECTED_TWICE) == [], "two corrections of one post are public"
        assert self.rows(_HALF_GONE) == [], "of one post, a part is gone and a part is not"
        assert self.rows(_STRANGERS) == [], "one organisation has touched another"
        for organisation in self._organisations:
            self._verify(organisation)

    def _owned(
        self, post: dict[str, Any], deliveries: list[dict[str, Any]], order: dict[tuple[str, str], int], *, racing: bool
    ) -> None:
        here = [d for d in deliveries if (d["platform"], d["handle"]) == (post["platform"], post["account"])]
        owners = [d for d in here if d["platform_id"] == post["id"]]
        makers = [d for d in owners if d["edits_id"] is None]
        if not owners:
            makers = [d for d in here if d["state"] == "unconfirmed" and approved_text(d) == post["text"]]
        assert makers, f"nobody knows of {post['id']} on {post['account']}: {post['text']!r}"
        if owners:
            assert len(makers) == 1, f"{post['id']} has two owners"
            edits = [d for d in here if d["origin_id"] == makers[0]["id"] and d["state"] == "unconfirmed"]
            said = [d for d in (_newest(owners), *edits) if approved_text(d) == post["text"]]
            assert said, "what was sent is not what was approved"
            if post["deleted_at"] is not None:
                assert makers[0]["takedown_at"] is not None, "removed without being asked"
            makers = said
        if self._seen.get((post["platform"], post["id"])) != post["text"]:
            self._was_allowed(makers[0], order, racing=racing)

    def _was_allowed(self, row: dict[str, Any], order: dict[tuple[str, str], int], *, racing: bool) -> None:
        """Everything that must have held in the moment before the call, which was in the step just taken."""
        assert hashlib.sha256(row["document"]).hexdigest() == row["digest"]
        people = row["content"].get("people") or row["content"].get("media")
        signed = self.rows("SELECT step, person_id, digest FROM sign_offs WHERE version_id = %s", row["version_id"])
        needed = {"welsh", "comms"} | ({"privacy"} if people else set())
        assert needed <= {s["step"] for s in signed}, f"published with {signed}"
        assert {s["digest"] for s in signed} == {row["digest"]}, "signed for other bytes"
        persons = [s["person_id"] for s in signed]
        assert len(set(persons)) == len(persons), "one person signed two steps"
        authors = {a["author_id"] for a in self.rows(_AUTHORS, row["post_id"], row["number"])}
        assert not authors & set(persons), "an author signed"
        assert row["publish_at"] <= self._clock(), "published before its time"
        assert row["mode"] == "sandbox"
        if not racing:
            assert (row["post_state"], row["latest"]) == ("in_review", row["number"]), "published in another state"
        self._consented(row, racing=racing)
        self._not_stopped(row)
        if row["follows_id"] is not None:
            assert row["first_platform_id"] is not None, "the English is out and the Welsh is not"
            if row["edits_id"] is not None:
                return  # the post that it edits was made before
            mine = order.get((row["platform"], row["platform_id"]), len(order))
            assert order[row["platform"], row["first_platform_id"]] < mine, "the English came first"

    def _consented(self, row: dict[str, Any], *, racing: bool) -> None:
        used = self.rows(_CONSENTS, row["version_id"])
        named = {p["consent"] for p in row["content"].get("people", ())}
        assert {c["ref"] for c in used} == named, "a consent that the content names is not recorded as used"
        for consent in used:
            record, today = consent["record"], self._clock().date()
            assert consent["organisation_id"] == row["organisation_id"]
            assert consent["verified_by"] is not None, "nobody has verified the consent"
            assert date.fromisoformat(record["starts"]) <= today < date.fromisoformat(record["expires"])
            assert row["platform"] in record["channels"]
            if consent["withdrawn_at"] is not None:
                assert racing, "published with a withdrawn consent"
                assert row["takedown_at"] is not None, "withdrawn during the call, and not marked for removal"

    def _not_stopped(self, row: dict[str, Any]) -> None:
        """The last word of a person about this delivery was not to stop it."""
        entries = self.rows(
            "SELECT e.kind, p.payload FROM log_entries e JOIN log_payloads p USING (organisation_id, number)"
            " WHERE e.post_id = %s ORDER BY e.number",
            row["post_id"],
        )
        last = "never"
        for entry in entries:
            payload = json.loads(entry["payload"])
            if payload.get("delivery") in {None, str(row["id"])} and entry["kind"] in {
                "scheduled", "cancelled", "held", "released", "withdrawn", "refused", "sent-back",
            }:  # fmt: skip
                last = entry["kind"]
        assert last in {"scheduled", "released"}, f"published after it was {last}"

    def _no_duplicates(self, deliveries: list[dict[str, Any]], posts: list[dict[str, Any]]) -> None:
        made: dict[tuple[str, str, str], int] = {}
        for post in posts:
            key = (post["platform"], post["account"], post["text"])
            made[key] = made.get(key, 0) + 1
        meant: dict[tuple[str, str, str], int] = {}
        for row in deliveries:
            key = (row["platform"], row["handle"], approved_text(row))
            meant[key] = meant.get(key, 0) + 1
        for key, number in made.items():
            assert number <= meant.get(key, 0), f"{number} times on {key[1]}: {key[2]!r}"

    def _verify(self, organisation: UUID) -> None:
        """The chain, by the rule that docs/architecture.md and quality_log state, from where it was verified last."""
        number, previous = self._chains[organisation]
        entries = self.rows(
            "SELECT e.*, p.payload, p.salt FROM log_entries e JOIN log_payloads p USING (organisation_id, number)"
            " WHERE e.organisation_id = %s AND e.number > %s ORDER BY e.number",
            organisation, number,
        )  # fmt: skip
        for entry in entries:
            number += 1
            assert entry["number"] == number, "an entry is missing"
            assert entry["previous"] == previous, "the chain is broken"
            payload_hash = hashlib.sha256(entry["salt"] + entry["payload"]).digest()
            assert entry["payload_hash"] == payload_hash, "a payload was changed"
            fields = {
                "organisation": str(organisation), "number": number, "kind": entry["kind"],
                "at": entry["at"].astimezone(UTC).isoformat(timespec="microseconds"),
                "actor": str(entry["actor_id"]) if entry["actor_id"] else None,
                "post": str(entry["post_id"]) if entry["post_id"] else None, "payload_hash": payload_hash.hex(),
            }  # fmt: skip
            body = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            previous = hashlib.sha256(previous + body).digest()
            assert entry["hash"] == previous, "an entry was changed"
        head = self.rows("SELECT number, hash FROM log_heads WHERE organisation_id = %s", organisation)[0]
        assert (head["number"], head["hash"]) == (number, previous)
        self._chains[organisation] = (number, previous)

    def settled(self, now: datetime) -> None:
        """After the dust: nothing is overdue without a reason, nothing that is to be removed is still public."""
        for row in self.deliveries():
            what = f"{row['id']} is {row['state']} ({row['code']})"
            assert row["state"] != "published" or row["takedown_at"] is None, f"{what}, and was to be removed"
            if row["state"] == "due":
                until = max(row["next_attempt_at"], row["limited_until"] or row["next_attempt_at"])
                waits = until > now or (row["follows_id"] and row["first_state"] != "published")
                assert waits, f"{what}, was due at {row['next_attempt_at']} and did not go"
            if row["state"] in {"held", "missed", "failed", "unconfirmed"}:
                assert row["code"], f"{what} without a reason"


def _newest(owners: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the deliveries that name one post: the one whose words it has, which no other has replaced."""
    replaced = {d["edits_id"] for d in owners}
    (last,) = [d for d in owners if d["id"] not in replaced]
    return last


def approved_text(row: dict[str, Any]) -> str:
    text: str = json.loads(row["document"])["manifest"][row["part"]]["outgoing"]["text"]
    return text
