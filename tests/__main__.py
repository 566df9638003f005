"""`make test`: the tests in two halves, one for each of two cores.

Each half is a pytest of its own; both must pass. What pytest is given is given to both:

    python -m tests [PYTEST OPTIONS]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Kills, crowds and servers wait more than they compute.
FIRST = ("warehouse", "generate", "provider", "docs", "ingest")


def main() -> int:
    """Run both halves; print the second after the first; return the worse exit status."""
    named = {HERE / name for name in FIRST}
    rest = [p for p in sorted(HERE.iterdir()) if p not in named and _holds_tests(p)]
    command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with tempfile.TemporaryFile("w+") as said:
        other = subprocess.Popen([*command, *map(str, rest)], stdout=said, stderr=subprocess.STDOUT)
        first = subprocess.run([*command, *map(str, sorted(named))], check=False).returncode
        second = other.wait()
        said.seek(0)
        print(said.read(), flush=True)
    return max(first, second)


def _holds_tests(path: Path) -> bool:
    inside = path.is_dir() and any(path.rglob("test_*.py"))
    return inside or path.name.startswith("test_")


if __name__ == "__main__":
    sys.exit(main())
