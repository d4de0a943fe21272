"""Files as they arrive: multipart, counted while it streams, and in memory only, as nothing unclean touches a disk."""

from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from msgspec import Struct
from multipart import (  # type: ignore[import-untyped]  # has no stubs
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
)

from approvals.errors import Invalid, NotAllowed
from gateway.access import CSRF_FIELD, CSRF_HEADER, csrf_matches
from gateway.api.injected import Asked

FORM = 64 * 1024
"""Bytes of a form beside its file."""
MOST_FIELD = 8 * 1024
MOST_PARTS = 20


class Upload(Struct, frozen=True):
    file: bytes
    fields: dict[str, str]


async def receive(request: Asked, most: int) -> Upload:
    """The part called `file`, of up to `most` bytes, and the fields around it.

    A form's CSRF field must stand before its file: nothing more is read from another site's form.
    """
    kind, options = request.content_type
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise Invalid("upload-not-multipart", "/file")
    reader = _Reader(request, boundary, most)
    try:
        async for chunk in request.stream():
            reader.feed(chunk)
    except ParserLimitReached as error:
        raise RequestEntityTooLarge from error
    except MultipartError as error:
        raise Invalid("upload-broken", "/file") from error
    return reader.complete()


class _Reader:
    def __init__(self, request: Asked, boundary: str, most: int) -> None:
        self._request, self._most = request, most
        self._parser = PushMultipartParser(boundary, max_segment_count=MOST_PARTS, max_segment_size=most + 1)
        self._part: MultipartSegment | None = None
        self._data = bytearray()
        self._fields: dict[str, str] = {}
        self._file: bytes | None = None

    def feed(self, chunk: bytes) -> None:
        for event in self._parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                self._part = event
                if event.name == "file":
                    self._require_csrf()
            elif event:
                self._add(bytes(event))
            else:
                self._end()

    def _add(self, data: bytes) -> None:
        most = self._most if self._name == "file" else MOST_FIELD
        if len(self._data) + len(data) > most:
            raise RequestEntityTooLarge
        self._data += data

    def _end(self) -> None:
        if self._name == "file":
            self._file = bytes(self._data)
        else:
            self._fields[self._name] = self._data.decode("utf-8", "replace")
        self._part, self._data = None, bytearray()

    @property
    def _name(self) -> str:
        return self._part.name if self._part is not None else ""

    def _require_csrf(self) -> None:
        user = self._request.user
        given = self._request.headers.get(CSRF_HEADER) or self._fields.get(CSRF_FIELD)
        if user.csrf is not None and not csrf_matches(user, given):
            raise NotAllowed("csrf")

    def complete(self) -> Upload:
        if not self._parser.closed:
            raise Invalid("upload-broken", "/file")
        if self._file is None:
            raise Invalid("upload-no-file", "/file")
        return Upload(self._file, self._fields)
