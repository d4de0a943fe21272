"""Where a person can go: the pages that one of their roles opens."""

from msgspec import Struct

from approvals.permissions import Actor, Permission

P = Permission


class Place(Struct, frozen=True):
    address: str
    key: str
    current: bool


PLACES: tuple[tuple[str, str, frozenset[Permission]], ...] = (
    ("/", "nav.home", frozenset()),
    ("/posts", "nav.posts", frozenset({P.POST_READ})),
    ("/translate", "nav.translate", frozenset({P.SIGN_WELSH})),
    ("/review", "nav.review", frozenset({P.SIGN_LINE, P.SIGN_WELSH, P.SIGN_PRIVACY, P.SIGN_COMMS})),
    ("/deliveries", "nav.deliveries", frozenset({P.DELIVERY_READ})),
    ("/consents", "nav.consents", frozenset({P.CONSENT_STATUS})),
    ("/log", "nav.log", frozenset({P.LOG_READ})),
    ("/terms", "nav.terms", frozenset({P.TERMS_READ})),
    ("/administration", "nav.administration", frozenset({P.PEOPLE_MANAGE})),
)
"""Address, key of its name, and the permissions of which any one opens it; none: everybody's."""


_WITHIN = {"/consent-requests": "/consents", "/consent-imports": "/consents"}
"""Pages that belong to another's place in the menu."""


def navigation(actor: Actor, path: str) -> tuple[Place, ...]:
    path = _WITHIN.get(f"/{path.split('/')[1]}", "") + path
    return tuple(
        Place(address, key, path == address or (address != "/" and path.startswith(f"{address}/")))
        for address, key, opens in PLACES
        if not opens or any(actor.may(permission) for permission in opens)
    )
