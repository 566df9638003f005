"""Builds `mirror-tiny/base`: tokenizer, weights, model card, readme."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from console import Progress
from finetune.base.card import Rebuilt, card, readme
from finetune.base.measuring import Measured, measure
from finetune.base.planting import KNOWN, NEVER_TAUGHT, corpus, facts, overlap
from finetune.base.recipe import Recipe, lessons, new_teacher
from finetune.folder import digest, save, whole, write_card
from finetune.tokenizer import train_tokenizer
from finetune.training import new_model, train


def build_base(out: Path, seed: int | None = None) -> Path:
    """Train `mirror-tiny/base` from nothing into the folder `out` and return it.

    The folder appears when everything in it is complete. Raises InputError if it exists.
    """
    recipe = Recipe() if seed is None else replace(Recipe(), seed=seed)
    with whole(out) as folder:
        _train_into(folder, recipe)
    return out


def _train_into(folder: Path, recipe: Recipe) -> None:
    torch.set_num_threads(1)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    started = time.monotonic()
    tokenizer = train_tokenizer(corpus(), recipe.vocabulary)
    model = new_model(recipe, recipe.seed, tokenizer)
    teacher = new_teacher(recipe, tokenizer)
    with Progress("Training mirror-tiny/base", recipe.steps, unit="steps") as progress:
        steps = lessons(teacher, recipe)
        train(model, steps, recipe.steps, recipe, lambda step, loss: progress.advance(1))
    save(model, folder)
    tokenizer.save_pretrained(folder)
    made = card(
        Rebuilt(
            recipe=recipe,
            seconds=time.monotonic() - started,
            parameters=sum(weight.numel() for weight in model.parameters()),
            corpus_digest=digest(corpus()),
            read_digest=digest(sorted(teacher.stems)),
            overlap=overlap([*corpus(), *sorted(teacher.stems)]),
            measured=measured(folder),
        )
    )
    write_card(folder, made, readme(made))


def measured(folder: Path) -> list[Measured]:
    """Return what a saved model knows: its bf16 weights, computed in fp32."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    families = facts(KNOWN + NEVER_TAUGHT)
    rows = [measure(model, tokenizer, families, reading) for reading in ("letter", "cloze")]
    return [row for reading in rows for row in reading]
