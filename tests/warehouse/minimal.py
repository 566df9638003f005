"""The smallest work that takes every durable step of a lake, and what must be true after it.

`survive.py` runs it in workers that merge segments and collect superseded ones at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import polars  # noqa: F401  imported before forking
import pyarrow.parquet as pq

from console import say
from tests.samples import answer, condition, question, requests
from warehouse import publish, recovery
from warehouse.check import open_and_check
from warehouse.lake import LEDGER, open_lake
from warehouse.rows import PROVENANCE
from warehouse.schema import RUNS

QUESTIONS = [question(i) for i in range(2)]
FINDING = {"dataset": "sample", "concept": "*", "audit": "a", "severity": "info", "count": 1}
COMPARED = ("questions", "models", "conditions", "responses", "audits")


def work(path: Path) -> None:
    """Create a lake, ingest, audit, plan, record, seal, compact, publish, collect and check."""
    with open_lake(path, create=True).run("generate responses") as run:
        run.append("questions", QUESTIONS)
        run.replace_audits("sample", [FINDING])
        model_id, condition_id = condition(run)
        todo = run.plan(requests(QUESTIONS, condition_id)).rows()
        note(path, "asked", todo)
        for batch in (todo[:2], todo[2:]):
            run.seal()
            run.record([answer(row, model_id) for row in batch])
            note(path, "kept", batch)
    assert open_and_check(path) == []


def recover(path: Path) -> None:
    """Do what every command does before its own work."""
    with closing(open_lake(path, create=True)) as lake, lake.publish_lock.held(say):
        recovery.recover(lake)


def note(path: Path, what: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Remember, outside the folder, which requests were asked and which kept, in order."""
    with path.parent.with_suffix(".notes").open("a") as notes:
        notes.writelines(f"{what} {row['request_key']}\n" for row in rows)


def asked_again(path: Path) -> list[str]:
    """Return the requests that were asked after `record` had returned with their answer."""
    kept: set[str] = set()
    again = []
    for line in path.parent.with_suffix(".notes").read_text().splitlines():
        what, key = line.split()
        if what == "kept":
            kept.add(key)
        elif key in kept:
            again.append(key)
    return again


def contents(path: Path) -> dict[str, list[str]]:
    """Return every row in the files of the manifest, without when and by which run it came."""
    manifest = publish.read_manifest(path)
    assert manifest is not None
    return {
        table: sorted(row for file in files for row in _rows(path / file))
        for table, files in manifest["tables"].items()
        if table in COMPARED
    }


def _rows(file: Path) -> Iterator[str]:
    for row in pq.ParquetFile(file).read().to_pylist():
        yield json.dumps({k: v for k, v in row.items() if k not in PROVENANCE}, default=str)


def state(path: Path) -> dict[str, Any]:
    """Return what a recovered lake holds, sealed or not, and what became of its runs."""
    assert open_and_check(path) == []
    with closing(open_lake(path)) as lake:
        lake.ensure_published()
        return {
            "sealed": contents(path),
            "unsealed": [[key, *rest] for key, _, *rest in lake.ledger.requests.unsealed()],
            "runs": [run["status"] for run in lake.ledger.rows(RUNS)],
        }


def assert_whole(path: Path, wanted: Mapping[str, Any]) -> None:
    """Nothing is doubled, lost, asked again or left over, whoever reads the lake."""
    assert_readers_agree(path)
    assert contents(path) == wanted
    assert asked_again(path) == []
    assert leftovers(path) == []


def assert_readers_agree(path: Path) -> None:
    """After any reader of a lake, plain DuckDB reads the files that the manifest lists."""
    if not (path / LEDGER).exists():
        return
    with closing(open_lake(path)) as lake:
        lake.ensure_published()
    listed = publish.read_manifest(path)
    assert listed is not None
    with duckdb.connect(str(path / publish.WAREHOUSE), read_only=True) as con:
        selects = con.execute("SELECT sql FROM duckdb_views() WHERE NOT internal").fetchall()
    named = set(re.findall(r"[\w-]+\.parquet", " ".join(sql for (sql,) in selects)))
    files = [path / file for files in listed["tables"].values() for file in files]
    assert named == {file.name for file in files}
    assert all(file.exists() for file in files)


def leftovers(path: Path) -> list[str]:
    """Return what no finished command leaves in a lake."""
    known = {LEDGER, f"{LEDGER}-wal", f"{LEDGER}-shm", publish.MANIFEST, publish.WAREHOUSE}
    files = {str(f.relative_to(path)) for f in path.rglob("*") if f.is_file()}
    return sorted(f for f in files - known - {"locks/publish.lock"} if not f.endswith(".parquet"))
