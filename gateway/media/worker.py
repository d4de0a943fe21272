"""The decoding process: hostile files are decoded here, with little memory, no files and no secrets.

Started by `process.Decoder` with an empty environment. It answers jobs over its standard pipes until they close;
it may die at any moment, and its answers are proved by the other side.
"""

import os
import resource
import sys
from typing import BinaryIO, Final

from PIL import Image, UnidentifiedImageError

from gateway.media import clean, people, rendition
from gateway.media.errors import PictureRefused
from gateway.media.protocol import (
    LENGTHS,
    Answer,
    Inspect,
    Job,
    Ready,
    Rebuild,
    Refused,
    jobs,
    opening,
)

_NICENESS: Final = 5
"""Requests come first."""


def main() -> None:
    incoming, outgoing = _own_pipes()
    clean.prepare_decoders()
    finder = people.Finder(people.model())
    os.nice(_NICENESS)
    _answer(outgoing, Ready(pid=os.getpid()))
    _lock_down()
    while (prefix := incoming.read(LENGTHS.size)) and len(prefix) == LENGTHS.size:
        head, body = LENGTHS.unpack(prefix)
        job = jobs.decode(incoming.read(head))
        data = incoming.read(body)
        _allow(job)
        _answer(outgoing, *_work(job, data, finder))
        del data


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipes for frames alone, so that a library that prints cannot spoil them."""
    outgoing = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return sys.stdin.buffer, outgoing


def _lock_down() -> None:
    """No file, socket or pipe can be opened, nothing written to disk, no core dumped: for good."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)  # decoders complain here, and may quote the file
    os.close(silence)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow(job: Job) -> None:
    """The memory and processor time of one job."""
    memory = job.limits.memory
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.RLIM_INFINITY))
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + job.limits.seconds * (os.cpu_count() or 1)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def _work(job: Job, data: bytes, finder: people.Finder) -> tuple[Answer, bytes]:
    try:
        if isinstance(job, Rebuild):
            return clean.rebuild(job, data, finder)
        if isinstance(job, Inspect):
            return clean.inspect(job, data, finder), b""
        return rendition.render(job, data)
    except PictureRefused as refusal:
        return Refused(code=refusal.code, params=refusal.params), b""
    except MemoryError:
        return Refused(code="MEDIA-MEMORY"), b""
    except Image.DecompressionBombError:
        return Refused(code="MEDIA-DECODE", params={"kind": "bomb"}), b""
    except Exception as error:  # noqa: BLE001 - decoders raise anything; every one of them means this picture, not us
        return _undecodable(error), b""


def _undecodable(error: Exception) -> Refused:
    text = str(error).lower()
    if isinstance(error, EOFError) or "truncated" in text or "end of file" in text or "premature" in text:
        return Refused(code="MEDIA-TRUNCATED")
    kind = "unidentified" if isinstance(error, UnidentifiedImageError) else type(error).__name__
    return Refused(code="MEDIA-DECODE", params={"kind": kind})


def _answer(outgoing: BinaryIO, answer: Answer, body: bytes = b"") -> None:
    outgoing.write(opening(answer, body))
    left = memoryview(body)
    while left:
        left = left[outgoing.write(left) or 0 :]


if __name__ == "__main__":
    main()
