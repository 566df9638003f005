"""With a cache, edits of each phase equal one pass over the whole text with the same edits."""

from __future__ import annotations

import pytest
import torch

from generate.forward.edits import Edit
from generate.forward.places import Places
from generate.forward.taps import tapped
from tests.generate.forward.families import ids, noise, span
from warehouse.errors import InputError

PROMPT, REPLY = 6, 5
MODELS = ["Llama", "GPT2", "Gemma3", "Falcon", "Bloom", "OPT"]


def generate(network, given, edits, **settings):
    """Return the greedy reply and the logits before each of its tokens."""
    told = {"attention_mask": torch.ones_like(given), "do_sample": False, "output_logits": True}
    told |= {"max_new_tokens": REPLY, "min_new_tokens": REPLY, "return_dict_in_generate": True}
    with tapped(network, edits=edits) as taps:
        out = network.generate(given, **(told | settings))
    return out.sequences, torch.stack(out.logits, 1), taps


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("phase", "at", "edited"),
    [
        ("prefill", span(2, 3, PROMPT), (3, PROMPT)),
        ("decode", None, (PROMPT, PROMPT + REPLY - 1)),
        ("both", span(2, 4, PROMPT), (4, PROMPT + REPLY - 1)),
        ("both", None, (0, PROMPT + REPLY - 1)),
    ],
)
def test_generation_equals_one_pass_over_its_text(model, name, phase, at, edited):
    network, given, vectors = model(name), ids(2, PROMPT), noise(2, 32)
    edit = Edit("add_norm_matched", "resid_post", 1, vectors, 0.8, phase, at)
    sequences, logits, taps = generate(network, given, [edit])
    assert taps.passes == {"prefill": 1, "decode": REPLY - 1}
    assert taps.fired == {("resid_post", 1): REPLY}
    whole = Edit("add_norm_matched", "resid_post", 1, vectors, 0.8, "prefill", span(2, *edited))
    with tapped(network, edits=[whole]):
        expected = network(sequences[:, :-1]).logits[:, PROMPT - 1 :]
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)
    plain = network(sequences[:, :-1]).logits[:, PROMPT - 1 :]
    assert not torch.allclose(logits, plain, atol=1e-2)


def test_left_padded_rows_are_edited_at_their_own_last_token(model):
    network, given = model("GPT2"), ids(2, PROMPT)
    edit = Edit("add", "attn_head_in", 0, noise(2, 8), 3.0, head=1)
    padded = torch.cat([torch.zeros(1, 4, dtype=torch.long), given[1:, :2]], 1)
    batch = torch.cat([given[:1], padded])
    mask = torch.tensor([[1] * 6, [0] * 4 + [1] * 2])
    _, logits, _ = generate(network, batch, [edit], attention_mask=mask)
    alone = Edit("add", "attn_head_in", 0, noise(2, 8)[1], 3.0, head=1)
    _, expected, _ = generate(network, given[1:, :2], [alone])
    torch.testing.assert_close(logits[1], expected[0], rtol=1e-4, atol=1e-4)


def test_rows_may_be_expanded_and_leave_the_batch(model):
    """As when equal prompts run once and finished replies are dropped."""
    network, given, vectors = model("Llama"), ids(2, PROMPT), noise(2, 32)
    strength = torch.tensor([1.0, 4.0])
    edit = Edit("add", "resid_post", 0, vectors, strength)
    with tapped(network, edits=[edit]) as taps:
        past = network(given, use_cache=True).past_key_values
        steps = []
        for keep in ([1, 0, 1], [2, 0]):
            index = torch.tensor(keep)
            past.batch_select_indices(index)
            taps.select_rows(index)
            token = torch.full((len(keep), 1), 9)
            steps.append(network(token, past_key_values=past).logits[:, -1])
    for row, found in ((1, [steps[0][0], steps[0][2], steps[1][0]]), (0, [steps[0][1]])):
        one = Edit("add", "resid_post", 0, vectors[row], float(strength[row]))
        text = torch.cat([given[row : row + 1], torch.full((1, 2), 9)], 1)
        with tapped(network, edits=[one]):
            expected = network(text).logits[0]
        torch.testing.assert_close(found[0], expected[PROMPT], rtol=1e-4, atol=1e-4)
        if row == 1:
            torch.testing.assert_close(found[1], expected[PROMPT], rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(found[2], expected[PROMPT + 1], rtol=1e-4, atol=1e-4)


def test_a_decode_step_of_several_tokens_is_edited_at_its_last(model):
    network, given = model("Llama"), ids(2, 9)
    past = network(given[:, :PROMPT], use_cache=True).past_key_values
    edit = Edit("add", "resid_post", 1, noise(32), 3.0, "decode")
    with tapped(network, edits=[edit]):
        found = network(given[:, PROMPT:], past_key_values=past).logits
    plain = network(given).logits[:, PROMPT:]
    torch.testing.assert_close(found[:, :-1], plain[:, :-1], rtol=1e-4, atol=1e-4)
    assert not torch.allclose(found[:, -1], plain[:, -1], atol=1e-2)


def test_one_prefill_serves_every_dose_at_the_last_token(model):
    """The cache of all but the last token is the same whatever is added at the last."""
    network, given, doses = model("Llama"), ids(1, PROMPT), torch.linspace(-4, 4, 5)
    past = network(given[:, :-1], use_cache=True).past_key_values
    past.batch_repeat_interleave(len(doses))
    last = given[:, -1:].expand(len(doses), 1)
    edit = Edit("add", "resid_post", 1, noise(32), doses, "decode")
    with tapped(network, edits=[edit]):
        found = network(last, past_key_values=past).logits[:, 0]
    for dose, logits in zip(doses, found, strict=True):
        at = Places([0], [PROMPT - 1])
        with tapped(network, edits=[Edit("add", "resid_post", 1, noise(32), float(dose), at=at)]):
            expected = network(given).logits[0, -1]
        torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)


def test_reading_during_generation_reads_the_prompt(model):
    network, given = model("Llama"), ids(2, PROMPT)
    at = Places([0, 1], [PROMPT - 1] * 2)
    with tapped(network, [("resid_post", 2)], at) as alone:
        network(given)
    with tapped(network, [("resid_post", 2)], at) as taps:
        network.generate(given, max_new_tokens=3, do_sample=False)
    assert torch.equal(taps.vectors["resid_post", 2], alone.vectors["resid_post", 2])


def test_a_reply_over_at_its_first_token_is_no_error_for_decode_edits(model):
    edit = Edit("add", "resid_post", 1, noise(32), phase="decode")
    _, _, taps = generate(model("Llama"), ids(2), [edit], max_new_tokens=1, min_new_tokens=1)
    assert taps.passes == {"prefill": 1}


def test_a_prefill_edit_that_met_decode_steps_only_is_an_error(model):
    network = model("Llama")
    past = network(ids(), use_cache=True).past_key_values
    edit = Edit("add", "resid_post", 1, noise(32), phase="prefill")
    with pytest.raises(InputError, match="No pass was a prefill"), tapped(network, edits=[edit]):
        network(ids(tokens=1), past_key_values=past)
