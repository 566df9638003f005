"""Is the lake what was written? Every digest, every key, every reference; and repair.

A check changes nothing but what a killed writer left unfinished. A repair never deletes a
row that can be read: damaged files move to `quarantine/`, unlisted whole segments are listed,
and a lost ledger is rebuilt from the footers of the segments.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from console import say
from warehouse import keys, publish, segments, views
from warehouse.errors import DamageError, InputError
from warehouse.lake import LEDGER, Lake, new_ledger, open_lake, publish_lock, replace_ledger
from warehouse.ledger import LEDGER_TABLES, Ledger
from warehouse.recovery import adopt_unlisted, end_dead_runs, recover
from warehouse.schema import TABLES


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it should be; `where` is a file, table or key."""

    kind: str
    where: str
    what: str


def check(lake: Lake) -> list[Problem]:
    """Return every problem of a lake, reading each live segment once."""
    problems = [*_segment_problems(lake), *_stray_problems(lake)]
    damaged = {p.where for p in problems if p.kind in {"missing file", "damaged file"}}
    listed = publish.absolute(lake.path, publish.live_files(lake.ledger))
    files = {t: [f for f in fs if Path(f).name not in damaged] for t, fs in listed.items()}
    with duckdb.connect() as con:
        views.create(con, files, analyses=False)
        problems += _key_problems(con)
        problems += _duplicate_problems(con)
        problems += _reference_problems(con)
    return problems


def _segment_problems(lake: Lake) -> Iterator[Problem]:
    for listed in lake.ledger.segments():
        path = segments.path_of(lake.path, listed.name)
        if not path.exists():
            yield Problem("missing file", listed.name, f"{listed.rows} rows of '{listed.table}'")
            continue
        try:
            found, _ = segments.describe(path)
        except DamageError as error:
            yield Problem("damaged file", listed.name, str(error))
            continue
        if found != listed:
            yield Problem("damaged file", listed.name, "the ledger lists other rows or bytes")


def _stray_problems(lake: Lake) -> Iterator[Problem]:
    # Under the lock nobody is half-way through writing one.
    with lake.publish_lock.held(say) if lake.writable else nullcontext():
        listed = lake.ledger.segment_names()
        unlisted = [path for path in segments.files(lake.path) if path.name not in listed]
        temporary = segments.temporaries(lake.path)
    for path in unlisted:
        yield Problem("unlisted file", path.name, "a segment that no view reads")
    for path in temporary:
        yield Problem("temporary file", path.name, "left by a writer that was killed")


