"""What every writing command does first: finish what a killed one began.

The caller holds the publish lock, under which all segments are written, so a temporary file
or an unlisted segment found here belongs to nobody alive.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from console import say
from warehouse import locks, publish, segments, views
from warehouse.errors import DamageError
from warehouse.ledger import LEDGER_TABLES, Segment
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
    for error in adopt_unlisted(lake).damaged:
        say(f"Left alone: {error} See: mirrorlake lake check --lake {lake.path}")
    end_dead_runs(lake)
    collect(lake, GRACE_SECONDS)


@dataclass(frozen=True)
class Adopted:
    """What became of unlisted segments: `live` ones are listed, `damaged` ones left alone."""

    live: list[Segment]
    damaged: list[DamageError]


def adopt_unlisted(lake: Lake) -> Adopted:
    """List whole segments that a killed writer renamed but could not list.

    Segments that another one replaces, and those of small tables, which the ledger holds
    itself, are listed as superseded. All at once or none, so the order does not matter.
    """
    found, damaged = _unlisted(lake)
    replaced = {name: segment.name for segment, footer in found for name in footer["replaces"]}
    small = {table.name for table in LEDGER_TABLES}
    live = []
    with lake.ledger.transaction():
        for segment, footer in found:
            lake.ledger.list_segment(segment, footer["replaces"], _attempts(lake, segment))
            if segment.name in replaced or segment.table in small:
                lake.ledger.supersede([segment.name], replaced.get(segment.name))
            else:
                live.append(segment)
    return Adopted(live, damaged)


def _unlisted(lake: Lake) -> tuple[list[tuple[Segment, dict[str, Any]]], list[DamageError]]:
    listed = lake.ledger.segment_names()
    found, damaged = [], []
    for path in segments.files(lake.path):
        if path.name not in listed:
            try:
                found.append(segments.describe(path))
            except DamageError as error:
                damaged.append(error)
    return found, damaged


def _attempts(lake: Lake, segment: Segment) -> list[tuple[str, int]]:
    """Return the (request_key, attempt) pairs of a segment that was filled from the ledger."""
    if segment.table not in {"responses", "attempts"}:
        return []
    path = segments.path_of(lake.path, segment.name)
    with duckdb.connect() as con:
        query = f"SELECT request_key, attempt FROM read_parquet({views.quote(str(path))})"
        return con.execute(query).fetchall()


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
        # In this order: a run that is marked is not looked at again, and must hold no claim.
        lake.ledger.requests.release(run["run_id"])
        lake.ledger.upsert(RUNS, [{**run, "status": "killed"}])
    for lock in (lake.path / "locks").glob("*.lock"):
        if lock.stem not in alive and lock.stem != "publish" and not locks.is_held(lock):
            lock.unlink(missing_ok=True)


def collect(lake: Lake, grace: float) -> None:
    """Delete superseded segments that no reader can still need, oldest first."""
    names = lake.ledger.superseded_before(time.time() - grace)
    if names and not publish.is_current(lake.path, lake.ledger):
        # A killed command superseded them without saying so; no view may name what goes.
        publish.publish(lake.path, lake.ledger)
    paths = [segments.path_of(lake.path, name) for name in names]
    for path in paths:
        path.unlink(missing_ok=True)
    # A file that a power cut brings back, once forgotten, would be taken for an unlisted one.
    for folder in {path.parent for path in paths if path.parent.is_dir()}:
        segments.sync_folder(folder)
    with lake.ledger.transaction():
        for name in names:
            lake.ledger.forget_segment(name)
