"""`generate activations`: the vectors are those of plain transformers, and none is read twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from generate import prompts
from generate.capture.fill import generate_activations
from generate.capture.job import ActivationsJob, Captured
from generate.engines.base import Options
from tests.warehouse.test_run import rows_of
from warehouse.check import check
from warehouse.errors import BusyError, InputError
from warehouse.lake import Lake

JOB = ActivationsJob(
    questions="sample",
    model="",
    sites=("resid_post", "attn_head_in", "mlp_out"),
    positions=("last", "choice"),
    variants="choices",
    options=Options(device="cpu", batch_tokens=700),
)


def capture(lake: Lake, job: ActivationsJob) -> list[Captured]:
    told: list[Captured] = []
    generate_activations(lake, job, told.append)
    return told


class Plain:
    """The same model through transformers alone, one unpadded sequence at a time."""

    def __init__(self, folder: Path) -> None:
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def states(self, messages: str, choices: list[str], variant: str) -> list[np.ndarray]:
        """Return the hidden states of the last token, the embedding's first."""
        shown, _, reply = variant.partition("+")
        read = prompts.show(json.loads(messages), choices, shown)
        if shown == "-":
            reply = reply and choices["AB".index(reply)]
        text = self.tokenizer.apply_chat_template(read, add_generation_prompt=True, tokenize=False)
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        if reply:
            ids += self.tokenizer(reply, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            out = self.model(torch.tensor([ids]), output_hidden_states=True)
        return [state[0, -1].numpy() for state in out.hidden_states]


@pytest.mark.parametrize("family", ["llama", "mistral", "gpt2"])
@pytest.mark.parametrize("variants", ["choices", "texts"])
def test_vectors_are_those_of_plain_transformers(asked_lake, folders, family, variants) -> None:
    job = replace(JOB, model=f"hf:{folders[family]}", sites=("resid_pre", "resid_post"),
                  variants=variants)  # fmt: skip
    capture(asked_lake, job)
    plain = Plain(folders[family])
    rows = rows_of(
        asked_lake,
        "SELECT messages, choices, variant, position, site, layer, vector FROM activations"
        " JOIN questions USING (question_id) ORDER BY question_id, variant",
    )
    prompt_rows, replied = (1, 2) if variants == "texts" else (2, 4)
    assert len(rows) == 12 * (prompt_rows + replied) * 2 * 2
    for messages, choices, variant, position, site, layer, vector in rows:
        assert ("+" in variant) == (position == "choice")
        states = plain.states(messages, choices, variant)
        if (site, layer) == ("resid_post", 1):
            continue  # what transformers shows there went through the last norm
        wanted = states[layer if site == "resid_pre" else layer + 1]
        np.testing.assert_allclose(vector, wanted, atol=1e-5 * max(1, np.abs(wanted).max()))


def test_heads_are_what_the_output_projection_reads(asked_lake, folders) -> None:
    job = replace(JOB, model=f"hf:{folders['llama']}", positions=("last",), variants="orders")
    capture(asked_lake, job)
    [(condition,)] = rows_of(asked_lake, "SELECT DISTINCT condition_id FROM activations")
    heads = asked_lake.activations(condition, "attn_head_in", 1)
    assert heads.values.shape == (12 * 2 * 4, 8)
    before = asked_lake.activations(condition, "resid_post", 0)
    after = asked_lake.activations(condition, "resid_post", 1)
    mlp = asked_lake.activations(condition, "mlp_out", 1)
    model = AutoModelForCausalLM.from_pretrained(folders["llama"], dtype=torch.float32)
    weight = model.model.layers[1].self_attn.o_proj.weight.detach().numpy()
    together = heads.values.reshape(4, 24, 8).transpose(1, 0, 2).reshape(24, 32)
    np.testing.assert_allclose(
        before.values + together @ weight.T + mlp.values, after.values, atol=1e-4
    )


def test_nothing_is_read_twice_and_only_what_is_missing(asked_lake, folders) -> None:
    job = replace(JOB, model=f"hf:{folders['llama']}", limit=8)
    [first] = capture(asked_lake, job)
    assert (first.questions, first.cached) == (8, 0)
    # Two prompts and four replies; two layers of four heads and two sites more.
    assert first.vectors == 8 * 6 * 2 * (4 + 2)
    [again] = capture(asked_lake, job)
    assert (again.cached, again.vectors, again.tokens) == (8, 0, 0)
    [more] = capture(asked_lake, replace(job, limit=None, sites=("resid_pre", "mlp_out")))
    assert more.vectors == 12 * 6 * 2 + 4 * 6 * 2  # resid_pre of all, mlp_out of the four new
    assert check(asked_lake) == []


def test_the_random_twin_is_a_model_of_its_own(asked_lake, folders) -> None:
    job = replace(JOB, model=f"hf:{folders['llama']}", sites=("resid_post",), baselines=True)
    own, twin = capture(asked_lake, job)
    assert twin.model == own.model + "~random"
    sites = rows_of(
        asked_lake,
        "SELECT m.name LIKE '%~random' AS twin, site, layer, count(*) FROM activations"
        " JOIN models m USING (model_id) GROUP BY ALL ORDER BY ALL",
    )
    each = 12 * 6
    assert sites == [
        (False, "resid_post", 0, each), (False, "resid_post", 1, each),
        (False, "resid_pre", 0, each),
        (True, "resid_post", 0, each), (True, "resid_post", 1, each),
    ]  # fmt: skip
    vectors = "SELECT vector FROM activations JOIN models USING (model_id) WHERE layer = 1 AND {}"
    before = rows_of(asked_lake, vectors.format("name LIKE '%~random'") + " ORDER BY vector")
    capture(asked_lake, replace(job, model=f"hf:{folders['llama']}~random", baselines=False))
    assert before == rows_of(
        asked_lake, vectors.format("name LIKE '%~random'") + " ORDER BY vector"
    )


def test_questions_that_do_not_fit_are_counted_and_left_out(asked_lake, folders) -> None:
    [captured] = capture(asked_lake, replace(JOB, model=f"hf:{folders['short']}"))
    assert captured.too_long + captured.questions >= 12
    read = rows_of(asked_lake, "SELECT count(DISTINCT question_id) FROM activations")[0][0]
    assert read == captured.questions - captured.too_long


def test_two_commands_do_not_read_the_same(asked_lake, folders) -> None:
    from generate.engines.base import Asking
    from generate.engines.local.engine import open_model

    name = f"hf:{folders['llama']}"
    condition = open_model(name, JOB.options).condition("letter", Asking())
    with asked_lake.run("generate activations") as run:
        run.hold(f"capture-{condition['condition_id']}")
        with pytest.raises(BusyError, match="being done by 'mirrorlake generate activations'"):
            capture(asked_lake, replace(JOB, model=name))
    assert capture(asked_lake, replace(JOB, model=name))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sites": ("resid_pst",)}, "no site 'resid_pst'. Did you mean 'resid_post'"),
        ({"positions": ("frist",)}, "no position"),
        ({"variants": "orders"}, "Add --variants choices"),
        ({"layers": (2,)}, "has no layer 2, only 0 to 1"),
        ({"model": "openai:gpt-4o"}, "cannot be looked into"),
        ({"questions": "free"}, "has options"),
        ({"questions": "sampel"}, "Did you mean 'sample'"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(asked_lake, folders, change, says) -> None:
    with pytest.raises(InputError, match=says):
        capture(asked_lake, replace(JOB, **{"model": f"hf:{folders['llama']}", **change}))
    assert rows_of(asked_lake, "SELECT count(*) FROM activations") == [(0,)]