def _key_problems(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    wrong = con.execute(
        f"SELECT request_key FROM responses_history WHERE request_key <> {keys.REQUEST_KEY_SQL}"
    ).fetchall()
    yield from (Problem("wrong key", key, "a response's key is not its hash")
                for (key,) in wrong)  # fmt: skip
    derive = {
        "questions": ("question_id", _question_key),
        "models": ("model_id", keys.model_id),
        "conditions": ("condition_id", keys.condition_id),
    }
    for table, (column, key_of) in derive.items():
        cursor = con.execute(f"SELECT * FROM {table}_history")
        names = [d[0] for d in cursor.description or []]
        while rows := cursor.fetchmany(10_000):
            for values in rows:
                row = dict(zip(names, values, strict=True))
                if row[column] != key_of(row):
                    yield Problem("wrong key", row[column], f"in '{table}'")


def _question_key(row: dict[str, Any]) -> str:
    return keys.question_id(row["dataset"], json.loads(row["messages"]), row["choices"])


def _duplicate_problems(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    for table in TABLES.values():
        if table.replace_by:
            continue
        key = ", ".join([*table.key, *table.version])
        twice = f"SELECT 1 FROM {table.name}_history GROUP BY {key} HAVING count(*) > 1"
        [(count,)] = con.execute(f"SELECT count(*) FROM ({twice})").fetchall()
        if count:
            yield Problem("duplicate key", table.name, f"{count} keys stand more than once")


def _reference_problems(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    steered = "SELECT * FROM conditions WHERE intervention_id IS NOT NULL"
    con.execute(f"CREATE TEMP VIEW steered AS {steered}")
    for table, column, target in (
        ("responses", "question_id", "questions"),
        ("responses", "condition_id", "conditions"),
        ("conditions", "model_id", "models"),
        ("scores", "request_key", "responses"),
        ("activations", "question_id", "questions"),
        ("activations", "condition_id", "conditions"),
        ("steered", "intervention_id", "interventions"),
        ("interventions", "direction_id", "directions"),
    ):
        query = f"SELECT count(*) FROM {table} ANTI JOIN {target} USING ({column})"
        [(count,)] = con.execute(query).fetchall()
        if count:
            what = f"{count} rows name a {column} that '{target}' does not hold"
            yield Problem("dangling reference", table, what)


def repair(path: Path) -> list[str]:
    """Mend what can be mended and return what was done, one sentence each.

    Raises InputError where there is nothing that looks like a lake.
    """
    if not path.is_dir() or not (path / "segments").is_dir():
        raise InputError(f"There is no lake at {path}. Name its folder with --lake.")
    done: list[str] = []
    with publish_lock(path, "mirrorlake lake check --repair").held(say):
        done += _set_broken_ledger_aside(path)
        if not (path / LEDGER).exists():
            done += _rebuild_ledger(path)
        with closing(Lake(path, Ledger(path / LEDGER))) as lake:
            done += _mend(lake)
            for temporary in segments.temporaries(path):
                temporary.unlink()
                done.append(f"Removed the temporary file {temporary.name}.")
            end_dead_runs(lake)
            publish.publish(path, lake.ledger)
    return done


def _set_broken_ledger_aside(path: Path) -> list[str]:
    ledger = path / LEDGER
    if not ledger.exists():
        return ["The ledger was missing."]
    try:
        with closing(Ledger(ledger)) as opened:
            opened.verify()
        return []
    except DamageError:
        pass
    aside = path / f"{LEDGER}.damaged-{int(time.time())}"
    for suffix in ("", "-wal", "-shm"):
        part = path / f"{LEDGER}{suffix}"
        if part.exists():
            os.replace(part, f"{aside}{suffix}")
    return [f"The ledger was damaged and is kept as {aside.name}."]


def _rebuild_ledger(path: Path) -> list[str]:
    """Build a ledger beside its place from the segments; a half-built one is never opened."""
    made = new_ledger(path)
    lake = Lake(path, made)
    done = [*_mend(lake), *_restore_small_tables(lake)]
    replace_ledger(path, made)
    return [*done, "A new ledger was built from the segments."]


def _mend(lake: Lake) -> list[str]:
    done = _quarantine(lake)
    for segment in adopt_unlisted(lake).live:
        done.append(f"Listed {segment.name} with {segment.rows} rows of '{segment.table}'.")
    return done


def _quarantine(lake: Lake) -> list[str]:
    done = []
    # What a lost segment had replaced comes back, and may itself be damaged.
    while problems := list(_segment_problems(lake)):
        for problem in problems:
            done.append(_set_aside(lake, problem.where, problem.what))
            lake.ledger.forget_segment(problem.where)
            lake.ledger.revive(problem.where)
    for path in segments.files(lake.path):
        try:
            segments.describe(path)
        except DamageError as error:
            done.append(_set_aside(lake, path.name, str(error)))
    return done


def _set_aside(lake: Lake, name: str, why: str) -> str:
    path = segments.path_of(lake.path, name)
    if not path.exists():
        return f"The segment {name} is gone ({why}); its rows are lost and were delisted."
    target = lake.path / "quarantine"
    target.mkdir(exist_ok=True)
    shutil.move(path, target / name)
    return f"The segment {name} was moved to quarantine/: {why}"


def _restore_small_tables(lake: Lake) -> list[str]:
    """Fill the small tables of a new ledger, each from its newest published segment."""
    done = []
    newest_of_all = 0
    for table in LEDGER_TABLES:
        paths = sorted(segments.folder(lake.path, table.name).glob("*.parquet"))
        published = [(segments.describe(path)[1]["sequence"], path) for path in paths]
        if published:
            newest, path = max(published)
            newest_of_all = max(newest_of_all, newest)
            rows = pq.read_table(path).to_pylist()
            lake.ledger.upsert(table, [_as_text(row) for row in rows])
            done.append(f"Restored {len(rows)} rows of '{table.name}'.")
    # What is published from now on must count as newer than what was restored.
    lake.ledger.set_meta("generation", str(newest_of_all + lake.ledger.generation() + 1))
    return done


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}


def open_and_check(path: Path) -> list[Problem]:
    """Return the problems of the lake in a folder; a missing or broken ledger is one of them.

    What a killed writer left is finished first, as by any command: it is no damage.
    """
    try:
        with closing(open_lake(path)) as lake:
            lake.ledger.verify()
            if lake.writable:
                with lake.publish_lock.held(say):
                    recover(lake)
                # Answers may be listed whose models and conditions nobody has published yet.
                with suppress(DamageError):
                    lake.ensure_published()
            return check(lake)
    except DamageError as error:
        return [Problem("ledger", LEDGER, str(error))]
