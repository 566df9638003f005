"""Time the estimates of a million prediction pairs: `python -m benchmarks.introspection`.

Ours: the digest of all that is read, accuracies of the matrix with intervals, compliance, mode
baseline, and both estimands of the advantage with intervals and tests. Other: plain Polars that
joins the same rows and averages them, without intervals, baselines or tests.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPS = ("ours", "polars")


def main() -> None:
    """Make the lake, time both sides in processes of their own, and print what they took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.introspection", description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000, help="prediction pairs of the lake")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--lake", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        _timed(asked.step, asked.lake)
        return
    from benchmarks.introspection.lake import PROPERTIES, make

    with tempfile.TemporaryDirectory(prefix="mirrorlake-bench-") as folder:
        lake = Path(folder) / "lake"
        # One string in five is a training string, which is not judged.
        make(lake, asked.pairs * 5 // (4 * 4 * PROPERTIES))
        took = {step: _run(step, lake) for step in STEPS}
    ours, other = took["ours"], took["polars"]
    ratio = ours["seconds"] / other["seconds"]
    sides = {f"{ours['pairs']:,} pairs": ours, "plain Polars": other}
    told = [f"{name} {took['seconds']:.1f} s, {took['peak']:,} MB" for name, took in sides.items()]
    print(f"{'; '.join(told)}; ratio {ratio:.2f}")


def _run(step: str, lake: Path) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.introspection", "--step", step, "--lake", str(lake)]
    found: dict[str, float] = json.loads(subprocess.check_output(words))
    return found


def _timed(step: str, lake: str) -> None:
    started = time.perf_counter()
    pairs = _ours(lake) if step == "ours" else _polars(lake)
    seconds = time.perf_counter() - started
    # Not getrusage, whose peak has what the parent process held when it began this one.
    status = Path("/proc/self/status").read_text("utf-8")
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    print(json.dumps({"seconds": seconds, "peak": peak, "pairs": pairs}))


def _ours(path: str) -> int:
    from analyze.introspection.baseline_rows import mode_rows
    from analyze.introspection.cell_rows import cell_rows
    from analyze.introspection.cells import freeze
    from analyze.introspection.contest_rows import contest_rows, crossed_rows
    from analyze.introspection.datasets import source_of
    from analyze.introspection.fours import fours
    from warehouse.lake import open_lake

    lake = open_lake(path)
    with lake.reader() as con:
        source = source_of(con, "self-prediction", "bench", "sequences")
        freeze(con, "sequences")
        rows = [
            *cell_rows(con, source), *contest_rows(con, source),
            *crossed_rows(con, source, fours(con, [])), *mode_rows(con, source),
        ]  # fmt: skip
    return sum(row["n"] for row in rows if row["metric"] == "micro_accuracy")


def _polars(path: str) -> int:
    import polars as pl

    files = json.loads((Path(path) / "manifest.json").read_text("utf-8"))["tables"]
    questions, responses, scores = (
        pl.scan_parquet([f"{path}/{name}" for name in files[table]])
        for table in ("questions", "responses", "scores")
    )
    answered = scores.join(
        responses.select("request_key", "question_id", "condition_id"), on="request_key"
    )
    actual = answered.filter(pl.col("scorer").str.starts_with("property:")).select(
        pl.col("question_id").alias("object_id"), pl.col("condition_id").alias("target"),
        pl.col("scorer").str.strip_prefix("property:").alias("property"),
        pl.col("label").alias("actual"),
    )  # fmt: skip
    predicted = (
        answered.filter(pl.col("scorer") == "prediction")
        .join(questions.select("question_id", "object_id", "property", "split"), on="question_id")
        .filter(pl.col("split") != "train")
        .select("object_id", "property", "condition_id", "label", "valid")
    )
    pairs = actual.join(predicted, on=["object_id", "property"])
    right = (pl.col("actual") == pl.col("label")) & pl.col("valid")
    cells = pairs.group_by("target", "condition_id", "property").agg(right.mean(), n=pl.len())
    return int(cells.collect()["n"].sum())


if __name__ == "__main__":
    main()
