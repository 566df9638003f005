"""What every writing command does first: finish what a killed one began.

The caller holds the publish lock, under which all segments are written, so a temporary file
or an unlisted segment found here belongs to nobody alive.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import duckdb

from console import say
from warehouse import locks, segments, views
from warehouse.errors import DamageError
from warehouse.ledger import LEDGER_TABLES
from warehouse.schema import RUNS

if TYPE_CHECKING:
    from warehouse.lake import Lake

# Readers that opened the old list of files may still read them for this long.
GRACE_SECONDS = 3600.0


def recover(lake: Lake) -> None:
    """Remove temporary files, adopt unlisted segments, end dead runs, collect old segments."""
    for path in segments.temporaries(lake.path):
        path.unlink(missing_ok=True)
    for path in lake.path.glob("*.tmp*"):
        path.unlink(missing_ok=True)
    adopt_unlisted(lake)
    end_dead_runs(lake)
    collect(lake, GRACE_SECONDS)


def adopt_unlisted(lake: Lake) -> None:
    """List whole segments that a killed writer renamed but could not list; name damaged ones."""
    listed = lake.ledger.segment_names()
    small = {table.name for table in LEDGER_TABLES}
    for path in segments.files(lake.path):
        if path.name in listed:
            continue
        try:
            segment, footer = segments.describe(path)
        except DamageError as error:
            say(f"Left alone: {error} See: mirrorlake lake check --lake {lake.path}")
            continue
        if segment.table in small:
            # The ledger holds these tables; its next publication replaces the file.
            lake.ledger.list_segment(segment)
            lake.ledger.supersede([path.name])
            continue
        keys = sealed_keys(str(path)) if segment.table == "responses" else []
        lake.ledger.list_segment(segment, footer["replaces"], keys)


def sealed_keys(path: str) -> list[str]:
    """Return the request keys of a segment of responses."""
    with duckdb.connect() as con:
        query = f"SELECT request_key FROM read_parquet({views.quote(path)})"
        return [row[0] for row in con.execute(query).fetchall()]


def end_dead_runs(lake: Lake) -> None:
    """Mark runs whose process died as killed and release what they had claimed."""
    alive = set()
    for run in lake.ledger.rows(RUNS):
        lock = lake.run_lock(run["run_id"])
        if run["status"] != "running":
            continue
        if locks.is_held(lock):
            alive.add(run["run_id"])
            continue
        lake.ledger.upsert(RUNS, [{**run, "status": "killed"}])
        lake.ledger.release(run["run_id"])
    for lock in (lake.path / "locks").glob("*.lock"):
        if lock.stem not in alive and lock.stem != "publish" and not locks.is_held(lock):
            lock.unlink(missing_ok=True)


def collect(lake: Lake, grace: float) -> None:
    """Delete superseded segments that no reader can still need, oldest first."""
    for name in lake.ledger.superseded_before(time.time() - grace):
        segments.path_of(lake.path, name).unlink(missing_ok=True)
        lake.ledger.forget_segment(name)
