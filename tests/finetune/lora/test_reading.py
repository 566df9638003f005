"""Starting from the first adapted block gives what the whole network gives."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from finetune.lora import reading
from finetune.lora.attaching import attach, trainable
from finetune.lora.encoding import encode
from finetune.lora.job import Recipe
from finetune.lora.stepping import Trainer
from generate.engines.base import Options
from generate.engines.local import network
from generate.engines.registry import open_engine
from tests.finetune.lora import tiny


def trainer(folder, layers, monkeypatch=None):
    engine = open_engine(f"hf:{folder}", Options(device="cpu"))
    recipe = Recipe(rank=4, layers=layers, steps=3, batch=6, learning_rate=1e-2).resolved(12, True)
    net = network.load(engine.checkpoint, "cpu", "float32", False)
    adapted = attach(net.model, engine.checkpoint, recipe, "base")
    return Trainer(net, trainable(adapted), encode(engine, tiny.examples()), recipe, 4096)


@pytest.mark.parametrize("family", ["llama", "mistral"])
def test_the_short_way_is_taken_and_gives_the_same(tmp_path, family, monkeypatch):
    folder = tiny.folder(tmp_path / "m", family)
    short = trainer(folder, (1,))
    assert isinstance(short.read, reading.FromBlock)
    whole = trainer(folder, (1,))
    whole.read = reading.Whole(whole.network, whole.samples)
    blocks = len(short.network.model.model.layers)
    for _ in range(3):
        assert short.step() == pytest.approx(whole.step(), rel=1e-4)
    for name, weight in short.weights.items():
        torch.testing.assert_close(weight, whole.weights[name], rtol=1e-3, atol=1e-5)
    assert len(short.network.model.model.layers) == blocks


@pytest.mark.parametrize(("family", "layers"), [("llama", None), ("llama", (0,)), ("gpt2", (1,))])
def test_the_whole_network_is_read_where_there_is_no_short_way(tmp_path, family, layers):
    # GPT-2 adds positions to whatever enters it.
    made = trainer(tiny.folder(tmp_path / "m", family), layers)
    assert isinstance(made.read, reading.Whole)
    first = made.step()
    assert made.step() < first


def test_states_that_take_too_much_are_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    assert isinstance(trainer(tiny.folder(tmp_path / "m"), (1,)).read, reading.Whole)


def test_only_the_replys_tokens_count(tmp_path):
    made = trainer(tiny.folder(tmp_path / "m"), None)
    [sample] = made.samples[:1]
    logits = made.network.model(input_ids=torch.tensor([sample.ids])).logits[0].log_softmax(-1)
    wanted = -sum(logits[at - 1, sample.ids[at]] for at in range(sample.start, len(sample.ids)))
    assert float(made.loss([0]).detach()) == pytest.approx(float(wanted.detach()), rel=1e-5)
    longest = max(range(len(made.samples)), key=lambda row: len(made.samples[row].ids))
    both = made.loss([0, longest]).detach()
    assert float(both) == pytest.approx(float((made.loss([0]) + made.loss([longest])).detach()))


def test_the_rate_warms_up_and_falls(tmp_path):
    made = trainer(tiny.folder(tmp_path / "m"), None)
    made.total, made.recipe = 100, replace(made.recipe, warmup=0.1, learning_rate=1.0)
    rates = [made.rate(step) for step in range(1, 101)]
    assert rates[0] < 0.11 and max(rates) == max(rates[8:12])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(made.recipe.final_rate)
