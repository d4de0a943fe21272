"""What people read: SELECTs that answer Structs, under the actor's organisation and reach. Nothing changes here.

Lists go from the newest to the oldest by UUIDv7 id; `after` is the id of the last item already seen.
"""

from approvals.queries.consent_views import (
    ConsentFilter,
    ConsentUseView,
    ConsentView,
    consent,
    consent_uses,
    consents,
)
from approvals.queries.correction_views import CorrectionView, Edited, edited_by, original_of
from approvals.queries.delivery_views import (
    DeliveryFilter,
    DeliveryView,
    EditedPost,
    deliveries,
    deliveries_of,
    delivery,
)
from approvals.queries.drift_views import DriftView, drifts
from approvals.queries.log_views import EntryFilter, EntryView, log_entries
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
from approvals.queries.register_views import (
    AccountView,
    ChannelView,
    KeyView,
    OrganisationView,
    PersonView,
    TeamView,
    account_view,
    channels,
    key_view,
    keys,
    organisation,
    people,
    teams,
)
from approvals.queries.request_views import ConsentRequestView, consent_request, consent_requests
from approvals.queries.takedown_views import TakedownView, takedowns

__all__ = [
    "AccountView", "ChannelView", "CommentView", "ConsentFilter", "ConsentRequestView", "ConsentUseView",
    "ConsentView", "CorrectionView", "DecisionView", "DeliveryFilter", "DeliveryView", "DriftView", "Edited",
    "EditedPost", "EntryFilter", "EntryView", "KeyView", "OrganisationView", "PersonRef", "PersonView",
    "PostFilter", "PostSummary", "PostView", "SignOffView", "SubmissionView", "TakedownView", "TeamView",
    "VersionView", "account_view", "channels", "consent", "consent_request", "consent_requests", "consent_uses",
    "consents", "content_of", "deliveries", "deliveries_of", "delivery", "drifts", "edited_by", "key_view", "keys",
    "log_entries", "organisation", "original_of", "people", "post", "posts", "takedowns", "teams", "within_reach",
]  # fmt: skip
