"""Planning: which requests of a grid are still to be answered, and who answers them.

Requests become keys inside DuckDB and are compared with the finished keys: those in the live
segments plus the few still unsealed in the ledger. What is left is claimed, in the same ledger
transaction, so two commands never answer the same request.

Keys are hashes, so a plan too large to be held at once is judged in ranges of keys: a range
reads only its part of the sorted segments, and of each request only the number of its next
attempt stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from warehouse.errors import BusyError
from warehouse.grid import REQUEST_COLUMNS, Grid, Numbers
from warehouse.keys import REQUEST_KEY_SQL, request_key
from warehouse.ledger import Ledger
from warehouse.request_log import Pair

# What planning reads of a lake; a reader made for no more than this opens the sooner.
READS = "FROM responses_history, attempts_history"

# Requests judged at once, which bounds memory. A plan of more than two ranges computes its keys
# twice, first to tell their ranges.
RANGE = 2**19

# Rows turned into Python objects at a time on their way from and to the ledger.
_CHUNK = 50_000

# Requests that are looked up in the ledger faster than a long ledger is read.
_FEW = 10_000

# A key has hexadecimal digits after its `k1_`; the first four tell its range.
_PREFIXES = 16**4

_RANGE_SQL = f"""
SELECT number,
    CAST(CAST('0x' || substr({REQUEST_KEY_SQL}, 4, 4) AS INTEGER) * $ranges // {_PREFIXES}
        AS USMALLINT) AS range
FROM asked
"""

_KEYED_SQL = f"SELECT number, {REQUEST_KEY_SQL} AS request_key FROM asked"

# A condition is part of a key: naming it lets DuckDB skip what other models answered.
_UNFINISHED_SQL = """
WITH answered AS (
    SELECT request_key, status, attempt FROM responses_history
    WHERE request_key >= $first AND request_key < $end
        AND condition_id IN (SELECT unnest($conditions))
    UNION ALL
    SELECT request_key, status, attempt FROM unsealed WHERE state = 'done'
), latest AS (
    SELECT number, max(attempt) AS attempt, arg_max(status, attempt) AS status
    FROM answered JOIN keyed USING (request_key) GROUP BY number
)
SELECT number, request_key, coalesce(latest.attempt, 0) AS attempt,
    coalesce(under_way.state = 'batched', false) AS waiting, under_way.run_id AS holder
FROM keyed LEFT JOIN latest USING (number)
LEFT JOIN (SELECT * FROM unsealed WHERE state <> 'done') under_way USING (request_key)
WHERE list_contains($again, coalesce(latest.status, 'failed'))
"""

_COUNTS_SQL = """
SELECT count(*), count(*) FILTER (waiting),
    coalesce(list(DISTINCT holder) FILTER (NOT waiting AND holder IS NOT NULL), [])
FROM unfinished
"""

# A try whose outcome nobody learned has a number too, though there is no response to it.
# In the order of the ledger's tree: a million keys out of order take ten times as long to claim.
_LEFT_SQL = """
WITH left_over AS (FROM unfinished WHERE NOT waiting),
lost AS (
    SELECT number, max(tried.attempt) AS attempt
    FROM left_over JOIN (
        SELECT request_key, attempt FROM attempts_history
        WHERE request_key >= $first AND request_key < $end
        UNION ALL FROM tries
    ) tried USING (request_key) GROUP BY number
)
SELECT number, request_key,
    CAST(greatest(left_over.attempt, coalesce(lost.attempt, 0)) + 1 AS INTEGER) AS attempt
