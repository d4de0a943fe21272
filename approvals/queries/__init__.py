"""What people read: SELECTs that answer Structs, under the actor's organisation and reach. Nothing changes here.

Lists go from the newest to the oldest by UUIDv7 id; `after` is the id of the last item already seen.
"""

from approvals.queries.delivery_views import DeliveryFilter, DeliveryView, deliveries, deliveries_of, delivery
from approvals.queries.post_views import (
    CommentView,
    DecisionView,
    PostFilter,
    PostSummary,
    PostView,
    SignOffView,
    SubmissionView,
    VersionView,
    content_of,
    post,
    posts,
)
from approvals.queries.reach import PersonRef, within_reach

__all__ = [
    "CommentView", "DecisionView", "DeliveryFilter", "DeliveryView", "PersonRef", "PostFilter", "PostSummary",
    "PostView", "SignOffView", "SubmissionView", "VersionView", "content_of", "deliveries", "deliveries_of",
    "delivery", "post", "posts", "within_reach",
]  # fmt: skip
