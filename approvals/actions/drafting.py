"""Writing a post: saving, asking for the other language, submitting, withdrawing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import checks, evidence, lifecycle, quality_log
from approvals import models as m
from approvals.actions import correcting, posts, scheduling
from approvals.content import LANGUAGES, Bilingual, Content, Origin, normalised
from approvals.errors import Invalid, Stale, WrongState
from approvals.findings import Finding, blocks
from approvals.originals import correction_of
from approvals.outgoing import Part, seal
from approvals.permissions import Actor, Permission
from approvals.rules import VERSION as RULES
from connectors.contract import Language, Limits


class Declaration(Struct, frozen=True):
    """The four questions of APR-05, answered in the submitter's words."""

    right: str
    """Is it right to share this?"""
    audience: str
    """Who will see it?"""
    privacy: str
    """Could anybody's privacy change?"""
    reflects: str
    """How does it reflect on the organisation?"""


class Origins(Struct, frozen=True, omit_defaults=True):
    """How the text of one language came to be (WEL-12)."""

    origin: Origin
    tool: str | None = None


class Outcome(Struct, frozen=True):
    """What became of a submission: sealed, or refused with the findings that block it."""

    version: int
    findings: tuple[Finding, ...]
    digest: str | None = None

    @property
    def accepted(self) -> bool:
        return self.digest is not None


