"""The one way out: who may be called, for how long, and what is known about a call that failed.

    Wire       the deployment's settings: sandbox or live, proxy, certificate authority, deadline
    Line       one connector's way to its platform, made from a `Wire`, an allow-list and a `Classify`
    Exchange   what is known about the last request: did it leave, what came back

No connector trusts its SDK's exceptions: they differ by library, several report an error as a success, and some
fail on an answer after the post exists. What an SDK raises only says *that* a call failed; the `Exchange`, which
is recorded below every SDK, says what that means.
"""

import asyncio
import contextvars
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlencode, urlsplit

import httpx
import msgspec
import requests
import urllib3
from msgspec import Struct
from requests.adapters import HTTPAdapter

from connectors.errors import OutcomeUnknown, PublishingError, Rejected, Retryable

T = TypeVar("T")

THREADS = 64
"""Calls under way at once in one process; the SDKs block, so each needs a thread."""
BODY_LIMIT = 16 * 1024 * 1024
"""Bytes of one answer. No platform's is near; a broken proxy's may be."""
LONGEST_LIFE = 10 * 366 * 86_400
"""Seconds: a token that is said to live longer is taken for one that says nothing."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="platform-call")


class Wire(Struct, frozen=True, kw_only=True):
    """How this deployment reaches the platforms. An account is live or sandbox for life: it has one wire."""

    sandbox: str | None = None
    """Base address of the sandbox, on loopback. Every request goes there instead, naming whom it was for."""
    proxy: str | None = None
    ca_bundle: str | None = None
    """Path of a PEM file, where the proxy signs with an authority of its own."""
    deadline: float = 30.0
    """Seconds for a whole connector call, however many requests it makes."""
    connect_timeout: float = 10.0
    read_timeout: float = 25.0
    loopback: bool = False
    """Self-hosted platforms (Mastodon, WordPress, a Bluesky PDS) may be plain http on this machine."""
    graph_version: str = "v26.0"
    linkedin_version: str = "202609"
    """`YYYYMM`. LinkedIn switches a version off about a year after it appears."""

    def __post_init__(self) -> None:
        if self.sandbox and (urlsplit(self.sandbox).hostname or "") not in LOOPBACK:
            raise ValueError("sandbox: must be an address on this machine, such as http://127.0.0.1:8099")

    def link(self, platform: str, post: str, public: str) -> str:
        """Where a person can see a post: `public`, or the wall of the sandbox."""
        if self.sandbox is None:
            return public
        return f"{self.sandbox.rstrip('/')}/wall/post?{urlencode({'platform': platform, 'id': post})}"


class Exchange(Struct):
    """The last request of a call. `sent` is false only where it provably never left this machine whole."""

    sent: bool = False
    refused_host: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = {}
    """Names in lower case."""
    body: bytes = b""

    def json(self) -> Any:
        """The body decoded whatever its declared type; `None` where it is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is anything else."""
        value = self.json()
        return value if isinstance(value, dict) else {}


Classify = Callable[[Exchange], PublishingError | None]
"""The platform's whitelist: the error that a well-formed, known refusal stands for, else `None`."""


class Unreadable(Exception):  # noqa: N818 - said of an answer
    """Raised by a connector where an answer lacks what it must have."""


class _NotAllowedError(Exception):
    """The allow-list has no such host."""


