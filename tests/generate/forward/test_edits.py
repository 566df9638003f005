"""Edits do what their formulas say, where they say it, and nothing elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from generate.forward.edits import FORMULAS, Edit
from generate.forward.places import Places
from generate.forward.sites import SITES, Anatomy
from generate.forward.taps import tapped
from tests.generate.forward.families import FAMILIES, ids, noise

EVERY = [(site, layer) for site in SITES for layer in range(3)]


def run(network, given, edits=(), read=EVERY):
    with tapped(network, read, edits=edits) as taps:
        logits = network(given).logits
    return taps.vectors, logits


def by_hand(kind, h, v, s):
    """The definitions of `Edit`, row by row in float64."""
    h, v, s = h.double(), v.double(), float(s)
    along = (h @ v) / (v @ v) * v
    return {
        "add": h + s * v,
        "add_norm_matched": h + s * h.norm() * v / v.norm(),
        "project_out": h - s * along,
        "replace": s * v + (1 - s) * h,
        "scale": h - along + s * along,
    }[kind].float()


@pytest.mark.parametrize("name", ["Llama", "GPT2", "OPT", "Falcon"])
@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("kind", FORMULAS)
def test_an_edit_is_its_formula_at_its_places_only(model, kind, site, name):
    network, given = model(name), ids(3, 6)
    head = 2 if site == "attn_head_in" else None
    vectors, strength = noise(3, 8 if head else 32), torch.tensor([0.5, -2.0, 1.0])
    rows, columns = torch.tensor([0, 1, 1, 2]), torch.tensor([5, 0, 3, 2])
    before, _ = run(network, given)
    edit = Edit(kind, site, 1, vectors, strength, at=Places(rows, columns), head=head)
    after, _ = run(network, given, [edit])
    expected = before[site, 1].clone()
    for row, column in zip(rows, columns, strict=True):
        state = expected[row, column, head] if head else expected[row, column]
        state.copy_(by_hand(kind, state, vectors[row], strength[row]))
    torch.testing.assert_close(after[site, 1], expected, rtol=1e-5, atol=1e-5)
    untouched = torch.ones(3, 6, dtype=torch.bool)
    untouched[rows, columns] = False
    assert torch.equal(after[site, 1][untouched], before[site, 1][untouched])


@pytest.mark.parametrize("site", SITES)
def test_an_edit_at_a_place_leaves_what_comes_before_untouched(model, site):
    network, given = model("Llama"), ids(2, 8)
    head = 1 if site == "attn_head_in" else None
    edit = Edit("add", site, 1, noise(8 if head else 32), 5.0, at=Places([0], [4]), head=head)
    (before, plain), (after, edited) = run(network, given), run(network, given, [edit])
    assert torch.equal(edited[0, :4], plain[0, :4]) and torch.equal(edited[1], plain[1])
    assert ((edited[0, 4:] - plain[0, 4:]).abs().amax(-1) > 1e-3).all()
    earlier = [tap for tap in EVERY if tap[1] == 0]
    assert all(torch.equal(after[tap], before[tap]) for tap in earlier)


@pytest.mark.parametrize(("kind", "strength"), [("add", 0.0), ("replace", 0.0), ("scale", 1.0)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_dose_of_nothing_is_the_identity(kind, strength, dtype):
    network, given = FAMILIES["Llama"].make().to(dtype), ids(2)
    edits = [Edit(kind, site, 1, noise(32), strength) for site in SITES if site != "attn_head_in"]
    assert torch.equal(run(network, given, edits)[1], run(network, given)[1])


def test_project_out_leaves_nothing_along_its_direction(model):
    vector = noise(32)
    after, _ = run(model("Llama"), ids(2), [Edit("project_out", "resid_post", 1, 7 * vector)])
    along = after["resid_post", 1] @ (vector / vector.norm())
    assert along.abs().max() < 1e-5
    assert (after["resid_post", 2] @ vector).abs().max() > 1e-2


def test_replaced_states_are_exactly_the_vectors(model):
    vectors = noise(2, 32)
    edit = Edit("replace", "resid_pre", 1, vectors, at=Places([0, 1], [3, 4]))
    after, _ = run(model("Llama"), ids(2), [edit])
    assert torch.equal(after["resid_pre", 1][[0, 1], [3, 4]], vectors)


def test_replacing_equals_a_hook_written_by_hand(model):
    """SelfIE's injection: placeholder states overwritten at the input of block k."""
    network, given, vector = model("Llama"), ids(), noise(32)

    def overwrite(module, args):
        args[0][:, [2, 3, 4]] = vector

    handle = Anatomy(network).blocks[1].register_forward_pre_hook(overwrite)
    expected = network(given).logits
    handle.remove()
    edit = Edit("replace", "resid_pre", 1, vector, at=Places([0] * 3, [2, 3, 4]))
    assert torch.equal(run(network, given, [edit])[1], expected)


