"""A real PostgreSQL for every test that asks, and no network but loopback for any.

One embedded cluster runs per test process, or `DATABASE_URL` names a server whose user may create databases. It is
migrated once, into a template; each test that asks for `database` gets a copy of its own.
"""

import ipaddress
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gateway import embedded
from gateway.database import create_engine, create_sessions, migrate
from gateway.settings import plain_url


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The URL of a database from which others can be created."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield plain_url(given)
        return
    # not in pytest's own temporary folder: that is closed to the user the server runs as when root runs the tests
    with tempfile.TemporaryDirectory(prefix="porth-") as home, embedded.cluster(Path(home), durable=False) as cluster:
        yield cluster.url("postgres")


@pytest.fixture(scope="session")
def migrated_template(database_server: str) -> Iterator[str]:
    """The name of a migrated database that nobody is connected to."""
    with _database(database_server) as url:
        migrate(url)
        yield str(make_url(url).database)


@pytest.fixture
def empty_database(database_server: str) -> Iterator[str]:
    """The URL of a database without tables."""
    with _database(database_server) as url:
        yield url


@pytest.fixture
def database(database_server: str, migrated_template: str) -> Iterator[str]:
    """The URL of this test's own migrated database."""
    with _database(database_server, migrated_template) as url:
        yield url


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    """The application's engine: it works in the application's role."""
    engine = create_engine(database)
    yield engine
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return create_sessions(engine)


@pytest.fixture
async def session(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """A unit of work that is rolled back unless the test commits it."""
    async with sessions() as session:
        yield session


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """A test that reaches for anything but loopback fails where it does so."""
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _require_loopback(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _require_loopback(address)
        return connect_ex(self, address)

    def guarded_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        _require_loopback((host, 0))
        return resolve(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_resolve)
        yield


class NotLoopbackError(RuntimeError):
    """Not an OSError: what is under test must not take it for an ordinary network fault and carry on."""


def _require_loopback(address: Any) -> None:
    if not isinstance(address, tuple):  # a Unix socket
        return
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    if host in (None, "", "localhost"):
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise NotLoopbackError(f"a test reached for {host}")


@contextmanager
def _database(server: str, template: str | None = None) -> Iterator[str]:
    """A database of its own name, dropped afterwards whoever is still connected."""
    name = f"porth_test_{uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        create += sql.SQL(" TEMPLATE {} STRATEGY wal_log").format(sql.Identifier(template))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(create)
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
