"""A forwarder between a connector and the sandbox that keeps what passes, to hold against the contracts."""

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct


class Passed(Struct):
    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes
    answered: Mapping[str, str]
    """The answer's headers, names in lower case."""

    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    def answer_json(self) -> Any:
        return msgspec.json.decode(self.answer)


@contextmanager
def recording(sandbox: str) -> Iterator[tuple[str, list[Passed]]]:
    """The address to use in place of the sandbox's, and what passed so far."""
    passed: list[Passed] = []
    target = urlsplit(sandbox).netloc

    class Forwarder(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            connection = http.client.HTTPConnection(target, timeout=10)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answered = {name.lower(): value for name, value in answer.getheaders()}
            host = headers.get("x-porth-host", "")
            passed.append(Passed(self.command, host, self.path, headers, body, answer.status, content, answered))
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"transfer-encoding", "date", "server"}:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = forward  # noqa: N815 - http.server's names

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forwarder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", passed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
