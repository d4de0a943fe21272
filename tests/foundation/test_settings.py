"""Settings: every fault at once, each naming the variable, what was wrong and what would be right."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import settings
from gateway.faults import Fault
from gateway.settings import SettingsFault, load
from i18n.messages import Language


def faults(environ: dict[str, str]) -> dict[str, str]:
    """Key by variable."""
    with pytest.raises(SettingsFault) as caught:
        load(environ)
    return {fault.params["name"]: fault.key for fault in caught.value.faults}


def test_nothing_needs_to_be_set() -> None:
    found = load({"HOME": "/root", "PATH": "/bin"})
    assert found.home == Path.cwd() / "var"
    assert found.database_url is None
    assert found.base_url == "http://127.0.0.1:8080"
    assert found.key_file == found.home / "keys"
    assert found.late_after == timedelta(minutes=30)


def test_what_follows_from_other_settings_follows() -> None:
    found = load({"PORTH_HOME": "/srv/porth", "PORTH_PORT": "9000", "PORTH_HOST": "0.0.0.0"})  # noqa: S104  # only read
    assert found.key_file == Path("/srv/porth/keys")
    assert found.base_url == "http://0.0.0.0:9000"


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    assert faults(
        {
            "PORTH_PORT": "eighty",
            "PORTH_WORKER_CONCURRENCY": "0",
            "PORTH_LATE_AFTER_MINUTES": "-5",
            "PORTH_LOG_LEVEL": "loud",
            "PORTH_BASE_URL": "porth.example.wales",
            "PORTH_PROXY": "socks5://proxy",
            "PORTH_CA_BUNDLE": str(tmp_path / "missing.pem"),
            "DATABASE_URL": "mysql://root@localhost/porth",
            "PORTH_PRT": "8080",
        }
    ) == {
        "PORTH_PORT": "settings.number",
        "PORTH_WORKER_CONCURRENCY": "settings.number",
        "PORTH_LATE_AFTER_MINUTES": "settings.number",
        "PORTH_LOG_LEVEL": "settings.choice",
        "PORTH_BASE_URL": "settings.address",
        "PORTH_PROXY": "settings.address",
        "PORTH_CA_BUNDLE": "settings.no-file",
        "DATABASE_URL": "settings.database-url",
        "PORTH_PRT": "settings.misspelt",
    }


@pytest.mark.parametrize("language", ["cy", "en"])
def test_a_fault_names_the_variable_and_what_would_be_right(language: Language) -> None:
    with pytest.raises(SettingsFault) as caught:
        load({"PORTH_PORT": "70000", "PORTH_PRT": "1"})
    sentence = caught.value.sentence(language)
    for part in ("PORTH_PORT", "70000", "65535", "PORTH_PRT"):
        assert part in sentence


@pytest.mark.parametrize("port", ["٨٠٨٠", "8_080", "8080.0", "0", "65536", "0x50"])
def test_a_port_is_written_in_plain_digits(port: str) -> None:
    assert faults({"PORTH_PORT": port}) == {"PORTH_PORT": "settings.number"}


def test_two_ports_that_are_the_same_are_refused() -> None:
    assert faults({"PORTH_PORT": "8081"}) == {"PORTH_PORT": "settings.same-port"}


def test_a_setting_that_nobody_knows_is_a_fault_and_other_programs_variables_are_not() -> None:
    assert faults({"PORTH_QUUX": "1", "LANG": "cy", "PG_COLOR": "x"}) == {"PORTH_QUUX": "settings.unknown"}


def test_an_empty_value_is_as_good_as_none() -> None:
    assert load({"DATABASE_URL": "", "PORTH_PORT": "  "}).port == 8080


def test_a_secret_is_never_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault) as caught:
        load({"DATABASE_URL": "postgresql://porth:hunter2@db/porth?nonsense=1", "PORTH_KEY": "hunter2"})
    assert "hunter2" not in caught.value.sentence("en")
    found = load({"DATABASE_URL": "postgresql://porth:hunter2@db/porth", "PORTH_KEY": "hunter2"})
    assert "hunter2" not in repr(found)


def test_secrets_can_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql+psycopg://porth:secret@db/porth\n")
    found = load({"DATABASE_URL_FILE": str(tmp_path / "url")})
    assert found.database_url == "postgresql://porth:secret@db/porth"


def test_the_same_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://db/porth\n")
    both = {"DATABASE_URL_FILE": str(tmp_path / "url"), "DATABASE_URL": "postgresql://db/porth"}
    assert faults(both) == {"DATABASE_URL": "settings.both"}


def test_home_is_made_closed_to_others_and_closed_again_when_it_was_open(tmp_path: Path) -> None:
    found = load({"PORTH_HOME": str(tmp_path / "deep" / "var")})
    home = settings.open_home(found)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    home.chmod(0o755)
    settings.open_home(found)
    assert stat.S_IMODE(home.stat().st_mode) & 0o007 == 0


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Fault) as caught:
        settings.open_home(load({"PORTH_HOME": str(tmp_path / "file" / "var")}))
    assert caught.value.key == "settings.home"
    assert str(tmp_path) in str(caught.value)
