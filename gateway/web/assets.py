"""What pages load beside themselves: the NHS design system, htmx and a little of ours, kept in memory.

The design system comes from what npm installed (`$PORTH_NODE_MODULES`, else `node_modules` beside the packages). Its
style sheet asks another host for a font; that part is left out, because a page loads nothing from elsewhere.
"""

import gzip
import hashlib
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from litestar import Request, Response, Router, get
from litestar.params import FromPath
from msgspec import Struct

from approvals.errors import NotFound
from gateway.api.routing import PUBLIC, needs

HERE = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
    ".png": "image/png",
}  # fmt: skip
_FONT_FACE = re.compile(rb"@font-face\s*\{[^}]*\}")
_SOURCE_MAP = re.compile(rb"(?m)^\s*(//|/\*)# sourceMappingURL=.*$")
FOREVER = "public, max-age=31536000, immutable"
"""An address holds a hash of all assets, so it never stands for anything else."""


class Asset(Struct, frozen=True):
    body: bytes
    packed: bytes
    """The same, gzipped."""
    media_type: str


def node_modules() -> Path:
    given = os.environ.get("PORTH_NODE_MODULES")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "node_modules"


@cache
def assets() -> Mapping[str, Asset]:
    """Every asset by its name in an address."""
    modules = node_modules()
    nhsuk = modules / "nhsuk-frontend" / "dist" / "nhsuk"
    files = {
        "nhsuk.css": nhsuk / "nhsuk-frontend.min.css",
        "nhsuk.js": nhsuk / "nhsuk-frontend.min.js",
        "htmx.js": modules / "htmx.org" / "dist" / "htmx.min.js",
        **{path.name: path for path in sorted(HERE.iterdir())},
    }
    return {name: _read(path) for name, path in files.items()}


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    if path.suffix == ".css":
        body = _FONT_FACE.sub(b"", body)
    if path.suffix in {".css", ".js"}:
        body = _SOURCE_MAP.sub(b"", body)
    return Asset(body, gzip.compress(body, 9, mtime=0), _TYPES[path.suffix])


@cache
def version() -> str:
    whole = hashlib.sha256()
    for name, asset in assets().items():
        whole.update(name.encode() + asset.body)
    return whole.hexdigest()[:12]


def address(name: str) -> str:
    """Where an asset is found. Raises `KeyError` for one that is not there."""
    return f"/static/{version()}/{name}" if assets()[name] else ""


@get("/static/{made:str}/{name:str}", sync_to_thread=False, **needs(PUBLIC, refusals=()))
def asset(made: FromPath[str], name: FromPath[str], request: Request[object, object, object]) -> Response[bytes]:  # type: ignore[type-var]  # no state is read
    found = assets().get(name)
    if found is None:
        raise NotFound("no-such-page")
    lasting = {"Cache-Control": FOREVER if made == version() else "no-cache", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.media_type, headers={**lasting, "Content-Encoding": "gzip"})
    return Response(found.body, media_type=found.media_type, headers=lasting)


def router() -> Router:
    return Router("/", route_handlers=[asset], include_in_schema=False)
