"""A database of every earlier version comes up to this one with all that lies in it."""

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from gateway import database as porth_database
from gateway.database import migrate, pending
from tests.foundation.test_database import differences

REVISIONS = [
    found.revision
    for found in reversed(list(ScriptDirectory(str(porth_database.MIGRATIONS)).walk_revisions("base", "heads")))
]
OLD = """
    INSERT INTO organisations (id, slug, name_cy, name_en, route, policy, created_at)
    VALUES (gen_random_uuid(), 'hen', 'Bwrdd', 'Board',
        '[{"step": "welsh", "when": "always"}, {"step": "comms", "when": "always"}]', '{}', now());
    INSERT INTO teams (id, organisation_id, name) SELECT gen_random_uuid(), id, 'Ward 4' FROM organisations;
    INSERT INTO people (id, organisation_id, email, name, language, recovery_hashes, created_at)
    SELECT gen_random_uuid(), id, who || '@example.org', who, 'cy', '[]', now()
    FROM organisations, unnest(ARRAY['author', 'welsh', 'comms']) AS who;
    INSERT INTO channels (id, organisation_id, name, platform, model, register, created_at)
    SELECT gen_random_uuid(), id, 'facebook', 'facebook', 'bilingual', '{}', now() FROM organisations;
    INSERT INTO accounts (id, organisation_id, channel_id, external_id, handle, languages, mode, credentials,
        created_at)
    SELECT gen_random_uuid(), organisation_id, id, '1', '', '{cy,en}', 'sandbox', 'sealed', now() FROM channels;
    INSERT INTO posts (id, organisation_id, team_id, state, latest, created_by, created_at, changed_at)
    SELECT gen_random_uuid(), t.organisation_id, t.id, 'in_review', 1, p.id, now(), now()
    FROM teams t, people p WHERE p.name = 'author';
    INSERT INTO versions (id, post_id, number, content, origin, author_id, created_at)
    SELECT gen_random_uuid(), id, 1, '{"text": {"cy": "Tŷ Gwyn", "en": "White house"}, "channels": ["facebook"]}', '{}',
        created_by, now() FROM posts;
    INSERT INTO submissions (version_id, document, digest, findings, rules, declaration, submitted_by, submitted_at)
    SELECT id, '{}', repeat('0', 64), '[]', '1', '{}', author_id, now() FROM versions;
    INSERT INTO sign_offs (id, version_id, step, person_id, digest, attests, signed_at)
    SELECT gen_random_uuid(), v.id, p.name, p.id, repeat('0', 64), '{}', now()
    FROM versions v, people p WHERE p.name <> 'author';
    INSERT INTO deliveries (id, organisation_id, post_id, version_id, part, account_id, state, publish_at,
        next_attempt_at, tries, prepared, attempt, lookups, seen, platform_id, url, published_at, created_at)
    SELECT gen_random_uuid(), p.organisation_id, p.id, v.id, n, a.id, (ARRAY['published', 'due'])[n + 1], now(), now(),
        1, true, '{}', 0, '[]', (ARRAY['77', NULL])[n + 1], NULL, now(), now()
    FROM posts p, versions v, accounts a, generate_series(0, 1) AS n;
    INSERT INTO log_heads (organisation_id, number, hash) SELECT id, 1, '\\x00' FROM organisations;
    INSERT INTO log_entries (organisation_id, number, at, kind, payload_hash, previous, hash)
    SELECT id, 1, now(), 'organisation-founded', '\\x00', '\\x00', '\\x00' FROM organisations;
    INSERT INTO log_payloads (organisation_id, number, payload, salt, retention)
    SELECT id, 1, convert_to('{"slug":"hen"}', 'UTF8'), '\\x00', 'posts' FROM organisations;
"""
"""What stood in a database of the first release."""


def up_to(url: str, revision: str) -> None:
    with porth_database._as_owner(url) as connection:
        porth_database._ensure_application_role(connection)
        command.upgrade(porth_database._alembic(connection), revision)


def counted(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        tables = ("organisations", "people", "posts", "versions", "sign_offs", "deliveries", "log_entries", "accounts")
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # type: ignore[index,arg-type]  # noqa: S608  # names of ours


def test_each_revision_follows_one_other() -> None:
    assert sorted(REVISIONS) == REVISIONS
    assert len(REVISIONS) == len({revision[:4] for revision in REVISIONS})


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_database_with_posts_comes_up_from_every_earlier_version(empty_database: str, revision: str) -> None:
    up_to(empty_database, REVISIONS[0])
    with psycopg.connect(empty_database) as connection:
        connection.execute(OLD)  # type: ignore[arg-type]  # ours, above
    before = counted(empty_database)
    up_to(empty_database, revision)
    migrate(empty_database)
    assert pending(empty_database) == ()
    assert differences(empty_database) == []
    assert counted(empty_database) == before
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT scheduled FROM posts").fetchall() == [(True,)]
