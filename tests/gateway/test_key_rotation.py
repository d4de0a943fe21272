"""A new key of the installation seals; what older ones sealed still opens."""

from pathlib import Path

import pytest

from gateway.media.store import Damaged, Quarantine

OLD, NEW = b"o" * 32, b"n" * 32


def test_an_original_stored_under_the_old_key_opens_after_rotation(tmp_path: Path) -> None:
    name = Quarantine(tmp_path, OLD).put(b"a picture").id
    assert Quarantine(tmp_path, NEW, OLD).read(name) == b"a picture"


def test_without_the_old_key_it_does_not_open(tmp_path: Path) -> None:
    name = Quarantine(tmp_path, OLD).put(b"a picture").id
    with pytest.raises(Damaged):
        Quarantine(tmp_path, NEW).read(name)
