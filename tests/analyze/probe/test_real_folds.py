"""The six real concepts: contiguous halves confound the letter, and our folds do not."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from tests.inside_lakes import OPTIONS, ask, mirrorlake, pick
from warehouse.lake import open_lake

DATASET = "selfconsciousness"
CONCEPTS = {
    "deception", "known_knowns", "known_unknowns", "self_improve", "sequential_planning",
    "situational_awareness",
}  # fmt: skip


@pytest.fixture(scope="module")
def real(shared_data, tmp_path_factory):
    """A lake of the shared question sets."""
    path = tmp_path_factory.mktemp("real") / "lake"
    clone = shared_data / "SelfConsciousness"
    done = mirrorlake("ingest", "selfconsciousness", "--source", clone, "--lake", path)
    assert done.exit_code == 0, done.output
    lake = open_lake(path)
    yield lake
    lake.close()


@pytest.fixture(scope="module")
def folds(real):
    """Each concept's questions with group, answer and fold, in the order of their file."""
    rows = ask(real, "SELECT f.*, q.source_row FROM question_folds f JOIN questions q"
               " USING (question_id) WHERE f.dataset = ? ORDER BY source_row", DATASET)  # fmt: skip
    found = defaultdict(list)
    for row in rows:
        found[row["concept"]].append(row)
    assert set(found) == CONCEPTS
    return found


def test_an_audit_tells_of_the_halves_of_sequential_planning(real):
    [row] = ask(real, "FROM audits WHERE audit = 'letter_imbalance_by_half'"
                " AND concept = 'sequential_planning' AND dataset = ?", DATASET)  # fmt: skip
    assert row["severity"] == "warning"
    assert "76.8% of the first" in row["detail"] and "30.6% of the last" in row["detail"]


@pytest.mark.parametrize("concept", sorted(CONCEPTS))
def test_no_group_is_in_two_folds_and_letters_are_dealt_evenly(folds, concept):
    rows = folds[concept]
    of_group = defaultdict(set)
    for row in rows:
        of_group[row["group_id"]].add(row["fold"])
    assert all(len(where) == 1 for where in of_group.values())
    sizes = np.bincount([min(where) for where in of_group.values()], minlength=5)
    assert sizes.max() - sizes.min() <= 1
    shares = [np.mean([r["answer"] == "A" for r in rows if r["fold"] == fold]) for fold in range(5)]
    assert max(shares) - min(shares) < 0.06


def letter_only(rows, fold):
    """Return the AUROC of a probe that sees only the letter which was appended.

    Each question stands with A and with B after it; pairs are compared within a fold.
    """
    right = np.array([[row["answer"] == letter for letter in "AB"] for row in rows]).ravel()
    letters = np.tile([[0.0], [1.0]], (len(rows), 1))
    where, aurocs, pairs = np.repeat(fold, 2), [], []
    for held in np.unique(where):
        out = where == held
        probe = LogisticRegression().fit(letters[~out], right[~out])
        aurocs.append(roc_auc_score(right[out], probe.decision_function(letters[out])))
        pairs.append(int(out.sum()) ** 2)
    return np.average(aurocs, weights=pairs)


def test_the_letter_misleads_across_contiguous_halves_and_says_its_share_in_our_folds(folds):
    rows = folds["sequential_planning"]
    half = (np.arange(len(rows)) >= len(rows) // 2).astype(int)
    share = np.mean([row["answer"] == "A" for row in rows])
    assert letter_only(rows, half) < 0.35
    ours = letter_only(rows, np.array([row["fold"] for row in rows]))
    assert ours == pytest.approx(max(share, 1 - share), abs=0.02)


def both_steps(lake, limit):
    """Capture, probe and steer as the study does, at the residual stream; return all results.

    With `limit` each concept gives as many questions, and directions have no controls.
    """
    from generate.capture.fill import generate_activations
    from generate.capture.job import ActivationsJob
    from generate.job import ResponsesJob
    from generate.responses import generate_responses
    from generate.steering.job import Steering

    for concept in sorted(CONCEPTS):
        generate_activations(
            lake,
            ActivationsJob(
                DATASET, "mirror-tiny/base", positions=("last", "choice"), variants="choices",
                concepts=(concept,), limit=limit, baselines=True, options=OPTIONS,
            ),
        )  # fmt: skip
    probed = mirrorlake("analyze", "probe", "--questions", DATASET, "--lake", lake.path, "--json")
    names = [f"{kind}:deception:answer@resid_post.3" for kind in ("mean_difference", "probe")]
    steering = Steering(tuple(names), (-4.0, 4.0), controls=19 if limit else 100)
    job = ResponsesJob(DATASET, "mirror-tiny/base", ("letter",), concepts=("deception",), fold=0,
                       limit=limit, steering=steering, options=OPTIONS)  # fmt: skip
    generate_responses(lake, job)
    steered = mirrorlake("analyze", "steer", "--questions", DATASET, "--lake", lake.path, "--json")
    assert (probed.exit_code, steered.exit_code) == (0, 0)
    return json.loads(probed.stdout), json.loads(steered.stdout)


def are_complete(probed, steered):
    for concept in CONCEPTS:
        for label in ("right", "answer"):
            rows = pick(probed, concept=concept, reading=label)
            for layer in range(4):
                for metric in ("auroc", "auroc_letter_swap", "auroc_random_twin"):
                    [row] = pick(rows, metric=metric, site="resid_post", layer=layer)
                    assert row["estimate"] is not None and row["n_clusters"] > 1
            for site in ("letter", "bag_of_words", "resid_pre"):
                [row] = pick(rows, metric="auroc", site=site)
                assert row["estimate"] is not None
            [best] = pick(rows, metric="max_auroc")
            assert best["p_value"] is not None
    for metric in ("slope", "outside_random"):
        assert len(pick(steered, metric=metric)) == 2
        assert all(row["p_value"] is not None for row in pick(steered, metric=metric))


@pytest.mark.soak
@pytest.mark.parametrize("limit", [40, None])
def test_both_steps_run_on_all_six_concepts(shared_data, tmp_path, limit):
    path = tmp_path / "lake"
    clone = shared_data / "SelfConsciousness"
    done = mirrorlake("ingest", "selfconsciousness", "--source", clone, "--lake", path)
    assert done.exit_code == 0, done.output
    lake = open_lake(path)
    are_complete(*both_steps(lake, limit))
    lake.close()
