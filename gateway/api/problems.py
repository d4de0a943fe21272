"""Every refusal as HTTP, in one place: RFC 9457 problem details, with a code for machines and a sentence for people.

NotSignedIn 401   NotAllowed 403   NotFound 404   WrongState, Stale 409   Invalid, Blocked 422
PictureRefused 422, 413 for size   a body that cannot be read 400, too large 413   anything else 500 with an id
"""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from approvals import errors
from approvals.findings import Finding, Severity, Where
from gateway.access import NotSignedIn, SignedIn, TooManyTries
from gateway.media.errors import PictureRefused
from gateway.tracing import request_id
from i18n.messages import Language, known, say

log = logging.getLogger("porth.api")

MEDIA_TYPE = "application/problem+json"
_STATUS: Mapping[type[errors.Refusal], int] = {
    errors.NotFound: 404, errors.NotAllowed: 403, errors.WrongState: 409, errors.Stale: 409, errors.Invalid: 422,
    errors.Blocked: 422,
}  # fmt: skip
_GIVEN_BY_DATABASE = {"PT001": "written-once", "PT002": "database-refused", "PT003": "database-refused"}
_BUSY = frozenset({"55P03", "57014", "40001", "40P01"})
"""Lock not available, statement timeout, serialisation failure, deadlock: nothing was done, try again."""
_HTTP_CODES = {404: "no-such-page", 405: "no-such-method", 413: "body-too-large", 415: "wrong-media-type"}


class FoundIn(Struct, frozen=True):
    """A finding with its sentence."""

    code: str
    severity: Severity
    language: str | None
    where: Where
    params: Mapping[str, Any]
    key: str
    message: str


class Problem(Struct, frozen=True):
    """RFC 9457 problem details."""

    type: str
    """`urn:porth:problem:` and the code."""
    title: str
    status: int
    detail: str
    code: str
    field: str | UnsetType = UNSET
    """JSON pointer of the field that is wrong."""
    params: Mapping[str, Any] | UnsetType = UNSET
    findings: tuple[FoundIn, ...] | UnsetType = UNSET
    instance: str | UnsetType = UNSET
    """Of a fault of ours: the id under which the log has it."""


Asked = Request[Any, Any, Any]


def language(request: Asked) -> Language:
    """What `Accept-Language` prefers of Welsh and English; else the person's own language; else Welsh."""
    wanted: list[tuple[float, Language]] = []
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, quality = part.partition(";")
        primary = tag.strip().lower().split("-")[0]
        if primary in {"cy", "en"}:
            match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", quality)
            wanted.append((float(match[1]) if match else 1.0, "cy" if primary == "cy" else "en"))
    best = max(wanted, key=lambda each: each[0], default=(0.0, None))
    if best[0] > 0 and best[1] is not None:
        return best[1]
    user = request.scope.get("user")
    return user.language if isinstance(user, SignedIn) else "cy"


def described(finding: Finding, spoken: Language) -> FoundIn:
    message = finding.message(spoken) if known(spoken, finding.message_key) else finding.message_key
    return FoundIn(
        finding.code, finding.severity, finding.language, finding.where, finding.params, finding.key, message
    )


