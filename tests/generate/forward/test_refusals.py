"""Edits whose parts do not fit each other, or the model, are refused in a sentence."""

from __future__ import annotations

import pytest
import torch

from generate.forward.edits import Edit
from generate.forward.places import Places
from generate.forward.taps import tapped
from tests.generate.forward.families import ids
from warehouse.errors import InputError

ADD = {"kind": "add", "site": "resid_post", "layer": 1, "vectors": torch.ones(32)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "ad"}, "no kind 'ad'.*Did you mean 'add'"),
        ({"site": "resid"}, "no site 'resid'"),
        ({"phase": "later"}, "no phase 'later'"),
        ({"head": 1}, "needs a head"),
        ({"site": "attn_head_in"}, "needs a head"),
        ({"phase": "decode", "at": Places([0], [0])}, "Places are places of the prefill"),
        ({"vectors": torch.ones(2, 3, 32)}, r"\[dim\] or \[batch, dim\]"),
        ({"strength": torch.ones(2, 1)}, r"a number or \[batch\]"),
        ({"vectors": torch.full((32,), torch.nan)}, "finite"),
        ({"strength": float("inf")}, "finite"),
        ({"kind": "scale", "vectors": torch.zeros(32)}, "is 0, which is no direction to scale"),
    ],
)
def test_an_edit_whose_parts_do_not_fit_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        Edit(**(ADD | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vectors": torch.ones(31)}, "2 rows of width 32"),
        ({"vectors": torch.ones(3, 32)}, r"\[3, 32\].*2 rows of width 32"),
        ({"strength": torch.ones(3)}, "3 strengths.*2 rows"),
        ({"at": Places([2], [0])}, "row 2 and column 0.*2 rows"),
        ({"site": "attn_head_in", "head": 4, "vectors": torch.ones(8)}, "4 heads, no head 4"),
        ({"layer": 3}, "no layer 3"),
    ],
)
def test_an_edit_that_does_not_fit_the_model_is_refused(model, changes, message):
    edit = Edit(**(ADD | changes))
    with pytest.raises(InputError, match=message), tapped(model("Llama"), edits=[edit]):
        model("Llama")(ids(2))
