"""Answers under interventions: those of plain transformers with a hook written by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from generate import prompts
from generate.engines.base import Asking, Options, Sampling
from generate.engines.local.engine import open_model
from generate.job import ResponsesJob
from generate.responses import generate_responses
from generate.steering.job import Steering
from tests.warehouse.test_run import rows_of
from warehouse.check import check
from warehouse.errors import InputError
from warehouse.keys import canonical, direction_id
from warehouse.lake import Lake

OPTIONS = Options(device="cpu", batch_tokens=900)
SIGMA = 0.5


def add_direction(lake: Lake, model: str, site: str, layer: int, **more: Any) -> str:
    """Store a random unit vector as a direction named `push` and return its id."""
    row = open_model(model, OPTIONS).model
    dim = 8 if site == "attn_head_in" else 32
    vector = np.random.default_rng(3).standard_normal(dim)
    vector /= np.linalg.norm(vector)
    recipe = {"site": site, "layer": layer, **more}
    direction = {
        "direction_id": direction_id("mean_difference", recipe),
        "kind": "mean_difference", "name": "push", "label": "answer", "concept": "belief",
        "model_id": row["model_id"], "site": site, "layer": layer,
        "head": 1 if site == "attn_head_in" else None,
        "sigma": SIGMA, "norm": 1.0, "params": canonical(recipe | more), "vector": vector.tolist(),
    }  # fmt: skip
    with lake.run("test") as run:
        run.upsert("models", [row])
        run.append("directions", [direction])
    return str(direction["direction_id"])


class ByHand:
    """Plain transformers, one sequence at a time, with one forward hook that edits."""

    def __init__(self, folder: Path, vector: np.ndarray, layer: int) -> None:
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.vector, self.layer = torch.tensor(vector, dtype=torch.float32), layer

    def logprobs(
        self, text: str, reply: str, kind: str, strength: float, positions: str
    ) -> tuple[float, torch.Tensor]:
        """Return the reply's log-probability and the log-probabilities after the prompt."""
        prompt = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        ids = prompt + self.tokenizer(reply, add_special_tokens=False)["input_ids"]
        first = 0 if positions == "all" else len(prompt) - 1
        last = len(prompt) if positions == "last" else len(ids)

        def edit(_: Any, __: Any, out: Any) -> Any:
            hidden = out[0] if isinstance(out, tuple) else out
            h = hidden[:, first:last]
            along = (h @ self.vector).unsqueeze(-1) * self.vector
            new = {
                "add": h + strength * self.vector,
                "add_norm_matched": h + strength * h.norm(dim=-1, keepdim=True) * self.vector,
                "project_out": h - along,
                "scale": h + (strength - 1) * along,
            }[kind]
            hidden = torch.cat([hidden[:, :first], new, hidden[:, last:]], 1)
            return (hidden, *out[1:]) if isinstance(out, tuple) else hidden

        hook = self.model.model.layers[self.layer].register_forward_hook(edit)
        try:
            with torch.no_grad():
                logits = self.model(torch.tensor([ids])).logits[0].log_softmax(-1)
        finally:
            hook.remove()
        places = range(len(prompt) - 1, len(ids) - 1)
        total = sum(float(logits[i, ids[i + 1]]) for i in places)
        return total, logits[len(prompt) - 1]


def steered_rows(lake: Lake) -> list[tuple]:
    return rows_of(
        lake,
        "SELECT q.messages, q.choices, r.variant, r.reading, r.choice_logprobs, r.kl, i.kind,"
        " i.strength, i.positions FROM responses r JOIN questions q USING (question_id)"
        " JOIN conditions USING (condition_id) JOIN interventions i USING (intervention_id)"
        " ORDER BY ALL",
    )


