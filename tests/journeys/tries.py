"""What a person may try, right or wrong: each method makes one action of one actor on something there is."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from approvals.actions import consenting, drafting, organising, reviewing, scheduling
from approvals.content import Bilingual, Content
from approvals.permissions import Actor
from connectors.contract import Receipt
from connectors.sandbox import demo_credentials
from tests.gateway.conftest import ANSWERS
from tests.journeys.evidence import CORRECTABLE, Evidence, approved_text
from tests.journeys.world import Board, World, consent

Action = Callable[[AsyncSession], Awaitable[Any]]

WRITING = ("create", "correct", "save", "save_first_words_again", "ask_for_translation", "return_translation", "submit")
REVIEWING = ("sign_welsh", "sign_privacy", "sign_comms", "sign_line", "sign_old_digest", "decide", "refuse")
STOPPING = (
    "withdraw_consent", "cancel", "hold", "take_down", "withdraw_consent", "pause", "save", "send_back", "withdraw",
    "move",
)  # fmt: skip
UNDOING = ("schedule", "release", "resolve_truthfully", "resume", "replace_credentials", "move")
CONSENTING = ("record_consent", "record_narrow_consent", "verify_consent")
KINDS = ("plain", "people", "english", "facebook", "x")
RIGHT: Mapping[str, str] = {
    **dict.fromkeys((*WRITING, "withdraw"), "nia"), "return_translation": "elin", "sign_welsh": "dafydd",
    "sign_privacy": "sara", "sign_line": "rhian", "sign_old_digest": "elin", "withdraw_consent": "gwen",
    "replace_credentials": "huw", **dict.fromkeys(CONSENTING, "gwen"),
}  # fmt: skip
"""Whose business each is; tom's, the comms approver's, where it is not here."""
NOTHING = UUID(int=0)


class Tries:
    """`number` picks the post, delivery, consent or kind: any number does."""

    def __init__(self, world: World, boards: list[Board], evidence: Evidence) -> None:
        self.world = world
        self.boards = boards
        self.evidence = evidence
        self.posts: list[UUID] = []

    def make(self, name: str, who: str | None, number: int, board: int) -> Action:
        """Without `who`: by the one whose business it is, in the organisation that the post belongs to."""
        chosen = self.boards[board] if who else self._board_of(self.post(number))
        made: Action = getattr(self, name)(chosen, chosen.actor(who or RIGHT.get(name, "tom")), number)
        return made

    def _board_of(self, post: UUID) -> Board:
        found = self.evidence.rows("SELECT organisation_id FROM posts WHERE id = %s", post)
        return next((b for b in self.boards if found and b.id == found[0]["organisation_id"]), self.boards[0])

    # -- what there is to act on -----------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.world.clock()

    @property
    def limits(self) -> Any:
        return self.world.porth.limits

    def post(self, number: int) -> UUID:
        """Mostly one of the newest: there the most can still happen."""
        if not self.posts:
            return NOTHING
        return self.posts[number % len(self.posts)] if number % 3 else self.posts[-1]

    def delivery(self, number: int) -> dict[str, Any]:
        post = self.post(number)
        rows = sorted((r for r in self.evidence.deliveries() if r["post_id"] == post), key=lambda row: str(row["id"]))
        return rows[number % len(rows)] if rows else {"id": NOTHING}

    def digest(self, post: UUID, *, newest: bool = True) -> str:
        found = self.evidence.rows(
            "SELECT s.digest FROM submissions s JOIN versions v ON v.id = s.version_id WHERE v.post_id = %s"
            " ORDER BY v.number",
            post,
        )
        return str(found[-1 if newest else 0]["digest"]) if found else "0" * 64

    def latest(self, post: UUID) -> int:
        found = self.evidence.rows("SELECT latest FROM posts WHERE id = %s", post)
        return int(found[0]["latest"]) if found else 1

    def ref(self, board: Board, number: int) -> str:
        return f"C-{number % max(board.consents, 1) + 1 if number % 3 else board.consents}"

    def words(self, board: Board, number: int) -> Content:
        match KINDS[number % len(KINDS)]:
            case "people":
                return board.words(people=self.ref(board, number))
            case "english":
                return board.words(text=Bilingual(en=board.words().text.en))
            case "facebook" | "x" as channel:
                return board.words(channels=(channel,))
        return board.words()

    # -- writing ---------------------------------------------------------------------------------------------------

    def create(self, board: Board, actor: Actor, number: int) -> Action:
        words = self.words(board, number)

        async def action(session: AsyncSession) -> None:
            made = await drafting.create(session, actor, board.demo.team, words, now=self.now)
            self.posts.append(made.id)

        return action

    def correct(self, board: Board, actor: Actor, number: int) -> Action:
        words, original = self.words(board, number), self.post(number)

        async def action(session: AsyncSession) -> None:
            made = await drafting.create(session, actor, board.demo.team, words, now=self.now, corrects=original)
            self.posts.append(made.id)

        return action

    def correctable(self, board: Board, number: int) -> UUID | None:
        """A post that somebody may correct in the ordinary course."""
        found = self.evidence.rows(CORRECTABLE, board.id, board.actor("nia").person)
        return found[-1 - number % len(found)]["id"] if found else None

    def save(self, board: Board, actor: Actor, number: int) -> Action:
        post, words = self.post(number), self.words(board, number)
        seen = self.latest(post)
        return lambda s: drafting.save(s, actor, post, words, seen=seen, now=self.now)

    def save_first_words_again(self, _board: Board, actor: Actor, number: int) -> Action:
        """An edit that is undone: the bytes are the old ones, the approvals must not be."""
        post = self.post(number)
        seen = self.latest(post)
        first = self.evidence.rows("SELECT content FROM versions WHERE post_id = %s ORDER BY number LIMIT 1", post)
        words = msgspec.convert(first[0]["content"] if first else {}, Content)
        return lambda s: drafting.save(s, actor, post, words, seen=seen, now=self.now)

    def ask_for_translation(self, _board: Board, actor: Actor, number: int) -> Action:
        by = self.now + timedelta(hours=1)
        return lambda s: drafting.ask_for_translation(s, actor, self.post(number), by, now=self.now)

    def return_translation(self, board: Board, actor: Actor, number: int) -> Action:
        words, origin = board.words(), drafting.Origins("translated")
        return lambda s: drafting.return_translation(s, actor, self.post(number), words, "cy", origin, now=self.now)

    def submit(self, _board: Board, actor: Actor, number: int) -> Action:
        post = self.post(number)
        seen = self.latest(post)
        return lambda s: drafting.submit(s, actor, post, ANSWERS, self.limits, seen=seen, now=self.now)

    # -- reviewing -------------------------------------------------------------------------------------------------

    def _sign(self, actor: Actor, number: int, step: Any, *, newest: bool = True) -> Action:
        post = self.post(number)
        digest = self.digest(post, newest=newest)
        return lambda s: reviewing.sign_off(s, actor, post, step, digest, self.limits, now=self.now)

    def sign_welsh(self, _board: Board, actor: Actor, number: int) -> Action:
        return self._sign(actor, number, "welsh")

    def sign_privacy(self, _board: Board, actor: Actor, number: int) -> Action:
        return self._sign(actor, number, "privacy")

    def sign_comms(self, _board: Board, actor: Actor, number: int) -> Action:
        return self._sign(actor, number, "comms")

    def sign_line(self, _board: Board, actor: Actor, number: int) -> Action:
        return self._sign(actor, number, "line")

    def sign_old_digest(self, _board: Board, actor: Actor, number: int) -> Action:
        return self._sign(actor, number, "welsh", newest=False)

    def decide(self, _board: Board, actor: Actor, number: int) -> Action:
        post = self.post(number)
        digest = self.digest(post)
        return lambda s: reviewing.decide(s, actor, post, digest, "a finding", "right", self.limits, now=self.now)

    def refuse(self, _board: Board, actor: Actor, number: int) -> Action:
        post = self.post(number)
        digest = self.digest(post)
        return lambda s: reviewing.refuse(s, actor, post, digest, "no", now=self.now)

    # -- stopping --------------------------------------------------------------------------------------------------

    def cancel(self, _board: Board, actor: Actor, number: int) -> Action:
        return lambda s: scheduling.cancel(s, actor, self.post(number), "not today", now=self.now)

    def hold(self, _board: Board, actor: Actor, number: int) -> Action:
        delivery = self.delivery(number)["id"]
        return lambda s: scheduling.hold(s, actor, delivery, "wait", now=self.now)

    def pause(self, _board: Board, actor: Actor, _number: int) -> Action:
        return lambda s: scheduling.pause(s, actor, "major incident", now=self.now)

    def take_down(self, _board: Board, actor: Actor, number: int) -> Action:
        return lambda s: scheduling.take_down(s, actor, self.post(number), "wrong", now=self.now)

    def withdraw_consent(self, board: Board, actor: Actor, number: int) -> Action:
        """One that the post relies on, where there is one."""
        used = self.evidence.rows(
            "SELECT c.ref FROM consents c JOIN consent_uses u ON u.consent_id = c.id"
            " JOIN versions v ON v.id = u.version_id WHERE v.post_id = %s AND c.withdrawn_at IS NULL",
            self.post(number),
        )
        ref = used[0]["ref"] if used else self.ref(board, number)
        return lambda s: consenting.withdraw(s, actor, ref, "asked", now=self.now)

    def send_back(self, _board: Board, actor: Actor, number: int) -> Action:
        post = self.post(number)
        digest = self.digest(post)
        return lambda s: reviewing.send_back(s, actor, post, digest, "shorter", now=self.now)

    def withdraw(self, _board: Board, actor: Actor, number: int) -> Action:
        return lambda s: drafting.withdraw(s, actor, self.post(number), "changed", now=self.now)

    # -- and going on ----------------------------------------------------------------------------------------------

    def schedule(self, _board: Board, actor: Actor, number: int) -> Action:
        post, when = self.post(number), self.now + timedelta(seconds=(0, 3, 20, 3600)[number % 4])
        digest = self.digest(post)
        return lambda s: scheduling.schedule(s, actor, post, digest, when, self.limits, now=self.now)

    def move(self, _board: Board, actor: Actor, number: int) -> Action:
        post, when = self.post(number), self.now + timedelta(seconds=(0, 3, 20, 3600)[number % 4])
        return lambda s: scheduling.move(s, actor, post, when, self.limits, now=self.now)

    def release(self, _board: Board, actor: Actor, number: int) -> Action:
        delivery = self.delivery(number)["id"]
        return lambda s: scheduling.release(s, actor, delivery, "it may go", self.limits, now=self.now)

    def resolve_truthfully(self, _board: Board, actor: Actor, number: int) -> Action:
        row = self.delivery(number)
        receipt = self._on_the_wall(row)
        return lambda s: scheduling.resolve(s, actor, row["id"], receipt, "I looked", now=self.now)

    def _on_the_wall(self, row: dict[str, Any]) -> Receipt | None:
        """What a person sees who looks for the post of a delivery."""
        for post in self.evidence.ever_made() if "part" in row else ():
            key = (post["platform"], post["account"], post["text"])
            if post["deleted_at"] is None and key == (row["platform"], row["handle"], approved_text(row)):
                return Receipt(post["id"], "https://example.org/", datetime.fromisoformat(post["at"]))
        return None

    def resume(self, _board: Board, actor: Actor, _number: int) -> Action:
        return lambda s: scheduling.resume(s, actor, "over", now=self.now)

    def replace_credentials(self, board: Board, actor: Actor, number: int) -> Action:
        """Of an account that was stopped, where there is one."""
        rows = self._accounts(board)
        return self._replacing(actor, rows[number % len(rows)])

    async def repair(self, board: Board) -> None:
        """Every account takes deliveries again."""
        for row in self._accounts(board):
            if row["stopped_at"] is not None:
                await self.world.act(self._replacing(board.actor("huw"), row))

    def _accounts(self, board: Board) -> list[dict[str, Any]]:
        return self.evidence.rows(
            "SELECT a.id, a.handle, a.stopped_at, c.platform FROM accounts a JOIN channels c ON c.id = a.channel_id"
            " WHERE a.organisation_id = %s ORDER BY a.id",
            board.id,
        )

    def _replacing(self, actor: Actor, row: dict[str, Any]) -> Action:
        sealed = self.world.porth.sealed(row["id"], demo_credentials(row["platform"], row["handle"]).secrets)
        return lambda s: organising.replace_credentials(s, actor, row["id"], sealed, None, now=self.now)

    # -- consents --------------------------------------------------------------------------------------------------

    def record_consent(self, board: Board, actor: Actor, _number: int) -> Action:
        return self._record(board, actor)

    def record_narrow_consent(self, board: Board, actor: Actor, _number: int) -> Action:
        return self._record(board, actor, channels=("x",))

    def _record(self, board: Board, actor: Actor, **changes: Any) -> Action:
        made = consent(f"C-{board.consents + 1}", self.now.date(), **changes)

        async def action(session: AsyncSession) -> None:
            await consenting.record(session, actor, made, now=self.now)
            board.consents += 1

        return action

    def verify_consent(self, board: Board, actor: Actor, number: int) -> Action:
        return lambda s: consenting.verify(s, actor, self.ref(board, number), now=self.now)
