"""Planning: which requests of a plan are still to be answered, and who answers them.

A plan becomes keys inside DuckDB and is anti-joined with the finished keys: those in the
live segments plus the few still unsealed in the ledger. What is left is claimed, in the same
ledger transaction, so two commands never answer the same request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
SELECT keyed.*, coalesce(latest.attempt, 0) AS attempt,
    NOT list_contains($again, coalesce(latest.status, 'failed')) AS finished,
    under_way.state = 'batched' AS waiting, under_way.run_id AS holder
FROM keyed
LEFT JOIN latest USING (request_key)
LEFT JOIN (SELECT * FROM unsealed WHERE state <> 'done') under_way USING (request_key)
"""

# A try whose outcome nobody learned has a number too, though there is no response to it.
# In the order of the ledger's tree: a million keys out of order take ten times as long to claim.
_TODO_SQL = """
WITH left_over AS (FROM judged WHERE NOT finished AND NOT coalesce(waiting, false)),
lost AS (
    SELECT request_key, max(attempt) AS attempt
    FROM (SELECT request_key, attempt FROM attempts_history UNION ALL FROM tries)
    SEMI JOIN left_over USING (request_key) GROUP BY request_key
)
SELECT left_over.* EXCLUDE (finished, waiting, holder, attempt),
    CAST(greatest(left_over.attempt, coalesce(lost.attempt, 0)) + 1 AS INTEGER) AS attempt
FROM left_over LEFT JOIN lost USING (request_key) ORDER BY request_key
"""

_HOLDERS_SQL = """
SELECT DISTINCT holder FROM judged WHERE NOT finished AND NOT waiting
"""

_COUNTS_SQL = """
SELECT count(*), count(*) FILTER (finished), count(*) FILTER (NOT finished AND waiting) FROM judged
"""

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
_TRIES = pa.schema([("request_key", pa.string()), ("attempt", pa.int32())])


@dataclass(frozen=True)
class Plan:
    """What a plan leaves to do: `todo` has the request columns, `request_key`, `attempt`.

    Of `total` requests `cached` are answered and `waiting` are in a provider's batch.
    """

    todo: pa.Table
    total: int
    cached: int
    waiting: int = 0


def plan(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, requests: pa.Table, redo: Sequence[str] = ()
) -> Plan:
    """Return the plan of requests against what is finished, without claiming anything.

    Answers with a status in `redo` count as not finished; failed ones never do.
    """
    return _judge(con, ledger, requests, redo)[0]


def claim(
    connect: Callable[[], duckdb.DuckDBPyConnection],
    ledger: Ledger,
    requests: pa.Table,
    run_id: str,
    holder_of: Callable[[str], str],
    redo: Sequence[str] = (),
) -> Plan:
    """Return the plan of requests and claim what is left to do for a run.

    `connect` opens a reader inside the transaction, when no seal can move keys under us.
    Raises BusyError, naming the holder, when a live run has claimed any of the same keys.
    """
    with ledger.transaction():
        with connect() as con:
            result, holders = _judge(con, ledger, requests, redo)
        if others := holders - {run_id}:
            raise BusyError(
                f"The same requests are being answered by {holder_of(min(others))}. "
                "Wait until it ends, or stop it; then run this command again."
            )
        ledger.requests.claim(run_id, _keys(result.todo))
    return result


def _keys(todo: pa.Table) -> Iterator[tuple[str, int]]:
    for batch in todo.select(["request_key", "attempt"]).to_batches(_CHUNK):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _judge(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, requests: pa.Table, redo: Sequence[str]
) -> tuple[Plan, set[str]]:
    """Return the plan and the runs that have claimed any of what it leaves to do."""
    con.register("unsealed", _table(ledger.requests.unsealed(), _UNSEALED))
    con.register("tries", _table(ledger.requests.tries(), _TRIES))
    con.register("requests", requests)
    con.execute(f"CREATE TEMP TABLE judged AS {_JUDGED_SQL}", {"again": ["failed", *redo]})
    todo = con.sql(_TODO_SQL).to_arrow_table()
    [(total, cached, waiting)] = con.execute(_COUNTS_SQL).fetchall()
    holders = {holder for (holder,) in con.execute(_HOLDERS_SQL).fetchall()}
    con.execute("DROP TABLE temp.judged")
    return Plan(todo, total, cached, waiting), holders


def _table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.Table.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema
    )
