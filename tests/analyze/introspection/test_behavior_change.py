"""Predictions against old and new behaviour, counted by hand, and the invariant that binds them."""

from __future__ import annotations

import numpy as np
import pytest

from analyze.behavior_change import run_behavior_change
from tests.analyze.introspection.lakes import PROPERTIES, write
from warehouse.errors import InputError
from warehouse.lake import open_lake

STRINGS = [f"s{i:03d}" for i in range(120)]
FIRST, LAST = PROPERTIES


def old_text(string: str) -> str:
    number = int(string[1:])
    return f"{'abcd'[number % 4]}-{'wxyz'[(number // 4) % 4]}"


def new_text(string: str) -> str:
    """Every string but one in five is answered otherwise, in both letters."""
    number = int(string[1:])
    if number % 5 == 0:
        return old_text(string)
    return f"{'abcd'[(number + 1) % 4]}-{'wxyz'[(number // 4 + 1) % 4]}"


def right(text: str, name: str) -> str:
    return text[0] if name == FIRST else text[-1]


def lake_with(folder, follows: float):
    """A lake in which a changed model foresees a share of its new answers, else the old ones."""
    lake = open_lake(folder / "lake", create=True)
    rng = np.random.default_rng(3)
    foreseen = {}
    for string in STRINGS:
        for name in PROPERTIES:
            text = new_text(string) if rng.random() < follows else old_text(string)
            foreseen[f"{string} {name}"] = right(text, name)
    answers = {
        "before": {s: old_text(s) for s in STRINGS},
        "after": {s: new_text(s) for s in STRINGS},
    }
    ids = write(lake, answers, {"after": foreseen})
    return lake, ids, foreseen


def of(rows, metric, concept=None):
    [row] = [r for r in rows if r["metric"] == metric and r["concept"] == concept]
    return row


@pytest.mark.parametrize(("follows", "sign"), [(0.9, 1), (0.1, -1)])
def test_a_follower_and_a_stale_model_are_told_apart(tmp_path, follows, sign):
    lake, _, foreseen = lake_with(tmp_path, follows)
    rows = run_behavior_change(lake, changes=[("before", "after")])
    found = of(rows, "macro_new_minus_old")
    assert sign * found["ci_low"] > 0 and sign * found["ci_high"] > 0
    assert found["p_value"] < 1e-6
    shifted = [s for s in STRINGS if old_text(s) != new_text(s)]
    for name in PROPERTIES:
        want = np.mean([foreseen[f"{s} {name}"] == right(new_text(s), name) for s in shifted])
        row = of(rows, "accuracy_new", name)
        assert row["estimate"] == pytest.approx(want)
        assert row["n"] == len(shifted) == 96
    assert of(rows, "macro_accuracy_unchanged")["estimate"] == 1.0


def test_a_model_that_guesses_between_the_two_has_no_sign(tmp_path):
    lake, _, _ = lake_with(tmp_path, 0.5)
    found = of(run_behavior_change(lake, changes=[("before", "after")]), "macro_new_minus_old")
    assert found["ci_low"] < 0 < found["ci_high"]


def test_old_and_new_never_add_up_to_more_than_one(tmp_path):
    lake, _, _ = lake_with(tmp_path, 0.7)
    rows = run_behavior_change(lake, changes=[("before", "after")])
    total = [of(rows, f"accuracy_{side}", FIRST)["estimate"] for side in ("old", "new")]
    assert sum(total) <= 1
    with lake.reader() as con:
        query = "SELECT severity, count, total FROM audits WHERE audit = 'old_plus_new'"
        assert con.execute(query).fetchall() == [("info", 0, 3)]


def test_the_audit_sees_sums_above_one(tmp_path):
    from analyze.result_audits import audit_row

    lake, _, _ = lake_with(tmp_path, 0.7)
    rows = run_behavior_change(lake, changes=[("before", "after")])
    wrong = [{**row, "study": "wrong", "run_id": None} for row in rows]
    for row in wrong:
        if row["metric"] == "accuracy_old":
            row["estimate"] = 0.9
    with lake.run("by hand") as run:
        run.append("results", wrong)
    with lake.reader() as con:
        found = audit_row(con, "words", "wrong", "old_plus_new")
    assert (found["count"], found["severity"]) == (2, "error")


def test_the_average_of_the_query_is_the_estimate(tmp_path):
    lake, _, _ = lake_with(tmp_path, 0.7)
    rows = run_behavior_change(lake, changes=[("before", "after")])
    with lake.reader() as con:
        for side in ("old", "new"):
            row = of(rows, f"accuracy_{side}", FIRST)
            query = f"SELECT avg({side}_right) FROM ({row['sql']})"
            assert con.execute(query).fetchall() == [(pytest.approx(row["estimate"]),)]


def test_a_change_must_be_named_and_known(tmp_path):
    lake, _, _ = lake_with(tmp_path, 0.7)
    with pytest.raises(InputError, match="--old MODEL --new MODEL"):
        run_behavior_change(lake)
    with pytest.raises(InputError, match=r"knows no model 'afters'.*after"):
        run_behavior_change(lake, changes=[("before", "afters")])
    with pytest.raises(InputError, match="generate predict"):
        run_behavior_change(lake, changes=[("after", "before")])
