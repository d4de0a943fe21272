"""Who may be called, for how long, and what leaks: nothing."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import requests
from stand_ins import Memory, Sandbox, picture, post

from connectors.errors import OutcomeUnknown, PublishingError, Rejected, Retryable
from connectors.http import Exchange, Line, Wire
from connectors.registry import PLATFORMS, connector
from connectors.sandbox import demo_credentials

pytestmark = pytest.mark.anyio

PUBLIC = {"server", "language_field"}
"""Kept with the secrets of an account, and none."""


def nothing_known(_exchange: Exchange) -> PublishingError | None:
    return None


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says `answer` to each connection once, and what it was sent."""
    server = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.getsockname()[1]}", heard
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


@pytest.mark.parametrize("sandboxed", [True, False])
@pytest.mark.parametrize("kind", ["requests", "httpx"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/2/tweets",
        "http://api.twitter.com/2/tweets",
        "https://api.twitter.com:8443/",
        "https://api.twitter.com@evil.example/",
        "https://api.twitter.com.evil.example/",
    ],
)
async def test_a_host_that_is_not_on_the_list_is_refused_before_anything_connects(
    sandbox: Sandbox,
    url: str,
    kind: str,
    sandboxed: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    line = Line(Wire(sandbox=sandbox.address if sandboxed else None), ("api.twitter.com",), nothing_known)
    ask = line.session().get if kind == "requests" else httpx.Client(transport=line.transport(), trust_env=False).get
    with pytest.raises(Rejected) as refused:
        await line.call(ask, url, making=True)
    assert refused.value.code == "host-not-allowed"
    assert sandbox.calls() == []


async def test_a_redirect_is_never_followed() -> None:
    with answering(b"HTTP/1.1 302 Found\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n") as (
        host,
        heard,
    ):
        line = Line(Wire(loopback=True), (), nothing_known)
        answer = await line.call(line.session(f"http://{host}").post, f"http://{host}/x")
        assert isinstance(answer, requests.Response)
        assert answer.status_code == 302
        assert len(heard) == 1


async def test_a_drip_without_end_stops_at_the_deadline() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    host = f"127.0.0.1:{server.getsockname()[1]}"
    line = Line(Wire(loopback=True, deadline=0.5), (), nothing_known)
    with pytest.raises(OutcomeUnknown):
        await line.call(line.session(f"http://{host}").post, f"http://{host}/x", making=True)
    stop.set()
    thread.join()
    server.close()


async def test_after_the_deadline_nothing_more_leaves() -> None:
    with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as (host, heard):
        line = Line(Wire(loopback=True, deadline=0.2), (), nothing_known)
        session = line.session(f"http://{host}")
        go_on, done = threading.Event(), threading.Event()

        def late() -> None:
            go_on.wait(10)
            try:
                session.post(f"http://{host}/late")
            finally:
                done.set()

        with pytest.raises(Retryable):
            await line.call(late, making=True)
        go_on.set()
        assert done.wait(10)
        assert heard == []


async def test_calls_inside_one_deadline_share_it() -> None:
    line = Line(Wire(deadline=0.3), (), nothing_known)
    first_end = threading.Event()
    with line.deadline():
        await line.call(first_end.wait, 0.2)
        with pytest.raises(Retryable):
            await line.call(first_end.wait, 0.25)


@pytest.mark.parametrize("server", ["http://mastodon.cymru", "ftp://x", "mastodon.cymru", "http://127.0.0.1:1"])
def test_a_self_hosted_platform_is_https_or_on_this_machine_where_that_is_allowed(server: str) -> None:
    with pytest.raises(Rejected):
        Line(Wire(), (), nothing_known).own(server)
    assert Line(Wire(), (), nothing_known).own("https://Mastodon.cymru/") == "mastodon.cymru"
    assert Line(Wire(loopback=True), (), nothing_known).own("http://127.0.0.1:81") == "127.0.0.1:81"


def test_the_sandbox_is_on_this_machine_or_refused() -> None:
    with pytest.raises(ValueError, match="this machine"):
        Wire(sandbox="https://sandbox.example")


@pytest.mark.parametrize("proxy_variable", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
async def test_a_proxy_of_the_environment_is_not_used(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, proxy_variable: str
) -> None:
    monkeypatch.setenv(proxy_variable, "http://127.0.0.1:9")
    for platform in PLATFORMS:
        identity = await connector(platform, Wire(sandbox=sandbox.address)).verify(demo_credentials(platform, "bwrdd"))
        assert identity.account


async def test_the_proxy_of_the_wire_is_used_for_live_platforms() -> None:
    with answering(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n") as (host, heard):
        made = connector("x", Wire(proxy=f"http://{host}"))
        with pytest.raises(Retryable):
            await made.verify(demo_credentials("x", "bwrdd"))
        assert heard[0].startswith(b"CONNECT api.twitter.com:443")


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
@pytest.mark.parametrize("fault", [None, "store-then-drop", "refuse", "hang"])
async def test_no_secret_reaches_a_log_or_an_error(
    platform: str, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, fault: str | None
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = demo_credentials(platform, "cyfrinachol")
    made = connector(platform, Wire(sandbox=sandbox.address, deadline=0.8 if fault == "hang" else 30.0))
    outgoing, pictures = post(platform, "Bore da", picture("red", "Drws"))
    attempt = Memory(pictures, sandbox)
    errors: list[PublishingError] = []
    for call in ("verify", "create", "find", "read", "delete"):
        if fault:
            sandbox.fault(platform=platform, call=call, kind=fault)
    for _ in range(4):
        try:
            await made.prepare(outgoing, credentials, attempt)
            break
        except PublishingError as error:
            errors.append(error)
    try:
        receipt = await made.publish(outgoing, credentials, attempt)
    except PublishingError as error:
        errors.append(error)
        receipt = await made.publish(outgoing, credentials, attempt) if fault == "refuse" else None
    for step in (
        made.find(outgoing, credentials, attempt),
        *((made.retract(receipt, credentials),) if receipt else ()),
    ):
        try:
            await step
        except PublishingError as error:
            errors.append(error)
    assert bool(errors) == bool(fault)
    said = caplog.text + repr(credentials) + "".join(f"{error!r} {error.__context__!r}" for error in errors)
    assert not any(value in said for name, value in credentials.secrets.items() if name not in PUBLIC)


async def test_loggers_that_write_tokens_stay_silent_below_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3.connectionpool", "tweepy.client", "httpx", "httpcore.http11"):
        logging.getLogger(name).debug("token")
        logging.getLogger(name).warning("%s is shown", name)
    assert "token" not in caplog.text
    assert "httpx is shown" in caplog.text
