"""Every platform: one line each, and no SDK loaded before it is needed.

CONNECTORS   what there is a connector for
NOT_OFFERED  the switch: whole and tested, but not in the product
PLATFORMS    the rest: what a channel may be, what pages offer, what checks know
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from connectors.contract import Connector, Limits
from connectors.http import Wire
from connectors.limits import LIMITS

CONNECTORS: Mapping[str, str] = {
    "x": "connectors.x:X",
    "facebook": "connectors.facebook:Facebook",
    "instagram": "connectors.instagram:Instagram",
    "threads": "connectors.threads:Threads",
    "linkedin": "connectors.linkedin:LinkedIn",
    "bluesky": "connectors.bluesky:Bluesky",
    "mastodon": "connectors.mastodon:Mastodon",
    "wordpress": "connectors.wordpress:WordPress",
    "youtube": "connectors.youtube:YouTube",
}
"""Platform to `module:class`. The class is called with a `Wire`."""
NOT_OFFERED = frozenset({"youtube"})
"""No channel of these can be registered. YouTube: Porth cannot clean video (MET-03), so it must not publish any."""
PLATFORMS: Mapping[str, str] = {name: where for name, where in CONNECTORS.items() if name not in NOT_OFFERED}


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
    module, name = CONNECTORS[platform].split(":")
    return getattr(import_module(module), name)
