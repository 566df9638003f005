"""Measure the main job: `python -m benchmarks [NAME ...] [--rows N] [--write]`.

Prints one line a measurement; `--write` puts the table of this run into the README.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.cases import CASES, Place, Row, to_json
from benchmarks.table import line, markdown, written

README = Path(__file__).with_name("README.md")


def main() -> None:
    """Run the named benchmarks, or all, one after the other."""
    asked = _arguments()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="mirrorlake-bench-") as folder:
        place = Place(Path(asked.work or folder), asked.rows)
        for name in asked.names or CASES:
            for row in CASES[name](place):
                rows.append(row)
                print(to_json(row) if asked.json else line(row), flush=True)
    if asked.write:
        README.write_text(written(README.read_text("utf-8"), markdown(rows)), "utf-8")
        print(f"Wrote {len(rows)} rows to {README.name}.", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--rows", type=int, default=10_000_000, help="responses of the large lake")
    parser.add_argument("--work", help="keep the lakes in this folder and use those found there")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    parser.add_argument("--write", action="store_true", help="write the table into the README")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(CASES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    if asked.rows < 1000:
        parser.error("--rows must be at least 1,000")
    if asked.write and asked.names:
        parser.error("--write needs all benchmarks of one run: leave the names out")
    return asked


if __name__ == "__main__":
    main()
