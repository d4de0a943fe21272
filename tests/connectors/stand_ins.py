"""What the tests of connectors work with: an attempt in memory, the sandbox's control endpoints, small pictures."""

import hashlib
import io
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from PIL import Image

from connectors.contract import Connector, Credentials, Outgoing, Picture, Receipt
from connectors.http import Wire
from connectors.registry import PLATFORMS, connector, limits

TEXT = "Mae’r clinig ffliw ar agor ddydd Llun. Ffoniwch 111 & darllenwch https://example.org/ffliw?a=1&b=2 (ŵ ŷ) <3"
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

    def limits(self, platform: str, **what: Any) -> None:
        """`content`, `rates` and `lives`, each by name."""
        self._client.post("/limits", json={"platform": platform, **what}).raise_for_status()

    def lift(self) -> None:
        """No call is counted any more."""
        self._client.post("/limits/lift").raise_for_status()

    def ahead(self, **time: float) -> None:
        """Put the platforms' clock so far before this machine's."""
        seconds = timedelta(**time).total_seconds()
        self._client.post("/clock", json={"ahead_seconds": seconds}).raise_for_status()

    def revoke(self, platform: str, account: str) -> None:
        body = {"platform": platform, "account": account}
        self._client.post("/tokens/revoke", json=body).raise_for_status()

    def token(self, platform: str, account: str) -> str:
        """One more credential of the account."""
        made = self._client.post("/tokens", json={"platform": platform, "account": account}).raise_for_status()
        return str(made.json()["token"])

    def errors(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self._client.get("/errors").json()
        return found

    def get(self, path: str, *, host: str = "", **params: str) -> httpx.Response:
        """Of the sandbox itself, or of the platform at `host`."""
        headers = {"X-Porth-Host": host} if host else {}
        return httpx.get(f"{self.address}{path}", params=params or None, headers=headers, trust_env=False)

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


def video(size: int = 2000) -> tuple[Picture, bytes]:
    """A made-up MP4 of that many bytes: a true beginning, and no picture in it."""
    content = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42" + size.to_bytes(4) + b"mdat"
    content += bytes(number % 251 for number in range(size - len(content)))
    return Picture(hashlib.sha256(content).hexdigest(), "video/mp4", 640, 360, size, ""), content


def post(platform: str, text: str, *pictures: tuple[Picture, bytes]) -> tuple[Outgoing, dict[str, bytes]]:
    """A Welsh post with what this platform insists on, and the bytes of its pictures. YouTube's is one video."""
    taken = limits(platform)
    if taken.picture_types == ("video/mp4",):
        pictures = (video(),)
    if taken.needs_picture and not pictures:
        pictures = (picture("green", "Drws y clinig"),)
    outgoing = Outgoing(
        text=text,
        languages=("cy",),
        media=tuple(one for one, _ in pictures),
        title="Clinig brechu" if taken.needs_title else None,
    )
    return outgoing, {one.sha256: content for one, content in pictures}


def text_for(platform: str, text: str = TEXT) -> str:
    """As much of the text as the platform takes."""
    return "".join(one for one in text if one not in limits(platform).forbidden)


async def publish(
    made: Connector, credentials: Credentials, sandbox: Sandbox, text: str = TEXT, attempt: Memory | None = None
) -> tuple[Receipt, Memory]:
    outgoing, pictures = post(made.platform, text_for(made.platform, text))
    attempt = attempt or Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    return await made.publish(outgoing, credentials, attempt), attempt
