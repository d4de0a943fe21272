"""How much one document may hold, before any work is done on it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from approvals.content import Content
from approvals.errors import Invalid

BODY = 1024 * 1024
"""Bytes of a JSON body."""
TEXT = 70_000
"""Code points of one text: more than the longest post that any platform takes."""
ITEMS = 100
"""Pictures, people, channels ... of one document."""


def bounded(content: Content, field: str) -> Content:
    """The same content. Raises `Invalid` with the first field that is too long."""
    for pointer, length, most in _lengths(msgspec.to_builtins(content), field):
        if length > most:
            raise Invalid("too-long", pointer, length=length, most=most)
    return content


def _lengths(value: Any, pointer: str) -> Iterator[tuple[str, int, int]]:
    if isinstance(value, str):
        yield pointer, len(value), TEXT
    elif isinstance(value, (list, tuple)):
        yield pointer, len(value), ITEMS
        for index, item in enumerate(value[:ITEMS]):
            yield from _lengths(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        yield pointer, len(value), ITEMS
        for key, item in value.items():
            yield from _lengths(item, f"{pointer}/{key}")
