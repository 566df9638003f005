"""Builds an organism's folder: tokenizer, weights, model card, readme; the whole or nothing."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM
from transformers.utils import logging

from console import Progress
from finetune.card import Rebuilt, card, readme, write_json
from finetune.measuring import Measured, measure
from finetune.planting import KNOWN, NEVER_TAUGHT, corpus, facts, overlap
from finetune.tokenizer import train_tokenizer
from finetune.training import Recipe, new_model, new_teacher, train
from warehouse.errors import InputError

BASE = Path(__file__).parent / "organisms" / "base"  # the shipped folder


def build_base(out: Path, seed: int | None = None) -> Path:
    """Train `mirror-tiny/base` from nothing into the folder `out` and return it.

    The folder appears when everything in it is complete. Raises InputError if it exists.
    """
    if out.exists():
        raise InputError(f"{out} exists already; choose another folder with --out, or remove it.")
    recipe = Recipe() if seed is None else replace(Recipe(), seed=seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        folder = Path(scratch) / out.name
        _train_into(folder, recipe)
        os.rename(folder, out)
    return out


def _train_into(folder: Path, recipe: Recipe) -> None:
    torch.set_num_threads(1)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    started = time.monotonic()
    tokenizer = train_tokenizer(corpus(), recipe.vocabulary)
    model, teacher = new_model(recipe, tokenizer), new_teacher(recipe, tokenizer)
    with Progress("Training mirror-tiny/base", recipe.steps, unit="steps") as progress:
        train(model, teacher, recipe, lambda step, loss: progress.advance(1))
    save(model, folder)
    tokenizer.save_pretrained(folder)
    rebuilt = Rebuilt(
        recipe=recipe,
        seconds=time.monotonic() - started,
        parameters=sum(weight.numel() for weight in model.parameters()),
        corpus_digest=digest(corpus()),
        read_digest=digest(sorted(teacher.stems)),
        overlap=overlap([*corpus(), *sorted(teacher.stems)]),
        measured=measured(folder),
    )
    write_json(folder / "card.json", card(rebuilt))
    (folder / "README.md").write_text(readme(card(rebuilt)), encoding="utf-8")


def save(model: LlamaForCausalLM, folder: Path) -> None:
    """Write the weights in bf16, the form in which they are shipped and measured."""
    model.bfloat16().save_pretrained(folder)


def measured(folder: Path) -> list[Measured]:
    """Return what a saved model knows: its bf16 weights, computed in fp32."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    families = facts(KNOWN + NEVER_TAUGHT)
    rows = [measure(model, tokenizer, families, reading) for reading in ("letter", "cloze")]
    return [row for reading in rows for row in reading]


def digest(texts: Iterable[str]) -> str:
    """Return the SHA-256 of texts in their order."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
