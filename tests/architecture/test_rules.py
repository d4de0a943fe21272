"""The rules of the house that a machine can check: size, names, words, and nothing that names where it was made."""

import ast
import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.settings import VARIABLES

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "approvals", "connectors", "i18n")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
VAGUE = frozenset(
    {"utils", "util", "helpers", "helper", "manager", "managers", "service", "services", "common", "misc"}
)
BINARY = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".avif", ".gz", ".bin", ".pdf", ".woff2", ".mo"})


@cache
def tracked() -> tuple[Path, ...]:
    """What would be in a clone. Outside a checkout (an unpacked archive) there is nothing to look at."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return tuple(path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file())


@cache
def modules() -> tuple[Path, ...]:
    return tuple(path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and lines, without the docstring: a rule explained at length is not a long function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.lineno
            body = node.body
            if ast.get_docstring(node) is not None:
                start += (body[0].end_lineno or 0) - body[0].lineno + 1
            yield f"{named(path)}:{node.lineno} {node.name}", (node.end_lineno or 0) - start + 1


def test_there_is_something_to_look_at() -> None:
    assert len(modules()) > 20


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    assert {name: lines for path in modules() for name, lines in functions(path) if lines > LONGEST_FUNCTION} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [named(path) for path in modules() if VAGUE & {path.stem, *path.relative_to(ROOT).parts[:-1]}] == []


def test_nothing_tracked_names_a_package_index_or_the_machine_it_was_written_on() -> None:
    found = [
        f"{named(path)}: {match.group()}"
        for path in tracked()
        if path.suffix not in BINARY and path.resolve() != Path(__file__).resolve()
        for match in FORBIDDEN.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def _here() -> list[str]:
    """Folders of the machine that this runs on, and the hosts that its package clients ask."""
    folders = {f"{folder}/" for folder in (ROOT.parent, Path.home()) if len(folder.parts) > 1}
    asked = []
    for client in (("pip", "config", "get", "global.index-url"), ("npm", "config", "get", "registry")):
        with contextlib.suppress(OSError):
            done = subprocess.run(client, capture_output=True, text=True, check=False, cwd=ROOT)
            asked.append(urlsplit(done.stdout.strip()).hostname or "")
    return [*folders, *filter(None, asked)]


FORBIDDEN = re.compile(
    "|".join(
        [
            *(rf"(?<![\w.]){re.escape(here)}" for here in _here()),
            r"^\s*(?:--(?:extra-)?index-url|--find-links)\b",
            r"\"resolved\":",
        ]
    ),
    re.MULTILINE,
)


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        (f"see {ROOT}/x", True),
        ('"resolved": "x"', True),
        ("--extra-index-url https://x", True),
        ("/var/lib/porth", False),
        (f"https://porth.example{ROOT}/", False),
        ("uv pip compile --no-emit-index-url", False),
    ],
)
def test_the_rule_about_machine_paths_catches_what_it_should(text: str, *, forbidden: bool) -> None:
    assert bool(FORBIDDEN.search(text)) is forbidden


def test_every_lint_exemption_in_code_gives_its_reason() -> None:
    bare = re.compile(r"#\s*(?:noqa(?::\s*[\w, ]+)?|type:\s*ignore(?:\[[^]]*\])?)\s*$")
    assert [
        f"{named(path)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ] == []


def test_no_room_imports_what_it_may_not_know() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_that_runs_is_pinned_by_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        entries = re.split(r"\n(?=\S)", text.strip())
        assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_what_the_tests_run_on_is_what_runs() -> None:
    runtime, tests = (
        dict(re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert {name: version for name, version in runtime.items() if tests.get(name) != version} == {}


def test_every_variable_that_the_code_reads_is_a_setting() -> None:
    read = re.compile(r"[\"'$](PORTH_[A-Z_]+[A-Z])\b")
    names = {name for path in modules() for name in read.findall(path.read_text(encoding="utf-8"))}
    assert names <= set(VARIABLES)
