"""States and margins equal those of a plain forward pass."""

from __future__ import annotations

import pytest
import torch

from finetune.folder import ORGANISMS
from finetune.inside.build import loaded
from finetune.inside.items import PLANTED, shown
from finetune.inside.reading import Answers, hooked, states


@pytest.fixture(scope="module")
def base():
    return loaded(ORGANISMS / "base")


def hooks(model):
    return [len(module._forward_hooks) for module in model.modules()]


def test_states_are_those_of_each_text_alone(base):
    model, tokenizer = base
    texts = [one.text for one in shown(PLANTED)[::40]]
    before = hooks(model)
    read = states(model, tokenizer, texts)
    assert hooks(model) == before
    assert read.shape == (5, 8, 128)
    for i, text in enumerate(texts):
        ids = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])
        with torch.no_grad():
            out = model.model(ids, output_hidden_states=True)
        for layer in range(4):  # the last entry stands behind the final norm
            torch.testing.assert_close(read[layer, i], out.hidden_states[layer][0, -1])
        torch.testing.assert_close(model.model.norm(read[4, i]), out.last_hidden_state[0, -1])


def test_margins_are_those_of_each_prompt_with_its_last_state_edited(base):
    model, tokenizer = base
    before = hooks(model)
    items = shown(PLANTED)[::40]
    edit = torch.randn(128, generator=torch.Generator().manual_seed(0))
    answers = Answers(model, tokenizer, items)
    found = [answers.margins(2, dose * edit) for dose in (0.0, 5.0, 0.0)]
    torch.testing.assert_close(found[0], found[2])
    a, b = (tokenizer(x, add_special_tokens=False)["input_ids"][0] for x in "AB")
    for i, item in enumerate(items):
        ids = torch.tensor([tokenizer(item.text, add_special_tokens=False)["input_ids"]])

        def add(out):
            out[0, -1] += 5 * edit
            return out

        with torch.no_grad(), hooked(model, 2, add):
            logits = model(ids).logits[0, -1]
        assert float(found[1][i]) == pytest.approx(float(logits[a] - logits[b]), abs=1e-3)
    assert hooks(model) == before
