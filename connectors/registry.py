"""Every platform: one line each, and no SDK loaded before it is needed."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from connectors.contract import Connector, Limits
from connectors.http import Wire
from connectors.limits import LIMITS

PLATFORMS: Mapping[str, str] = {
    "x": "connectors.x:X",
    "facebook": "connectors.facebook:Facebook",
    "instagram": "connectors.instagram:Instagram",
    "threads": "connectors.threads:Threads",
    "linkedin": "connectors.linkedin:LinkedIn",
    "bluesky": "connectors.bluesky:Bluesky",
    "mastodon": "connectors.mastodon:Mastodon",
    "wordpress": "connectors.wordpress:WordPress",
}
"""Platform to `module:class`. The class is called with a `Wire`."""


def limits(platform: str) -> Limits:
    return LIMITS[platform]


def secret_names(platform: str) -> tuple[str, ...]:
    """What `Credentials.secrets` of this platform holds."""
    names: tuple[str, ...] = _class(platform).secret_names
    return names


def connector(platform: str, wire: Wire) -> Connector:
    """The connector of a platform. Safe to share between tasks; make one per wire and keep it."""
    return cast("Connector", _class(platform)(wire))


def _class(platform: str) -> Any:
    module, name = PLATFORMS[platform].split(":")
    return getattr(import_module(module), name)
