"""Who may do what: the rows of requirements.md 8.2 that exist so far, as data.

A permission is `resource:action`. `OWN` reaches what the person wrote or what belongs to one of their service
teams; `ALL` reaches the whole organisation; nothing reaches another organisation.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from uuid import UUID

from msgspec import Struct

from approvals.errors import NotAllowed


class Role(StrEnum):
    SUBMITTER = "submitter"
    LINE_MANAGER = "line-manager"
    COMMS = "comms-approver"
    WELSH = "welsh-reviewer"
    PRIVACY = "information-governance-lead"
    CUSTODIAN = "consent-custodian"
    ADMIN = "administrator"
    AUDITOR = "auditor"
    PUBLISHER = "publisher"


class Reach(Enum):
    OWN = 1
    ALL = 2


class Permission(StrEnum):
    POST_EDIT = "post:edit"
    POST_READ = "post:read"
    POST_TRANSLATE = "post:translate"
    POST_WITHDRAW = "post:withdraw"
    MEDIA_UPLOAD = "media:upload"
    MEDIA_READ = "media:read"
    ORIGINAL_READ = "original:read"
    CONSENT_REQUEST = "consent:request"
    CONSENT_STATUS = "consent:status"
    CONSENT_DECIDE = "consent:decide"
    CONSENT_EVIDENCE = "consent:evidence"
    SIGN_LINE = "sign-off:line"
    SIGN_WELSH = "sign-off:welsh"
    SIGN_PRIVACY = "sign-off:privacy"
    SIGN_COMMS = "sign-off:comms"
    REFUSE = "post:refuse"
    SCHEDULE = "delivery:schedule"
    DELIVERY_READ = "delivery:read"
    DELIVERY_RESOLVE = "delivery:resolve"
    PUBLISH = "delivery:publish"
    PAUSE = "organisation:pause"
    TAKEDOWN_REQUEST = "takedown:request"
    TAKEDOWN_APPROVE = "takedown:approve"
    CHANNEL_READ = "channel:read"
    CHANNEL_MANAGE = "channel:manage"
    PEOPLE_MANAGE = "people:manage"
    POLICY_EDIT = "policy:edit"
    TERMS_READ = "terms:read"
    TERMS_EDIT = "terms:edit"
    LOG_READ = "log:read"


_S, _L, _C, _W = Role.SUBMITTER, Role.LINE_MANAGER, Role.COMMS, Role.WELSH
_I, _K, _A, _U, _P = Role.PRIVACY, Role.CUSTODIAN, Role.ADMIN, Role.AUDITOR, Role.PUBLISHER
_OWN, _ALL = Reach.OWN, Reach.ALL
_EVERYONE = {role: _ALL for role in Role if role is not _P}

MATRIX: Mapping[Permission, Mapping[Role, Reach]] = {
    Permission.POST_EDIT: {_S: _OWN, _L: _OWN, _C: _ALL},
    Permission.POST_READ: {_S: _OWN, _L: _OWN, _C: _ALL, _W: _ALL, _I: _ALL, _K: _ALL, _U: _ALL},
    Permission.POST_TRANSLATE: {_S: _OWN, _L: _OWN, _C: _OWN, _W: _ALL},
    Permission.POST_WITHDRAW: {_S: _OWN, _L: _OWN, _C: _ALL},
    Permission.MEDIA_UPLOAD: {_S: _OWN, _L: _OWN, _C: _ALL, _K: _ALL},
    Permission.MEDIA_READ: {_S: _OWN, _L: _OWN, _C: _ALL, _W: _ALL, _I: _ALL, _K: _ALL, _U: _ALL},
    Permission.ORIGINAL_READ: {_S: _OWN, _I: _ALL, _K: _ALL},
    Permission.CONSENT_REQUEST: {_S: _OWN, _L: _OWN, _C: _OWN, _K: _ALL},
    Permission.CONSENT_STATUS: {_S: _OWN, _L: _OWN, _C: _ALL, _W: _ALL, _I: _ALL, _K: _ALL, _U: _ALL},
    Permission.CONSENT_DECIDE: {_K: _ALL},
    Permission.CONSENT_EVIDENCE: {_I: _ALL, _K: _ALL},
    Permission.SIGN_LINE: {_L: _OWN},
    Permission.SIGN_WELSH: {_W: _ALL},
    Permission.SIGN_PRIVACY: {_I: _ALL},
    Permission.SIGN_COMMS: {_C: _ALL},
    Permission.REFUSE: {_C: _ALL, _I: _ALL},
    Permission.SCHEDULE: {_C: _ALL},
    Permission.DELIVERY_READ: {_S: _OWN, _L: _OWN, _C: _ALL, _W: _ALL, _I: _ALL, _K: _ALL, _U: _ALL, _P: _ALL},
    Permission.DELIVERY_RESOLVE: {_C: _ALL},
    Permission.PUBLISH: {_P: _ALL},
    Permission.PAUSE: {_C: _ALL, _I: _ALL},
    Permission.TAKEDOWN_REQUEST: _EVERYONE,
    Permission.TAKEDOWN_APPROVE: {_C: _ALL, _I: _ALL, _K: _ALL},
    Permission.CHANNEL_READ: {_S: _ALL, _L: _ALL, _C: _ALL, _W: _ALL, _I: _ALL, _K: _ALL, _A: _ALL, _U: _ALL},
    Permission.CHANNEL_MANAGE: {_A: _ALL},
    Permission.PEOPLE_MANAGE: {_A: _ALL},
    Permission.POLICY_EDIT: {_A: _ALL},
    Permission.TERMS_READ: {_C: _ALL, _W: _ALL, _I: _ALL, _A: _ALL, _U: _ALL},
    Permission.TERMS_EDIT: {_C: _ALL, _W: _ALL, _I: _ALL, _A: _ALL},
    Permission.LOG_READ: {_C: _OWN, _I: _ALL, _U: _ALL},
}

SIGNS: Mapping[str, Permission] = {
    "line": Permission.SIGN_LINE,
    "welsh": Permission.SIGN_WELSH,
    "privacy": Permission.SIGN_PRIVACY,
    "comms": Permission.SIGN_COMMS,
}
"""The permission that signs each step of a route."""


class Actor(Struct, frozen=True):
    """Who is acting: a person, or a system through a key whose responsible person counts as the author."""

    person: UUID
    organisation: UUID
    roles: frozenset[Role]
    teams: frozenset[UUID] = frozenset()
    key: UUID | None = None

    def reach(self, permission: Permission) -> Reach | None:
        """The widest reach that any of the actor's roles gives, or `None`."""
        found = [MATRIX[permission][role] for role in self.roles if role in MATRIX[permission]]
        return max(found, key=lambda reach: reach.value) if found else None

    def may(self, permission: Permission) -> bool:
        return self.reach(permission) is not None

    def require(self, permission: Permission, *, team: UUID | None = None, author: UUID | None = None) -> None:
        """Raise `NotAllowed` unless the actor may do this to something of that team or author."""
        reach = self.reach(permission)
        if reach is None:
            raise NotAllowed("not-your-role", permission=permission.value)
        if reach is Reach.OWN and author != self.person and (team is None or team not in self.teams):
            raise NotAllowed("not-your-team", permission=permission.value)
