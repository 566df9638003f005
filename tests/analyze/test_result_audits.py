"""Audits of results find what was planted and nothing else."""

from __future__ import annotations

import pytest
from responders import condition, fill, knows, model, questions, responses

from analyze.quantify import run_quantify
from analyze.result_audits import AUDITS, audit_rows

BROKEN_TEXTS = [
    "Error: 429",
    "503 Service Unavailable",
    '{"error": {"message": "overloaded"}}',
    "None",
]
FINE_TEXTS = ["B", "500 years ago", "Error bars are no error", "The answer is (A).", "No one"]


def findings(lake, dataset="trial", study="default"):
    with lake.reader() as con:
        return {row["audit"]: row for row in audit_rows(con, dataset, study)}


def test_honest_results_have_no_finding_and_say_that_they_were_audited(trial):
    with trial.lake.reader() as con:
        stored = con.execute(
            "SELECT audit, count, total, severity FROM audits WHERE dataset = 'trial'"
        ).fetchall()
    assert {name for name, *_ in stored} == {audit.name for audit in AUDITS}
    assert {count for _, count, *_ in stored} == {0}
    assert {severity for *_, severity in stored} == {"info"}
    totals = {name: total for name, _, total, _ in stored}
    assert totals["accuracy_times_n"] == 18
    assert totals["unequal_n_in_pair"] == 45
    assert totals["estimate_outside_interval"] > 100


def planted(**columns):
    return {
        "analysis": "planted",
        "study": "default",
        "dataset": "trial",
        "params": "{}",
        "inputs_digest": "i",
        "metric": "accuracy",
        "concept": "belief",
        "reading": "letter",
        **columns,
    }


@pytest.fixture
def broken(lake):
    """A lake with one planted finding of each kind beside honest results."""
    asked = questions(["belief"], 8, 2)
    cond = condition(model("m"))
    texts = iter(BROKEN_TEXTS + FINE_TEXTS * 8)
    rows = responses(asked, cond, lambda *_: {"text": next(texts)}, reading="text")
    rows += responses(asked[:12], cond, knows(0.8, 1))
    other = condition(model("other"))
    fill(lake, asked, {"m": rows, "other": responses(asked, other, knows(0.8, 2))})
    run_quantify(lake)
    with lake.run("plant") as run:
        run.append(
            "results",
            [
                planted(model_id="x", estimate=0.51, n=10, detail='{"steps": 4}'),
                planted(model_id="y", estimate=0.525, n=10, detail='{"steps": 4}'),
                planted(model_id="z", metric="made_up", estimate=0.9, ci_low=0.1, ci_high=0.8),
            ],
        )
    return lake


def test_every_planted_finding_is_found(broken):
    found = findings(broken)
    assert found["accuracy_times_n"]["count"] == 1
    assert "0.51 of 10" in found["accuracy_times_n"]["example"]
    assert found["estimate_outside_interval"]["count"] == 1
    assert "made_up" in found["estimate_outside_interval"]["example"]
    assert found["unequal_n_in_pair"]["count"] == 1
    assert "12 shared" in found["unequal_n_in_pair"]["example"]
    assert found["error_text_as_answer"]["count"] == len(BROKEN_TEXTS)
    assert found["error_text_as_answer"]["severity"] == "error"
    assert found["unequal_n_in_pair"]["severity"] == "warning"
