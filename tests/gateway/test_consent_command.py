"""`porth consent import` as an administrator runs it: in another process, on a real database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from approvals import models as m
from tests.gateway.conftest import House

pytestmark = pytest.mark.anyio

HEAD = "ref,category,signatory,authority,covers,channels,starts,expires,contact"
GOOD = "C-1,staff,Nia Huws,self,image,facebook,2026-11-01,2028-11-01,07700 900123"


def run(house: House, database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = str(house.porth.settings.home)
    environ = os.environ | {"DATABASE_URL": database, "PORTH_HOME": home, "LANG": "en_GB.UTF-8"}
    command = [sys.executable, "-m", "gateway", "consent", "import", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=100)


async def test_a_dry_run_lists_bad_cells_and_the_import_takes_all_or_none(
    house: House, database: str, tmp_path: Path
) -> None:
    async with house.porth.sessions() as session:
        gwen = (await session.get_one(m.Person, house.demo.actors["gwen"].person)).email
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text(f"{HEAD}\n{GOOD}\nC-2,nurse,N,self,image,x,2026-11-01,2028-11-01,\n")
    good.write_text(f"{HEAD}\n{GOOD}\n")
    tried = run(house, database, str(bad), "--custodian", gwen, "--dry-run", "--json")
    assert tried.returncode == 1, tried.stderr
    answer = json.loads(tried.stdout)
    assert [(w["line"], w["column"]) for w in answer["wrong"]] == [(3, "category")]
    assert run(house, database, str(bad), "--custodian", gwen).returncode == 1
    done = run(house, database, str(good), "--custodian", gwen, "--json")
    assert (done.returncode, json.loads(done.stdout)["recorded"]) == (0, 1), done.stderr
    assert "07700" not in done.stdout + done.stderr
    again = run(house, database, str(good), "--custodian", gwen)
    assert (again.returncode, "C-1" in again.stdout) == (1, True)


async def test_who_may_not_import_and_what_cannot_be_read_is_said_in_a_sentence(
    house: House, database: str, tmp_path: Path
) -> None:
    file = tmp_path / "good.csv"
    file.write_text(f"{HEAD}\n{GOOD}\n")
    for arguments in (
        (str(file), "--custodian", "nobody@example.org"),
        (str(tmp_path / "none.csv"), "--custodian", "gwen@example.org"),
    ):
        refused = run(house, database, *arguments)
        assert refused.returncode == 2
        assert refused.stderr.strip()
        assert "Traceback" not in refused.stderr
