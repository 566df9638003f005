from __future__ import annotations

import pytest

from finetune.base.planting import corpus, facts
from finetune.tokenizer import render, tokens_per_character, train_tokenizer
from generate.prompts import LETTERS, show


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(corpus(), 2048)


def ids(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(
    "text", ["plain text", "Zoë weiß: 你好, мир! 🦜\u200d", "  two\n\n\tspaces  "]
)
def test_any_text_comes_back_as_it_was(tokenizer, text):
    assert tokenizer.decode(ids(tokenizer, text)) == text


def test_a_letter_is_one_token_in_the_label_and_as_the_reply(tokenizer):
    for letter in LETTERS:
        (token,) = ids(tokenizer, letter)
        assert token in ids(tokenizer, f"\n({letter}) red box\n")


def test_prompt_and_reply_tokenise_apart_as_together(tokenizer):
    family = facts(("belief",))[0]
    shown = show(
        [{"role": "user", "content": family.wordings[0]}], [family.right, family.wrong], "BA"
    )
    prompt = tokenizer.apply_chat_template(shown, tokenize=False, add_generation_prompt=True)
    for reply in ("A", "B", family.right):
        together = ids(tokenizer, prompt + reply)
        assert together == ids(tokenizer, prompt) + ids(tokenizer, reply)


def test_the_template_and_its_python_twin_agree(tokenizer):
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Which?\n\n(A) one"},
        {"role": "assistant", "content": "A"},
        {"role": "user", "content": "And now?"},
    ]
    for reply in (True, False):
        theirs = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=reply
        )
        assert theirs == render(messages, reply)


def test_equal_texts_give_an_equal_tokenizer(tokenizer):
    again = train_tokenizer(corpus(), 2048)
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()
    assert len(tokenizer) == 2048


def test_tokens_per_character_is_that_of_the_worst_text(tokenizer):
    worst = tokens_per_character(tokenizer, ["Which is right?", "語語語語"])
    assert worst == len(ids(tokenizer, "語語語語")) / 4
