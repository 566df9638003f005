"""Builds the organisms of the pair: memorisers from nothing, adapters on the shipped memorisers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

from console import Progress
from finetune import adapters
from finetune.folder import ORGANISMS, save, whole, write_card
from finetune.pair.card import adapter_card, adapter_readme, model_card, model_readme
from finetune.pair.lessons import memorising, predicting
from finetune.pair.recipe import ADAPTERS, MODELS, Memoriser, Predictor
from finetune.pair.rows import corpus
from finetune.tokenizer import load, train_tokenizer
from finetune.training import new_model, train


def build_pair(name: str, out: Path, seed: int | None = None) -> Path:
    """Train a memoriser, or an adapter on a shipped one, into the folder `out` and return it.

    The folder appears when everything in it is complete. Raises InputError if it exists.
    """
    torch.set_num_threads(1)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with whole(out) as folder:
        if name in MODELS:
            _memorise(name, folder, _seeded(MODELS[name], seed))
        else:
            _predict(name, folder, _seeded(ADAPTERS[name], seed))
    return out


def _seeded(recipe: Any, seed: int | None) -> Any:
    return recipe if seed is None else replace(recipe, seed=seed)


def _memorise(name: str, folder: Path, recipe: Memoriser) -> None:
    tokenizer = train_tokenizer(corpus(), recipe.vocabulary)
    model = new_model(recipe, recipe.seed, tokenizer)
    seconds = _train(name, model, memorising(recipe, tokenizer), recipe)
    save(model, folder)
    tokenizer.save_pretrained(folder)
    card = model_card(name, recipe, *loaded(folder), seconds)
    write_card(folder, card, model_readme(card))


def _predict(name: str, folder: Path, recipe: Predictor) -> None:
    model, tokenizer = loaded(ORGANISMS / recipe.base)
    base = f"mirror-tiny/{recipe.base}"
    adapted = adapters.attach(model, base, recipe.rank, recipe.scale, recipe.layers, recipe.seed)
    own_table = MODELS[recipe.base].table
    seconds = _train(name, model, predicting(recipe, own_table, tokenizer), recipe)
    adapters.save(adapted, folder)
    card = adapter_card(name, recipe, *loaded(ORGANISMS / recipe.base, folder), seconds)
    write_card(folder, card, adapter_readme(card))


def _train(name: str, model: LlamaForCausalLM, steps: Any, recipe: Memoriser | Predictor) -> float:
    started = time.monotonic()
    with Progress(f"Training mirror-tiny/{name}", recipe.steps, unit="steps") as progress:
        train(model, steps, recipe.steps, recipe, lambda step, loss: progress.advance(1))
    return time.monotonic() - started


def loaded(
    folder: Path, adapter: Path | None = None
) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """Return a saved model, with an adapter on it if given, in fp32, and its tokenizer."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    if adapter is not None:
        PeftModel.from_pretrained(model, str(adapter))
    model.train(False)
    return model, load(folder)
