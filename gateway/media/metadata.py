"""exiftool, kept open through pyexiftool: what a file says beside its pixels.

One thread asks at a time; every answer has a time limit; a dead child is replaced. Files never touch the disk and
names never reach exiftool: it reads an anonymous file in memory by our own path.
"""

import os
import resource
import select
import shutil
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import exiftool.exiftool as pyexiftool
import msgspec
from exiftool.exceptions import ExifToolException

_ROOT: Final = Path(__file__).parents[2]
_SCRIPT: Final = Path("exiftool-vendored.pl/bin/exiftool")
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


class _Deadline(threading.local):
    """Until when the asking thread waits: pyexiftool's reader is a plain function and cannot be told otherwise."""

    at = 0.0


_deadline = _Deadline()


def _read_until(fd: int, mark: bytes, _: int) -> bytes:
    """In place of pyexiftool's reader, which waits for ever, at full load, when its child dies in mid-answer."""
    answer = bytearray()
    while not answer[-len(mark) - 4 :].strip().endswith(mark):
        left = _deadline.at - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            raise ExiftoolFailed("exiftool took too long")
        piece = os.read(fd, _READ)
        if not piece:
            raise _Died
        answer += piece
        if len(answer) > _MOST_ANSWER:
            raise ExiftoolFailed("exiftool answered too much")
    return bytes(answer)


pyexiftool._read_fd_endswith = _read_until  # noqa: SLF001 - the reason stands with the function


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
        self._tool: Any = None

    def start(self) -> None:
        """Raises `ExiftoolMissing`."""
        with self._lock:
            _deadline.at = time.monotonic() + self._seconds
            try:
                self._started()
            except ExifToolException as error:
                raise ExiftoolMissing("exiftool is too old: 12.15 is the least") from error

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
        process = self._tool._process if self._tool else None  # noqa: SLF001 - it has no other name for it
        return process.pid if process else None

    def _ask(self, arguments: tuple[str, ...], seconds: float) -> bytes:
        """One command's output. A child that dies is replaced and asked again, once: reading changes nothing."""
        for last in (False, True):
            _deadline.at = time.monotonic() + seconds
            try:
                return bytes(self._started().execute(*arguments, raw_bytes=True))
            except (_Died, BrokenPipeError, ExifToolException):
                self._kill()
                if last:
                    raise ExiftoolFailed("exiftool died twice over one file") from None
            except BaseException:
                self._kill()
                raise
        raise AssertionError("unreachable")

    def _started(self) -> Any:
        """The process, with little memory and no files to write. It ends with the thread that started it."""
        if self._tool is None or self._tool._process.poll() is not None:  # noqa: SLF001 - `running` would warn
            self._kill()
            self._tool = pyexiftool.ExifTool(executable(), common_args=[], config_file="")
            self._tool.run()
            if sys.platform == "linux":
                for limit, most in (
                    (resource.RLIMIT_AS, _MEMORY),
                    (resource.RLIMIT_FSIZE, 0),
                    (resource.RLIMIT_CORE, 0),
                ):
                    resource.prlimit(self._tool._process.pid, limit, (most, most))  # noqa: SLF001 - as above
        return self._tool

    def _kill(self) -> None:
        """At once: what it was doing is of no use any more, and pyexiftool would wait for it to end politely."""
        tool, self._tool = self._tool, None
        process = tool._process if tool else None  # noqa: SLF001 - as above
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with suppress(BrokenPipeError):
                pipe.close()
        tool._flag_running_false()  # noqa: SLF001 - else its finaliser speaks to the dead
