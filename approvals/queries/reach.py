"""What every query shares: who somebody is, and how far the actor sees."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, or_

from approvals import models as m
from approvals.permissions import Actor, Permission, Reach


class PersonRef(Struct, frozen=True):
    id: UUID
    name: str


def within_reach(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """The posts of the actor's organisation that this permission reaches."""
    own = m.Post.organisation_id == actor.organisation
    reach = actor.reach(permission)
    if reach is Reach.ALL:
        return own
    if reach is None:
        return and_(own, m.Post.id.is_(None))
    return and_(own, or_(m.Post.team_id.in_(actor.teams), m.Post.created_by == actor.person))