@pytest.mark.parametrize("kind", FORMULAS)
def test_vectors_by_row_equal_separate_runs(model, kind):
    network, given, vectors = model("Llama"), ids(4), noise(4, 32)
    strength = torch.tensor([0.5, 1.0, -1.0, 3.0])
    together = Edit(kind, "mlp_out", 0, vectors, strength)
    _, logits = run(network, given, [together])
    for row in range(4):
        one = Edit(kind, "mlp_out", 0, vectors[row], float(strength[row]))
        _, expected = run(network, given[row : row + 1], [one])
        torch.testing.assert_close(logits[row], expected[0], rtol=1e-5, atol=1e-5)


def test_the_end_of_a_block_is_the_start_of_the_next(model):
    network, given, edit = model("Gemma2"), ids(2), Edit("add", "resid_post", 0, noise(32))
    _, expected = run(network, given, [edit])
    _, found = run(network, given, [replace(edit, site="resid_pre", layer=1)])
    assert torch.equal(found, expected)


def test_heads_are_edited_one_by_one(model):
    network, given = model("Mistral"), ids(2)
    before, _ = run(network, given)
    vectors = {1: noise(16), 3: noise(16, seed=4)}
    edits = [Edit("replace", "attn_head_in", 2, v, head=head) for head, v in vectors.items()]
    after, _ = run(network, given, edits)
    found, plain = after["attn_head_in", 2], before["attn_head_in", 2]
    assert torch.equal(found[:, :, [0, 2]], plain[:, :, [0, 2]])
    assert all(torch.equal(found[:, :, head], v.expand(2, 9, 16)) for head, v in vectors.items())


def test_edits_of_one_site_happen_in_their_order(model):
    network, vector, other = model("Llama"), noise(32), noise(32, seed=4)
    remove = Edit("project_out", "resid_post", 1, vector)
    add = Edit("add", "resid_post", 1, other)
    direction = vector / vector.norm()
    last, _ = run(network, ids(), [add, remove])
    assert (last["resid_post", 1] @ direction).abs().max() < 1e-5
    first, _ = run(network, ids(), [remove, add])
    torch.testing.assert_close(
        first["resid_post", 1] @ direction, (other @ direction).expand(1, 9), rtol=0, atol=1e-5
    )


def test_bf16_states_are_rounded_once():
    network, given = FAMILIES["Llama"].make().bfloat16(), ids(2)
    before, _ = run(network, given)
    after, _ = run(network, given, [Edit("add", "resid_post", 1, noise(32), 0.37)])
    expected = (before["resid_post", 1].float() + 0.37 * noise(32)).bfloat16()
    assert torch.equal(after["resid_post", 1], expected)


def test_what_the_caller_and_transformers_hold_is_not_written_to(model):
    network = model("Llama")
    given = network.get_input_embeddings()(ids())
    states = network(inputs_embeds=given, output_hidden_states=True).hidden_states
    edits = [Edit("add", "resid_pre", layer, noise(32)) for layer in (0, 1)]
    kept = given.clone()
    with tapped(network, [("resid_post", 0)], edits=edits) as taps:
        out = network(inputs_embeds=given, output_hidden_states=True)
    assert torch.equal(given, kept)
    assert torch.equal(out.hidden_states[1], taps.vectors["resid_post", 0])
    assert not torch.allclose(out.hidden_states[1], states[1], atol=1e-2)


def test_a_direction_can_be_learned_through_an_edit(model):
    vector = noise(32).requires_grad_()
    with torch.enable_grad():
        _, logits = run(model("Llama"), ids(), [Edit("scale", "resid_post", 1, vector, 2.0)])
        logits[0, -1, 7].backward()
    assert vector.grad is not None and vector.grad.abs().max() > 0
    model("Llama").zero_grad()
