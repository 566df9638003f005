"""What readers open: `manifest.json` and `warehouse.duckdb`, both made from the ledger.

Both are written beside the old file and renamed over it, so a reader always finds a whole
one, and an open reader keeps the one it has. Deleting either loses nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from warehouse import segments, view_file
from warehouse.errors import StorageError
from warehouse.ledger import LEDGER_TABLES, Ledger
from warehouse.schema import SCHEMA_VERSION, TABLES, Table

MANIFEST = "manifest.json"
WAREHOUSE = "warehouse.duckdb"

# Bookkeeping that changes with every command; the lake's digest is about its findings.
UNDIGESTED_TABLES = frozenset({"runs"})


def publish(lake: Path, ledger: Ledger) -> None:
    """Publish the small tables, then the manifest and the views over the live segments.

    The caller holds the publish lock.
    """
    # One transaction, or a row that another command stores meanwhile would count as published.
    with ledger.transaction():
        for table in LEDGER_TABLES:
            _publish_small(lake, ledger, table)
        generation, tables = ledger.generation(), live_files(ledger)
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "generation": generation,
        "lake": str(lake.absolute()),
        "tables": tables,
    }
    _build_warehouse(lake, manifest)
    # The manifest says which generation is published, so it comes last, whatever power cuts undo.
    segments.sync_folder(lake)
    _replace(lake / MANIFEST, json.dumps(manifest, indent=1).encode())


def live_files(ledger: Ledger) -> dict[str, list[str]]:
    """Return the live files of each table, relative to the lake, as the ledger lists them."""
    files: dict[str, list[str]] = {name: [] for name in TABLES}
    for segment in ledger.segments():
        files[segment.table].append(f"segments/{segment.table}/{segment.name}")
    return files


def _publish_small(lake: Path, ledger: Ledger, table: Table) -> None:
    rows = ledger.rows(table)
    state = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    old = [segment.name for segment in ledger.segments(table.name)]
    published = ledger.meta(f"published:{table.name}") == state
    if (published and (old or not rows)) or not (rows or old):
        return
    batch = segments.from_ledger(table.name, rows)
    segment = segments.write(lake, table.name, [batch], sequence=ledger.generation())
    ledger.list_segment(segment, replaces=old)
    ledger.set_meta(f"published:{table.name}", state)


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _build_warehouse(lake: Path, manifest: Mapping[str, Any]) -> None:
    temporary = lake / f"{WAREHOUSE}.{os.getpid()}.tmp"
    temporary.unlink(missing_ok=True)
    try:
        _write_views(lake, temporary, manifest)
        os.replace(temporary, lake / WAREHOUSE)
    except (OSError, duckdb.Error) as error:
        raise StorageError(
            f"The views of {lake} could not be written ({str(error).splitlines()[0]}). "
            "Nothing of the rows is lost; free disk space and run the command again."
        ) from error
    finally:
        for left in (temporary, temporary.with_name(f"{temporary.name}.wal")):
            left.unlink(missing_ok=True)


def _write_views(lake: Path, temporary: Path, manifest: Mapping[str, Any]) -> None:
    view_file.write(temporary, absolute(lake, manifest["tables"]), lake / WAREHOUSE)


def absolute(lake: Path, tables: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the files of each table as absolute paths."""
    root = lake.absolute()
    return {table: [str(root / f) for f in files] for table, files in tables.items()}


def read_manifest(lake: Path) -> dict[str, Any] | None:
    """Return the manifest, or None when it is missing or unreadable."""
    try:
        manifest = json.loads((lake / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and "tables" in manifest else None


def is_current(lake: Path, ledger: Ledger) -> bool:
    """Return whether manifest and views fit the ledger and the place where the lake lies."""
    manifest = read_manifest(lake)
    return (
        manifest is not None
        and (lake / WAREHOUSE).exists()
        and manifest.get("lake") == str(lake.absolute())
        and manifest.get("generation") == ledger.generation()
    )


def digest(manifest: Mapping[str, Any]) -> str:
    """Return a digest of the lake's rows: a hash over the names of its live segments."""
    names = [
        name
        for table, files in sorted(manifest["tables"].items())
        if table not in UNDIGESTED_TABLES
        for name in sorted(files)
    ]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
