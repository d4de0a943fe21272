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
    consents_found,
)
from approvals.queries.delivery_views import DeliveryFilter, DeliveryView, deliveries, deliveries_of, delivery
from approvals.queries.log_views import HOUSEKEEPING, TOPICS, EntryFilter, EntryView, log_entries, words_of
from approvals.queries.post_lists import PostFilter, PostSummary, posts
from approvals.queries.post_views import (
    CommentView,
    DecisionView,
    PostView,
    SignOffView,
    SubmissionView,
    VersionView,
    content_of,
    post,
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
    "HOUSEKEEPING", "TOPICS",
    "AccountView", "ChannelView", "CommentView", "ConsentFilter", "ConsentRequestView", "ConsentUseView",
    "ConsentView", "DecisionView", "DeliveryFilter", "DeliveryView", "EntryFilter", "EntryView", "KeyView",
    "OrganisationView", "PersonRef", "PersonView", "PostFilter", "PostSummary", "PostView", "SignOffView",
    "SubmissionView", "TakedownView", "TeamView", "VersionView", "account_view", "channels", "consent",
    "consent_request", "consent_requests", "consent_uses", "consents",
    "consents_found", "content_of", "deliveries", "deliveries_of",
    "delivery", "key_view", "keys", "log_entries", "organisation", "people", "post", "posts", "takedowns", "teams",
    "within_reach", "words_of",
]  # fmt: skip