async def create(
    session: AsyncSession, actor: Actor, team: UUID, content: Content, *, now: datetime, corrects: UUID | None = None
) -> m.Post:
    """A new draft of one of the actor's service teams; `corrects` names the published post that it puts right."""
    known = await session.scalar(
        select(m.Team.id).where(m.Team.id == team, m.Team.organisation_id == actor.organisation)
    )
    if known is None:
        raise Invalid("no-such-team", "/team")
    actor.require(Permission.POST_EDIT, team=team)
    if corrects is not None:
        await posts.post(session, actor, Permission.POST_READ, corrects)
        await correcting.nothing_to_correct(session, corrects)
    made = m.Post(
        organisation_id=actor.organisation, team_id=team, state="draft", latest=0,
        created_by=actor.person, created_at=now, changed_at=now, corrects_id=corrects,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await _add_version(session, actor, made, content, now)
    await quality_log.append(
        session, actor.organisation, "post-created",
        {"team": str(team), "corrects": str(corrects) if corrects else None},
        now=now, actor=actor.person, post=made.id,
    )  # fmt: skip
    return made


async def save(
    session: AsyncSession, actor: Actor, post_id: UUID, content: Content, *, seen: int, now: datetime
) -> m.Version:
    """A new version on top of version `seen`. Whatever was signed or scheduled of the old one no longer counts."""
    post = await posts.post(session, actor, Permission.POST_EDIT, post_id)
    if post.latest != seen:
        raise Stale("stale-version", version=post.latest)
    if post.state == "in_review":
        await scheduling.cancel_unsent(session, actor, post, "edited", now=now)
        lifecycle.advance(post, "draft", now)
    elif post.state not in {"draft", "translating"}:
        raise WrongState("post-state", state=post.state, wanted="draft")
    return await _add_version(session, actor, post, content, now)


async def _add_version(
    session: AsyncSession,
    actor: Actor,
    post: m.Post,
    content: Content,
    now: datetime,
    origin: Mapping[str, Any] | None = None,
) -> m.Version:
    post.latest += 1
    post.changed_at = now
    clean = msgspec.structs.replace(normalised(content), consents=(), id=None)
    made = m.Version(
        post_id=post.id, number=post.latest, content=msgspec.to_builtins(clean), origin=dict(origin or {}),
        author_id=actor.person, created_at=now,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made


async def ask_for_translation(
    session: AsyncSession, actor: Actor, post_id: UUID, by: datetime, *, now: datetime
) -> m.Post:
    """Put a draft that has one language into the translators' queue, with the time by which it is wanted."""
    post = await posts.post(session, actor, Permission.POST_EDIT, post_id)
    content = msgspec.convert((await posts.version(session, post)).content, Content)
    have = [language for language in LANGUAGES if content.text.get(language).strip()]
    if len(have) != 1:
        raise Invalid("translation-needs-one-language", "/text", have=len(have))
    if by <= now:
        raise Invalid("deadline-past", "/by")
    lifecycle.advance(post, "translating", now)
    post.translate_by = by
    await quality_log.append(
        session, post.organisation_id, "translation-asked", {"from": have[0], "by": by.isoformat()},
        now=now, actor=actor.person, post=post.id,
    )  # fmt: skip
    return post


async def return_translation(
    session: AsyncSession,
    actor: Actor,
    post_id: UUID,
    words: Content,
    language: Language,
    origin: Origins,
    *,
    now: datetime,
) -> m.Version:
    """The text of `language` as `words` has it, with every other text of that language. Who returns it is its author.

    Another Welsh reader signs it off: a translator has edited the post (WEL-12, four eyes).
    """
    post = await posts.post(session, actor, Permission.POST_TRANSLATE, post_id)
    if origin.origin == "machine-assisted" and not origin.tool:
        raise Invalid("origin-needs-tool", "/origin/tool")
    before = await posts.version(session, post)
    content = _with_language(msgspec.convert(before.content, Content), normalised(words), language)
    if not content.text.get(language).strip():
        raise Invalid("translation-empty", f"/text/{language}")
    lifecycle.advance(post, "draft", now)
    post.translate_by = None
    origins = {**before.origin, language: msgspec.to_builtins(origin)}
    version = await _add_version(session, actor, post, content, now, origins)
    await quality_log.append(
        session, post.organisation_id, "translation-returned",
        {"language": language, "version": version.number, **msgspec.to_builtins(origin)},
        now=now, actor=actor.person, post=post.id,
    )  # fmt: skip
    return version


def _with_language(content: Content, words: Content, language: Language) -> Content:
    """`content` with one language's text, link, picture descriptions and words for one channel from `words`."""

    def mixed(old: Bilingual, new: Bilingual) -> Bilingual:
        return msgspec.structs.replace(old, **{language: getattr(new, language)})

    media: Sequence[Any] = [
        msgspec.structs.replace(
            old,
            alt=mixed(old.alt, new.alt),
            words=mixed(old.words or Bilingual(), new.words) if new.words else old.words,
        )
        for old, new in zip(content.media, words.media, strict=False)
    ]
    return msgspec.structs.replace(
        content,
        text=mixed(content.text, words.text),
        link=mixed(content.link, words.link),
        media=(*media, *content.media[len(media) :]),
        wording={channel: mixed(old, words.wording.get(channel, old)) for channel, old in content.wording.items()},
    )


async def submit(
    session: AsyncSession,
    actor: Actor,
    post_id: UUID,
    declaration: Declaration,
    platforms: Mapping[str, Limits],
    *,
    seen: int,
    now: datetime,
) -> Outcome:
    """Check everything, render what each channel gets, seal it, and hand it to the reviewers.

    A submission that findings block is recorded in the log and stays a draft.
    """
    post = await posts.post(session, actor, Permission.POST_EDIT, post_id)
    if post.latest != seen:
        raise Stale("stale-version", version=post.latest)
    if post.state != "draft":
        raise WrongState("post-state", state=post.state, wanted="draft")
    for name, answer in msgspec.structs.asdict(declaration).items():
        if not answer.strip():
            raise Invalid("declaration-unanswered", f"/declaration/{name}")
    version = await posts.version(session, post)
    if await session.get(m.Submission, version.id) is not None:
        raise WrongState("already-submitted")
    content = msgspec.convert(version.content, Content)
    context, manifest = await evidence.context(
        session, post.organisation_id, content, platforms, now=now, lock=True, correction=correction_of(post)
    )
    findings = checks.run(content, context)
    if blocks(findings) or not manifest:
        await _log_submission(session, actor, post, version, findings, None, now)
        return Outcome(version.number, findings)
    return await _seal(session, actor, post, version, declaration, content, manifest, findings, now)


async def _seal(
    session: AsyncSession,
    actor: Actor,
    post: m.Post,
    version: m.Version,
    declaration: Declaration,
    content: Content,
    manifest: Sequence[Part],
    findings: tuple[Finding, ...],
    now: datetime,
) -> Outcome:
    corrects = str(post.corrects_id) if post.corrects_id else None
    sealed = seal(str(post.id), version.number, content, manifest, corrects=corrects)
    session.add(
        m.Submission(
            version_id=version.id, document=sealed.document, digest=sealed.digest, rules=RULES,
            findings=msgspec.to_builtins(findings), declaration=msgspec.to_builtins(declaration),
            submitted_by=actor.person, submitted_at=now,
        )
    )  # fmt: skip
    await session.flush()
    for record in await evidence.relied_on(session, post.organisation_id, content):
        session.add(m.ConsentUse(version_id=version.id, consent_id=record.id))
    lifecycle.advance(post, "in_review", now)
    await _log_submission(session, actor, post, version, findings, sealed.digest, now)
    return Outcome(version.number, findings, sealed.digest)


async def _log_submission(
    session: AsyncSession,
    actor: Actor,
    post: m.Post,
    version: m.Version,
    findings: tuple[Finding, ...],
    digest: str | None,
    now: datetime,
) -> None:
    await quality_log.append(
        session, post.organisation_id, "submitted" if digest else "submission-refused",
        {"version": version.number, "digest": digest, "rules": RULES, "findings": msgspec.to_builtins(findings)},
        now=now, actor=actor.person, post=post.id,
    )  # fmt: skip


async def withdraw(session: AsyncSession, actor: Actor, post_id: UUID, reason: str, *, now: datetime) -> m.Post:
    """Take a post back before anything of it is public."""
    if not reason.strip():
        raise Invalid("reason-needed", "/reason")
    post = await posts.post(session, actor, Permission.POST_WITHDRAW, post_id)
    await scheduling.cancel_unsent(session, actor, post, "withdrawn", now=now)
    lifecycle.advance(post, "withdrawn", now)
    await quality_log.append(
        session, post.organisation_id, "withdrawn", {"reason": reason}, now=now, actor=actor.person, post=post.id
    )
    return post


async def comment(
    session: AsyncSession,
    actor: Actor,
    post_id: UUID,
    words: str,
    *,
    kind: str = "comment",
    where: Mapping[str, Any] | None = None,
    now: datetime,
) -> m.Comment:
    """A word to the author. A suggestion is a comment: saving it is the author's own edit."""
    post = await posts.post(session, actor, Permission.POST_READ, post_id)
    if not words.strip():
        raise Invalid("words-needed", "/words")
    made = m.Comment(
        post_id=post.id, version=post.latest, person_id=actor.person, kind=kind, words=words,
        where=dict(where) if where else None, created_at=now,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await quality_log.append(
        session, post.organisation_id, "commented", {"comment": str(made.id), "kind": kind, "version": post.latest},
        now=now, actor=actor.person, post=post.id,
    )  # fmt: skip
    return made
