"""`mirrorlake ingest lm-eval`: harness output from its paths to written rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.logs.bring import bring
from ingest.logs.decode import uncollected
from ingest.logs.lm_eval.files import read, sample_files
from ingest.logs.lm_eval.task import read_task
from ingest.logs.samples import Log


def ingest_lm_eval(
    lake_path: str,
    paths: Sequence[Path],
    *,
    dataset: str | None = None,
    concept: str | None = None,
    model: str | None = None,
) -> dict[str, Any]:
    """Write harness output; return what was read and written. Nothing is written if one is bad.

    Raises:
        InputError: a path without samples, or a file that cannot be used.
    """
    with uncollected():
        logs = [_log(path, dataset, concept, model) for path in sample_files(paths)]
        return bring(lake_path, "ingest lm-eval", logs, [])


def _log(path: Path, dataset: str | None, concept: str | None, model: str | None) -> Log:
    return read_task(read(path), dataset, concept, model)
