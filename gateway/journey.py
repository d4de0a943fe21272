"""The main job, played: one bilingual post with a photograph, from a service team to Facebook and X.

Everything goes through the HTTP API as its users would use it, against the real stack. Each step says what it shows
and is compared with what it should show; the first difference ends the journey.
"""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct
from PIL import ExifTags, Image

from approvals.actions.reviewing import LOOKED_FOR
from approvals.content import LONDON
from gateway import demonstration
from gateway.media.containers import foreign
from i18n.messages import Language

PORTRAIT = Path(__file__).parents[1] / "examples" / "portrait.jpg"
PATIENCE = 90.0
"""Seconds for three deliveries that are due within a few."""
AHEAD = timedelta(seconds=4)
CONSENT = "C-1024"


class Stage(Struct, frozen=True):
    """A running stack, how its people get in, and the language in which to hear from it."""

    web: str
    sandbox: str
    key: str
    password: str
    slug: str
    team: str
    language: Language


class Step(Struct, frozen=True):
    """`key` names the sentence under `demo.`; `params` fill it; `shows` is what a person wants to see."""

    key: str
    params: dict[str, Any]
    shows: Any = None


class Unexpected(Exception):  # noqa: N818  # what the journey exists to find
    """A step differs from what it should show."""

    def __init__(self, step: str, wanted: str, got: str) -> None:
        super().__init__(step, wanted, got)
        self.step, self.wanted, self.got = step, wanted, got


