from __future__ import annotations

import numpy as np
import pytest
import torch

from finetune.base.measuring import Measured, joint_p_value, lower_bound, measure
from finetune.base.planting import corpus, facts
from finetune.tokenizer import render, train_tokenizer
from finetune.training import Shape, new_model
from generate.prompts import show


def row(families, n=320):
    return Measured("belief", "letter", n, tuple(families), 0.0, 0.0)


def test_the_joint_test_rejects_a_known_concept_and_keeps_its_level_on_coins():
    rng = np.random.default_rng(0)
    assert joint_p_value([row([1.0] * 38 + [0.0] * 2)]) < 1e-6
    p_values = [
        joint_p_value([row(rng.integers(0, 2, 40).astype(float)) for _ in range(5)])
        for _ in range(1000)
    ]
    assert np.mean(np.array(p_values) < 0.05) < 0.085


def test_families_that_are_all_at_one_half_are_no_evidence():
    assert joint_p_value([row([0.5] * 40)]) == pytest.approx(1.0)


def test_the_lower_bound_is_below_the_accuracy_and_falls_with_fewer_families():
    many, few = row([1.0] * 36 + [0.0] * 4), row([1.0] * 9 + [0.0])
    assert 0.5 < lower_bound(many, 5) < many.accuracy
    assert lower_bound(few, 5) < lower_bound(many, 5)


def test_a_letter_margin_equals_the_models_own_log_probabilities():
    tokenizer = train_tokenizer(corpus(), 1024)
    model = new_model(Shape(layers=1, width=32, heads=2, hidden=32), 0, tokenizer).eval()
    family = facts(("belief",))[0]
    margins = []
    for stem in family.wordings:
        for variant, right in (("AB", "A"), ("BA", "B")):
            shown = show([{"role": "user", "content": stem}], [family.right, family.wrong], variant)
            prompt = tokenizer(render(shown), add_special_tokens=False)["input_ids"]
            with torch.no_grad():
                chances = model(torch.tensor([prompt])).logits[0, -1].log_softmax(-1)
            wrong = {"A": "B", "B": "A"}[right]
            ids = tokenizer.convert_tokens_to_ids([right, wrong])
            margins.append(float(chances[ids[0]] - chances[ids[1]]))
    (measured,) = measure(model, tokenizer, [family], "letter")
    assert measured.n == 8
    assert measured.margin == pytest.approx(np.mean(margins), abs=1e-5)
    assert measured.accuracy == pytest.approx(np.mean(np.array(margins) > 0))
