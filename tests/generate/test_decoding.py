"""Text is what transformers writes, and every sample is its own whatever runs beside it."""

from __future__ import annotations

from collections import Counter

import pytest

from generate.engines.base import Asking, Sampling
from generate.engines.local import decoding
from tests.generate import asked

LENGTHS = [1, 120, 3, 40, 77]


def writing(**sampling) -> Asking:
    return Asking(sampling=Sampling(**sampling))


@pytest.mark.parametrize("model", ["llama", "mistral", "gpt2", "plain"])
def test_greedy_text_equals_generate(folders, model):
    engine = asked.engine(folders[model])
    requests = asked.requests(engine, LENGTHS, ("text",), writing(max_tokens=12))
    rows, reference = asked.answers(engine, requests), asked.Reference(folders[model])
    for request in requests:
        found = rows[request.request_key]
        assert found["text"] == reference.greedy(request, 12)
        assert found["status"] == ("truncated" if found["completion_tokens"] == 12 else "ok")
    assert len({row["text"] for row in rows.values()}) > 1


def test_samples_do_not_depend_on_the_batch(folders):
    engine = asked.engine(folders["llama"])
    how = writing(temperature=1.3, top_p=0.9, max_tokens=10)
    requests = asked.requests(engine, LENGTHS[1:4], ("text",), how, samples=2)
    together = asked.answers(engine, requests)
    alone = asked.engine(folders["llama"], batch_tokens=1)
    for request in requests:
        (row,) = asked.answers(alone, [request]).values()
        assert row["text"] == together[request.request_key]["text"]
    assert len({row["text"] for row in together.values()}) > len(LENGTHS)


def test_a_reply_ends_at_the_end_token(folders):
    engine = asked.engine(folders["llama"])
    how = writing(temperature=2.0, max_tokens=30)
    rows = asked.answers(engine, asked.requests(engine, [3], ("text",), how, samples=60))
    ended = [row for row in rows.values() if row["status"] == "ok"]
    assert ended
    assert all(row["finish_reason"] == "stop" for row in ended)
    assert all(row["completion_tokens"] < 30 and "</s>" not in row["text"] for row in ended)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {0: 0.5, 1: 0.3, 2: 0.15, 3: 0.05}),
        ({"top_p": 0.6}, {0: 0.625, 1: 0.375}),
        ({"top_p": 0.45}, {0: 1.0}),
        ({"top_k": 3}, {0: 0.5 / 0.95, 1: 0.3 / 0.95, 2: 0.15 / 0.95}),
    ],
)
def test_draws_follow_the_probabilities(settings, expected):
    import torch

    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log().expand(4000, 4)
    draws = [decoding.Draw((0,), f"seed {i}", 1) for i in range(4000)]
    chosen = decoding._choose(logits, draws, Sampling(temperature=1.0, **settings))
    counts = Counter(chosen)
    assert set(counts) == set(expected)
    for token, probability in expected.items():
        assert counts[token] / 4000 == pytest.approx(probability, abs=0.035)


def test_temperature_sharpens(folders):
    import torch

    logits = torch.tensor([[0.6, 0.4]]).log().expand(4000, 2)
    draws = [decoding.Draw((0,), f"seed {i}", 1) for i in range(4000)]
    chosen = decoding._choose(logits, draws, Sampling(temperature=0.5))
    assert chosen.count(0) / 4000 == pytest.approx(0.36 / 0.52, abs=0.03)


def test_text_stops_where_the_context_ends(folders):
    engine = asked.engine(folders["short"])
    requests = asked.requests(engine, [10], ("text",), writing(max_tokens=500))
    for row in asked.answers(engine, requests).values():
        assert row["prompt_tokens"] + row["completion_tokens"] <= 120
