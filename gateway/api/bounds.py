"""How much one document may hold, before any work is done on it."""

import re
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
    """The same content. Raises `Invalid` with the first field that is too long, or holds what nobody can see."""
    for pointer, length, most in _lengths(msgspec.to_builtins(content), field):
        if length > most:
            raise Invalid("too-long", pointer, length=length, most=most)
    return content


_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters but for tabs and ends of lines: no keyboard types them, and no platform shows them."""


def _lengths(value: Any, pointer: str) -> Iterator[tuple[str, int, int]]:
    if isinstance(value, str):
        if _UNSEEN.search(value):
            raise Invalid("control-character", pointer)
        yield pointer, len(value), TEXT
    elif isinstance(value, (list, tuple)):
        yield pointer, len(value), ITEMS
        for index, item in enumerate(value[:ITEMS]):
            yield from _lengths(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        yield pointer, len(value), ITEMS
        for key, item in value.items():
            yield from _lengths(item, f"{pointer}/{key}")
