"""Planning: which requests of a plan are still to be answered, and who answers them.

A plan becomes keys inside DuckDB and is anti-joined with the finished keys: those in the
live segments plus the few still unsealed in the ledger. What is left is claimed, in the same
ledger transaction, so two commands never answer the same request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from warehouse.errors import BusyError
from warehouse.keys import REQUEST_KEY_SQL
from warehouse.ledger import Ledger

REQUEST_COLUMNS = ("question_id", "variant", "reading", "condition_id", "sample_index")

_JUDGED_SQL = f"""
WITH keyed AS (
    SELECT DISTINCT {", ".join(REQUEST_COLUMNS)}, {REQUEST_KEY_SQL} AS request_key FROM requests
), answered AS (
    SELECT request_key, status, attempt FROM responses_history
    UNION ALL
    SELECT request_key, status, attempt FROM unsealed WHERE state = 'done'
), latest AS (
    SELECT request_key, max(attempt) AS attempt, arg_max(status, attempt) AS status
    FROM answered SEMI JOIN keyed USING (request_key) GROUP BY request_key
)
SELECT keyed.*, CAST(coalesce(latest.attempt, 0) + 1 AS INTEGER) AS attempt,
    coalesce(latest.status, 'failed') <> 'failed' AS finished, holder.run_id AS holder
FROM keyed
LEFT JOIN latest USING (request_key)
LEFT JOIN (SELECT * FROM unsealed WHERE state = 'planned') holder USING (request_key)
"""

# In the order of the ledger's tree: a million keys out of order take ten times as long to claim.
_TODO_SQL = """
SELECT * EXCLUDE (finished, holder) FROM judged WHERE NOT finished ORDER BY request_key
"""

_HOLDERS_SQL = "SELECT DISTINCT holder FROM judged WHERE NOT finished AND holder IS NOT NULL"

# Rows turned into Python objects at a time on their way into the ledger.
_CHUNK = 50_000

_UNSEALED = pa.schema(
    [
        ("request_key", pa.string()),
        ("run_id", pa.string()),
        ("state", pa.string()),
        ("attempt", pa.int32()),
        ("status", pa.string()),
    ]
)


@dataclass(frozen=True)
class Plan:
    """What a plan leaves to do: `todo` has the request columns, `request_key`, `attempt`."""

    todo: pa.Table
    total: int
    cached: int


def plan(con: duckdb.DuckDBPyConnection, ledger: Ledger, requests: pa.Table) -> Plan:
    """Return the plan of requests against what is finished, without claiming anything."""
    return _judge(con, ledger, requests)[0]


def claim(
    connect: Callable[[], duckdb.DuckDBPyConnection],
    ledger: Ledger,
    requests: pa.Table,
    run_id: str,
    holder_of: Callable[[str], str],
) -> Plan:
    """Return the plan of requests and claim what is left to do for a run.

    `connect` opens a reader inside the transaction, when no seal can move keys under us.
    Raises BusyError, naming the holder, when a live run has claimed any of the same keys.
    """
    with ledger.transaction():
        with connect() as con:
            result, holders = _judge(con, ledger, requests)
        if others := holders - {run_id}:
            raise BusyError(
                f"The same requests are being answered by {holder_of(min(others))}. "
                "Wait until it ends, or stop it; then run this command again."
            )
        ledger.claim(run_id, _keys(result.todo))
    return result


def _keys(todo: pa.Table) -> Iterator[tuple[str, int]]:
    for batch in todo.select(["request_key", "attempt"]).to_batches(_CHUNK):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _judge(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, requests: pa.Table
) -> tuple[Plan, set[str]]:
    """Return the plan and the runs that have claimed any of what it leaves to do."""
    found = ledger.unsealed()
    columns = list(zip(*found, strict=True)) if found else [()] * len(_UNSEALED)
    unsealed = pa.Table.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, _UNSEALED, strict=True)], schema=_UNSEALED
    )
    con.register("unsealed", unsealed)
    con.register("requests", requests)
    con.execute(f"CREATE TEMP TABLE judged AS {_JUDGED_SQL}")
    todo = con.sql(_TODO_SQL).to_arrow_table()
    [(total,)] = con.execute("SELECT count(*) FROM judged").fetchall()
    holders = {holder for (holder,) in con.execute(_HOLDERS_SQL).fetchall()}
    con.execute("DROP TABLE temp.judged")
    return Plan(todo, total, total - todo.num_rows), holders
