"""Ad-hoc SQL: exactly one SELECT, over rows only.

DuckDB's statement type is not enough: since 2.0 a common table expression may hold INSERT or
COPY and the statement still counts as a SELECT. So the parsed tree itself must consist of
query nodes from a short list, and the connection can reach no file outside the segments.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from console import columns
from warehouse.errors import QueryError

_QUERY_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_EXPLAIN = re.compile(r"\A\s*EXPLAIN(\s+ANALYZE)?\b", re.IGNORECASE)


def require_one_select(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """Raise QueryError unless the text is one SELECT, or EXPLAIN of one."""
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise QueryError(_sentence(error)) from error
    if len(statements) != 1:
        raise QueryError(f"Give exactly one SELECT; this holds {len(statements)} statements.")
    kind = statements[0].type.name
    if kind not in {"SELECT", "EXPLAIN"}:
        raise QueryError(f"Only SELECT reads the lake; {kind} is refused.")
    text = _without_comments(query)
    _require_query_nodes(con, _EXPLAIN.sub("", text, count=1) if kind == "EXPLAIN" else query)


def _without_comments(query: str) -> str:
    return re.sub(r"\A(\s+|--[^\n]*(\n|\Z)|/\*.*?\*/)+", "", query, flags=re.DOTALL)


def _require_query_nodes(con: duckdb.DuckDBPyConnection, query: str) -> None:
    [(text,)] = con.execute("SELECT CAST(json_serialize_sql(?) AS VARCHAR)", [query]).fetchall()
    tree = json.loads(text)
    if tree["error"]:
        raise QueryError("Only a plain SELECT reads the lake; this statement is refused.")
    writing = {kind for kind in _node_types(tree) if kind not in _QUERY_NODES}
    if writing:
        names = ", ".join(sorted(kind.split("_")[0] for kind in writing))
        raise QueryError(f"Only SELECT reads the lake; {names} inside it is refused.")


def _node_types(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        kind = value.get("type")
        if isinstance(kind, str) and kind.endswith("_NODE"):
            yield kind
        # A literal's text can be anything; only structure is looked at.
        yield from _node_types(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from _node_types(item)


def _sentence(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error).split("\nLINE")[0].split("\n\nLINE")[0]).strip()


def run(con: duckdb.DuckDBPyConnection, query: str, format: str, out: IO[bytes]) -> int:
    """Run one SELECT on a locked connection and write its rows; return how many.

    Raises QueryError, in one sentence, for anything but one SELECT and for DuckDB's errors.
    """
    require_one_select(con, query)
    try:
        reader = con.sql(query).to_arrow_reader(50_000)
        return _WRITERS[format](reader, out)
    except duckdb.PermissionException as error:
        raise QueryError(
            f"{_sentence(error).rstrip('.')}. SQL reads the lake's tables only; "
            "see: mirrorlake lake schema"
        ) from error
    except duckdb.Error as error:
        raise QueryError(_sentence(error)) from error
    except (pa.ArrowNotImplementedError, OverflowError) as error:
        raise QueryError(
            f"A column has a type or value that cannot be written as {format} "
            f"({_sentence(error)}). CAST it to VARCHAR."
        ) from error


def _batches(reader: pa.RecordBatchReader) -> Iterator[list[dict[str, Any]]]:
    for batch in reader:
        yield batch.to_pylist()


def _write_table(reader: pa.RecordBatchReader, out: IO[bytes]) -> int:
    names = reader.schema.names
    rows = [row for batch in _batches(reader) for row in batch]
    if names == ["explain_key", "explain_value"]:
        out.write("\n".join(row["explain_value"] for row in rows).encode())
        return len(rows)
    shown = [{k: _plain(v) for k, v in row.items()} for row in rows]
    text = columns(shown, names) if rows else "  ".join(names) + "\n(no rows)"
    out.write((text + "\n").encode("utf-8", "replace"))
    return len(rows)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | None) else _to_json(value)


def _write_csv(reader: pa.RecordBatchReader, out: IO[bytes]) -> int:
    line: list[str] = []

    class _Sink:
        def write(self, text: str) -> None:
            line.append(text)

    writer = csv.writer(_Sink(), lineterminator="\n")
    writer.writerow(reader.schema.names)
    count = 0
    for batch in _batches(reader):
        writer.writerows([_plain(v) for v in row.values()] for row in batch)
        count += len(batch)
        _flush(line, out)
    _flush(line, out)
    return count


def _flush(line: list[str], out: IO[bytes]) -> None:
    out.write("".join(line).encode("utf-8", "replace"))
    line.clear()


def _write_json(reader: pa.RecordBatchReader, out: IO[bytes]) -> int:
    count = 0
    out.write(b"[")
    for row in _rows(reader):
        out.write((",\n" if count else "\n").encode() + _to_json(row).encode("utf-8", "replace"))
        count += 1
    out.write(b"\n]\n")
    return count


def _write_ndjson(reader: pa.RecordBatchReader, out: IO[bytes]) -> int:
    count = 0
    for row in _rows(reader):
        out.write(_to_json(row).encode("utf-8", "replace") + b"\n")
        count += 1
    return count


def _rows(reader: pa.RecordBatchReader) -> Iterable[Mapping[str, Any]]:
    for batch in _batches(reader):
        yield from batch


def _to_json(value: Any) -> str:
    return json.dumps(_finite(value), ensure_ascii=False, default=str)


def _finite(value: Any) -> Any:
    # JSON has no NaN or infinity; NULL is what other readers accept.
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return value


def _write_parquet(reader: pa.RecordBatchReader, out: IO[bytes]) -> int:
    count = 0
    with pq.ParquetWriter(out, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


_WRITERS = {
    "table": _write_table,
    "csv": _write_csv,
    "json": _write_json,
    "ndjson": _write_ndjson,
    "parquet": _write_parquet,
}
