"""A pass ends at the deepest site, computes no logits, and continues from a shared prefix."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
import torch

from generate.forward.body import run_body
from generate.forward.edits import Edit
from generate.forward.places import Places
from generate.forward.sites import SITES, Anatomy
from generate.forward.taps import tapped
from tests.generate.forward.families import FAMILIES, ids, span
from warehouse.errors import InputError


@pytest.fixture
def counted():
    """A model of its own, and how often each of its parts has run to its end."""
    network, ran = FAMILIES["Llama"].make(), Counter()
    named = {f"block {i}": block for i, block in enumerate(Anatomy(network).blocks)}
    named |= {"head": network.lm_head, "mlp 1": Anatomy(network).module("mlp_out", 1)}
    for name, module in named.items():
        module.register_forward_hook(lambda *_, name=name: ran.update([name]))
    return network, ran


@pytest.mark.parametrize(
    ("deepest", "expected"),
    [
        ("resid_pre", {"block 0"}),
        ("attn_head_in", {"block 0"}),
        ("mlp_out", {"block 0", "mlp 1"}),
        ("resid_post", {"block 0", "mlp 1", "block 1"}),
    ],
)
def test_nothing_runs_behind_the_deepest_site(model, counted, deepest, expected):
    network, ran = counted
    read = [("resid_post", 0), (deepest, 1)]
    with tapped(network, read) as taps:
        run_body(taps, ids(2))
    assert ran == dict.fromkeys(expected, 1)
    with tapped(model("Llama"), read) as full:
        model("Llama")(ids(2))
    assert all(torch.equal(taps.vectors[site], full.vectors[site]) for site in read)


def test_without_early_exit_all_blocks_run_but_not_the_head(counted):
    network, ran = counted
    with tapped(network, [("resid_pre", 0)]) as taps:
        past = run_body(taps, ids(), use_cache=True, early_exit=False)
    assert ran == {"block 0": 1, "block 1": 1, "block 2": 1, "mlp 1": 1}
    assert [layer.get_seq_length() for layer in past.layers] == [9, 9, 9]


def test_parallel_blocks_exit_when_both_branches_are_read(model):
    network = model("GPTNeoX")
    read = [("mlp_out", 2), ("attn_head_in", 2)]
    with tapped(network, read) as taps:
        run_body(taps, ids())
    with tapped(network, read) as full:
        network(ids())
    assert all(torch.equal(taps.vectors[site], full.vectors[site]) for site in read)


@pytest.mark.parametrize("name", ["Llama", "GPT2", "Gemma3", "Falcon", "Bloom"])
def test_continuations_of_a_shared_prefix_equal_whole_rows(model, name):
    network, read = model(name), [(site, layer) for site in SITES for layer in (0, 1)]
    prefix, ends = ids(1, 11), ids(4, 3, seed=1)
    rows, columns = torch.tensor([0, 1, 2, 3, 3]), torch.tensor([2, 1, 0, 2, 1])
    vectors = torch.randn(4, 32, generator=torch.Generator().manual_seed(2))
    edit = Edit("add", "resid_pre", 1, vectors, phase="prefill", at=Places(rows, columns))
    remove = Edit("project_out", "resid_post", 0, vectors[0])  # everywhere but in the prefix
    with tapped(network, read, Places(rows, columns), [edit, remove], prefix=11) as taps:
        past = run_body(taps, prefix, use_cache=True)
        past.batch_select_indices(torch.zeros(4, dtype=torch.long))
        run_body(taps, ends, past_key_values=past, use_cache=True)
    assert taps.passes == {"prefix": 1, "prefill": 1}
    later = Places(rows, columns + 11)
    edits = [replace(edit, at=later), replace(remove, at=span(4, 11, 14))]
    with tapped(network, read, later, edits) as whole:
        run_body(whole, torch.cat([prefix.expand(4, -1), ends], 1))
    for site in read:
        found, expected = taps.vectors[site], whole.vectors[site]
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_a_prefix_that_is_not_named_is_an_error_and_not_a_decode_step(model):
    network = model("Llama")
    past = network(ids(1, 11), use_cache=True).past_key_values
    with (
        pytest.raises(InputError, match=r"No pass was a prefill.*prefix = 0"),
        tapped(network, [("resid_post", 0)]) as taps,
    ):
        run_body(taps, ids(1, 3), past_key_values=past)
