"""What people read: SELECTs that answer Structs, under the actor's organisation and reach. Nothing changes here.

Lists go from the newest to the oldest by UUIDv7 id; `after` is the id of the last item already seen.
"""

from approvals.queries.attention_views import AccountAttention, accounts_needing_attention
from approvals.queries.calendar_views import CalendarEntry, WaitingPost, calendar, waiting_for_a_time
from approvals.queries.consent_views import (
    ConsentFilter,
    ConsentUseView,
    ConsentView,
    consent,
    consent_uses,
    consents,
    consents_found,
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
    channel,
    channels,
    key_view,
    keys,
    organisation,
    people,
    teams,
)
from approvals.queries.request_views import ConsentRequestView, consent_request, consent_requests
from approvals.queries.route_views import RouteEffects, route_effects
from approvals.queries.staff_views import HeldView, StaffView, line_managers, staff, with_role
from approvals.queries.takedown_views import TakedownView, takedowns
from approvals.queries.term_views import TermListView, TermView, term_lists, terms_of

__all__ = [
    "HOUSEKEEPING",
    "TOPICS",
    "AccountAttention",
    "AccountView",
    "CalendarEntry",
    "ChannelView",
    "CommentView",
    "ConsentFilter",
    "ConsentRequestView",
    "ConsentUseView",
    "ConsentView",
    "CorrectionView",
    "DecisionView",
    "DeliveryFilter",
    "DeliveryView",
    "DriftView",
    "Edited",
    "EditedPost",
    "EntryFilter",
    "EntryView",
    "HeldView",
    "KeyView",
    "OrganisationView",
    "PersonRef",
    "PersonView",
    "PostFilter",
    "PostSummary",
    "PostView",
    "RouteEffects",
    "SignOffView",
    "StaffView",
    "SubmissionView",
    "TakedownView",
    "TeamView",
    "TermListView",
    "TermView",
    "VersionView",
    "WaitingPost",
    "account_view",
    "accounts_needing_attention",
    "calendar",
    "channel",
    "channels",
    "consent",
    "consent_request",
    "consent_requests",
    "consent_uses",
    "consents",
    "consents_found",
    "content_of",
    "deliveries",
    "deliveries_of",
    "delivery",
    "drifts",
    "edited_by",
    "key_view",
    "keys",
    "line_managers",
    "log_entries",
    "organisation",
    "original_of",
    "people",
    "post",
    "posts",
    "route_effects",
    "staff",
    "takedowns",
    "teams",
    "term_lists",
    "terms_of",
    "waiting_for_a_time",
    "with_role",
    "within_reach",
    "words_of",
]  # fmt: skip
