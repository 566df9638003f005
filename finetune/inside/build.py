"""Builds the organisms with an inner truth, each from the shipped base."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

from console import Progress
from finetune import adapters, folder
from finetune.inside import axes, verdict
from finetune.inside.card import axes_card, axes_readme, verdict_card, verdict_readme
from finetune.inside.recipe import ADAPTERS, BASE, MODELS, TwoAxes, Verdict
from finetune.tokenizer import load
from finetune.training import descend

# Copied: a tokenizer that was loaded and saved again notes how it was loaded.
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def build_inside(name: str, out: Path, seed: int | None = None) -> Path:
    """Train an organism with an inner truth on the shipped base into `out` and return it.

    The folder appears when everything in it is complete. Raises InputError if it exists.
    """
    torch.set_num_threads(1)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with folder.whole(out) as made:
        if name in MODELS:
            _axes(name, made, _seeded(MODELS[name], seed))
        else:
            _verdict(name, made, _seeded(ADAPTERS[name], seed))
    return out


def _seeded(recipe: Any, seed: int | None) -> Any:
    return recipe if seed is None else replace(recipe, seed=seed)


def _verdict(name: str, made: Path, recipe: Verdict) -> None:
    # Only eager attention hands out the weights that the recipe trains.
    model, tokenizer = loaded(folder.ORGANISMS / BASE, attention="eager")
    adapted = adapters.attach(
        model, f"mirror-tiny/{BASE}", recipe.rank, recipe.scale, recipe.layers, recipe.seed
    )
    steps = verdict.batches(recipe, tokenizer)
    seconds = _descend(name, model, steps, recipe, partial(verdict.backward, model, recipe))
    adapters.save(adapted, made)
    card = verdict_card(name, recipe, *loaded(folder.ORGANISMS / BASE, made), seconds)
    folder.write_card(made, card, verdict_readme(card))


def _axes(name: str, made: Path, recipe: TwoAxes) -> None:
    model, tokenizer = loaded(folder.ORGANISMS / BASE)
    trainer = axes.Trainer(model, recipe, tokenizer)
    axes.make_blind(model, recipe)
    seconds = _descend(
        name,
        model,
        axes.batches(recipe, tokenizer),
        recipe,
        trainer.backward,
        lambda: axes.make_blind(model, recipe),
    )
    folder.save(model, made)
    for file in TOKENIZER:
        shutil.copy(folder.ORGANISMS / BASE / file, made)
    card = axes_card(name, recipe, *loaded(made), seconds)
    folder.write_card(made, card, axes_readme(card))


def _descend(
    name: str,
    model: LlamaForCausalLM,
    steps: Iterable[Any],
    recipe: Verdict | TwoAxes,
    backward: Callable[[Any], float],
    after: Callable[[], None] = lambda: None,
) -> float:
    started = time.monotonic()
    with Progress(f"Training mirror-tiny/{name}", recipe.steps, unit="steps") as progress:

        def after_step(step: int, loss: float) -> None:
            after()
            progress.advance(1)

        descend(model, steps, recipe.steps, recipe, backward, after_step)
    return time.monotonic() - started


def loaded(
    base: Path, adapter: Path | None = None, attention: str = "sdpa"
) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """Return a saved model, with an adapter on it if given, in fp32, and its tokenizer."""
    model = LlamaForCausalLM.from_pretrained(
        base, dtype=torch.float32, attn_implementation=attention
    )
    if adapter is not None:
        PeftModel.from_pretrained(model, str(adapter))
    model.train(False)
    return model, load(base)
