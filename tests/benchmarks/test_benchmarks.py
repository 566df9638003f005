"""Every benchmark runs at a tiny size and compares the same work; none is timed here."""

from __future__ import annotations

import polars as pl
import pytest

from analyze.quantify import run_quantify
from benchmarks import synthetic
from benchmarks.baselines import quantify_polars
from benchmarks.cases import CASES, Place, Row
from benchmarks.measure import PYTHON, Measured, measure
from benchmarks.table import BEGIN, END, markdown, written
from warehouse.check import check

ROWS = 2_000


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("bench"), ROWS)


def test_a_synthetic_lake_is_a_lake(tmp_path):
    lake = synthetic.make(tmp_path / "lake", ROWS)
    assert check(lake) == []
    with lake.reader() as con:
        query = "SELECT count(*), count(DISTINCT model_id) FROM responses"
        assert con.execute(query).fetchall() == [(2_040, 20)]
    assert synthetic.new_requests(lake, 100).total == 100
    with lake.run("generate responses") as run:
        assert run.plan(synthetic.finished_requests(lake, 200)).cached == 200


def test_the_polars_baseline_computes_the_same_estimates(tmp_path):
    # Two or three families a concept, so that there are errors to compare.
    lake = synthetic.make(tmp_path / "lake", 3 * ROWS)
    ours = pl.DataFrame(run_quantify(lake), infer_schema_length=None)
    theirs = quantify_polars.estimates(lake.path)
    assert theirs.height > 400
    names = {"accuracy": "accuracy", "first": "position_bias"}
    theirs = theirs.with_columns(pl.col("metric").replace_strict(names))
    both = ours.join(theirs, on=["metric", "reading", "model_id", "concept"], suffix="_theirs")
    assert both.height == theirs.height
    for column in ("estimate", "n", "n_clusters"):
        gap = (both[column] - both[f"{column}_theirs"]).abs()
        assert gap.max() < 1e-9, column
    # Where families differ in size ours corrects the CR1 form; where they do not, it is CR1.
    equal = both.filter(pl.col("n") == 4 * pl.col("n_clusters"), pl.col("n_clusters") > 1)
    assert equal.height > 100
    assert (equal["std_error"] - equal["std_error_theirs"]).abs().max() < 1e-9


@pytest.mark.parametrize("name", ["start", "plan", "large_plans", "check"])
def test_a_benchmark_runs(place, name):
    rows = list(CASES[name](place))
    assert rows
    for row in rows:
        assert row.ours.seconds > 0
        assert row.against is not None and row.against.seconds > 0


def test_a_command_that_times_itself_is_believed():
    script = "print('x'); print('{\"seconds\": 7.5}')"
    assert measure(*PYTHON, "-c", script).seconds == 7.5


def test_a_command_that_fails_says_why():
    with pytest.raises(RuntimeError, match="no such thing"):
        measure(*PYTHON, "-c", "raise SystemExit('no such thing')")


def test_the_table_replaces_the_one_before_it():
    row = Row("plan", "plan 1 key", Measured(3.0, 100), "a bare join", Measured(1.5, 50))
    absent = Row("x", "y", Measured(1.0, 1), "pandas", None)
    text = written(f"a\n{BEGIN}\nold\n{END}\nb", markdown([row, absent]))
    assert "| plan 1 key | 3.00 | 100 | a bare join | 1.50 | 50 | 2.0 |" in text
    assert "not installed" in text and "old" not in text
    with pytest.raises(ValueError):
        written("no marks", "table")