@pytest.mark.parametrize("positions", ["last", "reply", "all"])
@pytest.mark.parametrize("kind", ["add", "add_norm_matched", "project_out", "scale"])
def test_steered_answers_are_those_of_a_hook_by_hand(asked_lake, folders, kind, positions) -> None:
    model = f"hf:{folders['llama']}"
    add_direction(asked_lake, model, "resid_post", 0)
    steering = Steering(("push",), doses=(-3.0, 0.5, 2.0), kind=kind, positions=positions)
    job = ResponsesJob("sample", model, limit=2, options=OPTIONS, steering=steering,
                       readings=("letter", "cloze"))  # fmt: skip
    generate_responses(asked_lake, job)
    [(vector,)] = rows_of(asked_lake, "SELECT vector FROM directions")
    hand = ByHand(folders["llama"], np.array(vector), 0)
    rows = steered_rows(asked_lake)
    assert len(rows) == 2 * 3 * (1 if kind == "project_out" else 3)
    for messages, choices, variant, reading, values, kl, _, strength, _ in rows:
        if kind == "add":
            assert abs(strength) in (3 * SIGMA, 0.5 * SIGMA, 2 * SIGMA)
        shown = prompts.show(json.loads(messages), choices, variant)
        text = hand.tokenizer.apply_chat_template(shown, add_generation_prompt=True, tokenize=False)
        replies = prompts.continuations(choices, variant, reading)
        by_hand = [hand.logprobs(text, r, kind, strength or 0.0, positions) for r in replies]
        assert values == pytest.approx([value for value, _ in by_hand], abs=2e-4)
        _, plain = hand.logprobs(text, replies[0], "add", 0.0, "last")
        steered = by_hand[0][1]
        wanted = float((steered.exp() * (steered - plain)).sum())
        assert kl == pytest.approx(wanted, abs=1e-4)
    assert max(row[5] for row in rows) > 1e-3


def test_the_unsteered_answer_is_dose_0_and_shared(asked_lake, folders) -> None:
    model = f"hf:{folders['llama']}"
    add_direction(asked_lake, model, "mlp_out", 1)
    job = ResponsesJob("sample", model, limit=3, options=OPTIONS, readings=("letter",))
    assert generate_responses(asked_lake, job).requests == 6
    steered = replace(job, steering=Steering(("push",), doses=(-1.0, 0.0, 1.0)))
    summary = generate_responses(asked_lake, steered)
    assert (summary.requests, summary.cached) == (18, 6)
    assert generate_responses(asked_lake, steered).cached == 18
    assert check(asked_lake) == []


def test_one_head_can_be_steered(asked_lake, folders) -> None:
    model = f"hf:{folders['llama']}"
    add_direction(asked_lake, model, "attn_head_in", 1)
    job = ResponsesJob("sample", model, limit=2, options=OPTIONS, readings=("letter",),
                       steering=Steering(("push",), doses=(4.0,)))  # fmt: skip
    generate_responses(asked_lake, job)
    [(head,)] = rows_of(asked_lake, "SELECT DISTINCT head FROM interventions")
    assert head == 1
    assert all(row[5] > 0 for row in steered_rows(asked_lake))


def test_text_is_written_under_an_intervention(asked_lake, folders) -> None:
    model = f"hf:{folders['llama']}"
    add_direction(asked_lake, model, "resid_post", 1)
    sampling = Sampling(max_tokens=5)
    job = ResponsesJob(
        "sample", model, limit=3, options=OPTIONS, readings=("text",), orders="stored",
        asking=Asking(sampling=sampling),
        steering=Steering(("push",), doses=(200.0,), positions="reply"),
    )  # fmt: skip
    generate_responses(asked_lake, job)
    texts = rows_of(
        asked_lake,
        "SELECT intervention_id IS NOT NULL, text, q.messages, q.choices, r.variant"
        " FROM responses r JOIN conditions USING (condition_id)"
        " JOIN questions q USING (question_id) ORDER BY r.question_id, 1",
    )
    [(vector,)] = rows_of(asked_lake, "SELECT vector FROM directions")
    hand = ByHand(folders["llama"], np.array(vector), 1)
    for steered, text, messages, choices, variant in texts:
        shown = prompts.show(json.loads(messages), choices, variant)
        prompt = hand.tokenizer.apply_chat_template(
            shown, add_generation_prompt=True, tokenize=False
        )
        assert text == greedy(hand, prompt, 100.0 if steered else 0.0)
    assert {text for steered, text, *_ in texts if steered}.isdisjoint(
        text for steered, text, *_ in texts if not steered
    )


