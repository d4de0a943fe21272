"""WordPress's own ways, and WordPress itself from Debian's packages."""

import html
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import Memory, Sandbox, picture, post

from connectors.contract import Credentials, Found
from connectors.errors import AuthExpired, OutcomeUnknown, Rejected
from connectors.http import Wire
from connectors.markup import text_of
from connectors.sandbox import demo_credentials
from connectors.sandbox.serve import free_port, stop
from connectors.wordpress import WordPress, html_of

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parent
SOURCE = Path("/usr/share/wordpress")
TEXT = "Mae’r clinig ar agor <heddiw> & yfory.\nDewch i https://example.org/ffliw?a=1&b=2.\n\nDiolch!"


@given(st.text(alphabet=st.sampled_from("aŵ <>&\"'\n./:?")).map(lambda text: f"a{text}z".replace("\n\n\n", "\n")))
def test_a_text_survives_its_way_through_html(text: str) -> None:
    assert text_of(html_of(text, ("cy",), [])) == text


async def test_a_repeat_is_found_by_its_slug_and_not_made_twice(sandbox: Sandbox) -> None:
    made, credentials = WordPress(Wire(sandbox=sandbox.address)), demo_credentials("wordpress", "bwrdd")
    outgoing, pictures = post("wordpress", TEXT, picture("red", "Drws"), picture("blue", "Arwydd"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform="wordpress", call="create", kind="store-then-drop")
    with pytest.raises(OutcomeUnknown):
        await made.publish(outgoing, credentials, attempt)
    found = await made.find(outgoing, credentials, attempt)
    assert isinstance(found, Found)
    attempt.key = "f" * 32
    assert not isinstance(await made.find(outgoing, credentials, attempt), Found)


async def test_a_post_whose_pictures_somebody_changed_is_not_edited(sandbox: Sandbox) -> None:
    made, credentials = WordPress(Wire(sandbox=sandbox.address)), demo_credentials("wordpress", "bwrdd")
    outgoing, pictures = post("wordpress", TEXT, picture("red", "Drws"), picture("blue", "Arwydd"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    receipt = await made.publish(outgoing, credentials, attempt)
    deleted = f"{sandbox.address}/wp-json/wp/v2/media/{sandbox.posts()[0]['media'][1]['id']}"
    sign_in = ("golygydd", credentials.secrets["application_password"])
    headers = {"X-Porth-Host": "bwrdd.wordpress.example"}
    async with httpx.AsyncClient(auth=sign_in, headers=headers, trust_env=False) as client:
        (await client.delete(deleted)).raise_for_status()
    with pytest.raises(Rejected, match="pictures-changed"):
        await made.edit(receipt, outgoing, credentials)
    sandbox.edit_by_hand("wordpress", receipt.id, "Dim ond un llun")
    with pytest.raises(Rejected, match="pictures-changed"):
        await made.edit(receipt, outgoing, credentials)
    assert sandbox.posts()[0]["text"] == "Dim ond un llun"


async def test_the_field_of_a_language_plug_in_is_filled_where_it_is_named(sandbox: Sandbox) -> None:
    made, credentials = WordPress(Wire(sandbox=sandbox.address)), demo_credentials("wordpress", "bwrdd")
    outgoing, pictures = post("wordpress", TEXT)
    await made.publish(outgoing, credentials, Memory(pictures, sandbox))
    assert sandbox.posts()[0]["languages"] == ["cy"]


@pytest.fixture(scope="session")
def database_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if not (shutil.which("mariadbd") and shutil.which("mariadb-install-db")):
        pytest.skip("mariadb-server is not installed")
    folder = tmp_path_factory.mktemp("mariadb")
    data, socket = folder / "data", folder / "s"
    user = [f"--user={os.environ.get('USER', 'root')}"] if os.getuid() == 0 else []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"]
    subprocess.run([*install, *user], check=True, **quiet)  # type: ignore[call-overload]
    command = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking", *user]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, **quiet)  # type: ignore[call-overload]
    create = ["mariadb", "--no-defaults", f"--socket={socket}", "-uroot", "-e", "CREATE DATABASE wordpress"]
    for _ in range(300):
        if subprocess.run(create, check=False, **quiet).returncode == 0:  # type: ignore[call-overload]
            break
        time.sleep(0.1)
    yield socket
    stop(process)


@pytest.fixture(scope="session")
def real_account(database_socket: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Credentials]:
    """A WordPress of its own, served by PHP's own server."""
    php = shutil.which("php")
    if php is None or not SOURCE.exists():
        pytest.skip("wordpress and php-cli are not installed")
    folder, address = tmp_path_factory.mktemp("wordpress") / "site", f"http://127.0.0.1:{(port := free_port())}"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("wp-config.php"), ignore_dangling_symlinks=True)
    folder.joinpath("wp-config.php").write_text(
        f"""<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{database_socket}'); define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', '{address}'); define('WP_SITEURL', '{address}');
define('WP_ENVIRONMENT_TYPE', 'local'); define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
    )
    mail = "-dsendmail_path=/bin/true"
    setup = [php, mail, HERE / "servers" / "wordpress.php", folder]
    done = subprocess.run(setup, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"WordPress was not set up: {done.stdout[-500:]} {done.stderr[-500:]}")
    process = subprocess.Popen(
        [php, mail, "-S", f"127.0.0.1:{port}", "-t", folder, HERE / "servers" / "router.php"],
        env={**os.environ, "PHP_CLI_SERVER_WORKERS": "3"},
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    for _ in range(100):
        try:
            httpx.get(f"{address}/wp-json/", trust_env=False, timeout=30)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    secrets = {"server": address, "username": "golygydd", "application_password": done.stdout.strip()}
    yield Credentials(address, secrets)
    os.killpg(process.pid, signal.SIGTERM)  # PHP's server does not take its workers with it
    stop(process)


def public(address: str, **params: str) -> httpx.Response:
    """As anybody sees it."""
    return httpx.get(address, params=params or None, trust_env=False, timeout=30)


@pytest.mark.timeout(300)
async def test_a_whole_life_on_wordpress_itself(real_account: Credentials, sandbox: Sandbox) -> None:
    made = WordPress(Wire(loopback=True))
    assert "golygydd" in (await made.verify(real_account)).name
    outgoing, pictures = post("wordpress", TEXT, picture("red", "Nyrs â phlentyn"), picture("blue", "Arwydd"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, real_account, attempt)
    receipt = await made.publish(outgoing, real_account, attempt)
    found = await made.find(outgoing, real_account, attempt)
    assert isinstance(found, Found)
    assert found.receipt.id == receipt.id
    (shown,) = public(f"{real_account.account}/wp-json/wp/v2/posts", search="clinig").json()
    assert shown["slug"] == f"porth-{attempt.key}"
    medium = f"{real_account.account}/wp-json/wp/v2/media/{shown['featured_media']}"
    media = public(medium).json()
    assert media["alt_text"] == "Nyrs â phlentyn"
    read = await made.read(receipt, real_account)
    assert read is not None
    assert (read.text, read.title) == (TEXT, outgoing.title)
    described = tuple(msgspec.structs.replace(one, alt=f"{one.alt} “ŵ” & mwy") for one in outgoing.media)
    corrected = msgspec.structs.replace(outgoing, text=f"Cywiriad.\n\n{TEXT}", title="Clinig ffliw", media=described)
    for _ in range(2):
        assert await made.edit(receipt, corrected, real_account) == receipt
    edited = await made.read(receipt, real_account)
    assert edited is not None
    assert (edited.text, edited.title) == (corrected.text, "Clinig ffliw")
    assert public(medium).json()["alt_text"] == described[0].alt
    assert (
        html.escape(described[1].alt)
        in public(f"{real_account.account}/wp-json/wp/v2/posts/{receipt.id}").json()["content"]["rendered"]
    )
    seen = await made.recent(real_account, attempt.started)
    assert [(one.receipt.id, one.text) for one in seen] == [(receipt.id, corrected.text)]
    assert await made.recent(real_account, attempt.started + timedelta(hours=1)) == ()
    await made.retract(receipt, real_account)
    assert await made.read(receipt, real_account) is None
    assert public(medium).status_code == 404
    assert public(media["source_url"]).status_code != 200
    await made.retract(receipt, real_account)
    with pytest.raises(Rejected, match="not-found"):
        await made.edit(receipt, corrected, real_account)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "UTC"])
async def test_a_post_made_by_hand_is_recent_wherever_wordpress_thinks_it_is(
    real_account: Credentials, zone: str
) -> None:
    start, blocks = datetime.now(UTC), "<!-- wp:paragraph -->\n<p>Dewch &amp; gofynnwch</p>\n<!-- /wp:paragraph -->"
    earlier = (start - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")
    posts = [{"content": blocks}, {"title": "Teitl yn unig"}]
    unwanted = [{"content": "Drafft", "status": "draft"}, {"content": "Hen", "date_gmt": earlier}]
    sign_in = (real_account.secrets["username"], real_account.secrets["application_password"])
    site = httpx.AsyncClient(
        base_url=f"{real_account.account}/wp-json/wp/v2", auth=sign_in, trust_env=False, timeout=30
    )
    async with site:
        (await site.post("/settings", json={"timezone": zone})).raise_for_status()
        made = [(await site.post("/posts", json={"status": "publish", **one})).json()["id"] for one in posts + unwanted]
        seen = await WordPress(Wire(loopback=True)).recent(real_account, start)
        for number in made:
            (await site.delete(f"/posts/{number}", params={"force": "true"})).raise_for_status()
    assert {(one.receipt.id, one.text) for one in seen} == {
        (str(made[0]), "Dewch & gofynnwch"), (str(made[1]), "Teitl yn unig"),
    }  # fmt: skip


@pytest.mark.timeout(300)
async def test_a_wrong_password_is_an_ended_token_to_wordpress_itself(real_account: Credentials) -> None:
    wrong = Credentials(real_account.account, {**real_account.secrets, "application_password": "nope"})
    with pytest.raises(AuthExpired):
        await WordPress(Wire(loopback=True)).verify(wrong)
