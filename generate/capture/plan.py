"""Which vectors of a job the lake does not hold yet.

A question's vectors at one site, layer and position are written together, so each such unit is
there whole or not at all. Questions that lack the same units are read in the same passes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import duckdb

from generate.capture.job import ActivationsJob

Unit: TypeAlias = tuple[str, int, str]
"""Site, layer and position."""

READS = "FROM questions, activations"

_HELD_SQL = """
SELECT question_id, site, layer, position, count(*) AS rows FROM activations
WHERE condition_id = $condition AND list_contains($sites, site)
    AND list_contains($layers, layer) AND list_contains($variants, variant)
    AND (head IS NULL OR head = 0) AND question_id IN (SELECT question_id FROM selected)
GROUP BY ALL
"""


@dataclass(frozen=True)
class Part:
    """Questions that lack the same units."""

    questions: list[str]
    units: frozenset[Unit]


def left(
    con: duckdb.DuckDBPyConnection,
    job: ActivationsJob,
    condition: str,
    sites: Sequence[tuple[str, int]],
    sizes: dict[str, int],
) -> list[Part]:
    """Return what is to be read: `sites` of questions, given by id with their numbers of options.

    The parts and their questions come in a fixed order.
    """
    wanted = frozenset((s, layer, p) for s, layer in sites for p in job.positions)
    expected = {
        (position, size): job.rows_of(position, size)
        for size in set(sizes.values())
        for position in job.positions
    }
    lacking: dict[str, set[Unit]] = {question: set(wanted) for question in sizes}
    for question, site, layer, position, rows in _held(con, condition, sites, expected, sizes):
        if rows == len(expected.get((position, sizes[question]), ())):
            lacking[question].discard((site, layer, position))
    parts: dict[frozenset[Unit], list[str]] = defaultdict(list)
    for question in sorted(lacking):
        parts[frozenset(lacking[question])].append(question)
    parts.pop(frozenset(), None)
    return [Part(parts[units], units) for units in sorted(parts, key=sorted)]


def _held(
    con: duckdb.DuckDBPyConnection,
    condition: str,
    sites: Sequence[tuple[str, int]],
    expected: dict[tuple[str, int], list[str]],
    sizes: dict[str, int],
) -> list[tuple[str, str, int, str, int]]:
    import pyarrow as pa

    con.register("selected", pa.table({"question_id": list(sizes)}))
    found = con.execute(
        _HELD_SQL,
        {
            "condition": condition,
            "sites": sorted({site for site, _ in sites}),
            "layers": sorted({layer for _, layer in sites}),
            "variants": sorted({name for names in expected.values() for name in names}),
        },
    ).fetchall()
    con.unregister("selected")
    return found
