"""What a post's state, sign-offs and deliveries add up to: the one word that people see. Nothing here is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

Status = Literal[
    "draft", "translating", "in-review", "approved", "scheduled", "publishing", "published", "partly-published",
    "corrected", "on-hold", "missed", "needs-a-person", "taken-down", "refused", "withdrawn", "archived",
]  # fmt: skip


STORED: Mapping[str, Status] = {
    "draft": "draft", "translating": "translating", "refused": "refused", "withdrawn": "withdrawn",
    "archived": "archived",
}  # fmt: skip
"""States that are statuses as they stand; every other status is found among the posts in review."""


SHOWN_BY: Mapping[Status, tuple[str, ...]] = {
    "needs-a-person": ("unconfirmed", "failed"), "publishing": ("sending", "due"), "scheduled": ("due",),
    "partly-published": ("held", "missed", "failed", "retracted"), "taken-down": ("retracted",),
    "missed": ("missed",), "on-hold": ("held",),
}  # fmt: skip
"""States of which at least one delivery of a post with this status is in one; a published post has no such mark."""


class Sent(Struct, frozen=True):
    """As much of a delivery as the status needs."""

    state: str
    publish_at: datetime
    takedown: bool = False
    """Its removal was asked for."""


def status(state: str, *, approved: bool, deliveries: Sequence[Sent], corrected: bool = False) -> Status:
    """`approved`: nothing is outstanding on the newest version. `deliveries` are those of that version.

    `corrected`: a correction of it is public.
    """
    if state != "in_review":
        return STORED[state]
    states = {delivery.state for delivery in deliveries} - {"cancelled"}
    if not states:
        return "approved" if approved else "in-review"
    found = _of_deliveries(states)
    return "corrected" if corrected and found in {"published", "partly-published"} else found


def _of_deliveries(states: set[str]) -> Status:
    """The word that asks for the most attention wins."""
    if "unconfirmed" in states:
        return "needs-a-person"
    if "sending" in states or ("published" in states and "due" in states):
        return "publishing"
    if states == {"published"}:
        return "published"
    if "published" in states:
        return "partly-published"
    return _unpublished(states)


def _unpublished(states: set[str]) -> Status:
    if "retracted" in states:
        return "taken-down"
    if "failed" in states:
        return "needs-a-person"
    if "missed" in states:
        return "missed"
    return "on-hold" if "held" in states else "scheduled"
