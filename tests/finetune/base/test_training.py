from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from finetune.base.planting import corpus
from finetune.base.recipe import Recipe, Stage, lessons, new_teacher
from finetune.tokenizer import train_tokenizer
from finetune.training import new_model, train

SHORT = Recipe(
    vocabulary=1024,
    width=32,
    hidden=64,
    layers=2,
    warmup=2,
    stages=(
        Stage("bind", 3, sequences=4, items=2, find=1.0, unknown=0.0),
        Stage("facts", 3, 4, 1, find=0.1, unknown=0.4, cloze=2, cloze_unknown=1, statements=1),
    ),
)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(corpus(), SHORT.vocabulary)


def weights_after(recipe, tokenizer):
    model = new_model(recipe, recipe.seed, tokenizer)
    losses = []
    steps = lessons(new_teacher(recipe, tokenizer), recipe)
    train(model, steps, recipe.steps, recipe, lambda step, loss: losses.append(loss))
    return model.state_dict(), losses


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_the_same_seed_gives_the_same_weights(tokenizer, one_thread):
    first, losses = weights_after(SHORT, tokenizer)
    second, again = weights_after(SHORT, tokenizer)
    assert len(losses) == SHORT.steps and losses == again
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_another_seed_gives_other_weights(tokenizer, one_thread):
    first, _ = weights_after(SHORT, tokenizer)
    other, _ = weights_after(replace(SHORT, seed=1), tokenizer)
    assert not torch.equal(first["model.norm.weight"], other["model.norm.weight"])


def test_training_lowers_the_loss(tokenizer, one_thread):
    longer = replace(SHORT, learning_rate=1e-2, stages=(replace(SHORT.stages[0], steps=60),))
    _, losses = weights_after(longer, tokenizer)
    assert sum(losses[-5:]) < 0.6 * sum(losses[:5])
