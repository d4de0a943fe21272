"""What the tests of YouTube work with: a post in two languages with captions, and what somebody does by hand."""

from typing import Any

import httpx
import msgspec
from stand_ins import Memory, Sandbox, video

from connectors.contract import Caption, Localized, Outgoing, Receipt
from connectors.http import Wire
from connectors.sandbox import demo_credentials
from connectors.youtube import UNIT, YouTube

SIZE = 3 * UNIT + 1000
"""Four parts."""
WELSH = Caption("cy", "text/vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\nMae’r clinig ar agor\n")
ENGLISH = Caption("en", "application/x-subrip", "1\n00:00:00,000 --> 00:00:02,000\nThe clinic is open\n")
CREDENTIALS = demo_credentials("youtube", "bwrdd")


def outgoing(size: int = 2000, **changed: Any) -> tuple[Outgoing, dict[str, bytes]]:
    made, content = video(size)
    whole = Outgoing(
        text="Pryd i ddod, a ble i barcio.", languages=("cy",), title="Clinig ffliw", media=(made,),
        localized=(Localized("en", "Flu clinic", "When to come, and where to park."),), captions=(WELSH, ENGLISH),
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changed), {made.sha256: content}


def youtube(sandbox: Sandbox, **wire: Any) -> YouTube:
    made = YouTube(Wire(sandbox=sandbox.address, **wire))
    made.part = UNIT
    return made


def calls(sandbox: Sandbox, *names: str) -> list[str]:
    return [call["call"] for call in sandbox.calls() if call["call"] in names]


def ask(sandbox: Sandbox, method: str, path: str, account: str = "bwrdd", **what: Any) -> httpx.Response:
    """What somebody does by hand, past the connector."""
    headers = {"X-Porth-Host": "youtube.googleapis.com", "Authorization": f"Bearer sandbox-youtube-{account}"}
    return httpx.request(method, sandbox.address + path, headers=headers, trust_env=False, **what)


async def published(made: YouTube, sandbox: Sandbox) -> Receipt:
    whole, content = outgoing()
    attempt = Memory(content, sandbox)
    await made.prepare(whole, CREDENTIALS, attempt)
    return await made.publish(whole, CREDENTIALS, attempt)


def uploads() -> str:
    return "UU" + CREDENTIALS.account.removeprefix("UC")
