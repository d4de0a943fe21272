"""Lists by cursor: the address of the next page is this one's, with the id of the last line seen."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from gateway.web.pages import Asked


def cursor(request: Asked) -> UUID | None:
    """Where this page of a list begins; a cursor that is none begins at the newest."""
    try:
        return UUID(request.query_params.get("after", ""))
    except ValueError:
        return None


def next_address(
    request: Asked, found: Sequence[Any], shown: int, id_of: Callable[[Any], Any] = lambda line: line.id
) -> str | None:
    """`found` are up to `shown + 1` lines."""
    if len(found) <= shown:
        return None
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"after", "done", "n", "seen"}
    ]
    return f"{request.url.path}?{urlencode([*kept, ('after', str(id_of(found[shown - 1])))])}"