def greedy(hand: ByHand, prompt: str, strength: float) -> str:
    """Return five greedy tokens, every one from the prompt's last on being written steered."""
    start = len(hand.tokenizer(prompt, add_special_tokens=False)["input_ids"])
    ids = hand.tokenizer(prompt, add_special_tokens=False)["input_ids"]

    def edit(_: Any, __: Any, out: Any) -> Any:
        hidden = out[0] if isinstance(out, tuple) else out
        hidden = hidden.clone()
        hidden[:, start - 1 :] += strength * hand.vector
        return (hidden, *out[1:]) if isinstance(out, tuple) else hidden

    hook = hand.model.model.layers[hand.layer].register_forward_hook(edit)
    try:
        with torch.no_grad():
            for _ in range(5):
                token = int(hand.model(torch.tensor([ids])).logits[0, -1].argmax())
                if token == hand.tokenizer.eos_token_id:
                    break
                ids.append(token)
    finally:
        hook.remove()
    return str(hand.tokenizer.decode(ids[start:], skip_special_tokens=True))


def test_controls_take_the_same_step(asked_lake, folders) -> None:
    from generate.capture.fill import generate_activations
    from generate.capture.job import ActivationsJob

    model = f"hf:{folders['llama']}"
    generate_activations(asked_lake, ActivationsJob("sample", model, options=OPTIONS))
    [(condition,)] = rows_of(asked_lake, "SELECT DISTINCT condition_id FROM activations")
    where = {"condition_id": condition, "dataset": "sample", "position": "last"}
    add_direction(asked_lake, model, "resid_post", 1, **where)
    job = ResponsesJob("sample", model, limit=1, options=OPTIONS, readings=("letter",),
                       steering=Steering(("push",), doses=(2.0,), controls=5))  # fmt: skip
    generate_responses(asked_lake, job)
    found = rows_of(
        asked_lake,
        "SELECT kind, params->>'family', count(*), min(strength), max(strength),"
        " max(abs(list_inner_product(vector, vector) - 1)) < 1e-5 FROM interventions i"
        " JOIN directions d USING (direction_id) GROUP BY ALL ORDER BY ALL".replace(
            "SELECT kind", "SELECT d.kind"
        ),
    )
    step = 2 * SIGMA
    assert found == [
        ("mean_difference", None, 1, step, step, True),
        ("random", "covariance", 5, step, step, True),
        ("random", "isotropic", 5, step, step, True),
        ("random", "shuffled", 5, step, step, True),
    ]
    before = rows_of(asked_lake, "SELECT count(*) FROM directions")
    assert generate_responses(asked_lake, job).cached == 2 + 2 * 16 - 0
    assert rows_of(asked_lake, "SELECT count(*) FROM directions") == before


@pytest.mark.parametrize(
    ("model", "steering", "says"),
    [
        ("openai:gpt-4o", Steering(("push",)), "cannot be steered"),
        (None, Steering(("pusch",)), "Did you mean 'push'"),
        (None, Steering(("push",), controls=3), "does not say on which states"),
        (None, Steering(("push",), kind="scale", controls=3), "only the kind 'add'"),
    ],
)
def test_what_cannot_be_steered_is_one_sentence(
    asked_lake, folders, monkeypatch, model, steering, says
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    own = f"hf:{folders['llama']}"
    add_direction(asked_lake, own, "resid_post", 1)
    job = ResponsesJob("sample", model or own, limit=1, options=OPTIONS, steering=steering,
                       readings=("letter",))  # fmt: skip
    with pytest.raises(InputError, match=says):
        generate_responses(asked_lake, job)
    assert rows_of(asked_lake, "SELECT count(*) FROM responses") == [(0,)]


def test_doses_must_be_numbers() -> None:
    with pytest.raises(InputError, match="finite"):
        Steering(("push",), doses=(math.nan,))
    with pytest.raises(InputError, match="no kind of edit 'ad'"):
        Steering(("push",), kind="ad")
