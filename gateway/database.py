"""PostgreSQL for Porth: the engine, its sessions, and the migration that runs at every start.

A database is named by its URL, `postgresql://user:password@host/name`, whoever runs it. The application works in
the role `porth_app`, which owns nothing; only `migrate` works as the user in the URL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import NullPool, text
from sqlalchemy import create_engine as create_blocking_engine
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from gateway.faults import Fault
from gateway.settings import plain_url

APPLICATION_ROLE = "porth_app"
OLDEST = 15
"""The first PostgreSQL release (major version) that Porth runs on."""

MIGRATIONS = Path(__file__).with_name("migrations")
MIGRATION_LOCK = 0x706F727468  # "porth"
SESSION = {
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}

_ENSURE_ROLE = f"""
DO $$
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') THEN
            CREATE ROLE {APPLICATION_ROLE} NOLOGIN;
        END IF;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server is being migrated
    END;
    IF NOT pg_has_role('{APPLICATION_ROLE}', 'MEMBER') THEN
        GRANT {APPLICATION_ROLE} TO CURRENT_USER;
    END IF;
END
$$
"""


def create_engine(url: str, *, role: str | None = APPLICATION_ROLE, pool_size: int = 10) -> AsyncEngine:
    """An engine whose every connection works in `role` (`None`: as the user in the URL) and in UTC.

    Values never appear in its errors or logs.
    """
    engine = create_async_engine(
        "postgresql+psycopg://",
        connect_args=connection_parameters(url, role=role),
        pool_pre_ping=True,  # or the first request after a restart of the database fails
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,
    )
    listen(engine.sync_engine, "handle_error", _keep_only_the_sentence)
    return engine


def create_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """`async with sessions() as session:` is one unit of work; the edge commits it. Objects stay readable after."""
    return async_sessionmaker(engine, expire_on_commit=False)


def connection_parameters(url: str, *, role: str | None = APPLICATION_ROLE) -> dict[str, Any]:
    """What `psycopg.connect` and `AsyncConnection.connect` take as keywords, for one connection outside the pool."""
    parameters = conninfo_to_dict(plain_url(url))
    session = SESSION if role is None else SESSION | {"role": role}
    options = " ".join(f"-c {name}={value}" for name, value in session.items())
    theirs = parameters.get("options")
    return parameters | {
        "options": f"{options} {theirs}" if theirs else options,
        "application_name": parameters.get("application_name", "porth"),
        "connect_timeout": parameters.get("connect_timeout", 10),
    }


def _keep_only_the_sentence(context: ExceptionContext) -> None:
    """Below its first sentence PostgreSQL repeats the row that it refused: personal data, on its way to a log."""
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    if isinstance(original, psycopg.Error) and wrapped is not None and original.diag.message_primary:
        original.args = (original.diag.message_primary,)
        wrapped.args = (f"({type(original).__name__}) {original}",)


def migrate(url: str) -> None:
    """Bring the database to the newest revision: one transaction, one process at a time, nothing where it is there."""
    with _as_owner(url) as connection:
        _require_version(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '30s'"))
        _ensure_application_role(connection)
        config = _alembic(connection)
        _refuse_newer(connection, ScriptDirectory.from_config(config))
        command.upgrade(config, "head")


def pending(url: str) -> tuple[str, ...]:
    """Revisions that `migrate` would apply, oldest first."""
    with _as_owner(url) as connection:
        script = ScriptDirectory.from_config(_alembic(connection))
        applied = MigrationContext.configure(connection).get_current_heads()
        return tuple(reversed([found.revision for found in script.iterate_revisions("heads", applied or "base")]))


@contextmanager
def _as_owner(url: str) -> Iterator[Connection]:
    """One transaction as the user in the URL; waits as long as it must."""
    parameters = connection_parameters(url, role=None)
    parameters["options"] += " -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
    engine = create_blocking_engine(
        "postgresql+psycopg://", connect_args=parameters, poolclass=NullPool, hide_parameters=True
    )
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise Fault("database.unreachable", said=str(error.orig).strip()) from error
    with connection, connection.begin():
        yield connection


def _require_version(connection: Connection) -> None:
    found = connection.execute(text("SHOW server_version_num")).scalar_one()
    if int(found) < OLDEST * 10_000:
        raise Fault("database.too-old", oldest=OLDEST, found=connection.execute(text("SHOW server_version")).scalar())


def _ensure_application_role(connection: Connection) -> None:
    """Roles belong to the server, so a restored database can lack the one its grants name: looked at every time."""
    try:
        connection.execute(text(_ENSURE_ROLE))
    except ProgrammingError as error:
        driver: Any = connection.connection.driver_connection
        raise Fault("database.no-role", role=APPLICATION_ROLE, user=driver.info.user) from error


def _alembic(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _refuse_newer(connection: Connection, script: ScriptDirectory) -> None:
    """A database that a later Porth has migrated is left alone."""
    known = {revision.revision for revision in script.walk_revisions()}
    for applied in MigrationContext.configure(connection).get_current_heads():
        if applied not in known:
            raise Fault("database.newer", revision=applied)
