"""How long the server takes over each page, with 100,000 posts in the database; and over the checks while one types.

Nearly all posts are published, as after years; a few thousand are at every other stage. The past is copied by SQL, as
the owner, from posts that went their whole way. The floor is a file that the same server sends without asking the
database.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psycopg

from benchmarks import Figure, show
from gateway import embedded
from gateway.database import migrate
from gateway.web.assets import address
from tests.web.everywhere import everywhere
from tests.web.scene import Scene, Site, opened
from tests.web.visiting import PASSWORD

ROUNDS, FEWEST, WARM = 40, 5, 1
LONGEST = 8000
"""Milliseconds after which a slow page has been seen often enough."""
LIVE_ROUNDS = 200

# of every 500 posts, four are still at an earlier stage; the others went out in the years before
_COPIES = """
    CREATE TEMPORARY TABLE copies AS
    SELECT n, gen_random_uuid() AS post, gen_random_uuid() AS version, t.at,
        CASE WHEN n % 500 > 3 THEN %(scheduled)s::uuid WHEN n % 500 = 0 THEN %(draft)s::uuid
             WHEN n % 500 = 1 THEN %(in_review)s::uuid WHEN n % 500 = 2 THEN %(approved)s::uuid
             ELSE %(translating)s::uuid END AS original
    FROM generate_series(1, %(posts)s::int) AS n
    CROSS JOIN LATERAL (SELECT now() - n * interval '50 minutes' - interval '1 hour' AS at) AS t
"""
_STATEMENTS = (
    """
    INSERT INTO posts (id, organisation_id, team_id, state, latest, created_by, created_at, changed_at, translate_by)
    SELECT c.post, p.organisation_id, p.team_id, p.state, 1, p.created_by, c.at, c.at, p.translate_by
    FROM copies c JOIN posts p ON p.id = c.original
    """,
    """
    INSERT INTO versions (id, post_id, number, content, origin, author_id, created_at)
    SELECT c.version, c.post, 1,
        jsonb_set(v.content, '{text}', jsonb_build_object('cy', 'Mae clinig rhif ' || c.n || ' ar agor heddiw.',
            'en', 'Clinic number ' || c.n || ' is open today.')), v.origin, v.author_id, c.at
    FROM copies c JOIN versions v ON v.post_id = c.original AND v.number = 1
    """,
    """
    INSERT INTO submissions (version_id, document, digest, findings, rules, declaration, submitted_by, submitted_at)
    SELECT c.version, s.document, s.digest, s.findings, s.rules, s.declaration, s.submitted_by, c.at
    FROM copies c JOIN versions v ON v.post_id = c.original AND v.number = 1 JOIN submissions s ON s.version_id = v.id
    """,
    """
    INSERT INTO sign_offs (id, version_id, step, person_id, digest, attests, signed_at)
    SELECT gen_random_uuid(), c.version, o.step, o.person_id, o.digest, o.attests, c.at
    FROM copies c JOIN versions v ON v.post_id = c.original AND v.number = 1 JOIN sign_offs o ON o.version_id = v.id
    """,
    """
    INSERT INTO deliveries (id, organisation_id, post_id, version_id, part, account_id, state, publish_at,
        next_attempt_at, tries, prepared, attempt, lookups, seen, platform_id, url, published_at, created_at,
        started_at)
    SELECT gen_random_uuid(), d.organisation_id, c.post, c.version, d.part, d.account_id, 'published', c.at, c.at, 1,
        true, '{}', 0, '[]', 'past-' || d.part || '-' || c.n, 'https://example.org/' || c.n, c.at, c.at, c.at
    FROM copies c JOIN deliveries d ON d.post_id = c.original
    """,
    """
    INSERT INTO log_entries (organisation_id, number, at, kind, actor_id, post_id, payload_hash, previous, hash)
    SELECT l.organisation_id, 1000 + c.n, c.at, l.kind, l.actor_id, c.post, l.payload_hash, l.previous, l.hash
    FROM copies c JOIN LATERAL (SELECT * FROM log_entries WHERE kind = 'submitted' ORDER BY number LIMIT 1) l ON true
    """,
    """
    INSERT INTO log_payloads (organisation_id, number, payload, salt, retention)
    SELECT l.organisation_id, 1000 + c.n, l.payload, l.salt, l.retention
    FROM copies c JOIN LATERAL (SELECT p.* FROM log_payloads p JOIN log_entries e USING (organisation_id, number)
        WHERE e.kind = 'submitted' ORDER BY number LIMIT 1) l ON true
    """,
)
_COPIED = ("posts", "versions", "submissions", "sign_offs", "deliveries", "log_entries", "log_payloads")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--only", default="", help="only addresses that contain this")
    given = parser.parse_args()
    # not under a folder that is closed to others: root runs the database as another user
    with TemporaryDirectory(prefix="porth-") as folder, embedded.cluster(Path(folder)) as cluster:
        url = cluster.create_database("pages")
        migrate(url)
        with opened(url, Path(folder)) as site:
            fill(url, site.scene, given.posts)
            people = {name: _signed_in(site, name) for name, _ in everywhere(site.scene)}
            floor = measured(people["nia"], address("icon.svg"), ROUNDS)
            show(f"each page with {given.posts:,} posts", list(pages(people, site.scene, floor, given.only)))
            show("checks while one types", [live(people["nia"], site.scene)])


def fill(url: str, scene: Scene, posts: int) -> None:
    """As the owner, with the guards of the tables switched off: each copied post has all that its original has."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in _COPIED:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")  # type: ignore[arg-type]  # a name of ours
        stages = ("draft", "in_review", "approved", "scheduled", "translating")
        originals = {name: getattr(scene, name) for name in stages}
        connection.execute(_COPIES.replace("% 500", "%% 500"), {"posts": posts, **originals})
        for statement in _STATEMENTS:
            connection.execute(statement)  # type: ignore[arg-type]  # ours, above
        connection.execute("UPDATE posts SET scheduled = true WHERE id IN (SELECT post_id FROM deliveries)")
        for table in _COPIED:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")  # type: ignore[arg-type]  # a name of ours
        connection.execute("VACUUM ANALYZE")


