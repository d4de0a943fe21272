"""The words that a comment is about, from the version that its writer had before them."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.content import Content
from approvals.findings import Where
from approvals.permissions import Actor
from approvals.queries import PostView
from gateway.web.checked import quote


async def quotes(session: AsyncSession, actor: Actor, post: PostView) -> Mapping[UUID, str]:
    """By comment; those about the whole post are left out."""
    contents: dict[int, Content] = {post.version: post.content}
    found = dict[UUID, str]()
    for comment in post.comments:
        if not (comment.where or {}).get("span"):
            continue
        if comment.version not in contents:
            contents[comment.version] = await queries.content_of(session, actor, post.id, comment.version)
        found[comment.id] = quote(contents[comment.version], msgspec.convert(comment.where, Where))
    return found