def answer(
    request: Asked,
    status: int,
    code: str,
    params: Mapping[str, Any] | None = None,
    *,
    field: str | None = None,
    findings: tuple[Finding, ...] | None = None,
    instance: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    spoken = language(request)
    problem = Problem(
        type=f"urn:porth:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=say(spoken, code if known(spoken, code) else "refused", params),
        code=code,
        field=field if field is not None else UNSET,
        params=dict(params) if params else UNSET,
        findings=tuple(described(f, spoken) for f in findings) if findings is not None else UNSET,
        instance=instance or UNSET,
    )
    return Response(
        msgspec.json.encode(problem), status_code=status, media_type=MEDIA_TYPE,
        headers={"Content-Language": spoken, **(headers or {})},
    )  # fmt: skip


def refused(request: Asked, refusal: errors.Refusal) -> Response[bytes]:
    status = next(_STATUS[kind] for kind in type(refusal).__mro__ if kind in _STATUS)
    findings = refusal.findings if isinstance(refusal, errors.Blocked) else None
    return answer(request, status, refusal.code, refusal.params, field=refusal.field, findings=findings)


def not_signed_in(request: Asked, refusal: NotSignedIn) -> Response[bytes]:
    return answer(request, 401, refusal.code, headers={"WWW-Authenticate": 'Bearer realm="Porth"'})


def too_many_tries(request: Asked, _: TooManyTries) -> Response[bytes]:
    return answer(request, 429, "too-many-tries", headers={"Retry-After": "900"})


def picture_refused(request: Asked, refusal: PictureRefused) -> Response[bytes]:
    status = 413 if refusal.code == "MEDIA-BYTES" else 422
    return answer(request, status, refusal.code, refusal.params, field="/file")


def http(request: Asked, error: HTTPException) -> Response[bytes]:
    """What Litestar refused before a handler was called."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unexpected(request, error)
    code = _HTTP_CODES.get(error.status_code, "unreadable")
    if error.status_code != HTTPStatus.BAD_REQUEST:
        return answer(request, error.status_code, code, headers=error.headers)
    for wrong in error.extra if isinstance(error.extra, list) else ():
        return _field_wrong(request, wrong)
    return answer(request, 400, code)


def _field_wrong(request: Asked, wrong: Mapping[str, Any]) -> Response[bytes]:
    """`wrong` is Litestar's: the key of a parameter, or the path of a field of the body, and what msgspec said."""
    key, said = str(wrong.get("key", "")), str(wrong.get("message", ""))
    field = "" if key == "data" else pointer(key)
    named = re.search(r"(missing required|unknown) field `([^`]+)`", said)
    if named is None:
        return answer(request, 400, "field-wrong", {"field": field or "/", "said": said}, field=field)
    field, code = f"{field}/{named[2]}", "field-unknown" if named[1] == "unknown" else "field-missing"
    return answer(request, 400, code, {"field": field}, field=field)


def pointer(path: str) -> str:
    """`content.media[0].alt` as the JSON pointer `/content/media/0/alt`."""
    return "".join(f"/{part}" for part in re.split(r"[.\[\]]+", path) if part)


def too_deep(request: Asked, _: RecursionError) -> Response[bytes]:
    return answer(request, 400, "unreadable")


def database(request: Asked, error: DBAPIError) -> Response[bytes]:
    """What the database refused, busy or away. Its own words stay in the log: they may hold values."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _GIVEN_BY_DATABASE:
        return answer(request, 409, _GIVEN_BY_DATABASE[state])
    if state in _BUSY:
        return answer(request, 503, "busy", headers={"Retry-After": "1"})
    if isinstance(error, DataError):
        return answer(request, 400, "unreadable")
    if isinstance(error, OperationalError):
        log.error("the database cannot be reached", extra={"request": request_id(request.scope)})
        return answer(request, 503, "busy", headers={"Retry-After": "5"})
    return unexpected(request, error)


def unexpected(request: Asked, error: Exception) -> Response[bytes]:
    """A fault of ours: its trace goes to the log under an id, and the id alone to whoever asked."""
    found = request_id(request.scope)
    log.error("unexpected %s", type(error).__name__, exc_info=error, extra={"request": found})
    return answer(request, 500, "unexpected", {"id": found}, instance=f"urn:uuid:{found}")


HANDLERS: dict[Any, Any] = {
    errors.Refusal: refused,
    NotSignedIn: not_signed_in,
    TooManyTries: too_many_tries,
    PictureRefused: picture_refused,
    HTTPException: http,
    RecursionError: too_deep,
    DBAPIError: database,
    Exception: unexpected,
}
