"""Names, hashtags and sites that mean the same in both languages: data, extended by each organisation.

`Source: WEL-04 to WEL-08, WEL-23`. What every organisation shares stands in `data/glossary.toml`.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct, convert, structs

Pairs = tuple[tuple[str, str], ...]
FILE = Path(__file__).parent / "data" / "glossary.toml"


class Glossary(Struct, frozen=True):
    """Pairs are (Welsh, English). `phones` are lines confirmed as each other's; `words` are well spelt Welsh."""

    names: Pairs = ()
    hashtags: Pairs = ()
    handles: Pairs = ()
    hosts: Pairs = ()
    links: Pairs = ()
    phones: Pairs = ()
    emails: Pairs = ()
    welsh_lines: frozenset[str] = frozenset()
    shared_hashtags: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    def extended(self, other: "Glossary") -> "Glossary":
        """This glossary and an organisation's own."""
        mine: dict[str, Any] = structs.asdict(self)
        theirs: dict[str, Any] = structs.asdict(other)
        return Glossary(
            **{
                name: own | theirs[name] if isinstance(own, frozenset) else own + theirs[name]
                for name, own in mine.items()
            }
        )

    def sister_hosts(self, cy: str, en: str) -> bool:
        """Is one host the other language's side of the other?"""
        return any(_matches(cy, welsh) and _matches(en, english) for welsh, english in self.hosts)

    def has_welsh_side(self, host: str) -> bool:
        """Does this English host have a Welsh sister?"""
        return any(_matches(host, english) for _, english in self.hosts)

    def are(self, pairs: Pairs, cy: str, en: str) -> bool:
        return any(_bare(cy) == _bare(welsh) and _bare(en) == _bare(english) for welsh, english in pairs)


def _matches(host: str, pattern: str) -> bool:
    return host.endswith(pattern) if pattern.startswith(".") else host == pattern


def _bare(value: str) -> str:
    return re.sub(r"[\s()]", "", value).casefold()


def read(path: Path) -> Glossary:
    return convert(tomllib.loads(path.read_text(encoding="utf-8")), Glossary)


@lru_cache(maxsize=64)
def words_of(pairs: Pairs) -> frozenset[str]:
    return frozenset(
        word.casefold() for pair in pairs for name in pair for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", name)
    )


DEFAULT = read(FILE)
