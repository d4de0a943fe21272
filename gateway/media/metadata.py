"""exiftool, kept open: what a file says beside its pixels.

Our own client of exiftool's `-stay_open` protocol, because pyexiftool waits for ever, at full load, when its
child dies in mid-answer. One thread asks at a time; every answer has a time limit; a dead child is replaced.
Files never touch the disk and names never reach exiftool: it reads an anonymous file in memory by our own path.
"""

import contextlib
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

import msgspec

_ROOT: Final = Path(__file__).parents[2]
_SCRIPT: Final = Path("exiftool-vendored.pl/bin/exiftool")
_LAUNCH: Final = Path(__file__).with_name("launch.py")
_STAY_OPEN: Final = ("-config", "", "-stay_open", "True", "-@", "-")
_LEAST_VERSION: Final = (12, 15)
_MEMORY: Final = 1024 * 1024 * 1024
_READ: Final = 1 << 16
_MOST_ANSWER: Final = 16 * 1024 * 1024
EVERYTHING: Final = ("-j", "-n", "-G1", "-a", "-u", "-U", "-ee3", "--System:all")
"""All that exiftool knows to find: duplicates, unknown and binary tags, and what is embedded."""
OUTLINE: Final = ("-j", "-n", "-G1", "-a", "-fast", "--System:all")
"""Enough to tell which kinds of metadata a file has."""


class ExiftoolMissing(RuntimeError):  # noqa: N818 - says what is wrong, like our other exceptions
    """No exiftool 12.15 or newer was found: nothing can be proved, so nothing can be taken in."""


class ExiftoolFailed(RuntimeError):  # noqa: N818 - as above
    """exiftool died or took too long over one file."""


class _Died(Exception):  # noqa: N818 - an event, answered here
    """The child ended before its answer did."""


def executable() -> str:
    """The npm script under `PORTH_NODE_MODULES` or the repository, else the system's. Raises `ExiftoolMissing`."""
    for modules in (os.environ.get("PORTH_NODE_MODULES"), _ROOT / "node_modules"):
        if modules and (Path(modules) / _SCRIPT).is_file():
            return str(Path(modules) / _SCRIPT)
    found = shutil.which("exiftool")
    if found is None:
        raise ExiftoolMissing("exiftool was not found: run npm ci, or install libimage-exiftool-perl")
    return found


class Exiftool:
    """One exiftool process, for any thread; they take turns."""

    def __init__(self, seconds: float = 20.0) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._number = 0

    def start(self) -> None:
        """Raises `ExiftoolMissing`."""
        with self._lock:
            version = self._ask(("-ver",), self._seconds).decode("ascii", "replace").strip()
        if tuple(int(part) for part in version.split(".") if part.isdigit()) < _LEAST_VERSION:
            raise ExiftoolMissing(f"exiftool {version} is too old: 12.15 is the least")

    def read(self, data: bytes, options: tuple[str, ...], seconds: float | None = None) -> dict[str, Any]:
        """`Group:Tag` and value of everything found. Raises `ExiftoolFailed`, also when its time is up."""
        file = os.memfd_create("picture")
        try:
            with os.fdopen(file, "wb", closefd=False) as out:
                out.write(data)
            with self._lock:
                answer = self._ask((*options, f"/proc/{os.getpid()}/fd/{file}"), seconds or self._seconds)
        finally:
            os.close(file)
        try:
            (tags,) = msgspec.json.decode(answer.decode("utf-8", "replace"), type=list[dict[str, Any]])
        except (msgspec.DecodeError, ValueError) as error:
            raise ExiftoolFailed("exiftool's answer cannot be read") from error
        tags.pop("SourceFile", None)
        return tags

    def close(self) -> None:
        with self._lock:
            self._kill()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def _ask(self, arguments: tuple[str, ...], seconds: float) -> bytes:
        """One command's output. A child that dies is replaced and asked again, once: reading changes nothing."""
        try:
            return self._command(arguments, time.monotonic() + seconds)
        except _Died:
            self._kill()
        except BaseException:
            self._kill()
            raise
        try:
            return self._command(arguments, time.monotonic() + seconds)
        except BaseException as error:
            self._kill()
            if isinstance(error, _Died):
                raise ExiftoolFailed("exiftool died twice over one file") from None
            raise

    def _command(self, arguments: tuple[str, ...], deadline: float) -> bytes:
        child = self._child if self._child and self._child.poll() is None else self._start()
        assert child.stdin is not None  # noqa: S101 - for the type checker: it was opened with pipes
        self._number += 1
        try:
            child.stdin.write(("\n".join(arguments) + f"\n-execute{self._number}\n").encode("ascii"))
            child.stdin.flush()
        except BrokenPipeError:
            raise _Died from None
        return self._until(child, f"{{ready{self._number}}}\n".encode("ascii"), deadline)

    @staticmethod
    def _until(child: subprocess.Popen[bytes], mark: bytes, deadline: float) -> bytes:
        assert child.stdout is not None  # noqa: S101 - as above
        answer = bytearray()
        while not answer.endswith(mark):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
                raise ExiftoolFailed("exiftool took too long")
            piece = os.read(child.stdout.fileno(), _READ)
            if not piece:
                raise _Died
            answer += piece
            if len(answer) > _MOST_ANSWER:
                raise ExiftoolFailed("exiftool answered too much")
        return bytes(answer[: -len(mark)])

    def _start(self) -> subprocess.Popen[bytes]:
        self._kill()
        self._child = subprocess.Popen(  # noqa: S603 - a path of ours and fixed arguments
            [sys.executable, "-IS", str(_LAUNCH), str(_MEMORY), executable(), *_STAY_OPEN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/nonexistent"},
        )
        return self._child

    def _kill(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # what was not flushed is of no use to the dead
                    pipe.close()
        self._child = None
