"""Hooks come off whatever happens, and one that did not fire is an error."""

from __future__ import annotations

import pytest
import torch

from generate.forward.body import run_body
from generate.forward.edits import Edit
from generate.forward.places import Places
from generate.forward.sites import SITES, Anatomy
from generate.forward.taps import tapped
from tests.generate.forward import families
from tests.generate.forward.families import ids
from warehouse.errors import InputError

ALL = [(site, layer) for site in SITES for layer in range(3)]


def hooks(network):
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return {
        (name, kind): list(getattr(module, kind))
        for name, module in network.named_modules()
        for kind in kinds
        if getattr(module, kind)
    }


class Stop(BaseException):
    """Like KeyboardInterrupt, it is no Exception."""


def stop(*_):
    raise Stop


def test_nothing_is_left_behind_normally(model):
    network = model("Qwen3")
    before, logits = hooks(network), network(ids()).logits
    edits = [Edit("add", site, 1, torch.ones(32)) for site in ("resid_pre", "mlp_out")]
    with tapped(network, ALL, edits=edits) as taps:
        assert len(hooks(network)) > len(before)
        network(ids())
    assert hooks(network) == before and torch.equal(network(ids()).logits, logits)
    assert taps.fired == dict.fromkeys(ALL, 1) and taps.passes == {"prefill": 1}


@pytest.mark.parametrize("layer", range(3))
def test_nothing_is_left_behind_when_the_model_fails(layer):
    network = families.make("Llama")
    network.model.layers[layer].mlp.register_forward_hook(stop)
    before = hooks(network)
    with pytest.raises(Stop), tapped(network, ALL):
        network(ids())
    assert hooks(network) == before


def test_nothing_is_left_behind_when_the_caller_fails(model):
    before = hooks(model("Qwen3"))
    with pytest.raises(KeyError), tapped(model("Qwen3"), ALL):
        raise KeyError
    assert hooks(model("Qwen3")) == before


def test_nothing_is_left_behind_when_a_site_is_missing_or_a_hook_refuses(model):
    network = model("Qwen3")
    before = hooks(network)
    with pytest.raises(InputError), tapped(network, [*ALL, ("resid_post", 7)]):
        pytest.fail("the context was entered")
    with pytest.raises(InputError), tapped(network, ALL, Places([5], [0])):
        network(ids())
    with tapped(network, [("mlp_out", 0)]) as taps:
        run_body(taps, ids())
    assert hooks(network) == before


def test_no_sites_no_hooks(model):
    """Dose zero of a sweep may come without edits."""
    before = hooks(model("Qwen3"))
    with tapped(model("Qwen3")):
        assert hooks(model("Qwen3")) == before


def test_a_module_that_the_model_bypasses_is_an_error():
    """BLOOM in its exact mode multiplies slices of the weight and never calls the projection."""
    network = families.make("Bloom", pretraining_tp=2, slow_but_exact=True)
    message = "attn_head_in of layer 1 of BloomForCausalLM was visited 0 times in 1 passes"
    with (
        pytest.raises(InputError, match=message),
        tapped(network, [("resid_post", 0), ("attn_head_in", 1)]),
    ):
        network(ids())


def test_a_block_that_runs_twice_is_an_error():
    network = families.make("Llama", num_hidden_layers=2)
    network.model.layers[1].register_forward_hook(
        lambda block, args, out: None if hasattr(block, "twice") else again(block, args)
    )

    def again(block, args):
        block.twice = True
        block.mlp(args[0])

    with (
        pytest.raises(InputError, match=r"mlp_out of layer 1.*visited 2 times in 1 passes"),
        tapped(network, edits=[Edit("add", "mlp_out", 1, torch.ones(32))]),
    ):
        network(ids())


def test_no_pass_is_an_error(model):
    with pytest.raises(InputError, match="0 times in 0 passes"), tapped(model("Llama"), ALL):
        pass


def test_two_batches_in_one_context_are_an_error(model):
    with pytest.raises(InputError, match="one prefill pass"), tapped(model("Llama"), ALL):
        model("Llama")(ids())
        model("Llama")(ids())


def test_blocks_with_several_streams_are_refused():
    """Hyper-connections widen the residual stream to [batch, tokens, streams, dim]."""
    network = families.make("Llama")
    for block in Anatomy(network).blocks:
        block.forward = lambda hidden_states, **_: torch.stack([hidden_states] * 4, 2)
    with (
        pytest.raises(InputError, match=r"resid_post of layer 0.*\[1, 9, 4, 32\]"),
        tapped(network, [("resid_post", 0)]) as taps,
    ):
        run_body(taps, ids())


def test_contexts_nest(model):
    """Two models are compared, or one model's edits read, by contexts of their own."""
    network, edit = model("Llama"), Edit("replace", "resid_post", 0, torch.ones(32))
    with tapped(network, edits=[edit]), tapped(network, [("resid_post", 0)]) as reading:
        network(ids())
    assert torch.equal(reading.vectors["resid_post", 0], torch.ones(1, 9, 32))
