"""`python -m benchmarks [NAME ...]`: run the named benchmarks, or all of them, and say which failed."""

import pkgutil
import subprocess
import sys

import benchmarks

COMMANDS = frozenset({"__main__", "chaos", "reckoning", "rig"})
"""Modules that are run by themselves: nobody waits for chaos to see a figure."""


def main() -> None:
    known = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name not in COMMANDS]
    unknown = set(sys.argv[1:]) - set(known)
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join(known)}")
    failed = [name for name in sys.argv[1:] or known if not _run(name)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _run(name: str) -> bool:
    print(f"\n== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode == 0


if __name__ == "__main__":
    main()
