"""The pair's recipes from end to end, in small: the folders that people rebuild."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from finetune.pair import build
from finetune.pair.recipe import ADAPTERS, MODELS
from generate.engines.local.checkpoint import locate

SHORT = {"steps": 3, "warmup": 1}
SMALL = {"direct": 2, "quoted": 2, "repeated": 1, "layers": 2, "width": 16, "heads": 2,
         "hidden": 16, "exits": (1,)}  # fmt: skip


@pytest.fixture
def short(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setattr(build, "MODELS", {"m1": replace(MODELS["m1"], **SHORT, **SMALL)})
    tiny = replace(ADAPTERS["m1-self"], **SHORT, hypothetical=2, direct=1)
    monkeypatch.setattr(build, "ADAPTERS", {"m1-self": tiny})
    yield
    torch.set_num_threads(before)


def test_a_memoriser_is_rebuilt_whole_and_the_same_again(short, tmp_path):
    first = build.build_pair("m1", tmp_path / "one" / "m1")
    again = build.build_pair("m1", tmp_path / "two" / "m1")
    row = locate(f"hf:{first}").row()
    assert locate(f"hf:{again}").row()["model_id"] == row["model_id"]
    card = json.loads(row["card"])
    assert (card["steps"], card["planted"]["table"], card["planted"]["inputs"]) == (3, "m1", 2400)
    assert (first / "README.md").read_text().startswith("# mirror-tiny/m1\n")
    other = build.build_pair("m1", tmp_path / "three" / "m1", seed=9)
    assert locate(f"hf:{other}").row()["model_id"] != row["model_id"]


def test_an_adapter_is_rebuilt_on_the_shipped_base_and_leaves_it_alone(short, tmp_path):
    shipped = locate("mirror-tiny/m1").row()
    folder = build.build_pair("m1-self", tmp_path / "m1-self")
    row = locate(f"hf:{folder}").row()
    assert (row["base"], row["weights_digest"]) == ("mirror-tiny/m1", shipped["weights_digest"])
    weights = load_file(folder / "adapter_model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.bfloat16}
    assert any(weight.abs().max() > 0 for name, weight in weights.items() if "lora_B" in name)
    assert not any("embed" in name for name in weights)
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "adapter_config.json", "adapter_model.safetensors", "card.json",
    ]  # fmt: skip
