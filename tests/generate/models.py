"""Tiny random models and tokenizers, made once and read back through transformers."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

SPECIAL = ["<pad>", "<s>", "</s>", "<|user|>", "<|system|>", "<|assistant|>"]
CHAT = (
    "{{ '<s>' }}{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '</s>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
# The last characters before the reply are ordinary text, as in several real chat formats.
CHAT_NEWLINE = CHAT.replace("{{ '<|assistant|>' }}", "{{ '<|assistant|>\\n\\n' }}")
TEXT = "the question names one planet and the answer is a letter (A) red (B) blue answer: reply "


def tokenizer(chat: str | None = CHAT) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer of some 300 tokens."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator([TEXT] * 20, trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    made.chat_template = chat
    return made


def llama(words: int, context: int = 2048) -> PreTrainedModel:
    """Return a two-layer Llama with grouped keys."""
    config = LlamaConfig(
        vocab_size=words, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=context,
        initializer_range=0.4, bos_token_id=1, eos_token_id=2, pad_token_id=0,
        tie_word_embeddings=False,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def mistral(words: int, context: int = 2048) -> PreTrainedModel:
    """Return a Llama-like model whose layers see the last 48 tokens only."""
    config = MistralConfig(
        vocab_size=words, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=context,
        initializer_range=0.4, sliding_window=48, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    return MistralForCausalLM(config)


def gpt2(words: int, context: int = 2048) -> PreTrainedModel:
    """Return a model with learned absolute positions."""
    config = GPT2Config(
        vocab_size=words, n_embd=32, n_layer=2, n_head=4, n_positions=context,
        initializer_range=0.4, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


FAMILIES = {"llama": llama, "mistral": mistral, "gpt2": gpt2}


def save(folder: Path, family: str = "llama", chat: str | None = CHAT, context: int = 2048) -> Path:
    """Write a model folder with seeded random weights and a card; return it."""
    made = tokenizer(chat)
    torch.manual_seed(7)
    network = FAMILIES[family](len(made), context)
    network.save_pretrained(folder)
    made.save_pretrained(folder)
    (folder / "card.json").write_text(json.dumps({"planted": "nothing"}))
    return folder
