"""What a lake holds, as one JSON-ready object."""

from __future__ import annotations

from typing import Any

from warehouse import locks
from warehouse.lake import Lake
from warehouse.schema import RUNS, TABLES


def info(lake: Lake) -> dict[str, Any]:
    """Return tables with rows and bytes, models, studies and unfinished work of a lake."""
    with lake.reader() as con:
        tables = [_table(lake, name, con) for name in TABLES]
        models = con.execute(
            "SELECT m.name, m.model_id, m.engine, count(r.request_key) AS responses FROM models m"
            " LEFT JOIN responses r USING (model_id) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        studies = con.execute("SELECT DISTINCT study FROM results ORDER BY 1").fetchall()
        datasets = con.execute(
            "SELECT dataset, count(*) FROM questions GROUP BY 1 ORDER BY 1"
        ).fetchall()
    return {
        "lake": str(lake.path),
        "digest": lake.digest(),
        "tables": tables,
        "datasets": [{"dataset": name, "questions": n} for name, n in datasets],
        "models": [
            {"name": name, "model_id": model, "engine": engine, "responses": n}
            for name, model, engine, n in models
        ],
        "studies": [name for (name,) in studies],
        "unfinished": _unfinished(lake),
    }


def _table(lake: Lake, name: str, con: Any) -> dict[str, Any]:
    [(rows,)] = con.execute(f"SELECT count(*) FROM {name}").fetchall()
    live = lake.ledger.segments(name)
    return {
        "table": name,
        "rows": rows,
        "files": len(live),
        "bytes": sum(s.bytes for s in live),
    }


def _unfinished(lake: Lake) -> dict[str, Any]:
    runs = [{**run, "status": _status(lake, run)} for run in lake.ledger.rows(RUNS)]
    early = [r for r in runs if r["status"] in {"killed", "interrupted"}]
    return {
        "requests": lake.ledger.requests.counts(),
        "running": [r["command"] for r in runs if r["status"] == "running"],
        "ended early": [f"{r['command']} ({r['status']} {r['started_at'][:19]})" for r in early],
    }


def _status(lake: Lake, run: dict[str, Any]) -> str:
    # A killed run cannot say so itself; the next writing command will.
    dead = run["status"] == "running" and not locks.is_held(lake.run_lock(run["run_id"]))
    return "killed" if dead else str(run["status"])
