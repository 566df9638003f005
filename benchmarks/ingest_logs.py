"""How fast other tools' logs enter the lake, against parsing alone and the tool's own reader.

`python -m benchmarks.ingest_logs [SAMPLES]` brings in SAMPLES (10,000) samples a format and
size, end to end: reading, checking, mapping, hashing, writing, publishing. The named lower
bound is `json.loads` over the same bytes. Where `inspect_ai` can be imported its reader is
measured too; to have both in one process, install it into an environment of its own and set
PYTHONPATH to that environment's packages.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path
from typing import Any

from benchmarks.log_files import (
    inspect_sample,
    lm_eval_line,
    write_inspect_log,
    write_lm_eval_log,
)
from ingest.logs.inspect_ai.ingest import ingest_inspect
from ingest.logs.lm_eval.ingest import ingest_lm_eval

# Lengths that make samples of about 2 KB and of about 20 KB.
FILLERS = {"2 KB": " " + "and so on" * 70, "20 KB": " " + "and so on" * 1000}


def seconds(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long work takes by a clock."""
    start = clock()
    work()
    return clock() - start


def inspect_row(folder: Path, size: str, count: int) -> dict[str, Any]:
    """Measure one Inspect log."""
    log = folder / "log.eval"
    samples = [inspect_sample(n, FILLERS[size]) for n in range(count)]
    volume = write_inspect_log(log, samples)
    texts = [json.dumps(sample).encode() for sample in samples]
    ours = seconds(lambda: ingest_inspect(str(folder / "lake"), [log]))
    bound = seconds(lambda: [json.loads(text) for text in texts])
    return _row("inspect", size, count, volume, ours, bound, _inspect_reader(log))


def _inspect_reader(log: Path) -> float | None:
    if util.find_spec("inspect_ai") is None:
        return None
    from inspect_ai.log import read_eval_log

    return seconds(lambda: read_eval_log(str(log)))


def lm_eval_row(folder: Path, size: str, count: int) -> dict[str, Any]:
    """Measure one samples file; the harness has no reader of its own, users parse the lines."""
    lines = [lm_eval_line(n, FILLERS[size][: len(FILLERS[size]) // 3]) for n in range(count)]
    volume = write_lm_eval_log(folder, lines)
    texts = [json.dumps(line).encode() for line in lines]
    ours = seconds(lambda: ingest_lm_eval(str(folder / "lake"), [folder]))
    bound = seconds(lambda: [json.loads(text) for text in texts])
    return _row("lm-eval", size, count, volume, ours, bound, None)


def _row(
    tool: str, size: str, count: int, volume: int, ours: float, bound: float, theirs: float | None
) -> dict[str, Any]:
    return {
        "tool": tool,
        "about": size,
        "samples": count,
        "bytes a sample": volume // count,
        "seconds": round(ours, 2),
        "samples/s": round(count / ours),
        "MB/s": round(volume / ours / 1e6, 1),
        "x json.loads": round(ours / bound, 1),
        "tool's reader, samples/s": None if theirs is None else round(count / theirs),
    }


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Yield a row a tool and size; large samples are a quarter as many.

    A small log of each comes first, so that no row pays for imports.
    """
    for measure in (inspect_row, lm_eval_row):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), "2 KB", 10)
        for size, part in (("2 KB", 1), ("20 KB", 4)):
            with tempfile.TemporaryDirectory() as folder:
                yield measure(Path(folder), size, count // part)


if __name__ == "__main__":
    for row in rows(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000):
        print(json.dumps(row))
