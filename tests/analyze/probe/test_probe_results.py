"""What stands behind each estimate: its own query, and the same numbers from other software."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tests.inside_lakes import ask, mirrorlake, pick


def listed(lake, sql):
    """Return the rows of an estimate's query in one order: states, labels, groups, folds."""
    rows = ask(lake, f"FROM ({sql}) ORDER BY variant, question_id")
    columns = (np.array([row[name] for row in rows]) for name in ("value", "group_id", "fold"))
    return np.array([row["vector"] for row in rows], float), *columns


def within_folds(values, labels, folds):
    """Return the share of pairs in the right order, only pairs of one fold being compared."""
    right = pairs = 0.0
    for fold in np.unique(folds):
        ones, zeros = (values[(folds == fold) & (labels == side)] for side in (1, 0))
        differences = ones[:, None] - zeros[None]
        right += (differences > 0).sum() + (differences == 0).sum() / 2
        pairs += differences.size
    return right / pairs


@pytest.mark.parametrize(("model", "layer"), [("verdict", 2), ("verdict-twin", 3)])
def test_an_auroc_comes_back_from_its_query_by_scikit_learn(planted, model, layer):
    [row] = pick(planted.rows, model=model, metric="auroc", site="resid_post", layer=layer)
    states, labels, groups, folds = listed(planted.lake, row["sql"])
    assert (len(states), len(set(groups))) == (row["n"], row["n_clusters"])
    values, right = np.empty(len(states)), np.empty(len(states))
    for fold in range(5):
        train = folds != fold
        scaler = StandardScaler().fit(states[train])
        probe = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000)
        probe.fit(scaler.transform(states[train]), labels[train])
        values[~train] = probe.decision_function(scaler.transform(states[~train]))
        right[~train] = (values[~train] > 0) == labels[~train]
    assert row["estimate"] == pytest.approx(within_folds(values, labels, folds), abs=1e-6)
    [accuracy] = pick(planted.rows, model=model, metric="accuracy", site="resid_post", layer=layer)
    assert accuracy["estimate"] == pytest.approx(right.mean(), abs=1e-6)


def test_a_difference_of_means_comes_back_exactly(planted):
    [row] = pick(planted.rows, model="verdict", metric="auroc_mean_difference", layer=2,
                 site="resid_post")  # fmt: skip
    states, labels, _, folds = listed(planted.lake, row["sql"])
    values = np.empty(len(states))
    for fold in range(5):
        train = folds != fold
        towards = states[train & labels].mean(0) - states[train & ~labels].mean(0)
        values[~train] = states[~train] @ towards
    assert row["estimate"] == pytest.approx(within_folds(values, labels, folds), abs=1e-6)


def test_no_group_is_on_both_sides_of_a_fold(planted):
    [row] = pick(planted.rows, model="verdict", metric="auroc", site="resid_post", layer=0)
    _, _, groups, folds = listed(planted.lake, row["sql"])
    assert len({*zip(groups, folds, strict=True)}) == len(set(groups)) == 40


def test_directions_are_unit_vectors_fitted_outside_fold_0_and_stored_once(planted):
    stored = ask(planted.lake, "SELECT *, list_inner_product(vector, vector) AS length"
                 " FROM directions JOIN models USING (model_id)")  # fmt: skip
    # Two kinds, two models, four layers; no direction leads away from the embedding of a letter.
    after = pick(stored, site="resid_post")
    assert len(after) == 16 and len({row["direction_id"] for row in stored}) == len(stored)
    assert all(abs(row["length"] - 1) < 1e-5 for row in stored)
    name = "mean_difference:self_reflection:right@resid_post.2"
    [direction] = [r for r in after if r["name"] == name and r["name_1"].endswith("/verdict")]
    [row] = pick(planted.rows, model="verdict", metric="auroc", site="resid_post", layer=2)
    states, labels, _, folds = listed(planted.lake, row["sql"])
    train = folds != 0
    towards = states[train & labels].mean(0) - states[train & ~labels].mean(0)
    assert direction["norm"] == pytest.approx(np.linalg.norm(towards), rel=1e-5)
    unit = towards / np.linalg.norm(towards)
    np.testing.assert_allclose(direction["vector"], unit, atol=1e-5)
    assert direction["sigma"] == pytest.approx((states[train] @ unit).std(), rel=1e-4)
    assert direction["split"] == "all folds but 0 of question_folds"


def test_every_row_says_how_many_how_and_from_what(planted):
    for row in planted.rows:
        assert row["n"] > 0 and row["n_clusters"] > 0 and row["n_missing"] == 0
        assert row["method"] and row["inputs_digest"] and row["run_id"]
        assert (row["estimate"] is None) == (row["reason"] is not None and row["ci_low"] is None)
        if row["p_value"] is not None:
            assert row["seed"] is not None
        if row["metric"] == "auroc" and row["layer"] is not None:
            behind = ask(planted.lake, f"SELECT count(*) AS n FROM ({row['sql']})")
            assert behind == [{"n": row["n"]}]
            assert row["family"] and json.loads(row["detail"])["null_95"] > 0.5


def test_a_second_run_computes_nothing(planted):
    count = "SELECT (SELECT count(*) FROM results) AS r, (SELECT count(*) FROM directions) AS d"
    before = ask(planted.lake, count)
    again = mirrorlake("analyze", "probe", "--lake", planted.lake.path, "--json")
    assert "Nothing changed since the last run" in again.stderr
    assert again.stdout == planted.done.stdout
    assert ask(planted.lake, count) == before


def test_people_see_the_best_layer_beside_surface_baselines(planted):
    shown = mirrorlake("analyze", "probe", "--lake", planted.lake.path)
    head, *lines = shown.stdout.splitlines()
    assert head.split() == ["model", "label", "concept", "best", "auroc", "p_adjusted", "letter",
                            "words", "n", "clusters", "missing"]  # fmt: skip
    [line] = [line for line in lines if line.startswith("mirror-tiny/verdict ")]
    assert "self_reflection" in line and "0.005" in line and " 640 " in line
    assert "--intervene DIRECTION --controls 100" in shown.stderr
