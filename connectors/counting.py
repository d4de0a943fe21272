"""How long a text is, in each platform's own way of counting."""

import unicodedata
from typing import Literal

import regex
from twitter_text import parse_tweet

Counting = Literal["weighted", "graphemes", "code-points", "utf-8", "mastodon", "threads", "utf-16"]

_URL = regex.compile(r"https?://[^\s]+", regex.IGNORECASE)
_MENTION_HOST = regex.compile(r"(@[\w.]+)@[\w.-]+")


def length(text: str, counting: Counting) -> int:
    """The length of `text`; NFC first, as all platforms that document it do."""
    text = unicodedata.normalize("NFC", text)
    match counting:
        case "weighted":
            return int(parse_tweet(text).weightedLength)
        case "graphemes":
            return len(regex.findall(r"\X", text))
        case "code-points":
            return len(text)
        case "utf-8":
            return len(text.encode())
        case "utf-16":
            return len(text.encode("utf-16-le")) // 2
        case "mastodon":
            return len(regex.findall(r"\X", _MENTION_HOST.sub(r"\1", _URL.sub("x" * 23, text))))
        case "threads":
            return sum(len(g.encode()) if regex.search(r"\p{Extended_Pictographic}", g) else len(g)
                       for g in regex.findall(r"\X", text))
