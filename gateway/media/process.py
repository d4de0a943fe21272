"""`Decoder`: pictures are decoded in processes that may die, and proved clean before anybody gets them."""

import asyncio
import contextlib
import hashlib
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, ParamSpec, Self, TypeVar

import anyio
import anyio.abc
import anyio.to_thread
import msgspec
from anyio.streams.buffered import BufferedByteReceiveStream
from msgspec import Struct

import gateway
from connectors import contract
from gateway.media import intake, people, removed, verify
from gateway.media.errors import CODES, PictureRefused
from gateway.media.metadata import OUTLINE, Exiftool, ExiftoolFailed
from gateway.media.protocol import (
    LENGTHS,
    MOST_BODY,
    MOST_HEADER,
    Answer,
    Done,
    Fit,
    Inspect,
    Job,
    Ready,
    Rebuild,
    Recipe,
    Refused,
    Region,
    Render,
    answers,
    opening,
)

_START_SECONDS: Final = 60
_OUTLINE_SECONDS: Final = 6.0
"""For the kinds in an original: a hostile one must not keep others from their proof."""
_JOBS_PER_PROCESS: Final = 250
"""A process is replaced after so many pictures: memory stays bounded, and so does what one picture can do to others."""


class Clean(Struct, frozen=True):
    """A picture that was rebuilt and proved clean. Only `Decoder` makes these, and only these are stored."""

    data: bytes
    media_type: str
    sha256: str
    width: int
    height: int
    removed: tuple[str, ...] = ()
    """Kinds of what was taken out, in alphabetical order; never values."""
    people: tuple[Region, ...] = ()
    warnings: tuple[str, ...] = ()
    """Keys of sentences in `i18n/*/media.po`."""
    frames: int = 1


class Inspected(Struct, frozen=True):
    media_type: str
    width: int
    height: int
    frames: int
    people: tuple[Region, ...]
    removable: tuple[str, ...]
    """Kinds of what cleaning would take out."""


P = ParamSpec("P")
T = TypeVar("T")


class Died(Exception):  # noqa: N818 - an event in a process's life
    """The decoding process ended in mid-answer, or answered what cannot be read."""


