"""Hidden states, beside the seeds' loops, scikit-learn, nnsight and NumPy: `make bench-inside`."""

from __future__ import annotations

import platform
import subprocess
import sys

from benchmarks.measure import ROOT

PARTS = ("capture", "probes", "sweep", "load")


def main() -> None:
    """Print the table, each part from a process of its own."""
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    print("| what | mirrorlake | against | rate | ratio | goal |")
    print("|---|---|---|---|---|---|", flush=True)
    for part in PARTS:
        subprocess.run([sys.executable, "-m", f"benchmarks.inside.{part}"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