class Journey:
    def __init__(self, stage: Stage) -> None:
        self._web = stage.web
        self._slug = stage.slug
        self._team = stage.team
        self._password = stage.password
        self._language = stage.language
        self._system = self._client()
        self._system.headers["Authorization"] = f"Bearer {stage.key}"
        self._sandbox = httpx.Client(base_url=stage.sandbox, timeout=10, trust_env=False)
        self.receipts: list[dict[str, Any]] = []
        self.log: dict[str, Any] = {}

    def play(self) -> Iterator[Step]:
        """The steps, each as soon as it has happened. Raises `Unexpected`."""
        picture = self._upload()
        yield Step("picture", {"removed": ", ".join(picture["removed"]), "people": len(picture["regions"])})
        post = self._create(picture)
        refused = self._refused(post)
        yield Step("refused", {"n": len(refused)}, refused)
        yield self._consented()
        digest = self._corrected(post, picture)
        yield Step("accepted", {"digest": digest})
        yield from self._reviewed(post, digest)
        at = self._scheduled(post, digest)
        yield Step("scheduled", {"at": at.astimezone(LONDON).strftime("%H:%M:%S")})
        self.receipts = self._published(post)
        yield Step("published", {"n": len(self.receipts)}, self.receipts)
        yield Step("walls", {"n": self._compare_with_wall()})
        self.log = self._verified()
        yield Step("log", self.log)

    # -- the service team's system --------------------------------------------------------------------------------

    def _upload(self) -> dict[str, Any]:
        sent = self._system.post(
            "/media", files={"file": ("ward.jpg", with_secrets(PORTRAIT), "image/jpeg")}, data={"team": self._team}
        )
        picture: dict[str, Any] = self._answer("picture", sent, 201)
        _expect("picture", {"GPS", "camera"} <= set(picture["removed"]), "GPS, camera", str(picture["removed"]))
        _expect("picture", len(picture["regions"] or ()) == 1, "1", str(picture["regions"]))
        return picture

    def _create(self, picture: dict[str, Any]) -> str:
        first_try = document(picture, english_day=2)
        sent = self._system.post(
            "/posts", json={"team": self._team, "content": first_try}, headers={"Idempotency-Key": "demo-1"}
        )
        return str(self._answer("created", sent, 201)["id"])

    def _refused(self, post: str) -> list[dict[str, Any]]:
        answer = self._answer("refused", self._submit(post, 1), 422)
        blocking = [f for f in answer["findings"] if f["severity"] == "block"]
        codes = {f["code"] for f in blocking}
        _expect("refused", {"CON-MISSING", "WEL-FACT"} <= codes, "CON-MISSING, WEL-FACT", ", ".join(sorted(codes)))
        return [{"code": f["code"], "severity": f["severity"], "message": f["message"]} for f in blocking]

    def _corrected(self, post: str, picture: dict[str, Any]) -> str:
        right = document(picture, english_day=1)
        self._answer("corrected", self._system.put(f"/posts/{post}/content", json={"seen": 1, "content": right}), 200)
        return str(self._answer("accepted", self._submit(post, 2), 200)["digest"])

    def _submit(self, post: str, seen: int) -> httpx.Response:
        answers = {
            "right": "Yes: the clinic asked for it.", "audience": "Everyone who lives here.",
            "privacy": "One volunteer is shown, with consent.", "reflects": "Well: it brings people to the clinic.",
        }  # fmt: skip
        return self._system.post(f"/posts/{post}/submission", json={"seen": seen, "declaration": answers})

    # -- other people ---------------------------------------------------------------------------------------------

    def _consented(self) -> Step:
        today = datetime.now(LONDON).date()
        with self._signed_in("gwen") as custodian:
            record = {
                "ref": CONSENT, "category": "volunteer", "signatory": "Eileen C.", "authority": "self",
                "covers": ["image"], "channels": ["facebook", "x"], "purposes": ["flu campaign"],
                "starts": str(today - timedelta(days=1)), "expires": str(today + timedelta(days=365)),
                "captured": str(today), "publication_approved": str(today), "language": "cy",
            }  # fmt: skip
            self._answer("consent", custodian.post("/consents", json={"consent": record}), 201)
        return Step("consent", {"ref": CONSENT})

    def _reviewed(self, post: str, digest: str) -> Iterator[Step]:
        for account, step, attests in (("elin", "welsh", ()), ("sara", "privacy", LOOKED_FOR), ("tom", "comms", ())):
            with self._signed_in(account) as person:
                self._decide(person, post, digest, step)
                body = {"step": step, "digest": digest, "attests": list(attests)}
                self._answer("signed", person.post(f"/posts/{post}/sign-offs", json=body), 201)
            yield Step("signed", {"step": step, "name": _name(account)})

    def _decide(self, person: httpx.Client, post: str, digest: str, step: str) -> None:
        """Resolve what this step is asked about, with a reason."""
        found = self._answer("reviewed", person.get(f"/posts/{post}"), 200)
        mine = [o for o in found["outstanding"] if o["step"] == step]
        for finding in (f for o in mine for f in o["undecided"]):
            body = {"digest": digest, "finding": finding["key"], "reason": "Looked at: it is as it should be."}
            self._answer("decided", person.post(f"/posts/{post}/decisions", json=body), 201)

    def _scheduled(self, post: str, digest: str) -> datetime:
        at = datetime.now(UTC) + AHEAD
        with self._signed_in("tom") as comms:
            body = {"digest": digest, "at": at.isoformat()}
            queued = self._answer("scheduled", comms.post(f"/posts/{post}/schedule", json=body), 200)
        _expect("scheduled", len(queued) == 3, "3", str(len(queued)))  # noqa: PLR2004  # a page, and two of X
        return at

    def _published(self, post: str) -> list[dict[str, Any]]:
        until = time.monotonic() + PATIENCE
        while True:
            found = self._answer("published", self._system.get(f"/posts/{post}"), 200)["deliveries"]
            states = [d["state"] for d in found]
            if states == ["published"] * 3:
                return sorted(
                    (
                        {k: d[k] for k in ("channel", "handle", "languages", "url", "platform_id", "published_at")}
                        for d in found
                    ),
                    key=lambda d: str(d["published_at"]),
                )
            _expect("published", time.monotonic() < until, "published", ", ".join(states))
            time.sleep(0.2)

    # -- evidence from elsewhere ----------------------------------------------------------------------------------

    def _compare_with_wall(self) -> int:
        """The sandbox's own account of what arrived: once each, the Welsh before the English, with descriptions."""
        posts = [p for p in self._sandbox.get("/_control/posts").json()["posts"] if self._slug in str(p["account"])]
        by_platform: dict[str, list[dict[str, Any]]] = {"facebook": [], "x": []}
        for post in reversed(posts):
            by_platform[post["platform"]].append(post)
        counts = {name: len(found) for name, found in by_platform.items()}
        _expect("walls", counts == {"facebook": 1, "x": 2}, "facebook 1, x 2", str(counts))
        welsh, english = by_platform["x"]
        _expect("walls", welsh["text"].startswith("Mae"), "Mae...", welsh["text"][:20])
        _expect("walls", english["text"].startswith("A flu"), "A flu...", english["text"][:20])
        for post in posts:
            self._clean(post)
        return len(posts)

    def _clean(self, post: dict[str, Any]) -> None:
        """The picture that arrived carries a description and nothing else: no position, no camera, no comment."""
        (medium,) = post["media"]
        _expect("walls", bool(medium["alt"]), "alt", str(medium["alt"]))
        data = self._sandbox.get("/wall/media", params={"sha256": medium["sha256"]}).content
        carried = foreign(data, medium["media_type"])
        _expect("walls", not carried, "a picture and nothing else", ", ".join(carried))

    def _verified(self) -> dict[str, Any]:
        with self._signed_in("mari") as auditor:
            answer = self._answer("log", auditor.get("/log/verification"), 200)
        _expect("log", bool(answer["whole"]), "whole", str(answer))
        return dict(answer)

    @contextmanager
    def _signed_in(self, account: str) -> Iterator[httpx.Client]:
        with self._client() as client:
            email = f"{account}@{self._slug}.example"
            sent = client.post("/sign-in", json={"email": email, "password": self._password})
            client.headers["X-CSRF-Token"] = self._answer("sign-in", sent, 200)["csrf"]
            yield client

    def _client(self) -> httpx.Client:
        headers = {"Accept-Language": self._language}
        return httpx.Client(base_url=f"{self._web}/api/v1", headers=headers, timeout=60, trust_env=False)

    def _answer(self, step: str, response: httpx.Response, wanted: int) -> Any:
        if response.status_code != wanted:
            raise Unexpected(step, str(wanted), f"{response.status_code} {response.text[:2000]}")
        return response.json()

    def close(self) -> None:
        self._system.close()
        self._sandbox.close()


