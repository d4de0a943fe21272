"""How long a text is, in each platform's own way of counting."""

import unicodedata
import warnings
from typing import Literal

import regex

with warnings.catch_warnings():
    # it asks the deprecated pkg_resources for one file of its own
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    from twitter_text import extract_urls_with_indices, parse_tweet

Counting = Literal["weighted", "graphemes", "code-points", "utf-8", "utf-16", "mastodon", "threads", "linkedin"]

_URL = regex.compile(r"https?://[^\s]+", regex.IGNORECASE)
_MENTION_HOST = regex.compile(r"(@[\w.]+)@[\w.-]+")
_EMOJI = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}")
_LITTLE_TEXT = regex.compile(r"[|{}@\[\]()<>#\\*_~]")


def length(text: str, counting: Counting) -> int:
    """The length of `text`; NFC first, as all platforms that document it do."""
    text = unicodedata.normalize("NFC", text)
    match counting:
        case "weighted":
            return int(parse_tweet(text).weightedLength)
        case "graphemes":
            return _graphemes(text)
        case "code-points":
            return len(text)
        case "utf-8":
            return len(text.encode())
        case "utf-16":
            return len(text.encode("utf-16-le")) // 2
        case "mastodon":
            return _graphemes(_MENTION_HOST.sub(r"\1", _URL.sub("x" * 23, text)))
        case "threads":
            return sum(
                len(cluster.encode()) if _EMOJI.search(cluster) else len(cluster)
                for cluster in regex.findall(r"\X", text)
            )
        case "linkedin":  # whether escapes count is not documented: they are counted
            return len(text) + len(_LITTLE_TEXT.findall(text))


def links(text: str) -> list[tuple[int, int]]:
    """Where links stand in `text`, bare domains included, as X sees them: start and end."""
    return [(found["indices"][0], found["indices"][1]) for found in extract_urls_with_indices(text)]


def _graphemes(text: str) -> int:
    return len(regex.findall(r"\X", text))
