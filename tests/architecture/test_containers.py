"""The container files, checked as far as a machine without an engine can: what they promise, and that it fits us."""

import json
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from gateway.commands import COMMANDS
from gateway.database import OLDEST
from gateway.settings import VARIABLES

ROOT = Path(__file__).parents[2]


class Instruction(NamedTuple):
    word: str
    text: str


@cache
def stages() -> tuple[tuple[Instruction, ...], ...]:
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    instructions = [Instruction(*line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]
    starts = [n for n, found in enumerate(instructions) if found.word == "FROM"]
    return tuple(tuple(instructions[a:b]) for a, b in zip(starts, [*starts[1:], None], strict=True))


def final(word: str) -> list[str]:
    return [found.text for found in stages()[-1] if found.word == word]


@cache
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def ours() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose()["services"].items() if service["image"] == "porth"}


def test_the_image_is_built_in_stages_and_what_builds_stays_behind() -> None:
    assert len(stages()) > 1
    text = " ".join(found.text for found in stages()[-1])
    assert not re.search(r"\b(?:npm|pip|gcc|build-essential|git|curl)\b", text)


def test_every_base_image_is_named_with_a_version() -> None:
    for stage in stages():
        assert re.fullmatch(r"[\w/.-]+:\d[\w.-]*(?: AS \w+)?", stage[0].text), stage[0].text


def test_python_in_the_image_is_one_we_promise() -> None:
    (least,) = re.findall(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    versions = {int(n) for stage in stages() for n in re.findall(r"python:3\.(\d+)", stage[0].text)}
    assert len(versions) == 1
    assert versions.pop() >= int(least)


def test_the_image_does_not_run_as_root() -> None:
    (user,) = final("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    words = [found.word for found in stages()[-1]]
    assert "RUN" not in words[words.index("USER") :]


def test_the_image_knows_whether_it_is_healthy() -> None:
    (check,) = final("HEALTHCHECK")
    assert "--timeout=" in check
    command = json.loads(check[check.index("CMD ") + len("CMD ") :])
    assert command[:2] == ["python", "-c"]
    assert "/health" in command[2]
    compile(command[2], "HEALTHCHECK", "exec")


def test_packages_are_installed_by_hash_and_from_the_lock_file() -> None:
    runs = [found.text for stage in stages() for found in stage if found.word == "RUN"]
    installs = [part for run in runs for part in run.split("&&") if "pip install" in part]
    assert all("--require-hashes" in part or "--no-deps" in part for part in installs)
    assert any("npm ci" in run for run in runs)
    assert not any("npm install" in run for run in runs)


def test_what_the_image_copies_exists_and_is_let_in_by_dockerignore() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    let_in = {line[1:] for line in ignore if line.startswith("!")}
    copied = {
        source
        for stage in stages()
        for found in stage
        if found.word == "COPY" and "--from" not in found.text
        for source in shlex.split(found.text)[:-1]
    }
    assert copied <= let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_no_secret_stands_in_the_image() -> None:
    names = {name for word in ("ENV", "ARG") for text in final(word) for name in re.findall(r"(\w+)=", text)}
    assert not {name for name in names if re.search(r"KEY|SECRET|PASSWORD|TOKEN|DATABASE_URL", name)}
    assert not any(found.word == "ADD" for stage in stages() for found in stage)


def test_every_setting_that_the_container_files_set_is_one_of_ours() -> None:
    given = {name for text in final("ENV") for name in re.findall(r"\b(PORTH_\w+)=", text)}
    given |= {name for service in ours().values() for name in service.get("environment", {})}
    assert "PORTH_HOME" in given
    assert given <= set(VARIABLES)


def test_the_services_are_web_worker_database_and_a_sandbox_that_must_be_asked_for() -> None:
    services = compose()["services"]
    assert {"web", "worker", "database", "sandbox"} <= set(services)
    assert services["sandbox"]["profiles"] == ["sandbox"]
    assert not any("profiles" in services[name] for name in ("web", "worker", "database"))


def test_every_command_is_one_that_porth_has() -> None:
    assert {service["command"][0] for service in ours().values() if "command" in service} <= set(COMMANDS)


@pytest.mark.parametrize("name", ["web", "worker", "sandbox", "network"])
def test_our_services_can_write_nowhere_but_their_data_and_gain_nothing(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(compose()["volumes"])


def test_every_service_starts_again_by_itself() -> None:
    assert {service["restart"] for service in compose()["services"].values()} == {"unless-stopped"}


def test_nothing_is_published_but_to_this_machine() -> None:
    ports = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_sandbox_is_on_the_loopback_of_web_and_worker() -> None:
    joined = {compose()["services"][name]["network_mode"] for name in ("web", "worker", "sandbox")}
    assert joined == {"service:network"}
    sandbox = compose()["services"]["sandbox"]["command"]
    assert sandbox[sandbox.index("--port") + 1] == ours()["web"]["environment"]["PORTH_SANDBOX_PORT"]


def test_secrets_come_from_files_that_git_ignores() -> None:
    for service in compose()["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"KEY|SECRET|PASSWORD|TOKEN|DATABASE_URL", name):
                assert name.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    for secret in compose()["secrets"].values():
        done = subprocess.run(["git", "check-ignore", "--quiet", secret["file"]], cwd=ROOT, check=False)
        assert done.returncode in (0, 128)  # 128: not a checkout


def test_the_database_is_one_that_porth_runs_on_and_keeps_its_data() -> None:
    database = compose()["services"]["database"]
    (major,) = re.findall(r"^postgres:(\d+)", database["image"])
    assert int(major) >= OLDEST
    assert any(volume.endswith(":/var/lib/postgresql/data") for volume in database["volumes"])
    assert compose()["services"]["web"]["depends_on"]["database"] == {"condition": "service_healthy"}
