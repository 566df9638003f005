"""Targets that must be readable before the last layer."""

from __future__ import annotations

import pytest
import torch

from finetune.lessons import NO_TARGET, answered
from finetune.tokenizer import train_tokenizer
from finetune.training import Schedule, Shape, loss_of, new_model, train

SHAPE = Shape(layers=3, width=16, heads=2, hidden=16)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(["one two three four"], 300)


def test_the_loss_is_the_mean_over_the_last_layer_and_the_exits(tokenizer):
    model = new_model(SHAPE, 0, tokenizer)
    lesson = answered([7, 8, 9], [10, 11], 2, weight=1.0, end_weight=0.5)
    with torch.no_grad():
        out = model(torch.tensor([lesson.ids]), output_hidden_states=True)
        early = model.lm_head(model.model.norm(out.hidden_states[1]))
    expected = 0.0
    for logits in (out.logits, early):
        chances = logits[0].log_softmax(-1)
        rows = zip(chances, lesson.targets, lesson.weights, strict=True)
        expected += sum(-w * float(row[t]) for row, t, w in rows if t != NO_TARGET) / 2
    assert float(loss_of(model, [lesson], (1,)).detach()) == pytest.approx(expected, rel=1e-5)


def test_training_with_an_exit_makes_the_answer_readable_there(tokenizer):
    model = new_model(SHAPE, 0, tokenizer)
    lessons = [answered([7, i], [20 + i], 2, 1.0, 0.1) for i in range(4)]
    schedule = Schedule(learning_rate=2e-2, warmup=5, exits=(1,))
    train(model, ([lessons] for _ in range(60)), 60, schedule)
    with torch.no_grad():
        states = model.model(
            torch.tensor([[7, i] for i in range(4)]), output_hidden_states=True
        ).hidden_states
        read = model.lm_head(model.model.norm(states[1][:, -1])).argmax(-1)
    assert read.tolist() == [20, 21, 22, 23]