class _Call:
    """One connector call: its end, and its last exchange. Shared between the waiting task and the working thread."""

    def __init__(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self.exchange = Exchange()
        self._over = False
        self._lock = threading.Lock()

    def left(self) -> float:
        return self.ends - time.monotonic()

    def leave(self) -> Exchange:
        """A request is about to go out. Once the caller has given up, none does."""
        with self._lock:
            self.exchange = Exchange()
            if self._over or self.left() <= 0:
                raise requests.exceptions.ConnectTimeout("the deadline of this call has passed")
            self.exchange.sent = True
            return self.exchange

    def give_up(self) -> Exchange:
        with self._lock:
            self._over = True
            return self.exchange


_call: contextvars.ContextVar[_Call | None] = contextvars.ContextVar("platform_call", default=None)


class Line:
    """One connector's way to its platform."""

    def __init__(self, wire: Wire, hosts: tuple[str, ...], classify: Classify) -> None:
        """`hosts`: exact names, or suffixes that begin with a dot."""
        self.wire = wire
        self.hosts = hosts
        self.classify = classify
        self._adapters: dict[str | None, _Adapter] = {}
        self._tls: ssl.SSLContext | None = None

    def session(self, server: str | None = None, into: requests.Session | None = None) -> requests.Session:
        """A session for one call, or `into` made into one. `server`: a self-hosted platform's own address."""
        session = into or requests.Session()
        session.trust_env = False  # neither the environment's proxies nor ~/.netrc: the wire says who is called
        own = self.own(server) if server else None
        # shared by all calls, for its open connections
        adapter = self._adapters.setdefault(own, _Adapter(self, (own,) if own else ()))
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def transport(self, server: str | None = None) -> httpx.BaseTransport:
        """The same for an SDK over httpx."""
        return _Transport(self, (self.own(server),) if server else ())

    def own(self, server: str) -> str:
        """The host (and port) of a self-hosted platform; https, or this machine where the wire says so."""
        parts = urlsplit(server)
        local = self.wire.loopback and parts.scheme == "http" and parts.hostname in LOOPBACK
        if not parts.netloc or (parts.scheme != "https" and not local):
            raise Rejected("server-not-https", parts.netloc)
        return parts.netloc.lower()

    def allows(self, host: str, extra: tuple[str, ...]) -> bool:
        return any(host == known or (known.startswith(".") and host.endswith(known)) for known in (*self.hosts, *extra))

    def route(self, url: str, extra: tuple[str, ...], exchange: Exchange) -> tuple[str, str]:
        """Where a request for `url` really goes, and the host it was for. Refuses before anything connects."""
        parts = urlsplit(url)
        host = parts.netloc.lower().removesuffix(":443")
        plain = parts.scheme != "https" and host not in extra
        if plain or not self.allows(host, extra):
            exchange.sent = False
            exchange.refused_host = host
            raise _NotAllowedError(f"{host} is not on the allow-list")
        if self.wire.sandbox is None:
            return url, host
        stand_in: SplitResult = urlsplit(self.wire.sandbox)
        return parts._replace(scheme=stand_in.scheme, netloc=stand_in.netloc).geturl(), host

    def tls(self) -> ssl.SSLContext:
        if self._tls is None:  # reading the authorities takes 20 ms, so once
            self._tls = ssl.create_default_context(cafile=self.wire.ca_bundle)
        return self._tls

    @contextmanager
    def deadline(self) -> Iterator[None]:
        """The calls made inside share one deadline."""
        token = _call.set(_Call(self.wire.deadline))
        try:
            yield
        finally:
            _call.reset(token)

    def left(self) -> float:
        """Seconds until the deadline that is running; for what would wait longer than that."""
        call = _call.get()
        return call.left() if call else self.wire.deadline

    async def call(self, fn: Callable[..., T], *args: Any, making: bool = False) -> T:
        """Run `fn(*args)`, which blocks, in the pool until the deadline; raise nothing but `connectors.errors`.

        `making`: this call makes or changes the post, so what is not a known refusal is `OutcomeUnknown`. Elsewhere
        it is `Retryable`.
        """
        call = _call.get() or _Call(self.wire.deadline)
        context = contextvars.copy_context()
        context.run(_call.set, call)
        call.exchange = Exchange()
        work = asyncio.get_running_loop().run_in_executor(_pool, lambda: context.run(fn, *args))
        try:
            return await asyncio.wait_for(work, max(call.left(), 0))
        except PublishingError:
            raise
        except TimeoutError:
            # also what a socket raises; either way nothing more is known than the exchange tells
            failure = self.failure(call.give_up(), "deadline", making=making)
        except Exception as error:  # noqa: BLE001 - the SDKs raise anything at all on garbage
            failure = self.failure(call.exchange, _why(error), making=making)
        # outside of the handlers: an SDK's exception carries addresses, and those carry tokens
        raise failure

    def failure(self, exchange: Exchange, why: str, *, making: bool) -> PublishingError:
        """What a failed call means, from what is known about its last request."""
        if exchange.refused_host is not None:
            return Rejected("host-not-allowed", exchange.refused_host)
        if not exchange.sent:
            return Retryable("not-sent", why)
        if exchange.status is not None:
            known = self._known(exchange)
            if known is not None:
                return known
            why = f"HTTP {exchange.status}, {why}"
        return OutcomeUnknown("no-known-answer", why) if making else Retryable("no-known-answer", why)

    def _known(self, exchange: Exchange) -> PublishingError | None:
        try:
            return self.classify(exchange)
        except (TypeError, ValueError, AttributeError, LookupError, OverflowError):
            return None  # a refusal with a list where a number belongs is not a known one


def ending(answer: Mapping[str, Any]) -> datetime | None:
    """When a token that was just issued ends, from its `expires_in`; `None` where that is no number of seconds."""
    seconds = answer.get("expires_in")
    if not isinstance(seconds, int) or not 0 < seconds < LONGEST_LIFE:
        return None
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _why(error: Exception) -> str:
    """The class alone: messages of HTTP libraries quote the address, and some addresses carry the token."""
    return str(error) if isinstance(error, Unreadable) else type(error).__name__


class _Adapter(HTTPAdapter):
    """Below tweepy, facebook-sdk, Mastodon.py and plain requests."""

    def __init__(self, line: Line, extra: tuple[str, ...]) -> None:
        super().__init__(max_retries=0, pool_maxsize=THREADS)
        self._line = line
        self._extra = extra

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        """What the SDK asks for in timeouts, proxies and verification is ignored: the wire decides."""
        call = _call.get() or _Call(self._line.wire.deadline)
        wire = self._line.wire
        exchange = call.leave()
        url, host = self._line.route(request.url or "", self._extra, exchange)
        request = request.copy()
        request.url = url
        if wire.sandbox:
            request.headers["X-Porth-Host"] = host
        try:
            response = super().send(
                request,
                stream=True,
                timeout=(min(wire.connect_timeout, call.left()), min(wire.read_timeout, call.left())),
                verify=wire.ca_bundle or True,
                proxies={"https": wire.proxy, "http": wire.proxy} if wire.proxy and not wire.sandbox else {},
            )
            try:
                _drain(response, call)
            except requests.exceptions.RequestException:
                response.close()
                raise
        except requests.exceptions.RequestException as error:
            exchange.sent = not _never_left(error)
            raise
        exchange.status = response.status_code
        exchange.headers = {name.lower(): value for name, value in response.headers.items()}
        exchange.body = response.content
        response.headers.pop("location", None) if response.is_redirect else None
        return response


def _drain(response: requests.Response, call: _Call) -> None:
    """Read the body within the deadline, however slowly it drips."""
    chunks, size = [], 0
    try:
        while chunk := response.raw.read1(64 * 1024, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > BODY_LIMIT or call.left() <= 0:
                raise requests.exceptions.ReadTimeout("an answer without end")
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(type(error).__name__) from None
    response.raw.release_conn()
    response._content = b"".join(chunks)  # noqa: SLF001 - as requests fills it when it is not streaming
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001 - the same


def _never_left(error: requests.exceptions.RequestException) -> bool:
    """Whether no request can have reached anybody: no name, no connection, no trusted certificate."""
    reason: Any = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.ProxyError):
        reason = reason.original_error
    if isinstance(reason, urllib3.exceptions.SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


class _Transport(httpx.BaseTransport):
    """Below atproto."""

    def __init__(self, line: Line, extra: tuple[str, ...]) -> None:
        wire = line.wire
        proxy = wire.proxy if wire.proxy and not wire.sandbox else None
        self._line = line
        self._extra = extra
        self._inner = httpx.HTTPTransport(verify=line.tls(), proxy=proxy, retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        call = _call.get() or _Call(self._line.wire.deadline)
        wire = self._line.wire
        exchange = call.leave()
        url, host = self._line.route(str(request.url), self._extra, exchange)
        request.url = httpx.URL(url)
        request.headers["host"] = request.url.netloc.decode()
        if wire.sandbox:
            request.headers["X-Porth-Host"] = host
        read = min(wire.read_timeout, call.left())
        connect = min(wire.connect_timeout, call.left())
        request.extensions["timeout"] = {"connect": connect, "pool": connect, "read": read, "write": read}
        try:
            response = self._inner.handle_request(request)
            response.read()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            exchange.sent = False
            raise
        exchange.status = response.status_code
        exchange.headers = dict(response.headers.items())
        exchange.body = response.content
        return response

    def close(self) -> None:
        self._inner.close()


def _at_least_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


# These write addresses, headers and bodies, tokens included, at DEBUG or INFO. No configuration may turn that on.
for _name in (
    "urllib3.connectionpool", "tweepy.client", "tweepy.api", "oauthlib.oauth1.rfc5849", "requests_oauthlib.oauth1_auth",
    "oauthlib.oauth1.rfc5849.signature", "oauthlib.oauth1.rfc5849.request_validator", "httpx", "httpcore.http11",
    "httpcore.connection", "httpcore.proxy", "mastodon.Mastodon",
):  # fmt: skip
    logging.getLogger(_name).addFilter(_at_least_warning)
