"""What is read at each site of each architecture is what its name says."""

from __future__ import annotations

import pytest
import torch
import transformers

from generate.forward.sites import SITES, Anatomy
from generate.forward.taps import tapped
from tests.generate.forward import families
from tests.generate.forward.families import FAMILIES, ids
from warehouse.errors import InputError

LAYERS = range(3)


def everything(model, given, sites=SITES):
    with tapped(model, [(site, layer) for site in sites for layer in LAYERS]) as taps:
        model(given)
    return taps.vectors


@pytest.mark.parametrize("name", FAMILIES)
def test_residuals_are_bit_equal_to_hidden_states(model, name):
    network, family, given = model(name), FAMILIES[name], ids()
    expected = network(given, output_hidden_states=True).hidden_states
    found = everything(network, given)
    for layer in LAYERS:
        assert torch.equal(found["resid_pre", layer], expected[layer])
    for layer in LAYERS[:-1]:
        assert torch.equal(found["resid_post", layer], expected[layer + 1])
    norm = network.base_model.get_submodule(family.norm)
    assert torch.equal(norm(found["resid_post", 2]), expected[3])
    assert not torch.allclose(found["resid_post", 2], expected[3], atol=1e-2)


@pytest.mark.parametrize("name", FAMILIES)
def test_heads_are_what_the_attention_projects_and_parts_add_up(model, name):
    network, family, given = model(name), FAMILIES[name], ids()
    anatomy, outputs = Anatomy(network), {}

    def keep(module, args, output):
        outputs[module] = output[0] if isinstance(output, tuple) else output

    attentions = [block.get_submodule(family.attention) for block in anatomy.blocks]
    handles = [attention.register_forward_hook(keep) for attention in attentions]
    found = everything(network, given)
    for handle in handles:
        handle.remove()
    for layer in LAYERS:
        pre, heads, mlp, post = (found[site, layer] for site in SITES)
        assert heads.shape == (1, 9, 4, anatomy.head_dim(layer))
        projected = projection(anatomy.module("attn_head_in", layer), heads.flatten(-2))
        attention = outputs[attentions[layer]]
        if name == "Bloom":
            attention = attention - pre
        torch.testing.assert_close(projected, attention, rtol=1e-5, atol=1e-5)
        joined = family.joins(anatomy.blocks[layer], pre, projected, mlp.reshape(pre.shape))
        torch.testing.assert_close(joined, post, rtol=1e-5, atol=1e-4)


def projection(module, heads):
    weight = module.weight.T if isinstance(module, torch.nn.Linear) else module.weight
    return heads @ weight + (0 if module.bias is None else module.bias)


def test_a_body_alone_has_the_same_sites_as_its_causal_model(model):
    network, given = model("Llama"), ids()
    whole, body = everything(network, given), everything(network.model, given)
    assert all(torch.equal(whole[site], body[site]) for site in whole)


def test_a_model_that_sees_is_read_in_its_language_part():
    text = families.COMMON["llama"] | dict(families.GEMMA)
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "image_size": 8,
        "num_attention_heads": 2, "patch_size": 4,
    }  # fmt: skip
    config = transformers.Gemma3Config(
        text_config=text, vision_config=vision, mm_tokens_per_image=4, image_token_id=63
    )
    network = families.randomised(transformers.Gemma3ForConditionalGeneration(config).eval())
    given = ids().clamp(max=60)
    expected = network(given, output_hidden_states=True).hidden_states
    found = everything(network, given)
    assert all(torch.equal(found["resid_pre", layer], expected[layer]) for layer in LAYERS)


def test_a_block_without_a_site_names_those_it_has():
    more = {
        "layer_types": ["linear_attention", "full_attention"], "linear_num_value_heads": 2,
        "linear_num_key_heads": 2, "linear_key_head_dim": 8, "linear_value_head_dim": 8,
        "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "head_dim": 16,
        "shared_expert_intermediate_size": 16,
    }  # fmt: skip
    settings = families.COMMON["llama"] | {"num_hidden_layers": 2} | more
    network = transformers.Qwen3NextForCausalLM(transformers.Qwen3NextConfig(**settings))
    assert Anatomy(network).sites(1) == SITES
    message = "Layer 0 of Qwen3NextForCausalLM has no site attn_head_in.*resid_pre, mlp_out, resid"
    with pytest.raises(InputError, match=message):
        Anatomy(network).module("attn_head_in", 0)


def test_experts_beside_the_mlp_leave_a_block_without_mlp_out():
    """Gemma 4's mixtures add MLP and experts in the block; heads differ in width by layer."""
    more = {
        "enable_moe_block": True, "num_experts": 2, "top_k_experts": 1, "head_dim": 8,
        "global_head_dim": 16, "moe_intermediate_size": 8, "hidden_size_per_layer_input": 0,
        "layer_types": ["sliding_attention", "full_attention", "full_attention"],
    }  # fmt: skip
    config = transformers.Gemma4TextConfig(**(families.COMMON["llama"] | more))
    anatomy = Anatomy(transformers.Gemma4ForCausalLM(config))
    assert anatomy.sites(0) == ("resid_pre", "attn_head_in", "resid_post")
    assert [anatomy.head_dim(layer) for layer in LAYERS] == [8, 16, 16]


def test_a_model_without_known_blocks_is_refused():
    settings = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.BertConfig(**settings, intermediate_size=32, vocab_size=64)
    with pytest.raises(InputError, match="No blocks were found in BertLMHeadModel"):
        Anatomy(transformers.BertLMHeadModel(config))


@pytest.mark.parametrize(
    ("site", "message"),
    [
        (("resid_mid", 0), "no site 'resid_mid'.*Did you mean"),
        (("resid_post", 3), "no layer 3; its 3 layers count from 0"),
        (("resid_post", -1), "no layer -1"),
    ],
)
def test_a_site_that_does_not_exist_is_refused_before_any_pass(model, site, message):
    with pytest.raises(InputError, match=message), tapped(model("Llama"), [site]):
        pytest.fail("the context was entered")
