"""Every stand-in: one line each."""

from connectors.sandbox.bluesky import BLUESKY
from connectors.sandbox.calls import Platform
from connectors.sandbox.containers import INSTAGRAM, THREADS
from connectors.sandbox.facebook import FACEBOOK
from connectors.sandbox.linkedin import LINKEDIN
from connectors.sandbox.mastodon import MASTODON
from connectors.sandbox.wordpress import WORDPRESS
from connectors.sandbox.x import X
from connectors.sandbox.youtube import YOUTUBE

PLATFORMS: tuple[Platform, ...] = (
    X,
    FACEBOOK,
    INSTAGRAM,
    THREADS,
    LINKEDIN,
    BLUESKY,
    MASTODON,
    WORDPRESS,
    YOUTUBE,
)
BY_NAME = {platform.name: platform for platform in PLATFORMS}
_BY_HOST = {host: platform for platform in PLATFORMS for host in platform.hosts}
_SELF_HOSTED = tuple(platform for platform in PLATFORMS if not platform.hosts)


def candidates(host: str) -> tuple[Platform, ...]:
    """Who answers for a host: one platform, or for an unknown host the self-hosted ones, told apart by path."""
    known = _BY_HOST.get(host)
    return (known,) if known else _SELF_HOSTED
