"""Lists by cursor: ids sort by time, so the id of the last item seen says where the next page begins."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from litestar.params import QueryParameter
from msgspec import Struct

MOST = 100
T = TypeVar("T")

Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MOST, description="Items on one page.")]
FEW = 50


class Page(Struct, Generic[T], frozen=True):
    items: tuple[T, ...]
    next: str | None = None
    """Give it as `after` to get the next page; `null` on the last one."""


def page(items: Sequence[T], limit: int, cursor: Any = lambda item: item.id) -> Page[T]:
    """Of up to `limit + 1` items found: the page, and whether there is another."""
    shown = tuple(items[:limit])
    return Page(shown, str(cursor(shown[-1])) if len(items) > limit else None)