class Decoder:
    """A few decoding processes and one exiftool. `async with Decoder() as decoder: await decoder.clean(data)`.

    Start-up raises `metadata.ExiftoolMissing` and `people.ModelWrong`: without proof and model nothing is taken in.
    """

    def __init__(self, limits: intake.IntakeLimits | None = None, processes: int | None = None) -> None:
        self.limits = limits or intake.IntakeLimits()
        self.processes = processes or min(2, os.cpu_count() or 1)
        self._turns = anyio.Semaphore(self.processes)
        self._idle: deque[_Process] = deque()
        self._exiftool = Exiftool()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="exiftool")

    async def __aenter__(self) -> Self:
        people.model()
        await self._in_thread(self._exiftool.start)
        self._idle.append(await _Process.start())
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            while self._idle:
                await self._idle.pop().stop()
            await self._in_thread(self._exiftool.close)
        self._thread.shutdown(wait=False)

    async def clean(self, data: bytes, recipe: Recipe = Recipe()) -> Clean:  # noqa: B008 - frozen
        """The original rebuilt by `recipe`, proved. Raises `PictureRefused`."""
        media_type = intake.admit(data, self.limits)
        outline = self._thread.submit(self._kinds, data, media_type)
        try:
            done, body = await self._do(Rebuild(media_type=media_type, recipe=recipe, limits=self.limits), data)
        except BaseException:
            outline.cancel()
            raise
        carried = await asyncio.wrap_future(outline)
        return await self._proved(done, body, carried)

    async def rendition(self, data: bytes, limits: contract.Limits) -> Clean:
        """The largest quality of a cleaned picture that fits a platform, proved. Raises `PictureRefused`.

        Cache the answer by the picture's hash and `fit(limits)`.
        """
        media_type = intake.admit(data, self.limits)
        done, body = await self._do(Render(media_type=media_type, fit=fit(limits), limits=self.limits), data)
        return await self._proved(done, body, frozenset())

    async def inspect(self, data: bytes, *, with_people: bool = False) -> Inspected:
        """What a file is, without making anything of it. Raises `PictureRefused`."""
        media_type = intake.admit(data, self.limits)
        done, _ = await self._do(Inspect(media_type=media_type, limits=self.limits, people=with_people), data)
        carried = await self._in_thread(self._kinds, data, media_type)
        return Inspected(
            media_type=media_type,
            width=done.width,
            height=done.height,
            frames=done.frames,
            people=done.people,
            removable=tuple(sorted(carried | set(done.removed))),
        )

    async def prove(self, data: bytes, media_type: str) -> tuple[int, int]:
        """The proof alone, for a picture that comes back from elsewhere: its size. Raises `PictureRefused`."""
        return await self._in_thread(verify.prove, data, media_type, self._exiftool)

    async def _proved(self, done: Done, body: bytes, carried: frozenset[str]) -> Clean:
        width, height = await self.prove(body, done.media_type)
        return Clean(
            data=body,
            media_type=done.media_type,
            sha256=await anyio.to_thread.run_sync(lambda: hashlib.sha256(body).hexdigest()),
            width=width,
            height=height,
            removed=tuple(sorted(carried | set(done.removed))),
            people=done.people,
            warnings=done.warnings,
            frames=done.frames,
        )

    def _kinds(self, data: bytes, media_type: str) -> frozenset[str]:
        """Kinds of what the original carries. exiftool may fail on a hostile one; it is rebuilt all the same."""
        trailing = removed.trailing(data, media_type)
        try:
            return removed.kinds(self._exiftool.read(data, OUTLINE, _OUTLINE_SECONDS)) | trailing
        except ExiftoolFailed:
            return trailing | {"unknown"}

    async def _in_thread(self, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """In the one thread that owns exiftool."""
        return await asyncio.wrap_future(self._thread.submit(call, *arguments, **named))

    async def _do(self, job: Job, data: bytes) -> tuple[Done, bytes]:
        async with self._process() as process:
            answer, body = await process.ask(job, data, self.limits.seconds)
        if isinstance(answer, Refused):
            raise PictureRefused(answer.code if answer.code in CODES else "MEDIA-DECODE", **answer.params)
        if not isinstance(answer, Done):
            raise PictureRefused("MEDIA-DECODE", kind="answer")
        return answer, body

    async def _living(self) -> "_Process":
        """One that waits, or a new one: what died while it waited costs nobody a picture."""
        while self._idle:
            process = self._idle.pop()
            if process.alive:
                return process
            await process.stop()
        return await _Process.start()

    @contextlib.asynccontextmanager
    async def _process(self) -> AsyncIterator["_Process"]:
        """A process for one job; whatever goes wrong, it does not see another."""
        async with self._turns:
            process = await self._living()
            try:
                yield process
            except BaseException as error:
                with anyio.CancelScope(shield=True):
                    await process.stop()
                if isinstance(error, Died):
                    raise PictureRefused("MEDIA-DECODE", kind="died") from None
                raise
            if process.jobs < _JOBS_PER_PROCESS:
                self._idle.append(process)
            else:
                await process.stop()


def fit(limits: contract.Limits) -> Fit:
    """The part of a platform's limits that decides how a picture is rendered."""
    return Fit(
        types=limits.picture_types,
        bytes=limits.picture_bytes,
        min_width=limits.min_width,
        max_width=limits.max_width,
        max_pixels=limits.max_pixels,
        ratio=limits.ratio,
        animation=limits.animation,
    )


class _Process:
    """One decoding process and its pipes, for one job at a time."""

    def __init__(self, child: anyio.abc.Process) -> None:
        assert child.stdin is not None  # noqa: S101 - for the type checker: it was opened with pipes
        assert child.stdout is not None  # noqa: S101 - as above
        self._child = child
        self._outgoing = child.stdin
        self._incoming = BufferedByteReceiveStream(child.stdout)
        self.jobs = 0

    @classmethod
    async def start(cls) -> Self:
        """A process that is ready, with none of our environment: no secret is where hostile files are decoded."""
        environment = {
            "PYTHONPATH": str(Path(gateway.__file__).parents[1]),
            "MALLOC_ARENA_MAX": "2",
            "LC_ALL": "C.UTF-8",
        }
        child = await anyio.open_process(
            [sys.executable, "-sB", "-m", "gateway.media.worker"], stderr=None, env=environment, cwd="/"
        )
        process = cls(child)
        try:
            with anyio.fail_after(_START_SECONDS):
                answer, _ = await process._receive()
            if not isinstance(answer, Ready):
                raise Died  # noqa: TRY301 - it must be stopped like any other that did not get ready
        except BaseException:
            with anyio.CancelScope(shield=True):
                await process.stop()
            raise
        return process

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.returncode is None

    async def ask(self, job: Job, data: bytes, seconds: float) -> tuple[Answer, bytes]:
        """Raises `Died`, and `PictureRefused` when the time is up."""
        self.jobs += 1
        try:
            with anyio.fail_after(seconds):
                await self._outgoing.send(opening(job, data))
                await self._outgoing.send(data)
                return await self._receive()
        except TimeoutError:
            raise PictureRefused("MEDIA-TIME", seconds=round(seconds)) from None
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            raise Died from None

    async def _receive(self) -> tuple[Answer, bytes]:
        try:
            head, body = LENGTHS.unpack(await self._incoming.receive_exactly(LENGTHS.size))
            if head > MOST_HEADER or body > MOST_BODY:
                raise Died
            answer = answers.decode(await self._incoming.receive_exactly(head))
            return answer, await self._incoming.receive_exactly(body) if body else b""
        except (anyio.IncompleteRead, anyio.EndOfStream, msgspec.DecodeError):
            raise Died from None

    async def stop(self) -> None:
        """At once: there is nothing in it to lose."""
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        await self._child.wait()
        await self._outgoing.aclose()
        await self._incoming.aclose()
