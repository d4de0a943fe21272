"""What the tests of connectors work with: an attempt in memory, the sandbox's control endpoints, small pictures."""

import hashlib
import io
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from PIL import Image

from connectors.contract import Outgoing, Picture
from connectors.http import Wire
from connectors.registry import PLATFORMS, connector, limits

EDITING = tuple(platform for platform in sorted(PLATFORMS) if connector(platform, Wire()).edits)


class Memory:
    """An attempt in memory. Keeps every state that was saved, in order."""

    def __init__(self, pictures: Mapping[str, bytes] | None = None, sandbox: "Sandbox | None" = None) -> None:
        self.key = "0123456789abcdef0123456789abcdef"
        self.state: Mapping[str, Any] = {}
        self.started = datetime.now(UTC)
        self.attached: frozenset[str] = frozenset()
        self.saved: list[Mapping[str, Any]] = []
        self.pictures = pictures or {}
        self._server = sandbox.pictures if sandbox else None
        if self._server:
            self._server.served.update(self.pictures)

    async def save(self, state: Mapping[str, Any]) -> None:
        self.state = dict(state)
        self.saved.append(self.state)

    async def read(self, sha256: str) -> bytes:
        return self.pictures[sha256]

    def address(self, sha256: str) -> str:
        assert self._server is not None
        return f"{self._server.address}/{sha256}"


class PictureServer:
    """What a platform fetches pictures from."""

    def __init__(self) -> None:
        self.served: dict[str, bytes] = {}
        served = self.served

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = served.get(self.path.lstrip("/"))
                self.send_response(404 if content is None else 200)
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Sandbox:
    """The control endpoints of a running sandbox."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pictures = PictureServer()
        self._client = httpx.Client(base_url=f"{address}/_control", trust_env=False)

    def fault(self, **fault: Any) -> None:
        self._client.post("/faults", json=fault).raise_for_status()

    def plant(self, **post: Any) -> dict[str, Any]:
        made: dict[str, Any] = self._client.post("/posts", json=post).raise_for_status().json()
        return made

    def edit_by_hand(self, platform: str, post: str, text: str) -> None:
        self._client.post("/posts/edit", json={"platform": platform, "id": post, "text": text}).raise_for_status()

    def posts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._client.get("/posts").json()["posts"]
        return [post for post in found if post["deleted_at"] is None]

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._client.get("/log").json()
        return found

    def forget(self) -> None:
        self._client.delete("/faults").raise_for_status()

    def reset(self) -> None:
        self.forget()
        self._client.post("/reset").raise_for_status()

    def errors(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self._client.get("/errors").json()
        return found

    def get(self, path: str, **params: str) -> httpx.Response:
        return httpx.get(f"{self.address}{path}", params=params or None, trust_env=False)

    def close(self) -> None:
        self.pictures.close()
        self._client.close()


def picture(colour: str, alt: str, media_type: str = "image/jpeg") -> tuple[Picture, bytes]:
    """A small plain picture and its bytes."""
    file = io.BytesIO()
    Image.new("RGB", (400, 400), colour).save(file, media_type.removeprefix("image/"))
    return picture_of(file.getvalue(), media_type, alt)


def picture_of(content: bytes, media_type: str, alt: str) -> tuple[Picture, bytes]:
    sha256 = hashlib.sha256(content).hexdigest()
    return Picture(sha256, media_type, 400, 400, len(content), alt), content


def post(platform: str, text: str, *pictures: tuple[Picture, bytes]) -> tuple[Outgoing, dict[str, bytes]]:
    """A Welsh post with what this platform insists on, and the bytes of its pictures."""
    taken = limits(platform)
    if taken.needs_picture and not pictures:
        pictures = (picture("green", "Drws y clinig"),)
    outgoing = Outgoing(
        text=text,
        languages=("cy",),
        media=tuple(one for one, _ in pictures),
        title="Clinig brechu" if taken.needs_title else None,
    )
    return outgoing, {one.sha256: content for one, content in pictures}
