"""`analyze probe` on the embedded models: found where it was planted, and nowhere else."""

from __future__ import annotations

import json

import pytest

from tests.inside_lakes import ask, pick

LAYER = 2
SURFACE = ("letter", "bag_of_words")


def at(rows, model, metric="auroc", site="resid_post", **where):
    [row] = pick(rows, model=model, metric=metric, site=site, **where)
    return row


def test_the_concept_is_present_from_its_layer_by_the_whole_definition(planted):
    own = {layer: at(planted.rows, "verdict", layer=layer) for layer in range(4)}
    assert own[LAYER]["ci_low"] > 0.85
    assert all(own[layer]["ci_low"] <= 0.85 for layer in range(LAYER))
    assert own[LAYER]["n_clusters"] >= 40
    for site in SURFACE:
        assert at(planted.rows, "verdict", site=site)["estimate"] < 0.65
    assert at(planted.rows, "verdict", site="resid_pre", layer=0)["estimate"] < 0.65
    for layer in range(4):
        twin = at(planted.rows, "verdict", "auroc_random_twin", layer=layer)
        assert twin["estimate"] < 0.65
        assert planted.names[twin["other_model_id"]] == "base~random"
        assert (twin["n"], twin["n_clusters"]) == (own[layer]["n"], own[layer]["n_clusters"])


def test_its_corrected_p_is_below_1_percent_and_holds_with_letters_swapped(planted):
    assert at(planted.rows, "verdict", layer=LAYER)["p_adjusted"] < 0.01
    best = at(planted.rows, "verdict", "max_auroc", site=None)
    assert best["p_value"] < 0.01
    assert json.loads(best["detail"])["layer"] >= LAYER
    assert at(planted.rows, "verdict", "auroc_letter_swap", layer=LAYER)["ci_low"] > 0.8
    for layer in range(LAYER):
        assert at(planted.rows, "verdict", layer=layer)["p_adjusted"] > 0.05


def test_the_twin_holds_nothing(planted):
    assert at(planted.rows, "verdict-twin", "max_auroc", site=None)["p_value"] > 0.05
    for layer in range(4):
        row = at(planted.rows, "verdict-twin", layer=layer)
        assert row["p_adjusted"] > 0.05 and row["ci_low"] < 0.5
        assert at(planted.rows, "verdict-twin", "auroc_letter_swap", layer=layer)["ci_low"] < 0.5


@pytest.mark.parametrize("model", ["verdict", "verdict-twin"])
def test_every_curve_stands_beside_all_its_baselines(planted, model):
    rows = pick(planted.rows, model=model)
    for layer in range(4):
        for metric in ("auroc", "auroc_letter_swap", "auroc_mean_difference",
                       "auroc_random_twin", "accuracy"):  # fmt: skip
            row = at(rows, model, metric, layer=layer)
            assert row["ci_low"] < row["estimate"] < row["ci_high"] and row["reason"] is None
        band = json.loads(at(rows, model, layer=layer)["detail"])["band"]
        assert band[0] <= at(rows, model, layer=layer)["ci_low"]
        assert band[1] >= at(rows, model, layer=layer)["ci_high"]
    assert at(rows, model, "shape")["ci_low"] <= at(rows, model, "shape")["estimate"]


def test_random_models_have_no_rows_of_their_own(planted):
    assert {row["model"] for row in planted.rows} == {"verdict", "verdict-twin"}
    fitted = ask(planted.lake, "SELECT DISTINCT model_id FROM directions")
    assert {planted.names[row["model_id"]] for row in fitted} == {"verdict", "verdict-twin"}
