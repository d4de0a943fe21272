"""Clean pictures lie under their hash, originals lie encrypted, and nothing lies there half written."""

import hashlib
import os
import stat
from pathlib import Path

import msgspec
import pytest

from gateway.media.process import Clean
from gateway.media.store import CleanStore, Damaged, NotStored, Quarantine, write_whole
from tests.media import files

KEY = bytes(range(32))


def clean(data: bytes) -> Clean:
    return Clean(data=data, media_type="image/jpeg", sha256=hashlib.sha256(data).hexdigest(), width=1, height=1)


def test_a_clean_picture_is_found_by_its_hash(tmp_path: Path) -> None:
    store = CleanStore(tmp_path)
    name = store.put(clean(files.jpeg()))
    assert store.read(name) == files.jpeg()
    assert store.has(name)
    assert store.put(clean(files.jpeg())) == name


def test_a_picture_whose_hash_is_wrong_is_not_stored(tmp_path: Path) -> None:
    store = CleanStore(tmp_path)
    wrong = msgspec.structs.replace(clean(files.jpeg()), sha256="0" * 64)
    with pytest.raises(Damaged):
        store.put(wrong)
    assert not store.has("0" * 64)


def test_a_stored_picture_that_was_changed_is_not_given_out(tmp_path: Path) -> None:
    store = CleanStore(tmp_path)
    name = store.put(clean(files.jpeg()))
    (tmp_path / "media" / "clean" / name[:2] / name).write_bytes(b"another")
    with pytest.raises(Damaged):
        store.read(name)


def test_what_was_deleted_is_gone_and_may_be_deleted_again(tmp_path: Path) -> None:
    store, quarantine = CleanStore(tmp_path), Quarantine(tmp_path, KEY)
    name, original = store.put(clean(files.jpeg())), quarantine.put(files.png()).id
    for _ in range(2):
        store.delete(name)
        quarantine.delete(original)
    with pytest.raises(NotStored):
        store.read(name)
    with pytest.raises(NotStored):
        quarantine.read(original)


@pytest.mark.parametrize(
    "name", ["", "../" * 20 + "etc/passwd", "A" * 64, "g" * 64, "0" * 63, "0" * 32 + "/" + "0" * 31]
)
def test_a_name_that_is_none_of_ours_is_nowhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotStored):
        CleanStore(tmp_path).read(name)
    with pytest.raises(NotStored):
        Quarantine(tmp_path, KEY).read(name)


def test_only_the_user_of_the_service_may_look(tmp_path: Path) -> None:
    name = CleanStore(tmp_path / "home").put(clean(files.jpeg()))
    Quarantine(tmp_path / "home", KEY).put(files.png())
    for path in (tmp_path / "home").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert list((tmp_path / "home").rglob(name))


def test_an_original_comes_back_from_quarantine_and_lies_there_encrypted(tmp_path: Path) -> None:
    original = files.jpeg(comment=files.SECRET)
    quarantine = Quarantine(tmp_path, KEY)
    kept = quarantine.put(original)
    assert (kept.sha256, kept.size) == (hashlib.sha256(original).hexdigest(), len(original))
    assert quarantine.read(kept.id) == original
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert files.SECRET not in file.read_bytes()
    assert kept.sha256 not in str(file)
    assert quarantine.names() == {kept.id}


def test_the_same_original_twice_is_two_files_that_share_nothing(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, KEY)
    one, other = quarantine.put(files.jpeg()), quarantine.put(files.jpeg())
    first, second = ((tmp_path / "media/quarantine" / kept.id[:2] / kept.id).read_bytes() for kept in (one, other))
    assert first[:15] != second[:15]
    assert first[75:] != second[75:]


def test_with_another_key_an_original_cannot_be_read(tmp_path: Path) -> None:
    kept = Quarantine(tmp_path, KEY).put(files.jpeg())
    with pytest.raises(Damaged):
        Quarantine(tmp_path, bytes(32)).read(kept.id)


@pytest.mark.parametrize("at", [0, 5, 20, 70, 80, -1])
def test_a_changed_byte_anywhere_is_noticed(at: int, tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, KEY)
    kept = quarantine.put(files.jpeg())
    path = tmp_path / "media/quarantine" / kept.id[:2] / kept.id
    changed = bytearray(path.read_bytes())
    changed[at] ^= 1
    path.write_bytes(changed)
    with pytest.raises(Damaged):
        quarantine.read(kept.id)


@pytest.mark.parametrize("length", [0, 3, 40, 80])
def test_a_file_that_was_cut_short_is_noticed(length: int, tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, KEY)
    kept = quarantine.put(files.jpeg())
    path = tmp_path / "media/quarantine" / kept.id[:2] / kept.id
    os.truncate(path, length)
    with pytest.raises(Damaged):
        quarantine.read(kept.id)


def test_one_original_cannot_be_put_in_the_place_of_another(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, KEY)
    one, other = quarantine.put(files.jpeg()), quarantine.put(files.png())
    folder = tmp_path / "media/quarantine"
    (folder / one.id[:2] / one.id).replace(folder / other.id[:2] / other.id)
    with pytest.raises(Damaged):
        quarantine.read(other.id)


def test_a_write_that_fails_leaves_neither_the_file_nor_a_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
