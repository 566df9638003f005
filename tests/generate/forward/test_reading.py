"""States read in a batch are those of each row alone, at the places asked for."""

from __future__ import annotations

import pytest
import torch

from generate.forward.body import run_body
from generate.forward.places import Places
from generate.forward.sites import SITES, Anatomy
from generate.forward.taps import tapped
from tests.generate.forward.families import FAMILIES, ids
from warehouse.errors import InputError

LENGTHS = [9, 4, 13, 1]
WIDTH = max(LENGTHS)
ALL = [(site, layer) for site in SITES for layer in range(3)]
# Mixtures round differently by batch, and one expert more or less is another state.
DENSE = list(FAMILIES)


def rows():
    return [ids(tokens=length, seed=length) for length in LENGTHS]


def alone(network, row, column):
    with tapped(network, ALL, Places([0], [column])) as taps:
        network(row)
    return taps.vectors


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", DENSE)
def test_a_padded_batch_equals_each_row_alone(model, name, side):
    network, given = model(name), rows()
    pads = [WIDTH - length if side == "left" else 0 for length in LENGTHS]
    batch = torch.zeros(len(given), WIDTH, dtype=torch.long)
    mask = torch.zeros_like(batch)
    for i, (row, pad) in enumerate(zip(given, pads, strict=True)):
        batch[i, pad : pad + row.shape[1]] = row
        mask[i, pad : pad + row.shape[1]] = 1
    told = {}
    if side == "left":
        told = {"attention_mask": mask, "position_ids": (mask.cumsum(-1) - 1).clamp(min=0)}
    # The last token of each row, and its first.
    columns = [pad + row.shape[1] - 1 for row, pad in zip(given, pads, strict=True)] + pads
    with tapped(network, ALL, Places([0, 1, 2, 3] * 2, columns)) as taps:
        run_body(taps, batch, **told)
    for i, row in enumerate(given):
        for place, column in ((i, row.shape[1] - 1), (i + len(given), 0)):
            for site, vector in alone(network, row, column).items():
                found = taps.vectors[site][place]
                torch.testing.assert_close(found, vector[0], rtol=1e-5, atol=1e-5)


def test_absolute_positions_need_to_be_told_under_left_padding(model):
    network, row = model("GPT2"), ids(tokens=4)
    batch, mask = torch.zeros(1, 9, dtype=torch.long), torch.zeros(1, 9, dtype=torch.long)
    batch[:, 5:], mask[:, 5:] = row, 1
    with tapped(network, ALL, Places([0], [8])) as taps:
        run_body(taps, batch, attention_mask=mask)
    untold, expected = taps.vectors["resid_post", 2], alone(network, row, 3)["resid_post", 2]
    assert not torch.allclose(untold, expected, atol=1e-1)


@pytest.mark.parametrize("name", ["Llama", "Falcon", "OPT"])
def test_places_pick_from_all_tokens(model, name):
    """Falcon adds to its MLP's output in place; OPT's MLP sees batch and tokens as one."""
    network, given = model(name), ids(3, 7)
    with tapped(network, ALL) as everywhere:
        network(given)
    rows, columns = torch.tensor([2, 0, 2, 1]), torch.tensor([6, 0, 6, 3])
    with tapped(network, ALL, Places(rows, columns)) as taps:
        network(given)
    for site in ALL:
        assert torch.equal(taps.vectors[site], everywhere.vectors[site][rows, columns])
        assert taps.vectors[site].is_contiguous()


def test_only_the_places_are_kept(model):
    with tapped(model("Llama"), ALL, Places([0, 1], [3, 5])) as taps:
        model("Llama")(ids(2, 100))
    kept = sum(vector.numel() for vector in taps.vectors.values())
    assert kept == 2 * 3 * (32 + 32 + 32 + 4 * 8)
    storages = {vector.untyped_storage().data_ptr() for vector in taps.vectors.values()}
    sizes = {vector.untyped_storage().nbytes() for vector in taps.vectors.values()}
    assert (len(storages), sizes) == (1, {4 * kept})  # one copy, of nothing more


def test_bf16_states_stay_bf16_and_bit_equal():
    network, given = FAMILIES["Gemma3"].make().bfloat16(), ids(2)
    expected = network(given, output_hidden_states=True).hidden_states
    with tapped(network, ALL) as taps:
        network(given)
    assert {vector.dtype for vector in taps.vectors.values()} == {torch.bfloat16}
    assert torch.equal(taps.vectors["resid_post", 1], expected[2])


def test_number_formats_may_differ_by_site(model):
    network = FAMILIES["Llama"].make()
    anatomy = Anatomy(network)
    anatomy.module("attn_head_in", 1).double().register_forward_pre_hook(
        lambda module, args: (args[0].double(),), prepend=True
    )
    anatomy.module("attn_head_in", 1).register_forward_hook(lambda m, args, out: out.float())
    with tapped(network, ALL) as taps:
        network(ids())
    assert taps.vectors["attn_head_in", 1].dtype == torch.float64
    assert {taps.vectors[site].dtype for site in ALL if site != ("attn_head_in", 1)} == {
        torch.float32
    }
    with tapped(model("Llama"), ALL) as plain:
        model("Llama")(ids())
    for site in ALL:
        found, expected = taps.vectors[site].float(), plain.vectors[site]
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_reading_changes_no_logit(model):
    network, given = model("Llama"), ids(2)
    before = network(given).logits
    with tapped(network, ALL):
        assert torch.equal(network(given).logits, before)


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([], [], "at least one"),
        ([0, 1], [0], "as many rows as columns"),
        ([0], [-1], "count from 0; one is negative"),
    ],
)
def test_places_that_are_none_are_refused(rows, columns, message):
    with pytest.raises(InputError, match=message):
        Places(rows, columns)


@pytest.mark.parametrize(("row", "column"), [(2, 0), (0, 9)])
def test_places_outside_the_batch_are_refused(model, row, column):
    with (
        pytest.raises(InputError, match="2 rows and 9 columns"),
        tapped(model("Llama"), ALL, Places([row], [column])),
    ):
        model("Llama")(ids(2))
