"""An account's own posts, page by page: under every `find` that looks at a timeline, and under `recent`."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from connectors.contract import Seen
from connectors.http import Unreadable

MOST = 100
"""Posts of one list."""
PAGES = 10
"""Requests for one list: a page may hold little but what no list has, such as the replies of a busy account."""


def newest(pages: Iterable[list[Seen]], start: datetime) -> tuple[Seen, ...]:
    """What was posted since `start`, the newest first, at most `MOST`.

    `pages`: newest posts first, and one request each, so none is asked for that is not needed.
    """
    start = start.replace(microsecond=0)  # as platforms tell time
    found: dict[str, Seen] = {}  # a post made in the meantime moves another to the next page, where it is seen again
    for page in islice(pages, PAGES):
        found.update((one.receipt.id, _readable(one)) for one in page if one.receipt.at >= start)
        if len(found) >= MOST or (page and page[-1].receipt.at < start):
            break
    return tuple(sorted(found.values(), key=lambda one: one.receipt.at, reverse=True)[:MOST])


def _readable(one: Seen) -> Seen:
    if not isinstance(one.text, str) or not isinstance(one.receipt.id, str):
        raise Unreadable("a post without words or a name")
    return one
