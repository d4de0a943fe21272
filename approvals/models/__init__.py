"""The tables. Importing this module registers all of them."""

from approvals.models.base import Base
from approvals.models.consents import ConsentRecord, ConsentRequest, ConsentUse
from approvals.models.deliveries import Delivery, Drift, RememberedAnswer, Worker
from approvals.models.log import LogEntry, LogHead, LogPayload
from approvals.models.media import MediaItem, Rendition
from approvals.models.messages import Mail, Message, MessageChoice, MessageCursor, PasswordCode
from approvals.models.organisations import (
    Account,
    ApiKey,
    Channel,
    Membership,
    Organisation,
    Person,
    RoleGrant,
    SignIn,
    Team,
)
from approvals.models.posts import Comment, Decision, Post, SignOff, Submission, Version
from approvals.models.terms import Term

__all__ = [
    "Account", "ApiKey", "Base", "Channel", "Comment", "ConsentRecord", "ConsentRequest", "ConsentUse", "Decision",
    "Delivery", "Drift", "LogEntry", "LogHead", "LogPayload", "Mail", "MediaItem", "Membership", "Message",
    "MessageChoice", "MessageCursor", "Organisation", "PasswordCode", "Person", "Post", "RememberedAnswer",
    "Rendition", "RoleGrant", "SignIn", "SignOff", "Submission", "Team", "Term", "Version", "Worker",
]  # fmt: skip