def document(picture: dict[str, Any], *, english_day: int) -> dict[str, Any]:
    """The post. With another day in the English than in the Welsh, or before the consent is there, it is refused."""
    year = datetime.now(LONDON).year + 1
    shown = {"box": picture["regions"][0]["box"], "consent": CONSENT}
    badge = "COLLINS ASHBY COLEMAN HAWLEY TOGNINI"
    now = datetime.now(LONDON).replace(microsecond=0)
    return {
        "text": {
            "cy": f"Mae clinig ffliw yn y ganolfan iechyd ar 1 Mawrth {year}, 9.30yb tan 4yp. Croeso i bawb.",
            "en": f"A flu clinic will be held at the health centre on {english_day} March {year}, 9.30am to 4pm."
            " Everyone is welcome.",
        },
        "channels": ["facebook", "x"],
        "window": {"earliest": now.isoformat(), "latest": (now + timedelta(hours=1)).isoformat()},
        "purpose": "flu campaign",
        "media": [
            {
                "upload": picture["id"],
                "alt": {
                    "cy": "Gwirfoddolwraig mewn siwt oren yn gwenu o flaen baner.",
                    "en": "A volunteer in an orange suit smiling in front of a flag.",
                },
                "words": {"cy": badge, "en": badge},
                "rights": {"owner": "NASA", "licence": "public domain", "credit": "NASA"},
                "people": [shown],
            }
        ],
    }


def with_secrets(path: Path) -> bytes:
    """The photograph as a phone would send it: with a position, a camera and a time."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Ffôn"
    exif[ExifTags.Base.Model] = "Ffôn 7"
    exif[ExifTags.Base.DateTime] = "2026:11:01 09:30:00"
    exif[ExifTags.Base.Artist] = "Nia Prys"
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (52.0, 24.0, 30.0), 3: "W", 4: (3.0, 49.0, 0.0)}
    out = io.BytesIO()
    with Image.open(path) as picture:
        picture.save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


def _name(account: str) -> str:
    return next(p.name for p in demonstration.PEOPLE if p.account == account)


def _expect(step: str, holds: bool, wanted: str, got: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not holds:
        raise Unexpected(step, wanted, got)
