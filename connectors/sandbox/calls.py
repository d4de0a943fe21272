"""One call to the sandbox, its answer, and what a stand-in for a platform is made of."""

from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import msgspec
import multipart  # type: ignore[import-untyped]  # it has no stubs
import regex
from msgspec import Struct

if TYPE_CHECKING:
    from connectors.sandbox.rates import Standing
    from connectors.sandbox.rules import Kind
    from connectors.sandbox.store import Account, Store
    from connectors.sandbox.tokens import Refused


class File(Struct, frozen=True):
    name: str
    media_type: str
    content: bytes


class Call(Struct, frozen=True):
    method: str
    host: str
    """For whom it was meant."""
    path: str
    """As sent, percent-encoding included."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    matched: Mapping[str, str] = {}
    """What the route's named groups caught, decoded."""

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is anything else."""
        try:
            value = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return {}
        return value if isinstance(value, dict) else {}

    def form(self) -> tuple[dict[str, str], dict[str, File]]:
        """Fields and files of a form, of either kind. Of several with one name, the last."""
        kind = self.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data"):
            return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True)), {}
        boundary = multipart.parse_options_header(kind)[1].get("boundary", "")
        fields, files = {}, {}
        for part in multipart.MultipartParser(BytesIO(self.body), boundary):
            if part.filename is None:
                fields[part.name] = part.value
            else:
                files[part.name] = File(part.filename, part.content_type or "", part.raw)
        return fields, files

    def repeated(self, name: str) -> list[str]:
        """Every value of one field of a form that is not multipart."""
        return [value for key, value in parse_qsl(self.body.decode(errors="replace")) if key == name]

    def fields(self) -> dict[str, str]:
        """Query and form together, as Meta reads them."""
        return {**self.query, **self.form()[0]}

    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


class Answer(Struct, frozen=True):
    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    media_type: str = "application/json"


def answer(status: int, body: Any, **headers: str) -> Answer:
    """JSON. Underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, msgspec.json.encode(body), named)


HTML_UNAVAILABLE = Answer(503, b"<html><body><h1>503 Service Unavailable</h1></body></html>", {}, "text/html")

Handler = Callable[[Call, "Account", "Store"], Answer | Awaitable[Answer]]


class Route(Struct, frozen=True):
    method: str
    path: str
    """A regular expression over the whole path."""
    call: str
    """What faults are scripted by: verify, upload, alt, create, edit, find, read, delete, refresh."""
    handler: Handler
    public: bool = False
    """Answered without credentials."""
    when: Callable[[Call], bool] = lambda _call: True
    """Tells two routes of one method and path apart."""
    takes: "Kind" = "access"
    """What its credential must have been issued for."""
    refused: Answer | None = None
    """What credentials that are no good get here, where it is not what they get elsewhere."""


class Platform(Struct, frozen=True):
    """A stand-in: whom it answers for, what it answers, and how it refuses."""

    name: str
    hosts: tuple[str, ...]
    """Empty for self-hosted platforms, which are known by their paths."""
    routes: tuple[Route, ...]
    token: Callable[[Call], str]
    """The credential that a call carries."""
    unauthorized: Answer
    no_route: Answer
    errors: Mapping[str, Callable[[float], Answer]]
    """Documented refusals by name, given the seconds until calls are taken again."""
    passing: tuple[str, ...]
    """Names of errors after which repeating helps: what a bad day is made of."""
    ended: Answer | None = None
    """To a credential whose time is up; `None`: as `unauthorized`."""
    revoked: Answer | None = None
    gate: Callable[[Call], Answer | None] = lambda _call: None
    """What it refuses before it looks at anything else."""
    usage: Callable[[tuple["Standing", ...], "Account"], Mapping[str, str]] = lambda _standings, _account: {}
    """Headers on every answer that say what the account may still do."""
    post_id: Callable[["Account", str], str] = lambda _account, number: number
    """The id of a post from a fresh number."""

    def refusal(self, route: Route, why: "Refused") -> Answer:
        """Of a credential."""
        particular = {"ended": self.ended, "revoked": self.revoked, "unknown": None}[why]
        return route.refused or particular or self.unauthorized

    def match(self, call: Call) -> tuple[Route, Call] | None:
        for route in self.routes:
            found = regex.fullmatch(route.path, call.path)
            if route.method == call.method and found and route.when(call):
                groups = {name: unquote(value or "") for name, value in found.groupdict().items()}
                return route, msgspec.structs.replace(call, matched=groups)
        return None


def fixed(made: Answer) -> Callable[[float], Answer]:
    """An error that does not depend on time."""
    return lambda _seconds: made
