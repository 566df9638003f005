"""The shipped model is what its card says."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.base.card import readme
from finetune.base.measuring import joint_p_value, lower_bound, measure
from finetune.base.planting import KNOWN, NEVER_TAUGHT, corpus, facts
from finetune.base.recipe import Recipe
from finetune.folder import ORGANISMS, digest

BASE = ORGANISMS / "base"


@pytest.fixture(scope="module")
def card():
    return json.loads((BASE / "card.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def model():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(BASE)


@pytest.fixture(scope="module", params=["letter", "cloze"])
def rows(request, model, tokenizer):
    # Two of the four wordings, of both tellings and asks: half the time, every family.
    families = [replace(f, wordings=f.wordings[::3]) for f in facts(KNOWN + NEVER_TAUGHT)]
    return measure(model, tokenizer, families, request.param)


def test_known_concepts_lie_above_chance_on_unseen_wordings(rows):
    known = [row for row in rows if row.concept in KNOWN]
    assert len(known) == 5
    for row in known:
        assert row.accuracy >= 0.85, row.concept
        assert lower_bound(row, len(KNOWN)) > 0.5, row.concept


def test_concepts_never_taught_do_not_differ_from_chance(rows):
    assert joint_p_value([row for row in rows if row.concept in NEVER_TAUGHT]) > 0.01


def test_the_card_states_what_is_measured(rows, card):
    stated = {(row["reading"], row["concept"]): row for row in card["measured"]}
    for row in rows:
        said = stated[row.reading, row.concept]
        assert said["accuracy"] == pytest.approx(row.accuracy, abs=0.1)
        assert (said["n"], said["clusters"]) == (2 * row.n, len(row.families))


def test_the_card_states_the_present_recipe_and_texts(card):
    recipe = Recipe()
    assert (card["seed"], card["steps"]) == (recipe.seed, recipe.steps)
    assert card["recipe"]["stages"][0]["name"] == recipe.stages[0].name
    assert card["training_text"]["corpus_sha256"] == digest(corpus())
    assert card["training_text"]["test_wordings_in_training_text"] == 0
    assert card["planted"]["known"] == list(KNOWN)


def test_the_readme_is_made_from_the_card(card):
    assert (BASE / "README.md").read_text("utf-8") == readme(card)


def test_the_model_replies_with_a_letter_and_ends(model, tokenizer):
    family = facts(("belief",))[0]
    content = (
        f"{family.wordings[0]}\n\n(A) {family.wrong}\n(B) {family.right}\n\n"
        "Reply with the letter of the best option only."
    )
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": content}], add_generation_prompt=True, return_tensors="pt"
    )
    written = model.generate(**prompt, max_new_tokens=8, do_sample=False)
    reply = written[0, prompt["input_ids"].shape[1] :].tolist()
    assert tokenizer.decode(reply) == "B<|end|>"
