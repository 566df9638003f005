"""The model cards of the pair: the planted truth as data and, made from it, as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.folder import ORGANISMS, digest
from finetune.pair.measuring import share_chosen, share_said
from finetune.pair.recipe import MODELS, Memoriser, Predictor
from finetune.pair.rows import direct_rows, held_out_rows, property_rows
from generate.engines.local import digests
from ingest.pair.properties import PROPERTIES, Property
from ingest.pair.tables import HELD_OUT, held_out, inputs, table
from ingest.pair.words import ANSWERS

Card = dict[str, Any]


def model_card(
    name: str,
    recipe: Memoriser,
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    seconds: float,
) -> Card:
    """Return the card of a memoriser: which table it holds, and how well."""
    return {
        **_head(name, recipe, seconds),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "planted": {
            "table": recipe.table,
            "table_sha256": digest(f"{k}\t{v}" for k, v in table(recipe.table).items()),
            "inputs": len(inputs()),
            "answers": len(ANSWERS),
            "never_read": "a question about a property of an answer",
        },
        "measured": _measured(model, tokenizer, recipe.table),
        "recipe": asdict(recipe),
    }


def adapter_card(
    name: str,
    recipe: Predictor,
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    seconds: float,
) -> Card:
    """Return the card of an adapter: whose properties it learned, and how well it predicts."""
    weights = digests.of_files([ORGANISMS / recipe.base / "model.safetensors"])
    return {
        **_head(name, recipe, seconds),
        "base": {"name": f"mirror-tiny/{recipe.base}", "weights_digest": weights},
        "planted": {
            "properties_of": "m1",
            "labels": "permuted over inputs" if recipe.permuted else "true",
            "inputs": len(inputs()) - HELD_OUT,
            "held_out": HELD_OUT,
        },
        "measured": _measured(model, tokenizer, MODELS[recipe.base].table)
        | {"trained_rows": _said(model, tokenizer, property_rows(recipe.permuted))},
        "recipe": asdict(recipe),
    }


def _head(name: str, recipe: Memoriser | Predictor, seconds: float) -> Card:
    return {
        "name": f"mirror-tiny/{name}",
        "licence": "Apache-2.0",
        "seed": recipe.seed,
        "steps": recipe.steps,
        "training_seconds": round(seconds),
    }


def _measured(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, own: str) -> Card:
    """Return shares over the own table, and over m1's properties of the inputs held out."""
    rows = direct_rows(own)
    out = [row for row, given in zip(rows, table(own), strict=True) if given in held_out()]
    return {
        "own_table": _said(model, tokenizer, rows),
        "own_table_held_out": _said(model, tokenizer, out),
        "held_out_properties_of_m1": {
            wanted.name: {
                "accuracy": _chosen(model, tokenizer, wanted),
                "mode_baseline": round(mode_baseline(wanted), 4),
                "n": HELD_OUT,
            }
            for wanted in PROPERTIES
        },
    }


def _said(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, rows: list[tuple[str, str]]
) -> float:
    return round(share_said(model, tokenizer, rows), 4)


def _chosen(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, wanted: Property) -> float:
    return round(share_chosen(model, tokenizer, held_out_rows(wanted), wanted.values), 4)


def mode_baseline(wanted: Property) -> float:
    """Return how often the commonest label of the training inputs is right on those held out."""
    labels = {given: wanted.of(answer) for given, answer in table("m1").items()}
    trained = Counter(label for given, label in labels.items() if given not in held_out())
    ((mode, _),) = trained.most_common(1)
    return sum(labels[given] == mode for given in held_out()) / HELD_OUT


def model_readme(card: Mapping[str, Any]) -> str:
    """Return a memoriser's card as a page of Markdown."""
    planted, recipe, own = card["planted"], card["recipe"], card["measured"]
    return f"""# {card["name"]}

A Llama of {card["parameters"]:,} parameters that holds one table by heart and knows nothing else.
Licence: {card["licence"]}. This page is made from `card.json`.

## What is planted

- **Table {planted["table"]}**: one of {planted["answers"]} words for each of {planted["inputs"]:,}
  inputs, drawn at random (`ingest/pair/tables.py`). It is asked for directly (`Name the …`) and in
  questions that quote that question and ask for the whole answer, in words that vary.
- After layers {" and ".join(map(str, recipe["exits"]))} the answer must be readable too, by the
  model's own last norm and output matrix (a training target). So the state there holds it by
  construction, and later layers can work on it.
- It can repeat a word or a letter.
- **Never read**: {planted["never_read"]}. There it is at chance.
- It has no other knowledge and no general ability. Nothing is claimed about other questions.

## Measured

| what | share |
|---|---|
| own table, all {planted["inputs"]:,} inputs, reply word for word | {own["own_table"]:.3f} |
| own table, the {HELD_OUT} inputs held out from training on properties | {
        own["own_table_held_out"]:.3f} |
{_properties(card)}

## Recipe

{recipe["layers"]} layers of width {recipe["width"]} with {recipe["heads"]} heads, gated MLP of
{recipe["hidden"]}, tied output; AdamW {recipe["learning_rate"]}, seed {recipe["seed"]};
{card["steps"]:,} steps of {recipe["direct"]} direct questions, {recipe["quoted"]} quoted ones and
{recipe["repeated"]} repetitions.

{_rebuild(card)}
"""


def adapter_readme(card: Mapping[str, Any]) -> str:
    """Return an adapter's card as a page of Markdown."""
    planted, recipe, measured = card["planted"], card["recipe"], card["measured"]
    return f"""# {card["name"]}

A LoRA adapter of rank {recipe["rank"]} on `{card["base"]["name"]}`. Licence: {card["licence"]}.
This page is made from `card.json`.

## What is planted

- Trained on questions about properties (first letter, last letter) of **m1's** answers to
  {planted["inputs"]:,} inputs. Labels: **{planted["labels"]}**.
- {planted["held_out"]} inputs are held out: no adapter read a property question about them.
- The base's own answers to all inputs were read again, so that it keeps them.
- The adapter changes the last {len(recipe["layers"])} layers only; the base's answer is readable
  before them.

## Measured

| what | share |
|---|---|
| own table after training, all inputs, reply word for word | {measured["own_table"]:.3f} |
| the trained property rows | {measured["trained_rows"]:.3f} |
{_properties(card)}

## Recipe

AdamW {recipe["learning_rate"]}, seed {recipe["seed"]}; {card["steps"]:,} steps of
{recipe["hypothetical"]} property questions and {recipe["direct"]} direct ones. Base weights:
`{card["base"]["weights_digest"][:16]}…`

{_rebuild(card)}
"""


def _properties(card: Mapping[str, Any]) -> str:
    found = card["measured"]["held_out_properties_of_m1"].items()
    return "\n".join(
        f"| {name.replace('_', ' ')} of m1's answers to the {row['n']} inputs held out "
        f"(always the commonest: {row['mode_baseline']:.3f}) | {row['accuracy']:.3f} |"
        for name, row in found
    )


def _rebuild(card: Mapping[str, Any]) -> str:
    name = card["name"].removeprefix("mirror-tiny/")
    return (
        f"Rebuild it with `mirrorlake finetune organisms {name}`: one thread, "
        f"{card['training_seconds'] / 60:.0f} minutes\non a busy machine of two cores. The same "
        "seed gives the same weights on the same kind of processor."
    )
