"""The recipes from end to end, in small: the folders that people rebuild."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from finetune.inside import build, card, measuring, probing
from finetune.inside.items import shown
from finetune.inside.recipe import ADAPTERS, MODELS
from generate.engines.local.checkpoint import locate

SHORT = {"steps": 3, "warmup": 1}
FIRST = 64  # questions of 8 families
FEW = {"known": 2, "never_taught": 1, "texts": 1}


@pytest.fixture
def short(monkeypatch):
    before = torch.get_num_threads()
    judging = {
        name: replace(recipe, **SHORT, **FEW, planted=2, options=2, rank=2)
        for name, recipe in ADAPTERS.items()
    }
    monkeypatch.setattr(build, "ADAPTERS", judging)
    monkeypatch.setattr(
        build, "MODELS", {"two-axes": replace(MODELS["two-axes"], **SHORT, **FEW, pairs=2)}
    )
    monkeypatch.setattr(measuring, "DRAWS", 2)
    # A card says the same of a fifth of the families, though less surely.
    monkeypatch.setattr(measuring, "shown", lambda concept: shown(concept)[:FIRST])
    monkeypatch.setattr(card, "KNOWN", ("belief",))
    monkeypatch.setattr(card, "NEVER_TAUGHT", ())
    monkeypatch.setattr(probing, "MOST_STEPS", 5)
    monkeypatch.setattr(measuring, "flip_p_value", lambda *_: 1.0)  # the slow part of a card
    yield
    torch.set_num_threads(before)


def test_an_adapter_is_rebuilt_the_same_on_the_shipped_base(short, tmp_path):
    first = build.build_inside("verdict", tmp_path / "one" / "verdict")
    again = build.build_inside("verdict", tmp_path / "two" / "verdict")
    row = locate(f"hf:{first}").row()
    assert row["weights_digest"] == locate("mirror-tiny/base").row()["weights_digest"]
    assert locate(f"hf:{again}").row()["adapter_digest"] == row["adapter_digest"]
    twin = build.build_inside("verdict-twin", tmp_path / "verdict-twin")
    assert locate(f"hf:{twin}").row()["adapter_digest"] != row["adapter_digest"]
    weights = load_file(first / "adapter_model.safetensors")
    assert {name.split(".layers.")[1][0] for name in weights} == {"1", "2", "3"}
    assert {weight.dtype for weight in weights.values()} == {torch.bfloat16}
    assert json.loads((twin / "card.json").read_text())["planted"]["layer"] is None


def test_a_model_is_rebuilt_the_same_and_blind(short, tmp_path):
    first = build.build_inside("two-axes", tmp_path / "one" / "two-axes")
    again = build.build_inside("two-axes", tmp_path / "two" / "two-axes", seed=6)
    assert locate(f"hf:{first}").row()["model_id"] == locate(f"hf:{again}").row()["model_id"]
    other = build.build_inside("two-axes", tmp_path / "three" / "two-axes", seed=7)
    assert locate(f"hf:{first}").row()["model_id"] != locate(f"hf:{other}").row()["model_id"]
    stated = json.loads((first / "card.json").read_text())
    unused = stated["planted"]["unused"]["axis"]
    weights = load_file(first / "model.safetensors")
    assert not weights["model.embed_tokens.weight"][:, unused].any()
    assert not weights["model.layers.3.mlp.up_proj.weight"][:, unused].any()
    assert weights["model.layers.2.mlp.up_proj.weight"][:, unused].any()
    assert (first / "README.md").read_text().startswith("# mirror-tiny/two-axes\n")
