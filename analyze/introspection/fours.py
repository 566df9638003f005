"""Which models stand against each other in crossed comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import duckdb

from analyze.introspection.contest_rows import Four
from analyze.introspection.datasets import model_named
from warehouse.errors import InputError

Crossed = tuple[str, str, str, str]
"""Names of models: the first, who predicts the first, the second, who predicts the second.

The first and the second predict themselves as well. A model that was trained to predict the first
is kin to the second, and the other way round.
"""

_CELLS_SQL = """
SELECT t.model_id, t.condition_id, f.model_id, f.condition_id, c.n
FROM (
    SELECT target, predictor, count(*) AS n FROM numbered_pairs WHERE NOT trained_on GROUP BY ALL
) AS c
JOIN askers AS t ON t.asker = c.target
JOIN askers AS f ON f.asker = c.predictor
ORDER BY c.n DESC, 2, 4
"""

# A model's kin can only be told by name.
_UNTRAINED_SQL = "SELECT model_id FROM models WHERE adapter IS NULL"


def fours(con: duckdb.DuckDBPyConnection, crossed: Sequence[Crossed]) -> list[Four]:
    """Return the crossed comparisons by name, then those of other untrained models that predict
    each other.

    Of a model asked under several conditions the one with most predictions is taken. Raises
    InputError for models that the lake does not know, or that did not predict what is needed.
    """
    cells = _cells(con)
    found = [_named(con, cells, four) for four in crossed]
    untrained = {model for (model,) in con.execute(_UNTRAINED_SQL).fetchall()}
    targets = sorted({target for target, predictor in cells if target == predictor} & untrained)
    for first, second in combinations(targets, 2):
        if (first, second) in cells and (second, first) in cells:
            made = _four(cells, first, second, second, first)
            # Two comparisons of the same two models could not be told apart in `results`.
            if all({made.first, made.second} != {one.first, one.second} for one in found):
                found.append(made)
    return found


def _cells(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the conditions of target and predictor, by their models."""
    cells: dict[tuple[str, str], tuple[str, str]] = {}
    for target, target_condition, predictor, condition, _ in con.execute(_CELLS_SQL).fetchall():
        cells.setdefault((target, predictor), (target_condition, condition))
    return cells


def _named(
    con: duckdb.DuckDBPyConnection, cells: dict[tuple[str, str], tuple[str, str]], four: Crossed
) -> Four:
    first, on_first, second, on_second = (model_named(con, name) for name in four)
    needed = {
        (first, first): (four[0], four[0]), (first, on_first): (four[0], four[1]),
        (second, second): (four[2], four[2]), (second, on_second): (four[2], four[3]),
    }  # fmt: skip
    for cell, (target, predictor) in needed.items():
        if cell not in cells:
            raise InputError(
                f"{predictor} has not predicted {target}. Run: mirrorlake generate predict "
                f"--target {target} --predictor {predictor} --questions DATASET"
            )
    return _four(cells, first, on_first, second, on_second)


def _four(
    cells: dict[tuple[str, str], tuple[str, str]],
    first: str, on_first: str, second: str, on_second: str,
) -> Four:  # fmt: skip
    conditions = (
        *cells[first, first], cells[first, on_first][1],
        *cells[second, second], cells[second, on_second][1],
    )  # fmt: skip
    owners = (first, first, on_first, second, second, on_second)
    return Four(*conditions, models=dict(zip(conditions, owners, strict=True)))
