"""This installation's database, whoever runs it: the operator's, or the embedded one under `PORTH_HOME`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gateway import embedded, settings
from gateway.database import migrate
from gateway.embedded import Cluster
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
