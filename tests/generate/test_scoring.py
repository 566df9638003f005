"""Batched log-probabilities equal those of one sequence at a time."""

from __future__ import annotations

import math

import pytest

from generate.engines.local import batches
from tests.generate import asked

LENGTHS = [1, 400, 3, 90, 95, 60, 401, 2, 150]


@pytest.mark.parametrize("model", ["llama", "mistral", "gpt2", "newline", "plain"])
@pytest.mark.parametrize("budget", [None, 700])
def test_batched_logprobs_equal_one_at_a_time(folders, model, budget):
    engine = asked.engine(folders[model], batch_tokens=budget, device="cpu")
    requests = asked.requests(engine, LENGTHS)
    rows, reference = asked.answers(engine, requests), asked.Reference(folders[model])
    for request in requests:
        found = rows[request.request_key]
        assert found["status"] == "ok"
        assert found["choice_logprobs"] == pytest.approx(reference.logprobs(request), abs=1e-4)
        assert found["prompt_tokens"] == len(reference.ids(reference.text(request)))


def test_the_order_of_requests_changes_nothing(folders):
    engine = asked.engine(folders["llama"])
    requests = asked.requests(engine, LENGTHS)
    forward, backward = asked.answers(engine, requests), asked.answers(engine, requests[::-1])
    for key, row in forward.items():
        assert row["choice_logprobs"] == pytest.approx(backward[key]["choice_logprobs"], abs=1e-4)


def test_stems_are_shared_and_both_letters_come_off_one_row(folders):
    engine = asked.engine(folders["llama"])
    requests = asked.requests(engine, [200])
    items = [batches.scored(one) for one in engine.encoder.encode(requests)]
    assert [len(item.rows) for item in items] == [1, 1, 2]
    (group,) = batches.groups(items)
    stem = len(
        asked.Reference(folders["llama"]).ids("<s><|user|>" + requests[0].messages[0]["content"])
    )
    assert group.shared == stem


def test_batches_keep_to_the_budget(folders):
    engine = asked.engine(folders["llama"])
    items = map(batches.scored, engine.encoder.encode(asked.requests(engine, [*range(1, 200, 7)])))
    made = batches.groups(items)
    found = list(batches.batches(made, 2000))
    assert [group for batch in found for group in batch] == made
    for batch in found:
        rows = [row for group in batch for row in group.rows]
        assert len(batch) == 1 or len(rows) * max(map(len, rows)) <= 2000
        assert max(g.shared for g in batch) - min(g.shared for g in batch) <= batches.SLACK


def test_a_letter_is_one_token_and_counts_are_kept(folders):
    engine = asked.engine(folders["llama"])
    rows = asked.answers(engine, asked.requests(engine, [5], readings=("letter",)))
    assert {row["completion_tokens"] for row in rows.values()} == {2}


def test_probabilities_of_all_letters_are_below_one(folders):
    engine = asked.engine(folders["llama"])
    for row in asked.answers(engine, asked.requests(engine, [5, 9], ("letter",))).values():
        assert sum(map(math.exp, row["choice_logprobs"])) < 1


def test_a_batch_that_fails_is_halved_until_the_culprit_is_alone():
    calls = []

    def work(items):
        calls.append(list(items))
        if len(items) > 2 or 3 in items:
            raise RuntimeError("does not fit")
        return [{"item": item} for item in items]

    found = list(batches.halving(range(6), work, lambda item, error: {"gave_up": item}))
    rows = [row for part in found for row in part]
    assert rows == [{"item": 0}, {"item": 1}, {"item": 2}, {"gave_up": 3}, {"item": 4}, {"item": 5}]
    assert calls[0] == [0, 1, 2, 3, 4, 5]
