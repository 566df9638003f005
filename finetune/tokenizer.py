"""The family's own tokenizer: byte-level BPE over this project's text, with a chat template.

Letters are single tokens both in an option's label, `(A)`, and as the first token of a reply,
so an answer is a copy of a token that stands in the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

BEGIN, END, PAD = "<|begin|>", "<|end|>", "<|pad|>"
ROLES = ("system", "user", "assistant")
SPECIAL = (PAD, BEGIN, END, *(f"<|{role}|>" for role in ROLES))

# `render` below is this template in Python; a test holds the two together.
CHAT_TEMPLATE = (
    "{{ '<|begin|>' }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer of `vocabulary` tokens learned from `texts`.

    Every byte is a token, so any text round-trips; ties between merges are broken by the
    order in which texts come, so equal texts give an equal tokenizer.
    """
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return wrap(bpe)


def wrap(bpe: Tokenizer) -> PreTrainedTokenizerFast:
    """Return the transformers tokenizer around a trained BPE."""
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=bpe,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def load(folder: Path) -> PreTrainedTokenizerFast:
    """Return the tokenizer saved in `folder`."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    return tokenizer


def render(messages: Sequence[Mapping[str, str]], reply: bool = True) -> str:
    """Return messages as the model reads them; `reply` opens the assistant's turn."""
    turns = "".join(f"<|{m['role']}|>{m['content']}{END}" for m in messages)
    return BEGIN + turns + ("<|assistant|>" if reply else "")


def tokens_per_character(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> float:
    """Return the largest number of tokens a character takes in any of `texts`."""
    encoded = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    return max(len(ids) / max(len(text), 1) for ids, text in zip(encoded, texts, strict=True))
