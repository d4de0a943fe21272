"""A post's whole story as one file that is checked without Porth."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from approvals.quality_log import Entry
from connectors.contract import canonical
from gateway import bundles, cli, heads
from gateway.bundles import MANIFEST, SIGNATURE, Files, Manifest, Unsound
from tests.api.conftest import AT, House, another

pytestmark = pytest.mark.anyio
Change = Callable[[Files], object]


async def made(house: House) -> tuple[bytes, str, str]:
    post, digest = await house.approved()
    await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})
    answer = await house.auditor.post(f"/posts/{post}/bundle")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="porth-{post}.zip"'
    return answer.content, post, digest


def unpacked(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_it_holds_what_was_approved_by_whom_and_what_became_of_it(house: House) -> None:
    data, post, digest = await made(house)
    key = heads.public_key(house.porth.settings.home / heads.PUBLIC)
    manifest = bundles.check(data, key)
    files = unpacked(data)
    assert manifest.post == post
    assert hashlib.sha256(files["submissions/1.json"]).hexdigest() == digest
    assert {each["step"] for each in msgspec.json.decode(files["sign-offs.json"])} == {"welsh", "comms"}
    kinds = [msgspec.json.decode(line, type=Entry).kind for line in files["log.jsonl"].splitlines()]
    assert kinds[0] == "post-created"
    assert kinds[-1] == "scheduled"
    for language, words in (("cy", "Croeso i bawb."), ("en", "Everyone is welcome.")):
        story = files[f"story.{language}.txt"].decode()
        assert words in story
        assert digest in story


async def test_that_it_was_made_is_logged_with_its_digest(house: House) -> None:
    data, post, _ = await made(house)
    newest = (await house.auditor.get(f"/posts/{post}/log?limit=1")).json()["items"][0]["entry"]
    assert newest["kind"] == "bundle-made"
    assert newest["payload"]["digest"] == hashlib.sha256(unpacked(data)[MANIFEST]).hexdigest()


def sealed_again(files: Files, key: Ed25519PrivateKey) -> bytes:
    """What somebody can make who changes a file and writes a manifest to fit, without the installation's key."""
    manifest = msgspec.json.decode(files[MANIFEST], type=Manifest)
    names = {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name not in {MANIFEST, SIGNATURE}
    }
    files[MANIFEST] = canonical(msgspec.structs.replace(manifest, files=names))
    files[SIGNATURE] = base64.b64encode(key.sign(files[MANIFEST]))
    return bundles._packed(files)


@pytest.mark.parametrize(
    ("change", "reason", "name"),
    [
        (lambda f: f.update({"story.cy.txt": b"Dim byd."}), "changed", "story.cy.txt"),
        (lambda f: f.pop("decisions.json"), "left-out", "decisions.json"),
        (lambda f: f.update({"more.txt": b""}), "put-in", "more.txt"),
        (lambda f: f.pop(MANIFEST), "unreadable", MANIFEST),
        (lambda f: f.update({MANIFEST: f[MANIFEST].replace(b"porth/", b"forth/")}), "forged", SIGNATURE),
        (lambda f: f.update({SIGNATURE: b"?"}), "forged", SIGNATURE),
    ],
)
async def test_whatever_is_changed_left_out_or_put_in_is_named(
    house: House, change: Change, reason: str, name: str
) -> None:
    data, _, _ = await made(house)
    files = unpacked(data)
    change(files)
    with pytest.raises(Unsound) as found:
        bundles.check(bundles._packed(files), heads.public_key(house.porth.settings.home / heads.PUBLIC))
    assert (found.value.reason, found.value.name) == (reason, name)


async def test_a_file_written_to_fit_is_betrayed_by_its_digests_or_its_signature(house: House) -> None:
    data, _, _ = await made(house)
    stranger = Ed25519PrivateKey.generate()
    for name, old, new, reason in (
        ("submissions/1.json", b"Croeso", b"Peidio", "other-digest"),
        ("log.jsonl", b'"kind":"scheduled"', b'"kind":"cancelled"', "entry"),
    ):
        files = unpacked(data)
        assert old in files[name]
        files[name] = files[name].replace(old, new)
        forged = sealed_again(files, stranger)
        with pytest.raises(Unsound) as found:
            bundles.check(forged)
        assert found.value.reason == reason
        with pytest.raises(Unsound) as found:
            bundles.check(forged, heads.public_key(house.porth.settings.home / heads.PUBLIC))
        assert found.value.reason == "forged"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + bytes(40), b"{}" * 99])
async def test_what_is_no_bundle_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(Unsound) as found:
        bundles.check(data)
    assert found.value.reason == "unreadable"


async def test_the_command_checks_a_file_without_a_database(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, post, _ = await made(house)
    file, key = tmp_path / "story.zip", str(house.porth.settings.home / heads.PUBLIC)
    file.write_bytes(data)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert cli.run(["--language", "en", "log", "bundle", str(file), "--key", key], {}) == 0
    assert post in capsys.readouterr().out
    file.write_bytes(data[:-100])
    assert cli.run(["--language", "cy", "log", "bundle", str(file), "--key", key], {}) == 1
    assert "Ni ellir darllen" in capsys.readouterr().out


async def test_only_whoever_may_read_the_log_of_the_post_gets_it(house: House) -> None:
    post, _ = await house.approved()
    assert (await house.nurse.post(f"/posts/{post}/bundle")).status_code == 403
    _, others = await another(house)
    assert (await others["auditor"].post(f"/posts/{post}/bundle")).status_code == 404