FROM left_over LEFT JOIN lost USING (number) ORDER BY request_key
"""

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


@dataclass
class Plan:
    """What is left to do of a grid: the number of each request's next attempt, 0 for none.

    Of `total` requests `cached` are answered and `waiting` are in a provider's batch.
    """

    grid: Grid
    attempts: NDArray[np.int32]
    cached: int
    waiting: int = 0

    @property
    def total(self) -> int:
        """How many requests were planned."""
        return self.grid.total

    @property
    def left(self) -> int:
        """How many requests are left to do."""
        return int(np.count_nonzero(self.attempts))

    def parts(self, size: int) -> Iterator[pa.Table]:
        """Yield what is left in the order of work: `number`, REQUEST_COLUMNS and `attempt`."""
        left = np.flatnonzero(self.attempts)
        for start in range(0, len(left), size):
            numbers = left[start : start + size]
            attempts = pa.array(self.attempts[numbers])
            yield self.grid.rows(numbers).append_column("attempt", attempts)

    def rows(self) -> list[dict[str, Any]]:
        """Return what is left of a small plan: REQUEST_COLUMNS, `attempt` and `request_key`."""
        columns = [*REQUEST_COLUMNS, "attempt"]
        found = [row for part in self.parts(_CHUNK) for row in part.select(columns).to_pylist()]
        return [{**row, "request_key": _key(row)} for row in found]


def _key(row: dict[str, Any]) -> str:
    names = ("question_id", "variant", "reading", "condition_id", "sample_index")
    return request_key(*(row[name] for name in names))


def plan(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, grid: Grid, redo: Sequence[str] = ()
) -> Plan:
    """Return the plan of a grid against what is finished, without claiming anything.

    Answers with a status in `redo` count as not finished; failed ones never do.
    """
    judge = _Judge(con, ledger, grid, redo)
    for _ in judge.left():
        pass
    return judge.plan


def claim(
    connect: Callable[[], duckdb.DuckDBPyConnection],
    ledger: Ledger,
    grid: Grid,
    run_id: str,
    holder_of: Callable[[str], str],
    redo: Sequence[str] = (),
) -> Plan:
    """Return the plan of a grid and claim what is left to do for a run.

    `connect` opens a reader inside the transaction, when no seal can move keys under us.
    Raises BusyError, naming the holder, when a live run has claimed any of the same keys.
    """
    # One transaction, or a claim could be refused when half of it is made. Its log takes 115
    # bytes a request, 1.2 GB for ten million, and other commands wait with their writes.
    with ledger.transaction(), connect() as con:
        judge = _Judge(con, ledger, grid, redo)
        for holders, left in judge.left():
            if others := holders - {run_id}:
                raise BusyError(
                    f"The same requests are being answered by {holder_of(min(others))}. "
                    "Wait until it ends, or stop it; then run this command again."
                )
            ledger.requests.claim(run_id, left)
    return judge.plan


class _Range(NamedTuple):
    """The requests whose keys are at least `first` and less than `end`."""

    numbers: Numbers
    first: str = "k1_"
    end: str = "k1_g"


class _Judge:
    """Compares the requests of a grid with what is finished, and fills in their plan."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, ledger: Ledger, grid: Grid, redo: Sequence[str]
    ) -> None:
        self.con, self.log, self.grid = con, ledger.requests, grid
        self.again = ["failed", *redo]
        self.plan = Plan(grid, np.zeros(grid.total, np.int32), cached=grid.total)

    def left(self) -> Iterator[tuple[set[str], Iterable[Pair]]]:
        """Yield what is left in the order of keys, with the runs that hold any of its range."""
        for part in self._ranges():
            self._find_unfinished(part)
            [(unfinished, waiting, holders)] = self.con.execute(_COUNTS_SQL).fetchall()
            self.plan.cached -= unfinished
            self.plan.waiting += waiting
            for batch in self._left(part) if unfinished > waiting else ():
                numbers, keys, attempts = batch.columns
                self.plan.attempts[numbers.to_numpy()] = attempts.to_numpy()
                yield {*holders}, zip(keys.to_pylist(), attempts.to_pylist(), strict=True)
            self.con.execute("DROP TABLE temp.unfinished")

    def _ranges(self) -> Iterator[_Range]:
        """Yield ranges of keys in rising order that together hold every request."""
        total = self.grid.total
        count = -(-total // RANGE)
        if count <= 2:
            yield _Range(np.arange(total))
            return
        ranges = np.empty(total, np.uint16)
        for start in range(0, total, RANGE):
            with self._asked(np.arange(start, min(start + RANGE, total))):
                found = self.con.execute(_RANGE_SQL, {"ranges": count}).fetchnumpy()
            ranges[found["number"]] = found["range"]
        bounds = [f"k1_{-(-i * _PREFIXES // count):04x}" for i in range(count)] + ["k1_g"]
        for i in range(count):
            yield _Range(np.flatnonzero(ranges == i), bounds[i], bounds[i + 1])

    @contextmanager
    def _asked(self, numbers: Numbers) -> Iterator[None]:
        self.con.register("asked", self.grid.rows(numbers))
        yield
        self.con.unregister("asked")

    def _find_unfinished(self, part: _Range) -> None:
        """Make the table `unfinished` of the requests of a range."""
        with self._asked(part.numbers):
            self.con.execute(f"CREATE TEMP TABLE keyed AS {_KEYED_SQL}")
        self._take("unsealed", _UNSEALED, self.log.unsealed, part, "keyed")
        self.con.execute(
            f"CREATE TEMP TABLE unfinished AS {_UNFINISHED_SQL}",
            {
                "first": part.first,
                "end": part.end,
                "conditions": self.grid.conditions,
                "again": self.again,
            },
        )
        self.con.execute("DROP TABLE temp.keyed")
        self.con.execute("DROP TABLE temp.unsealed")

    def _left(self, part: _Range) -> Iterator[pa.RecordBatch]:
        """Yield number, key and next attempt of what is left of a range, in the order of keys."""
        self._take("tries", _TRIES, self.log.tries, part, "unfinished")
        bounds = {"first": part.first, "end": part.end}
        yield from self.con.sql(_LEFT_SQL, params=bounds).to_arrow_reader(_CHUNK)
        self.con.execute("DROP TABLE temp.tries")

    def _take(
        self,
        name: str,
        schema: pa.Schema,
        read: Callable[[str, str], Iterator[Sequence[Any]]],
        part: _Range,
        wanted: str,
    ) -> None:
        """Make a table of those rows of the ledger whose keys another table has.

        Another command may have claimed millions: few keys are looked up one by one, and a
        whole range passes in pieces.
        """
        rows = read(part.first, part.end)
        if len(part.numbers) <= _FEW:
            keys = self.con.execute(f"SELECT request_key FROM {wanted}").fetchall()
            rows = chain.from_iterable(read(key, f"{key}~") for (key,) in keys)
        self.con.register("piece", schema.empty_table())
        self.con.execute(f"CREATE TEMP TABLE {name} AS FROM piece")
        while piece := list(islice(rows, _CHUNK)):
            self.con.register("piece", _table(piece, schema))
            self.con.execute(
                f"INSERT INTO {name} FROM piece"
                f" WHERE request_key IN (SELECT request_key FROM {wanted})"
            )
        self.con.unregister("piece")


def _table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    columns = zip(zip(*rows, strict=True), schema, strict=True)
    return pa.Table.from_arrays([pa.array(c, f.type) for c, f in columns], schema=schema)
