"""Which data sets can be analyzed, and where their rows come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from analyze.result_rows import Source
from analyze.views import query
from warehouse.errors import InputError, nearest
from warehouse.keys import canonical, digest

_DATASETS_SQL = "SELECT DISTINCT dataset FROM predictions ORDER BY dataset"


def chosen(con: duckdb.DuckDBPyConnection, datasets: Sequence[str] | None) -> list[str]:
    """Return the data sets named, or all with predictions; raise InputError for one without."""
    known = [name for (name,) in con.execute(_DATASETS_SQL).fetchall()]
    for name in datasets or ():
        if name not in known:
            raise InputError(
                f"The lake holds no predictions of answers to '{name}'.{nearest(name, known)} Make "
                f"some: mirrorlake generate predict --questions {name} --target MODEL"
            )
    if not known:
        raise InputError(
            "The lake holds no predictions. Make some: mirrorlake generate predict "
            "--questions DATASET --target MODEL --predictor MODEL"
        )
    return sorted(set(datasets or known))


def source_of(
    con: duckdb.DuckDBPyConnection, analysis: str, study: str, dataset: str, *decided_by: Any
) -> Source:
    """Return the source of estimates from one data set's answers, predictions and training."""
    [(text,)] = con.execute(query("introspection/digest"), {"dataset": dataset}).fetchall()
    return Source(analysis, study, dataset, digest(canonical([*decided_by, text]), "i1_", 40))


def model_named(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return the id of a model by its name; raise InputError for one that the lake lacks."""
    names = dict(con.execute("SELECT name, model_id FROM models ORDER BY ALL").fetchall())
    if name not in names:
        raise InputError(f"The lake knows no model '{name}'.{nearest(name, names)}")
    model: str = names[name]
    return model
