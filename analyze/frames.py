"""One data set's answers as sums over clusters: all that the estimates of `quantify` need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources

import duckdb
import polars as pl

from analyze.views import query

CELL = ("reading", "model_id", "condition_id", "concept")

# Names that repeat in every answer. While frozen they are enumerated, in the order of the
# alphabet: grouping ten million answers by text would be most of the work.
_NAMES = {
    "question_names": "SELECT question_id FROM named_facts",
    "concept_names": "SELECT concept FROM named_facts",
    "group_names": "SELECT group_id FROM named_facts",
    "model_names": "SELECT model_id FROM main.responses",
    "condition_names": "SELECT condition_id FROM main.responses",
    "reading_names": "SELECT reading FROM main.responses",
    "variant_names": "SELECT variant FROM main.responses",
    "scorer_names": "SELECT scorer FROM main.scores",
}


@dataclass(frozen=True)
class Frames:
    """Cluster sums, one frame a query of `queries/`; `pairs` holds the questions' own values."""

    clusters: pl.DataFrame
    consistency: pl.DataFrame
    families: pl.DataFrame
    pairs: pl.DataFrame
    missing: pl.DataFrame
    baselines: pl.DataFrame


def load(con: duckdb.DuckDBPyConnection, dataset: str) -> Frames:
    """Return the cluster sums of one data set, which is frozen.

    Each step's rows are dropped as soon as nothing needs them any more.
    """
    with ExitStack() as stack:
        orders = stack.enter_context(ExitStack())
        orders.enter_context(_temporary(con, "TABLE", "order_answers", _view("order_answers")))
        orders.enter_context(_temporary(con, "VIEW", "family_answers", _view("family_answers")))
        families = con.sql(query("families")).pl()
        questions = _view("question_answers")
        stack.enter_context(_temporary(con, "TABLE", "question_answers", questions))
        orders.close()
        for name in ("order_consistency", "question_baselines"):
            stack.enter_context(_temporary(con, "VIEW", name, _view(name)))
        return Frames(
            clusters=con.sql(query("clusters")).pl(),
            consistency=con.sql(query("consistency")).pl(),
            families=families,
            pairs=con.sql(query("pairs")).pl(),
            missing=con.sql(query("missing")).pl(),
            baselines=con.sql(query("baselines"), params={"dataset": dataset}).pl(),
        )


@contextmanager
def frozen(con: duckdb.DuckDBPyConnection, dataset: str) -> Iterator[None]:
    """Read one data set's questions and scored answers once, for a while.

    Within the block the names `question_facts` and `answers` speak of this data set only.
    """
    facts = "SELECT * FROM main.question_facts WHERE dataset = $dataset"
    with ExitStack() as stack:
        stack.enter_context(_temporary(con, "TABLE", "named_facts", facts, dataset))
        for name, select in _NAMES.items():
            values = f"SELECT DISTINCT * FROM ({select}) ORDER BY ALL"
            con.execute(f"CREATE TEMP TYPE {name} AS ENUM ({values})")
            stack.callback(con.execute, f"DROP TYPE temp.{name}")
        for name in ("question_facts", "answers"):
            select = query("frozen_facts" if name == "question_facts" else "frozen_answers")
            stack.enter_context(_temporary(con, "TABLE", name, select))
        yield


@contextmanager
def _temporary(
    con: duckdb.DuckDBPyConnection, kind: str, name: str, select: str, dataset: str | None = None
) -> Iterator[None]:
    params = {} if dataset is None else {"dataset": dataset}
    con.execute(f"CREATE TEMP {kind} {name} AS {select}", params)
    try:
        yield
    finally:
        con.execute(f"DROP {kind} temp.{name}")


def _view(name: str) -> str:
    return resources.files("analyze").joinpath(f"{name}.sql").read_text("utf-8")


def digest(con: duckdb.DuckDBPyConnection) -> str:
    """Return a text that changes with any row that the estimates of the frozen set stand on."""
    [(text,)] = con.execute(query("digest")).fetchall()
    return str(text)
