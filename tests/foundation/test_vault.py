"""The vault: what is sealed opens with its key, in its place, unchanged, and not otherwise."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import vault
from gateway.faults import Fault
from gateway.settings import load
from gateway.vault import CannotOpenError, Vault

KEY = bytes(range(32))
OTHER = bytes(range(32, 64))


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_is_sealed_opens_again(plaintext: bytes, context: bytes) -> None:
    assert Vault(KEY).open(Vault(KEY).seal(plaintext, context), context) == plaintext


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    assert Vault(KEY).seal(b"secret", b"a") != Vault(KEY).seal(b"secret", b"a")


@given(st.data())
def test_no_changed_byte_opens(data: st.DataObject) -> None:
    sealed = bytearray(Vault(KEY).seal(b"a platform's token", b"account 1"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CannotOpenError):
        Vault(KEY).open(bytes(sealed), b"account 1")


@given(st.binary(max_size=80))
def test_no_rubbish_opens(rubbish: bytes) -> None:
    with pytest.raises(CannotOpenError):
        Vault(KEY).open(rubbish, b"account 1")


def test_a_secret_copied_to_another_account_does_not_open() -> None:
    with pytest.raises(CannotOpenError):
        Vault(KEY).open(Vault(KEY).seal(b"token", b"account 1"), b"account 2")


def test_after_rotation_the_old_key_still_opens_and_the_new_one_seals() -> None:
    old = Vault(KEY).seal(b"token", b"")
    both = Vault(KEY, OTHER)
    assert both.open(old, b"") == b"token"
    assert not old.startswith(both.head)
    new = both.seal(both.open(old, b""), b"")
    assert new.startswith(both.head)
    assert Vault(OTHER).open(new, b"") == b"token"
    with pytest.raises(CannotOpenError):
        Vault(OTHER).open(old, b"")


def test_derived_keys_differ_by_purpose_and_come_newest_first() -> None:
    assert Vault(KEY, OTHER).derive("addresses") == (*Vault(OTHER).derive("addresses"), *Vault(KEY).derive("addresses"))
    assert Vault(KEY).derive("addresses") != Vault(KEY).derive("forms")


@pytest.mark.parametrize("keys", [(), (b"short",), (KEY, b"")])
def test_a_vault_needs_whole_keys(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(*keys)


def test_the_first_start_makes_a_key_that_nobody_else_can_read_and_later_ones_keep_it(tmp_path: Path) -> None:
    settings = load({"PORTH_HOME": str(tmp_path)})
    sealed = vault.load(settings).seal(b"token", b"")
    assert stat.S_IMODE(settings.key_file.stat().st_mode) == 0o600
    assert vault.load(settings).open(sealed, b"") == b"token"
    assert list(tmp_path.iterdir()) == [tmp_path / "keys"]


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    settings = load({"PORTH_HOME": str(tmp_path)})
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: vault.load(settings), range(8)))
    assert len({made.derive("x") for made in vaults}) == 1


def test_keys_can_come_from_the_environment(tmp_path: Path) -> None:
    line = vault.new_key()
    found = vault.load(load({"PORTH_HOME": str(tmp_path), "PORTH_KEY": f"{vault.new_key()} {line}"}))
    assert Vault.parse(line).open(found.seal(b"token", b""), b"") == b"token"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "not base64 !", "c2hvcnQ="])
def test_a_damaged_key_file_is_said_and_never_replaced(tmp_path: Path, text: str) -> None:
    settings = load({"PORTH_HOME": str(tmp_path)})
    settings.key_file.write_text(text)
    with pytest.raises(Fault) as caught:
        vault.load(settings)
    assert caught.value.key == "vault.unusable"
    assert str(settings.key_file) in str(caught.value)
    assert settings.key_file.read_text() == text
