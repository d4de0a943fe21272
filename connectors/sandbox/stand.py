"""Takes every call that was meant for a platform: finds who answers, and what goes wrong today."""

import asyncio
import http
import os
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from stat import S_ISSOCK
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from connectors.sandbox import tokens
from connectors.sandbox.calls import Answer, Call, Platform, Route, answer
from connectors.sandbox.clock import CLOCK
from connectors.sandbox.faults import Fault, Faults, Garble
from connectors.sandbox.platforms import candidates
from connectors.sandbox.rates import Rates, Standing
from connectors.sandbox.store import Account, Store, now

LOG_LENGTH = 20_000
FOREVER = 3600.0
NOBODY = answer(404, {"error": "The sandbox stands in for no platform at this host and path."})


class Entry(Struct, frozen=True):
    """One line of the log of calls."""

    at: str
    platform: str
    host: str
    method: str
    path: str
    call: str
    account: str | None
    fault: str | None
    status: int | None
    """`None`: no answer was given."""


class Dropped(Exception):  # noqa: N818 - said of a connection
    """The connection is to be closed without an answer."""


class Stand:
    def __init__(self, store: Store, faults: Faults, latency: float = 0.0) -> None:
        """`latency`: seconds added to every answer."""
        self.store = store
        self.faults = faults
        self.rates = Rates()
        self.latency = latency
        self.log: deque[Entry] = deque(maxlen=LOG_LENGTH)
        self.stopping = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = await _read(scope, receive)
        try:
            made = await self._answer(call)
        except Dropped:
            client = scope.get("client")
            if client:
                _cut(client[0], int(client[1]))
            made = answer(500, {})  # nobody hears it
        headers = [(name.encode(), value.encode()) for name, value in made.headers.items()]
        headers += [(b"content-type", made.media_type.encode())] if made.media_type else []
        headers += [(b"content-length", str(len(made.body)).encode())]
        await send({"type": "http.response.start", "status": made.status, "headers": headers})
        await send({"type": "http.response.body", "body": made.body, "more_body": False})

    async def _answer(self, call: Call) -> Answer:
        if self.latency:
            await asyncio.sleep(self.latency)
        found = next(((one, *hit) for one in candidates(call.host) if (hit := one.match(call))), None)
        if found is None:
            known = candidates(call.host)
            made = known[0].no_route if known else NOBODY
            self._note(call, made.status)
            return made
        platform, route, call = found
        held = tokens.holder(self.store, platform.name, platform.token(call), route.takes)
        if not isinstance(held, Account):
            if not route.public:
                refused = platform.refusal(route, held)
                self._note(call, refused.status, platform=platform.name, call=route.call)
                return refused
            held = Account(platform.name, "", "", "")
        account = held
        fault = self.faults.take(platform.name, route.call, account.name or None, platform.passing)
        status = None

        if fault and fault.kind == "half-then-drop":  # the connection broke on the way here
            call = msgspec.structs.replace(call, body=call.body[: len(call.body) // 2])
        try:
            made = await self._under(fault, platform, lambda: self._handle(platform, route, call, account))
            status = made.status
        finally:
            what = {"platform": platform.name, "call": route.call, "account": account.name}
            self._note(call, status, **what, fault=fault.kind if fault else None)
        return made

    async def _handle(self, platform: Platform, route: Route, call: Call, account: Account) -> Answer:
        """Within the account's rates, and with the headers that tell it where it stands."""
        if refused := platform.gate(call):
            return refused
        where = (platform.name, route.call, account.name)
        standings = self.rates.standings(*where)
        spent = next((one for one in standings if one.refuses), None)
        if spent is not None:
            return _over(platform, spent, standings, account)
        self.rates.spend(*where, done=False)
        made = route.handler(call, account, self.store)
        made = made if isinstance(made, Answer) else await made
        if made.status < http.HTTPStatus.BAD_REQUEST:
            self.rates.spend(*where, done=True)
        usage = platform.usage(self.rates.standings(*where), account)
        return msgspec.structs.replace(made, headers={**usage, **made.headers})

    async def _under(self, fault: Fault | None, platform: Platform, handle: Callable[[], Awaitable[Answer]]) -> Answer:
        match fault.kind if fault else None:
            case "refuse" if fault:
                name = fault.error or next(iter(platform.errors))
                return platform.errors[name](fault.seconds)
            case "garble" if fault:
                return _garbled(answer(fault.status, {}), fault.garble)
            case "drop":
                raise Dropped
            case "hang":
                await self._wait(FOREVER)
                raise Dropped
            case "slow" if fault:
                await self._wait(fault.seconds)
                return await handle()
            case "store-then-drop" | "half-then-drop":
                await handle()
                raise Dropped
            case "store-then-hang":
                await handle()
                await self._wait(FOREVER)
                raise Dropped
            case "store-then-garble" if fault:
                return _garbled(await handle(), fault.garble)
        return await handle()

    async def _wait(self, seconds: float) -> None:
        """Until then, or until the sandbox stops: it must not hang with its callers."""
        waiting: Awaitable[Any] = self.stopping.wait()
        try:
            await asyncio.wait_for(waiting, seconds)
        except TimeoutError:
            return

    def _note(self, call: Call, status: int | None, /, **what: str | None) -> None:
        known = {"platform": "?", "call": "?", "account": None, "fault": None, **what}
        self.log.append(
            Entry(at=now(), host=call.host, method=call.method, path=call.path, status=status, **known)  # type: ignore[arg-type]  # its own fields
        )


def _over(platform: Platform, spent: Standing, standings: tuple[Standing, ...], account: Account) -> Answer:
    made = platform.errors[spent.error](spent.resets - CLOCK.time())
    return msgspec.structs.replace(made, headers={**made.headers, **platform.usage(standings, account)})


async def _read(scope: Scope, receive: Receive) -> Call:
    body = bytearray()
    while True:
        message: Any = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Call(
        method=str(scope["method"]),  # type: ignore[typeddict-item]  # no route of ours takes a web socket
        host=headers.get("x-porth-host") or headers.get("host", ""),
        path=scope["raw_path"].decode("latin-1").partition("?")[0],
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        body=bytes(body),
    )


def _garbled(made: Answer, how: Garble) -> Answer:
    """An answer that cannot be understood, or lacks what matters."""
    match how:
        case "cut":
            return msgspec.structs.replace(made, body=made.body[: len(made.body) // 2])
        case "empty":
            return msgspec.structs.replace(made, body=b"", headers={})
        case "html":
            return msgspec.structs.replace(made, body=b"<html><p>ok</p></html>", headers={}, media_type="text/html")
        case "list":
            return msgspec.structs.replace(made, body=b"[]", headers={})
        case "null":
            return msgspec.structs.replace(made, body=b"null", headers={})
        case "no-id":
            return msgspec.structs.replace(made, body=b'{"data":{},"errors":null}', headers={})
        case "untyped":
            return msgspec.structs.replace(made, media_type="")


def _cut(host: str, port: int) -> None:
    """Close the connection of one caller. No server offers that, so the socket is found by its other end."""
    for descriptor in [int(entry.name) for entry in Path("/dev/fd").iterdir()]:
        try:
            if not S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as found:
                if found.family == socket.AF_INET and found.getpeername() == (host, port):
                    found.shutdown(socket.SHUT_RDWR)
        except OSError:  # closed in the meantime, or not connected
            continue
