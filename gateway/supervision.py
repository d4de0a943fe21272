"""The processes of one installation: started, watched, started again when they die, stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self

import httpx

from gateway.embedded import stop_with
from gateway.faults import Fault

PATIENCE = 45.0
"""Seconds that a process gets to drain after it was told to stop."""
HOPELESS = 5
"""Deaths in a row, each within `SOON` of its start, after which there is no sense in going on."""
SOON = 5.0
START_LIMIT = 60.0


class Child:
    """One `porth` command in a process of its own, which ends when this one does."""

    def __init__(self, command: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self.command = command
        self._environ = dict(environ)
        self._deaths = 0
        self.start()

    def start(self) -> None:
        self._started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "gateway", *self.command],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # what they say stands on standard error; our output is our own
            preexec_fn=stop_with(os.getpid()),  # noqa: PLW1509  # a death signal can be asked for only there
        )

    def tend(self) -> None:
        """Start it again if it has died. Raises `Fault` when it keeps dying."""
        if self.process.poll() is None:
            return
        self._deaths = self._deaths + 1 if time.monotonic() - self._started < SOON else 1
        if self._deaths >= HOPELESS:
            raise Fault("run.keeps-dying", command=" ".join(self.command), code=self.process.returncode)
        time.sleep(0.2 * self._deaths)
        self.start()


class Household:
    """All children. `with Household() as house: house.add(...); house.keep(...)`."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._stopping = False

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        """Tell all to stop, in the order opposite to their start, and wait while they drain."""
        for child in reversed(self._children):
            with suppress(ProcessLookupError):
                child.process.terminate()
        until = time.monotonic() + PATIENCE
        for child in self._children:
            try:
                child.process.wait(max(until - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def add(self, command: tuple[str, ...], environ: Mapping[str, str]) -> Child:
        child = Child(command, environ)
        self._children.append(child)
        return child

    def keep(self, tend: Callable[[], object] = lambda: None) -> None:
        """Watch over them until somebody says stop. `tend` is called along with it."""
        while not self._stopping:
            self.tend()
            tend()
            time.sleep(0.25)

    def tend(self) -> None:
        """Start again whoever has died."""
        for child in self._children:
            child.tend()

    def wait_for(self, address: str) -> None:
        """Until a child answers there. Raises `Fault` when none does."""
        until = time.monotonic() + START_LIMIT
        while not self._stopping:
            self.tend()
            with suppress(httpx.TransportError):
                if httpx.get(address, timeout=5, trust_env=False).is_success:
                    return
            if time.monotonic() > until:
                raise Fault("run.silent", address=address)
            time.sleep(0.1)

    def _stop(self, *_: object) -> None:
        self._stopping = True
