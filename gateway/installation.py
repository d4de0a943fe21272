"""This installation's database, whoever runs it: the operator's, or the embedded one under `PORTH_HOME`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from gateway import embedded, settings
from gateway.database import migrate
from gateway.embedded import Cluster
from gateway.faults import Fault
from gateway.settings import Settings

DATABASE = "porth"


def prepared(environ: Mapping[str, str]) -> Settings:
    """The settings in the environment, with `PORTH_HOME` made and closed to others. Raises `Fault`."""
    found = settings.load(environ)
    settings.open_home(found)
    return found


@contextmanager
def database(found: Settings, name: str = DATABASE) -> Iterator[tuple[str, Cluster | None]]:
    """The URL of a migrated database, and the cluster where it is the embedded one."""
    if found.database_url is not None:
        migrate(found.database_url)
        yield found.database_url, None
        return
    with embedded.cluster(found.home) as cluster:
        url = cluster.ensure_database(name)
        migrate(url)
        yield url, cluster


@contextmanager
def temporary_database(found: Settings, name: str) -> Iterator[str]:
    """The URL of a new migrated database on this installation's server, dropped in the end."""
    if found.database_url is not None:
        yield from _beside(found.database_url, name)
        return
    with embedded.cluster(found.home) as cluster:
        url = cluster.create_database(name)
        try:
            migrate(url)
            yield url
        finally:
            cluster.drop_database(name)


def _beside(server: str, name: str) -> Iterator[str]:
    """Raises `Fault` where the operator's user may not create databases."""
    with psycopg.connect(server, autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise Fault("demo.may-not-create") from error
        try:
            url = make_conninfo(server, dbname=name)
            migrate(url)
            yield url
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
