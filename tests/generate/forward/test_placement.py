"""Adapters, and models spread over devices, are read and edited like any other."""

from __future__ import annotations

import pytest
import torch
from accelerate import dispatch_model
from peft import LoraConfig, get_peft_model

from generate.forward.body import run_body
from generate.forward.edits import Edit
from generate.forward.places import Places
from generate.forward.sites import SITES, Anatomy
from generate.forward.taps import tapped
from tests.generate.forward import families
from tests.generate.forward.families import ids, noise

ALL = [(site, layer) for site in SITES for layer in range(3)]
TARGETS = {"Llama": ["q_proj", "o_proj", "down_proj"], "GPT2": ["c_attn", "c_proj"]}


def with_adapter(name):
    network = families.make(name)
    torch.manual_seed(8)
    config = LoraConfig(
        r=4, target_modules=TARGETS[name], init_lora_weights=False, fan_in_fan_out=name == "GPT2"
    )
    return get_peft_model(network, config).eval()


@pytest.mark.parametrize("name", TARGETS)
def test_an_adapted_model_is_read_with_its_adapter(model, name):
    adapted, given = with_adapter(name), ids(2)
    expected = adapted(given, output_hidden_states=True).hidden_states
    for network in (adapted, adapted.get_base_model()):
        with tapped(network, ALL) as taps:
            network(given)
        for layer in range(3):
            assert torch.equal(taps.vectors["resid_pre", layer], expected[layer])
    with tapped(adapted, ALL) as body:
        run_body(body, given)
    assert all(torch.equal(body.vectors[site], taps.vectors[site]) for site in ALL)
    with adapted.disable_adapter(), tapped(adapted, ALL) as off:
        adapted(given)
    with tapped(model(name), ALL) as bare:
        model(name)(given)
    for site in ALL:
        assert torch.equal(off.vectors[site], bare.vectors[site])
    assert not torch.allclose(off.vectors["resid_post", 2], taps.vectors["resid_post", 2], atol=0.1)


@pytest.mark.parametrize("name", TARGETS)
def test_the_adapters_own_update_sees_the_edited_heads(name):
    adapted, given, written = with_adapter(name), ids(2), {}
    anatomy = Anatomy(adapted)
    assert (anatomy.heads, anatomy.head_dim(1)) == (4, 8)
    projection = anatomy.module("attn_head_in", 1)
    edit = Edit("replace", "attn_head_in", 1, noise(8), head=3)
    handle = projection.register_forward_hook(lambda m, args, out: written.update(out=out))
    with tapped(adapted, [("attn_head_in", 1)], edits=[edit]) as taps:
        adapted(given)
    handle.remove()
    heads = taps.vectors["attn_head_in", 1]
    assert torch.equal(heads[:, :, 3], noise(8).expand(2, 9, 8))
    x = heads.flatten(-2)
    weight = projection.base_layer.weight
    base = x @ (weight if name == "GPT2" else weight.T)
    base = base + (0 if projection.base_layer.bias is None else projection.base_layer.bias)
    down, up = projection.lora_A["default"].weight, projection.lora_B["default"].weight
    update = projection.scaling["default"] * (x @ down.T @ up.T)
    assert update.abs().max() > 1e-2
    torch.testing.assert_close(written["out"], base + update, rtol=1e-5, atol=1e-5)


def spread(network, tmp_path, second):
    """Return the model with its middle block elsewhere, by accelerate's hooks."""
    device_map = {"model.embed_tokens": 0, "model.layers.0": 0, "model.layers.1": second}
    device_map |= {"model.layers.2": 0, "model.norm": 0, "model.rotary_emb": 0, "lm_head": 0}
    first = "cuda:0" if torch.cuda.is_available() else "cpu"
    placed = {name: first if where == 0 else where for name, where in device_map.items()}
    main = torch.device(first)
    return dispatch_model(
        network, placed, main_device=main, offload_dir=str(tmp_path), force_hooks=True
    )


@pytest.mark.parametrize("second", ["disk", "cpu"])
def test_a_spread_model_equals_a_whole_one(model, tmp_path, second):
    if second == "cpu" and not torch.cuda.is_available():
        pytest.skip("blocks on two devices need a CUDA device; the disk stands in for one here")
    network = spread(families.make("Llama"), tmp_path, second)
    given, vectors, at = ids(2), noise(2, 32), Places([0, 1, 1], [8, 2, 5])
    edits = [Edit("add", "resid_post", layer, vectors, at=at) for layer in range(3)]
    edits.append(Edit("add", "attn_head_in", 1, noise(2, 8), head=0))
    with tapped(network, ALL, at, edits) as taps:
        network(given)
    with tapped(network, [("resid_pre", 2)], at, edits[:2]) as early:
        run_body(early, given)
    with tapped(model("Llama"), ALL, at, edits[:2]) as fewer:
        model("Llama")(given)
    torch.testing.assert_close(early.vectors["resid_pre", 2], fewer.vectors["resid_pre", 2])
    with tapped(model("Llama"), ALL, at, edits) as whole:
        model("Llama")(given)
    for site in ALL:
        torch.testing.assert_close(taps.vectors[site], whole.vectors[site], rtol=1e-4, atol=1e-4)
    with tapped(network, ALL, at, edits) as again:
        network(given)
    assert all(torch.equal(again.vectors[site], taps.vectors[site]) for site in ALL)
