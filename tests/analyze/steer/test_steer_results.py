"""What stands behind each estimate of steering, and what steering leaves alone."""

from __future__ import annotations

import pytest

from analyze.steer import run_steer
from tests.inside_lakes import ask, mirrorlake, pick


def test_the_average_of_the_listed_values_is_the_estimate(steered):
    counted = 0
    for row in steered.rows:
        if row["metric"] == "outside_random" or row["estimate"] is None:
            continue
        [found] = ask(
            steered.lake,
            "SELECT avg(value) AS mean, count(value) AS n, count(DISTINCT group_id) AS clusters"
            f" FROM ({row['sql']})",
        )
        assert found["mean"] == pytest.approx(row["estimate"], rel=1e-9, abs=1e-12)
        assert (found["n"], found["clusters"]) == (row["n"], row["n_clusters"])
        counted += 1
    # Two directions: a shift and three costs at two doses, and the slope.
    assert counted == 2 * (4 * 2 + 1)


def test_a_shift_is_the_mean_change_of_the_margin_over_both_orders(steered):
    [row] = pick(steered.rows, concept="belief", metric="shift", dose=2.0)
    [found] = ask(
        steered.lake,
        """
        WITH margins AS (
            SELECT question_id, c.intervention_id AS push, variant,
                CASE variant WHEN 'AB' THEN 1 ELSE -1 END
                    * (choice_logprobs[1] - choice_logprobs[2]) AS first
            FROM responses JOIN conditions c USING (condition_id) WHERE status = 'ok'
        )
        SELECT avg(pushed.first - plain.first) AS mean, count(*) AS n
        FROM margins pushed JOIN interventions i ON i.intervention_id = pushed.push
        JOIN margins plain USING (question_id, variant)
        WHERE plain.push IS NULL AND i.direction_id = ? AND i.dose = 2
        """,
        row["direction_id"],
    )
    assert found["n"] == 2 * row["n"] == 16
    assert found["mean"] == pytest.approx(row["estimate"])


def test_questions_were_not_those_the_direction_was_fitted_on(steered):
    folds = ask(
        steered.lake,
        "SELECT DISTINCT fold FROM responses JOIN question_folds USING (question_id)",
    )
    assert folds == [{"fold": 0}]


def test_steered_answers_stay_out_of_quantify(steered):
    plain = ask(steered.lake, "SELECT condition_id FROM conditions WHERE intervention_id IS NULL")
    allowed = {row["condition_id"] for row in plain}
    judged = [row for row in steered.answers if row["condition_id"] is not None]
    assert judged and {row["condition_id"] for row in judged} <= allowed
    for row in pick(judged, metric="accuracy"):
        assert row["n"] == 8


def test_a_second_run_computes_nothing(steered):
    before = ask(steered.lake, "SELECT count(*) AS n FROM results")
    again = mirrorlake("analyze", "steer", "--lake", steered.lake.path, "--json")
    assert "Nothing changed since the last run" in again.stderr
    assert again.stdout == steered.done.stdout
    assert ask(steered.lake, "SELECT count(*) AS n FROM results") == before


def test_another_study_has_rows_of_its_own_and_the_same_numbers(steered):
    other = run_steer(steered.lake, study="other")
    named = ("metric", "dose", "concept", "estimate", "p_value", "sql")
    assert {row["study"] for row in other} == {"other"}
    assert [[row[name] for name in named] for row in other] == [
        [row[name] for name in named] for row in steered.rows
    ]
