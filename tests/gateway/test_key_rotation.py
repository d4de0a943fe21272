"""A new key of the installation: what is sealed is sealed again, whatever happens meanwhile; then the old one goes."""

import os
import stat
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select

from approvals import models as m
from approvals.models import Base
from benchmarks.rig import Rig, rig
from gateway import resealing, vault
from gateway.faults import Fault
from gateway.media.store import Damaged, NotStored, Quarantine
from gateway.runtime import Runtime
from gateway.vault import CannotOpenError, Vault
from tests.gateway.conftest import House
from tests.gateway.test_killing import each_once, posts, states, wait

OLD, NEW = b"o" * 32, b"n" * 32


def test_an_original_stored_under_the_old_key_opens_after_rotation(tmp_path: Path) -> None:
    name = Quarantine(tmp_path, OLD).put(b"a picture").id
    assert Quarantine(tmp_path, NEW, OLD).read(name) == b"a picture"


def test_without_the_old_key_it_does_not_open(tmp_path: Path) -> None:
    name = Quarantine(tmp_path, OLD).put(b"a picture").id
    with pytest.raises(Damaged):
        Quarantine(tmp_path, NEW).read(name)


def test_an_original_that_is_wrapped_again_opens_with_the_new_key_alone(tmp_path: Path) -> None:
    name = Quarantine(tmp_path, OLD).put(b"a picture").id
    both = Quarantine(tmp_path, NEW, OLD)
    assert not both.is_current(name)
    both.rewrap(name)
    assert both.is_current(name)
    assert Quarantine(tmp_path, NEW).read(name) == b"a picture"


def test_an_original_that_was_deleted_does_not_come_back(tmp_path: Path) -> None:
    both = Quarantine(tmp_path, NEW, OLD)
    name = Quarantine(tmp_path, OLD).put(b"a picture").id
    both.delete(name)
    with pytest.raises(NotStored):
        both.rewrap(name)
    assert both.names() == frozenset()


