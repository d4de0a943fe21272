"""Names, hashtags and sites that mean the same in both languages: data, extended by each organisation."""

from msgspec import Struct


class Glossary(Struct, frozen=True):
    """`names`, `hashtags`, `hosts`, `phones` are pairs (Welsh, English); `words` are an organisation's own, well spelt."""

    names: tuple[tuple[str, str], ...] = ()
    hashtags: tuple[tuple[str, str], ...] = ()
    hosts: tuple[tuple[str, str], ...] = ()
    phones: tuple[tuple[str, str], ...] = ()
    words: frozenset[str] = frozenset()


DEFAULT = Glossary()
