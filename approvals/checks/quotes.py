"""The words that a finding points at, for whoever may see the post."""

from typing import Any

import msgspec

from approvals.content import Content
from approvals.findings import Where


def quote(content: Content, where: Where) -> str:
    """The text at the span. Where there is none, a picture's file stands for what is said of the picture."""
    value = _at(content, where.pointer)
    if isinstance(value, str) and value:
        return value[slice(*where.span)] if where.span else value
    parts = where.pointer.split("/")
    if parts[1:2] == ["media"] and len(parts) > 2 and parts[2].isdigit() and int(parts[2]) < len(content.media):  # noqa: PLR2004  # media, its number, something of it
        media = content.media[int(parts[2])]
        return media.file or media.upload or ""
    return ""


def _at(content: Content, pointer: str) -> Any:
    value: Any = msgspec.to_builtins(content)
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, (list, tuple)) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
