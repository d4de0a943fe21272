"""The whole life of a post on one screen. Nothing else assigns `Post.state`.

    draft ⇄ translating          the other language is asked for, and comes back
    draft → in_review            submitted, nothing blocks
    in_review → draft            sent back, or edited: a new version without sign-offs
    in_review → refused          for good
    draft, translating, in_review → withdrawn    by its author or comms, nothing of it being public
    in_review, refused, withdrawn → archived     by retention

Approved, scheduled, published and on hold are not states: they follow from sign-offs, decisions and deliveries
(approvals/queries.py). requirements.md 8.3 lists the guards; they stand in `actions/`.
"""

from datetime import datetime

from approvals.errors import WrongState
from approvals.models import Post

ALLOWED: dict[str, frozenset[str]] = {
    "draft": frozenset({"translating", "in_review", "withdrawn"}),
    "translating": frozenset({"draft", "withdrawn"}),
    "in_review": frozenset({"draft", "refused", "withdrawn", "archived"}),
    "refused": frozenset({"archived"}),
    "withdrawn": frozenset({"archived"}),
    "archived": frozenset(),
}


def advance(post: Post, to: str, now: datetime) -> None:
    """Move a post on. Raises `WrongState` where the table has no such move."""
    if to not in ALLOWED[post.state]:
        raise WrongState("post-state", state=post.state, wanted=to)
    post.state = to
    post.changed_at = now
