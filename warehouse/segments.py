"""Segments: immutable, content-named Parquet files that describe themselves.

A segment is written under a temporary name, flushed to disk, renamed to
`<table>-<first 40 digits of its SHA-256>.parquet`, and only then listed in the ledger.
The digest lives in the name because a file cannot hold its own; the footer holds the table,
the schema version and the names of the segments that this one replaces, which is enough to
rebuild a lost ledger from the folder alone.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import DamageError, StorageError
from warehouse.ledger import Segment
from warehouse.schema import SCHEMA_VERSION, TABLES, arrow_schema

# Small enough that a look-up by key reads little, large enough that scans stay sequential.
ROW_GROUP_ROWS = 20_480
TEMPORARY_SUFFIX = ".tmp"


class _HashingFile:
    """A write-only file that hashes what passes through it, so nothing is read back."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")
        self.hash = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self.hash.update(view)
        self.size += len(view)
        self.file.write(view)
        return len(view)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self.file.flush()

    def sync(self) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self) -> None:
        self.closed = True
        self.file.close()

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def folder(lake: Path, table: str) -> Path:
    """Return the folder of a table's segments."""
    return lake / "segments" / table


def path_of(lake: Path, name: str) -> Path:
    """Return the path of a segment from its name."""
    return folder(lake, name.split("-", 1)[0]) / name


def from_ledger(table: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return rows as the ledger holds them, times as ISO text, with the table's types."""
    schema = arrow_schema(table)
    times = [field.name for field in schema if pa.types.is_timestamp(field.type)]
    typed = [
        {**row, **{t: datetime.fromisoformat(row[t]) for t in times if row.get(t)}} for row in rows
    ]
    return pa.Table.from_pylist(typed, schema)


def write(
    lake: Path,
    table: str,
    batches: Iterable[pa.RecordBatch | pa.Table],
    replaces: Sequence[str] = (),
    sequence: int = 0,
) -> Segment:
    """Write one segment durably and return it, unlisted; rows must already be sorted by key.

    Raises StorageError when the disk refuses; the temporary file is then removed.
    """
    target = folder(lake, table)
    make_folder(target)
    temporary = target / f"{table}-{os.getpid()}-{os.urandom(4).hex()}{TEMPORARY_SUFFIX}"
    try:
        segment = _write_temporary(temporary, table, batches, replaces, sequence)
        temporary.chmod(0o444)
        os.replace(temporary, target / segment.name)
        sync_folder(target)
        return segment
    except (OSError, pa.ArrowException) as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(
            f"A segment of '{table}' could not be written in {target} ({error}). "
            "Nothing of it was kept; free disk space and run the command again."
        ) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write_temporary(
    path: Path,
    table: str,
    batches: Iterable[pa.RecordBatch | pa.Table],
    replaces: Sequence[str],
    sequence: int,
) -> Segment:
    sink = _HashingFile(path)
    rows = 0
    try:
        with pq.ParquetWriter(
            sink, arrow_schema(table), compression="zstd", write_page_index=True, **_encoding(table)
        ) as writer:
            for batch in batches:
                writer.write(batch, row_group_size=ROW_GROUP_ROWS)
                rows += batch.num_rows
            writer.add_key_value_metadata(_footer(table, rows, replaces, sequence))
        sink.sync()
    finally:
        sink.close()
    digest = sink.hash.hexdigest()
    return Segment(f"{table}-{digest[:40]}.parquet", table, rows, sink.size, digest)


def _encoding(table: str) -> dict[str, Any]:
    """Return how a table with vectors is encoded; the others as pyarrow does.

    Vectors repeat nothing, so a dictionary of them is only work. Their bytes compress better by
    place: measured on 4,000 x 1,024 numbers, 85% of plain float32 and 34% of those that were
    bfloat16, written four times and twice as fast.
    """
    vectors = TABLES[table].vectors
    if not vectors:
        return {}
    return {
        "use_dictionary": [name for name in TABLES[table].names if name not in vectors],
        "use_byte_stream_split": [f"{name}.list.element" for name in vectors],
    }


def _footer(table: str, rows: int, replaces: Sequence[str], sequence: int) -> dict[str, str]:
    body = {
        "table": table,
        "schema_version": SCHEMA_VERSION,
        "rows": rows,
        "replaces": list(replaces),
        "sequence": sequence,
    }
    return {"mirrorlake": json.dumps(body)}


def make_folder(path: Path) -> None:
    """Make a folder and what is missing above it, each flushed to disk in the one that holds it."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power cut."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe(path: Path) -> tuple[Segment, dict[str, Any]]:
    """Return a segment file as its own name and footer describe it, with the footer.

    Raises DamageError when the bytes are not those that were written.
    """
    try:
        digest = file_digest(path)
    except OSError as error:
        raise DamageError(f"The segment {path.name} cannot be read ({error.strerror}).") from error
    if path.stem.rsplit("-", 1)[-1] != digest[:40]:
        raise DamageError(f"The segment {path.name} is damaged: its bytes do not match its name.")
    try:
        metadata = pq.read_metadata(path)
        footer = json.loads(metadata.metadata[b"mirrorlake"])
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DamageError(f"The segment {path.name} has no readable footer ({error}).") from error
    if footer["schema_version"] != SCHEMA_VERSION or footer["table"] not in TABLES:
        raise DamageError(f"The segment {path.name} was written by another schema version.")
    segment = Segment(path.name, footer["table"], metadata.num_rows, path.stat().st_size, digest)
    return segment, footer


def files(lake: Path) -> list[Path]:
    """Return all finished segment files on disk, listed or not."""
    return sorted((lake / "segments").glob("*/*.parquet"))


def temporaries(lake: Path) -> list[Path]:
    """Return what interrupted writers left behind."""
    return sorted((lake / "segments").glob(f"*/*{TEMPORARY_SUFFIX}"))
