"""The database: migrated safely, worked in by a role that owns nothing, and its faults said in a sentence."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from approvals.models import Base
from gateway import account, embedded
from gateway import database as porth_database
from gateway.database import APPLICATION_ROLE, connection_parameters, migrate, pending
from gateway.faults import Fault


@pytest.mark.anyio
async def test_the_application_works_in_its_own_role_and_in_utc(session: AsyncSession) -> None:
    role, zone, now = (await session.execute(text("SELECT current_user, current_setting('timezone'), now()"))).one()
    assert role == APPLICATION_ROLE
    assert zone == "UTC"
    assert now.tzinfo is UTC or now.utcoffset().total_seconds() == 0


@pytest.mark.anyio
async def test_the_application_may_not_make_tables(session: AsyncSession) -> None:
    with pytest.raises(Exception, match="permission denied"):
        await session.execute(text("CREATE TABLE anything (n int)"))


def test_migrating_twice_changes_nothing(empty_database: str) -> None:
    migrate(empty_database)
    assert pending(empty_database) == ()
    migrate(empty_database)
    assert pending(empty_database) == ()


def test_four_processes_that_migrate_at_once_all_succeed(empty_database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty_database] * 4))
    assert pending(empty_database) == ()


def differences(url: str) -> list[object]:
    """What autogeneration would change to make the database what the models say."""
    engine = create_engine(
        "postgresql+psycopg://", connect_args=connection_parameters(url, role=None), poolclass=NullPool
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_the_migrated_database_is_what_the_models_say(database: str) -> None:
    assert differences(database) == []


def test_a_failing_revision_leaves_nothing_behind(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "migrations"
    (broken / "versions").mkdir(parents=True)
    (broken / "env.py").write_text((porth_database.MIGRATIONS / "env.py").read_text())
    (broken / "versions" / "one.py").write_text(
        "from alembic import op\n"
        "revision, down_revision, branch_labels, depends_on = 'one', None, None, None\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (n int)')\n    op.execute('SELECT 1/0')\n"
    )
    monkeypatch.setattr(porth_database, "MIGRATIONS", broken)
    with pytest.raises(Exception, match="division by zero"):
        migrate(empty_database)
    with psycopg.connect(empty_database) as connection:
        (tables,) = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == 0


def test_a_database_migrated_by_a_later_porth_is_left_alone(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32) PRIMARY KEY)")
        connection.execute("DELETE FROM alembic_version")
        connection.execute("INSERT INTO alembic_version VALUES ('9999_from_the_future')")
    with pytest.raises(Fault) as caught:
        migrate(database)
    assert caught.value.key == "database.newer"
    assert "9999_from_the_future" in str(caught.value)


def test_an_unreachable_database_is_said_without_its_password() -> None:
    with pytest.raises(Fault) as caught:
        migrate("postgresql://somebody:hunter2@127.0.0.1:1/porth")
    assert caught.value.key == "database.unreachable"
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_user_who_may_not_create_the_role_is_told_what_an_administrator_can_do(empty_database: str) -> None:
    user = f"plain_{make_url(empty_database).database}"
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'x'")
        try:
            url = make_url(empty_database).set(username=user, password="x").render_as_string(hide_password=False)
            with pytest.raises(Fault) as caught:
                migrate(url)
        finally:
            connection.execute(f"DROP ROLE {user}")
    assert caught.value.key == "database.no-role"
    assert f"GRANT {APPLICATION_ROLE} TO {user}" in str(caught.value)


@pytest.mark.anyio
async def test_an_error_never_shows_the_values_of_the_statement(
    empty_database: str,
) -> None:
    migrate(empty_database)
    engine = porth_database.create_engine(empty_database, role=None)
    async with engine.connect() as connection:
        await connection.execute(text("CREATE TABLE sample (name text CHECK (length(name) < 3))"))
        with pytest.raises(IntegrityError) as caught:
            await connection.execute(text("INSERT INTO sample VALUES (:name)"), {"name": "Angharad"})
    await engine.dispose()
    assert "Angharad" not in str(caught.value)


@pytest.mark.anyio
async def test_a_connection_the_server_dropped_is_replaced_before_it_is_used(
    engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession], database: str
) -> None:
    async with sessions() as session:
        first = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [first])
    async with sessions() as session:
        assert (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one() != first


def test_options_in_the_url_are_kept_beside_ours() -> None:
    parameters = connection_parameters("postgresql://a@localhost/b?options=-c%20work_mem%3D8MB")
    assert parameters["options"].endswith("-c work_mem=8MB")
    assert f"-c role={APPLICATION_ROLE}" in parameters["options"]


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql+asyncpg", "postgresql", "postgres"])
def test_every_way_of_writing_a_postgresql_url_is_understood(scheme: str) -> None:
    assert connection_parameters(f"{scheme}://ann@db.example/porth")["host"] == "db.example"


def test_the_oldest_postgresql_we_promise_takes_every_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    oldest = Path(f"/usr/lib/postgresql/{porth_database.OLDEST}")
    if not (oldest / "bin" / "initdb").exists():
        pytest.skip(f"PostgreSQL {porth_database.OLDEST} is not installed here")
    for module in (account, embedded):
        monkeypatch.setattr(module, "installed_binaries", lambda: (str(porth_database.OLDEST), oldest))
    monkeypatch.setattr(embedded, "INITDB", ("-A", "trust", "-E", "UTF8", "--locale=C"))
    with tempfile.TemporaryDirectory(prefix="porth-") as home, embedded.cluster(Path(home), durable=False) as cluster:
        url = cluster.create_database("porth")
        with psycopg.connect(url) as connection:
            assert connection.info.server_version // 10_000 == porth_database.OLDEST
        migrate(url)
        assert pending(url) == ()
        assert differences(url) == []
