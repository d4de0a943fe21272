"""The sandbox itself: what it keeps, what it shows, how it fails on demand."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from stand_ins import Memory, Sandbox, picture, post

from connectors.errors import PublishingError
from connectors.http import Wire
from connectors.registry import connector
from connectors.sandbox import demo_credentials
from connectors.sandbox.faults import Faults
from connectors.sandbox.serve import free_port, running, start, stop
from gateway import cli

pytestmark = pytest.mark.anyio


async def publish(platform: str, account: str, text: str, sandbox: Sandbox, alt: str = "Nyrs") -> str:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, account)
    outgoing, pictures = post(platform, text, picture("red", alt))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    return (await made.publish(outgoing, credentials, attempt)).id


async def test_what_was_sent_survives_a_kill_nine(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.sqlite"
    process = start(port := free_port(), state=state)
    sandbox = Sandbox(f"http://127.0.0.1:{port}")
    await publish("facebook", "bwrdd", "Bore da", sandbox)
    before = sandbox.posts()
    sandbox.close()
    process.send_signal(signal.SIGKILL)
    process.wait()
    stop(process)
    with running(state=state) as address:
        again = Sandbox(address)
        assert again.posts() == before
        again.close()


async def test_it_stops_on_sigterm_even_while_a_call_hangs() -> None:
    process = start(port := free_port())
    sandbox = Sandbox(f"http://127.0.0.1:{port}")
    sandbox.fault(platform="x", call="verify", kind="hang")
    made = connector("x", Wire(sandbox=sandbox.address, deadline=0.5))
    with pytest.raises(PublishingError):
        await made.verify(demo_credentials("x", "bwrdd"))
    sandbox.close()
    process.terminate()
    assert process.wait(10) == 0
    stop(process)


def test_it_ends_when_the_process_that_started_it_dies() -> None:
    program = (
        "import os, sys; from connectors.sandbox.serve import start; "
        "print(start(int(sys.argv[1])).pid, flush=True); os.kill(os.getpid(), 9)"
    )
    port = free_port()
    done = subprocess.run([sys.executable, "-c", program, str(port)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    child = int(done.stdout)
    for _ in range(100):
        if not _alive(child):
            return
        time.sleep(0.1)
    pytest.fail("the sandbox outlived its parent")


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(") ")[1][:1]
    except FileNotFoundError:
        return False


async def test_the_wall_shows_posts_pictures_descriptions_and_says_that_nothing_is_real(sandbox: Sandbox) -> None:
    await publish("x", "bwrdd-cy", "Helo <b>bawb</b>", sandbox, alt='Nyrs â "bathodyn" <img>')
    for language, opposite in (("cy", "en"), ("en", "cy")):
        page = sandbox.get("/", lang=language)
        assert f'<html lang="{language}">' in page.text
        assert "Does dim byd go iawn yma" in page.text
        assert "Nothing here is real" in page.text
        assert f'hreflang="{opposite}"' in page.text
        assert "Helo &lt;b&gt;bawb&lt;/b&gt;" in page.text
        assert "Nyrs â &#34;bathodyn&#34; &lt;img&gt;" in page.text
        assert "bwrdd-cy" in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http://" not in page.text.replace(sandbox.address, "")
        assert "https://" not in page.text


async def test_the_wall_has_a_page_for_each_account_and_each_post(sandbox: Sandbox) -> None:
    first = await publish("x", "bwrdd-cy", "Cymraeg", sandbox)
    await publish("x", "bwrdd-en", "English", sandbox)
    account = sandbox.get("/wall/account", platform="x", name="bwrdd-cy")
    assert "Cymraeg</p>" in account.text
    assert "English</p>" not in account.text
    alone = sandbox.get("/wall/post", platform="x", id=first)
    assert "Cymraeg</p>" in alone.text
    assert sandbox.get("/wall/post", platform="x", id="0").status_code == 404
    sha256 = sandbox.posts()[0]["media"][0]["sha256"]
    assert sandbox.get("/wall/media", sha256=sha256).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "nonsense"},
        {"kind": "refuse", "platform": "x", "error": "nonsense"},
        {"kind": "refuse", "platform": "myspace"},
        {"kind": "drop", "unknown": 1},
    ],
)
def test_a_fault_that_means_nothing_is_refused(sandbox: Sandbox, fault: dict[str, str]) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        sandbox.fault(**fault)


async def test_a_fault_for_one_account_leaves_the_others_alone(sandbox: Sandbox) -> None:
    sandbox.fault(platform="x", account="drwg", call="verify", kind="refuse", error="expired", count=-1)
    made = connector("x", Wire(sandbox=sandbox.address))
    assert await made.verify(demo_credentials("x", "da"))
    for _ in range(2):
        with pytest.raises(PublishingError):
            await made.verify(demo_credentials("x", "drwg"))


async def test_a_hundred_dropped_connections_leave_nothing_open() -> None:
    process = start(port := free_port())
    sandbox = Sandbox(f"http://127.0.0.1:{port}")
    made = connector("x", Wire(sandbox=sandbox.address))
    sandbox.fault(platform="x", call="verify", kind="store-then-drop", count=-1)
    before = psutil.Process(process.pid).num_fds()
    for _ in range(100):
        with pytest.raises(PublishingError):
            await made.verify(demo_credentials("x", "bwrdd"))
    assert psutil.Process(process.pid).num_fds() <= before + 5
    sandbox.close()
    stop(process)


def test_the_same_seed_gives_the_same_bad_day() -> None:
    def day(seed: int) -> list[str | None]:
        faults = Faults(chaos=0.3, seed=seed)
        drawn = [faults.take("x", "create", "a", ("unavailable",)) for _ in range(200)]
        return [fault and fault.kind for fault in drawn]

    assert day(7) == day(7)
    assert day(7) != day(8)
    assert 30 < sum(1 for kind in day(7) if kind) < 90


def test_an_unknown_token_is_nobody_and_a_declared_one_is_its_account(sandbox: Sandbox) -> None:
    def me(token: str) -> httpx.Response:
        headers = {"X-Porth-Host": "api.twitter.com", "Authorization": f"Bearer {token}"}
        return httpx.get(f"{sandbox.address}/2/users/me", headers=headers, trust_env=False)

    assert me("a-live-token").status_code == 401
    declared = {"platform": "x", "name": "bwrdd", "token": "a-live-token", "number": "42"}
    httpx.post(f"{sandbox.address}/_control/accounts", json=declared, trust_env=False).raise_for_status()
    assert me("a-live-token").json()["data"]["id"] == "42"


@pytest.mark.parametrize(("language", "refusal"), [("en", "between 0 and 1"), ("cy", "rhwng 0 ac 1")])
def test_the_command_line_takes_a_share_of_chaos_and_nothing_else(
    language: str, refusal: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["--language", language, "sandbox", "--chaos", "2"], {}) == 2
    assert refusal in capsys.readouterr().err


def test_the_command_line_serves_the_same_sandbox() -> None:
    port = free_port()
    program = "import sys; from gateway.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", program, "sandbox", "--port", str(port), "--chaos", "1", "--seed", "7"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == f"http://127.0.0.1:{port}/\n"
    finally:
        stop(process)
        process.stdout.close()
