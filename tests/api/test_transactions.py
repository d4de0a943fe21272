"""A request is one transaction: all of it happens, or none of it and the caller knows."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from approvals import models as m
from gateway.database import plain_url
from tests.api.conftest import House, words

pytestmark = pytest.mark.anyio


@contextmanager
def failing_commit(error: Exception) -> Iterator[None]:
    """The second commit of the request fails: the first is that of the guard, which only looks who is asking."""
    commits = 0

    def fail(_: Session) -> None:
        nonlocal commits
        commits += 1
        if commits == 2:
            raise error

    event.listen(Session, "before_commit", fail)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", fail)


async def test_a_commit_that_fails_is_a_5xx_with_nothing_half_done(house: House) -> None:
    body = {"team": house.board.team, "content": words()}
    with failing_commit(OperationalError("COMMIT", {}, psycopg.OperationalError("the server closed the connection"))):
        answer = await house.nurse.post("/posts", body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json().get("code")) == (503, "busy"), answer.text
    assert (await house.count(m.Post), await house.count(m.RememberedAnswer)) == (0, 0)
    assert (await house.nurse.post("/posts", body, headers={"Idempotency-Key": "k"})).status_code == 201


async def test_a_fault_of_ours_is_told_by_an_id_alone(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with failing_commit(RuntimeError("secret words of a patient")):
        answer = await house.nurse.post("/posts", {"team": house.board.team, "content": words()})
    assert answer.status_code == 500
    assert "patient" not in answer.text
    assert answer.json()["params"]["id"] == answer.headers["x-request-id"]
    assert answer.headers["x-request-id"] in {getattr(record, "request", "") for record in caplog.records}
    assert await house.count(m.Post) == 0


async def test_two_people_who_save_at_once_do_not_lose_a_version(house: House) -> None:
    post = await house.draft()
    answers = await asyncio.gather(
        *(house.nurse.put(f"/posts/{post}/content", {"seen": 1, "content": words(purpose=f"p{n}")}) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert await house.count(m.Version) == 2


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def served(tmp_path: Path, database: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`porth serve` as it runs in earnest."""
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PORTH_")}, "PORTH_HOME": str(tmp_path),
        "PORTH_PORT": str(port), "DATABASE_URL": database,
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "gateway", "serve"], env=environ, stderr=subprocess.PIPE)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            for _ in range(200):
                try:
                    client.get("/api/v1/openapi.json")
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_server_finishes_what_it_has_begun_when_it_is_told_to_stop(
    served: subprocess.Popen[bytes], database: str, port: int
) -> None:
    """The request waits for a lock that is held here while the server is told to stop."""
    with (
        psycopg.connect(plain_url(database)) as holder,
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        holder.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
        body = b'{"email": "a@b.example", "password": "wrong wrong wrong"}'
        head = "POST /api/v1/sign-in HTTP/1.1\r\nHost: porth\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'people'::regclass"
        with psycopg.connect(plain_url(database), autocommit=True) as other:
            while not (other.execute(waiting).fetchone() or (0,))[0]:
                time.sleep(0.05)
        served.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        holder.rollback()
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 401"), answer[:200]
    assert served.wait(30) == 0


def test_the_log_of_the_server_holds_no_personal_data(served: subprocess.Popen[bytes], port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        client.post("/api/v1/sign-in", json={"email": "mair.puw@example.wales", "password": "a secret of hers"})
        client.get("/api/v1/consents/C-MAIR-PUW?after=secret")
    served.send_signal(signal.SIGTERM)
    _, said = served.communicate(timeout=30)
    assert b'"route": "/api/v1/sign-in"' in said
    for secret in (b"mair", b"MAIR", b"secret"):
        assert secret not in said
