"""Serves the sandbox on loopback: here, or in a process of its own."""

import asyncio
import contextlib
import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

from connectors.sandbox.app import create
from connectors.sandbox.options import PORT
from connectors.sandbox.stand import Stand

ADDRESS = "127.0.0.1"
START_LIMIT = 30.0


def serve(
    port: int = PORT, *, state: Path | None = None, latency_ms: float = 0, chaos: float = 0, seed: int = 0
) -> None:
    """Serve until SIGINT or SIGTERM. Only ever on loopback: what is sent here is not protected by anything."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(port, state, latency_ms, chaos, seed))


async def _serve(port: int, state: Path | None, latency_ms: float, chaos: float, seed: int) -> None:
    app = create(state, latency_ms=latency_ms, chaos=chaos, seed=seed)
    stand: Stand = app.state.stand
    logging.getLogger("granian").setLevel(logging.ERROR)  # its embedded form calls itself experimental at each start
    server = Server(app, ADDRESS, port, interface=Interfaces.ASGI, log_enabled=False, websockets=False, backlog=1024)

    def stop() -> None:
        stand.stopping.set()
        server.stop()  # type: ignore[no-untyped-call]  # granian annotates only in part

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await server.serve()


@contextlib.contextmanager
def running(
    port: int = 0, *, state: Path | None = None, latency_ms: float = 0, chaos: float = 0, seed: int = 0
) -> Iterator[str]:
    """A sandbox in a process of its own that ends with this one, however this one ends. Gives its address."""
    port = port or free_port()
    process = start(port, state=state, latency_ms=latency_ms, chaos=chaos, seed=seed)
    try:
        yield f"http://{ADDRESS}:{port}"
    finally:
        stop(process)


def start(
    port: int, *, state: Path | None = None, latency_ms: float = 0, chaos: float = 0, seed: int = 0
) -> subprocess.Popen[bytes]:
    """Start it and wait until it answers."""
    command = [sys.executable, "-m", "connectors.sandbox", "--port", str(port), "--latency-ms", str(latency_ms),
               "--chaos", str(chaos), "--seed", str(seed), "--until-stdin-ends"]  # fmt: skip
    command += ["--state", str(state)] if state else []
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)  # noqa: S603 - our own module
    end = time.monotonic() + START_LIMIT
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > end:
            stop(process)
            raise RuntimeError(f"the sandbox did not start on port {port}")
        time.sleep(0.05)
    return process


def stop(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()


def end_with_stdin() -> None:
    """End when the other end of standard input is closed, as it is when the parent dies."""

    def watch() -> None:
        while os.read(0, 4096):  # not sys.stdin: its lock would outlive the main thread
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=2)
    try:
        connection.request("GET", "/_control/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (http.client.HTTPException, OSError):
        return False
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])