def _signed_in(site: Site, name: str) -> httpx.Client:
    client = httpx.Client(base_url=site.address, trust_env=False, timeout=60, headers={"Accept-Language": "cy"})
    token = client.get("/sign-in").text.split('name="token" value="', 1)[1].split('"', 1)[0]
    email = f"{name}@glan-hafren.example"
    client.post("/sign-in", data={"token": token, "email": email, "password": PASSWORD})
    return client


def pages(people: dict[str, httpx.Client], scene: Scene, floor: list[float], only: str) -> list[Figure]:
    """The slowest first. `floor` is the same server without a database."""
    base = _p95(floor)
    found = []
    for name, path in everywhere(scene):
        if only in path:
            took = measured(people[name], path, ROUNDS)
            print(f"{_p95(took):8.1f} ms  {name} {_short(path)}", file=sys.stderr, flush=True)
            found.append(
                Figure(f"{name} {_short(path)}", _p95(took), "ms", base, "95 % under 100 ms",
                       f"median {statistics.median(took):.0f} ms")
            )  # fmt: skip
    return sorted(found, key=lambda figure: -figure.value)


def live(client: httpx.Client, scene: Scene) -> Figure:
    """What the write page asks half a second after the last key."""
    csrf = client.get("/posts/new").text.split('name="csrf" value="', 1)[1].split('"', 1)[0]
    form = {
        "csrf": csrf, "text-cy": "Mae'r clinig ffliw ar agor ddydd Mawrth 1 Rhagfyr 2026 am 9yb. Croeso i bawb.",
        "text-en": "The flu clinic is open on Tuesday 1 December 2026 at 10am. Everyone is welcome.",
        "channels": ["facebook", "x"], "post": str(scene.draft),
    }  # fmt: skip
    took = _timed(lambda: client.post("/posts/check", data=form), LIVE_ROUNDS)
    floor = _timed(lambda: client.get(address("icon.svg")), LIVE_ROUNDS)
    return Figure("checks", _p95(took), "ms", _p95(floor), "95 % under 150 ms",
                  f"median {statistics.median(took):.0f} ms")  # fmt: skip


def measured(client: httpx.Client, path: str, rounds: int) -> list[float]:
    return _timed(lambda: client.get(path), rounds)


def _timed(ask: Callable[[], httpx.Response], rounds: int) -> list[float]:
    """Milliseconds from the question to the whole answer, on one connection that stays open."""
    for _ in range(WARM):
        ask().raise_for_status()
    took: list[float] = []
    while len(took) < rounds and (sum(took) < LONGEST or len(took) < FEWEST):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return took


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def _short(path: str) -> str:
    """Without the ids, which differ at every run and are 36 characters long."""
    return "/".join("…" if len(part) == 36 else part for part in path.split("/"))


if __name__ == "__main__":
    main()