def test_a_process_that_runs_seals_with_the_new_key_and_opens_both_as_soon_as_the_file_changes(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    running = Vault.following(path)
    old = running.seal(b"token", b"")
    resealing.add_key(path)
    new = running.seal(b"token", b"")
    assert (running.open(old, b""), running.open(new, b"")) == (b"token", b"token")
    assert new[:5] != old[:5]
    assert resealing.retire(path) == 1
    with pytest.raises(CannotOpenError):
        running.open(old, b"")
    assert running.open(new, b"") == b"token"


def test_a_key_file_that_is_broken_or_away_for_a_moment_changes_nothing(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    running = Vault.following(path)
    sealed = running.seal(b"token", b"")
    path.write_text("not a key")
    assert running.open(sealed, b"") == b"token"
    path.unlink()
    assert running.open(running.seal(b"token", b""), b"") == b"token"


def test_the_key_file_stays_closed_to_others_and_a_link_is_not_followed(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    resealing.add_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().split()) == 2
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(Fault):
        resealing.add_key(link)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["keys", "link"]


def key_file(folder: Path) -> Path:
    path = folder / "keys"
    path.touch(0o600)
    path.write_text(vault.new_key() + "\n")
    return path


def test_every_column_of_bytes_is_sealed_again_or_known_not_to_be_sealed() -> None:
    """Whoever adds a sealed column adds it to `resealing.PLACES`; a column that is not sealed is named here."""
    plain = {
        "api_keys.secret_hash", "sign_ins.token_hash", "submissions.document", "log_heads.hash",
        "log_entries.payload_hash", "log_entries.previous", "log_entries.hash", "log_payloads.payload",
        "log_payloads.salt",
    }  # fmt: skip
    found = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    places = {f"{place.column.table.name}.{place.column.key}" for place in resealing.PLACES}
    assert found - plain == places - {"remembered_answers.body"}


async def fill(porth: Runtime, house: House) -> None:
    """Something sealed in every place, besides the credentials that are there."""
    gwen, now = house.demo.actors["gwen"], house.clock()
    async with porth.sessions.begin() as session:
        account = await session.scalar(select(m.Account).limit(1))
        assert account is not None
        account.renewed = porth.sealed(account.id, {"access_token": "renewed"})
        person = await session.get_one(m.Person, gwen.person)
        person.totp_secret = porth.vault.seal(b"seed", b"totp" + person.id.bytes)
        consent = m.ConsentRecord(
            organisation_id=gwen.organisation, ref="C-1", record={}, expires=now.date(), created_by=gwen.person,
            created_at=now,
        )  # fmt: skip
        session.add(consent)
        await session.flush()
        consent.contact = porth.vault.seal(b"07700 900123", consent.id.bytes)
        mail = m.Mail(
            person_id=gwen.person,
            organisation_id=gwen.organisation,
            kind="invitation",
            made_at=now,
            next_attempt_at=now,
        )
        session.add(mail)
        await session.flush()
        mail.sealed = porth.vault.seal(b"code", mail.id.bytes)
        body = {"sealed": porth.vault.seal(b"{}", b"h" * 64).hex()}
        session.add(
            m.RememberedAnswer(
                organisation_id=gwen.organisation, person_id=gwen.person, key="k", request_hash="h" * 64, status=201,
                body=body, created_at=now,
            )
        )  # fmt: skip
    porth.quarantine.put(b"an original")


async def counts(porth: Runtime) -> dict[str, tuple[int, int]]:
    return {found.place: (found.done, found.left) async for found in resealing.reseal(porth)}


@pytest.mark.anyio
async def test_everything_is_sealed_again_and_opens_with_the_new_key_alone(house: House) -> None:
    porth = house.porth
    await fill(porth, house)
    resealing.add_key(porth.settings.key_file)
    assert {found.place: found.left async for found in resealing.count(porth)} == {
        "credentials": 3, "renewed": 1, "codes": 1, "contacts": 1, "mails": 1, "answers": 1, "originals": 1,
    }  # fmt: skip
    assert await counts(porth) == {
        "credentials": (3, 0), "renewed": (1, 0), "codes": (1, 0), "contacts": (1, 0), "mails": (1, 0),
        "answers": (1, 0),
        "originals": (1, 0),
    }  # fmt: skip
    resealing.retire(porth.settings.key_file)
    async with porth.sessions() as session:
        for account in await session.scalars(select(m.Account)):
            assert porth.credentials(account).secrets
        for place in resealing.PLACES:
            for row in await session.scalars(select(place.model).where(place.column.is_not(None))):
                assert porth.vault.open(resealing._sealed(place, getattr(row, place.column.key)), place.context(row))
    assert porth.quarantine.read(*porth.quarantine.names()) == b"an original"


@pytest.mark.anyio
async def test_stopped_in_the_middle_it_goes_on_and_both_keys_open_what_lies_between(house: House) -> None:
    porth = house.porth
    await fill(porth, house)
    resealing.add_key(porth.settings.key_file)
    stopped = resealing.reseal(porth)
    async for found in stopped:
        assert found == resealing.Count("credentials", 3, 0)
        break
    await stopped.aclose()
    async with porth.sessions() as session:
        accounts = list(await session.scalars(select(m.Account)))
        assert all(porth.credentials(account).secrets for account in accounts)
    again = await counts(porth)
    assert (again["credentials"], again["codes"], again["originals"]) == ((0, 0), (1, 0), (1, 0))
    assert sum([found.left async for found in resealing.count(porth)]) == 0


@pytest.mark.anyio
async def test_what_somebody_changes_meanwhile_is_not_overwritten(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    porth = house.porth
    resealing.add_key(porth.settings.key_file)
    seal = porth.vault.seal
    async with porth.sessions() as session:
        account = (await session.scalars(select(m.Account).order_by(m.Account.id))).first()
    assert account is not None

    def changed_meanwhile(plaintext: bytes, context: bytes) -> bytes:
        return seal(b"overwritten" if context == account.id.bytes else plaintext, context)

    # as if a person had replaced these credentials between the reading and the writing
    monkeypatch.setattr(porth.vault, "seal", changed_meanwhile)
    async with porth.sessions() as session, porth.sessions() as other:
        key = [m.Account.id]
        row = await session.get_one(m.Account, account.id)
        theirs = await other.get_one(m.Account, account.id)
        theirs.credentials = seal(b'{"token": "theirs"}', account.id.bytes)
        await other.commit()
        assert await resealing._reseal_one(porth, session, resealing.PLACES[0], key, row) == 0
        await session.rollback()
        assert porth.credentials(await session.get_one(m.Account, account.id)).secrets == {"token": "theirs"}


@pytest.mark.anyio
async def test_what_cannot_be_opened_is_left_and_counted_and_hinders_nothing_else(house: House) -> None:
    porth = house.porth
    async with porth.sessions.begin() as session:
        account = (await session.scalars(select(m.Account).order_by(m.Account.id))).first()
        assert account is not None
        account.credentials = Vault(OLD).seal(b"lost", account.id.bytes)
    resealing.add_key(porth.settings.key_file)
    assert (await counts(porth))["credentials"] == (2, 1)


# -- the command, with a worker that runs, killed in the middle ------------------------------------------------------


@pytest.fixture
def installation() -> Iterator[Rig]:
    with rig(call_seconds=5) as made:
        yield made


def left(installation: Rig) -> int:
    """Originals under the old key; the file is as the command finds it."""
    keys = vault.load(installation.settings)
    originals = Quarantine(installation.settings.home, *keys.derive("quarantine"))
    return sum(not originals.is_current(name) for name in originals.names())


def killed(installation: Rig, when: Callable[[], bool]) -> None:
    run = installation.command("vault", "rotate")
    wait(lambda: when() or run.poll() is not None)
    run.kill()
    run.wait()


@pytest.mark.slow
def test_rotation_killed_in_the_middle_goes_on_while_a_worker_publishes_and_retires_the_old_key(
    installation: Rig,
) -> None:
    originals = Quarantine(installation.settings.home, *vault.load(installation.settings).derive("quarantine"))
    names = [originals.put(os.urandom(30_000)).id for _ in range(250)]
    installation.start_worker()  # it has the old key in its memory, and nothing but it
    path = installation.settings.key_file
    killed(installation, lambda: len(path.read_text().split()) == 2)
    killed(installation, lambda: 0 < left(installation) < len(names))
    assert 0 < left(installation) < len(names)
    assert len(path.read_text().split()) == 2, "the second run has made no third key"
    posts(installation, "x", "facebook")  # sealed with the new key
    assert installation.command("vault", "rotate").wait(60) == 0
    assert left(installation) == 0
    os.utime(path, (time.time() - 100,) * 2)  # or it would wait until old transactions must have ended
    assert installation.command("vault", "rotate", "--retire").wait(60) == 0
    assert len(path.read_text().split()) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    wait(lambda: states(installation)["published"] == 3)
    each_once(installation)
    newest = Quarantine(installation.settings.home, *vault.load(installation.settings).derive("quarantine"))
    assert all(len(newest.read(name)) == 30_000 for name in names)
    assert installation.command("vault", "verify").wait(60) == 0
    installation.environ["PORTH_KEY"] = path.read_text()  # who hands the keys out so must add the new one there
    assert installation.command("vault", "rotate").wait(60) == 2


def test_the_age_of_a_key_file_is_since_its_last_change(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    os.utime(path, (time.time() - 100,) * 2)
    assert timedelta(seconds=99) < resealing.age(path) < timedelta(seconds=110)
