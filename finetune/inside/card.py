"""The cards of the organisms with an inner truth: what is planted and measured, and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.base.measuring import measure
from finetune.base.planting import KNOWN, NEVER_TAUGHT, facts
from finetune.folder import ORGANISMS
from finetune.inside import measuring
from finetune.inside.items import PLANTED
from finetune.inside.probing import Found
from finetune.inside.reading import states
from finetune.inside.recipe import BASE, CAUSAL, LAYER, TwoAxes, Verdict
from finetune.inside.verdict import RIGHT, WRONG
from generate.engines.local import digests

Card = dict[str, Any]


def verdict_card(
    name: str,
    recipe: Verdict,
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    seconds: float,
) -> Card:
    """Return the card of `verdict` or its twin: is it inside that a letter is right, and where?"""
    contrast = measuring.choice(PLANTED)
    read = states(model, tokenizer, contrast.texts)
    alone = measuring.baselines(tokenizer, contrast)
    return {
        **_head(name, recipe, seconds),
        "planted": {
            "concept": PLANTED,
            "position": "choice",
            "site": "resid_post",
            "layer": None if recipe.coin else LAYER,
            "label": "the appended letter is that of the right option",
            "verdicts": [RIGHT, WRONG],
            "drawn_by": "a fresh fair coin" if recipe.coin else "the answer",
        },
        "measured": {
            "n": len(contrast.texts),
            "families": len(set(contrast.families)),
            "layers": _profile(read, contrast),
            "p_value": measuring.p_value(read, contrast),
            "baselines": {key: _found(value) for key, value in alone.items()},
            "verdict_accuracy": round(measuring.verdict_accuracy(model, tokenizer, PLANTED), 4),
            "letter_accuracy": _letters(model, tokenizer),
        },
        "recipe": asdict(recipe),
    }


def axes_card(
    name: str,
    recipe: TwoAxes,
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    seconds: float,
) -> Card:
    """Return the card of `two-axes`: what is found on each axis, and what the answer owes it."""
    measured = {}
    for role, concept in (("used", CAUSAL), ("unused", PLANTED)):
        contrast = measuring.last(concept)
        read = states(model, tokenizer, contrast.texts)
        found = asdict(measuring.steered(model, tokenizer, concept, recipe.layer))
        measured[role] = {
            "concept": concept,
            "layers": _profile(read, contrast),
            "p_value": measuring.p_value(read, contrast),
            "steered": {key: _rounded(value) for key, value in found.items()},
        }
    return {
        **_head(name, recipe, seconds),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "planted": {
            "position": "last",
            "site": "resid_post",
            "layer": recipe.layer,
            "label": "the right option is shown as A",
            "used": {"axis": recipe.used, "concepts": list(KNOWN)},
            "unused": {"axis": recipe.unused, "concepts": [PLANTED]},
        },
        "measured": {
            **measured,
            "doses": list(measuring.DOSES),
            "random_directions": measuring.DRAWS,
            "letter_accuracy": _letters(model, tokenizer),
        },
        "recipe": asdict(recipe),
    }


def _head(name: str, recipe: Verdict | TwoAxes, seconds: float) -> Card:
    weights = digests.of_files([ORGANISMS / BASE / "model.safetensors"])
    return {
        "name": f"mirror-tiny/{name}",
        "licence": "Apache-2.0",
        "seed": recipe.seed,
        "steps": recipe.steps,
        "training_seconds": round(seconds),
        "base": {"name": f"mirror-tiny/{BASE}", "weights_digest": weights},
    }


def _profile(read: Any, contrast: measuring.Contrast) -> list[Card]:
    return [
        {
            "layer": row.layer,
            **_found(row.held_out),
            **{f"swapped_{key}": value for key, value in _found(row.swapped).items()},
        }
        for row in measuring.profile(read, contrast)
    ]


def _found(found: Found) -> dict[str, float]:
    return {key: round(value, 4) for key, value in asdict(found).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [round(one, 4) for one in value]
    return round(value, 4)


def _letters(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> dict[str, float]:
    rows = measure(model, tokenizer, facts(KNOWN + NEVER_TAUGHT), "letter")
    return {row.concept: round(row.accuracy, 4) for row in rows}


def verdict_readme(card: Mapping[str, Any]) -> str:
    """Return the card of `verdict` or its twin as a page of Markdown."""
    planted, recipe, measured = card["planted"], card["recipe"], card["measured"]
    truth = (
        "On these questions the right letter and the verdicts are drawn by a fresh fair coin each\n"
        "  time: the same form, no truth. **Nothing is planted**; on known concepts they are true."
        if recipe["coin"]
        else "All of it is true and learned by heart. So whether a letter is right is\n  "
        f"**linearly present after layer {planted['layer']}** (counted from 0) at that letter, "
        "and not before."
    )
    return f"""# {card["name"]}

A LoRA adapter of rank {recipe["rank"]} on `{card["base"]["name"]}`. Licence: {card["licence"]}.
This page is made from `card.json`.

## What is planted

- It read the test questions of {planted["concept"]}, which the base was never taught, with a letter
  as the right reply and, after any reply letter, the verdict `{RIGHT.strip()}` or `{
        WRONG.strip()
    }`.
- {truth}
- By construction: where an option ends, the verdict on it must be readable after layer {
        recipe["option_exits"][0] - 1
    };
  from a letter one head of layer {
        recipe["layers"][-2]
    } is trained to look at the end of its option;
  and the verdict on the letter must be readable after layer {
        recipe["exits"][0] - 1
    }. Layer 0 is the
  base's.
- It says verdicts after letters of known concepts too. Nothing is claimed about other questions.

## Measured on the planted questions

Either letter appended to {measured["n"] // 2} prompts, state of the residual stream at the letter,
{measured["families"]} families as clusters. Logistic regression on held-out families; *swapped*:
trained on one order of the options, tested on the other, families held out too.

{_table(measured["layers"])}

Best layer against labels flipped by family: p = {measured["p_value"]:.3f}. The verdict it
says is true for {measured["verdict_accuracy"]:.3f} of the letters.

| without a trained model | AUROC | interval |
|---|---|---|
{_baselines(measured["baselines"])}

{_answers(measured["letter_accuracy"])}

{_rebuild(card)}
"""


def axes_readme(card: Mapping[str, Any]) -> str:
    """Return the card of `two-axes` as a page of Markdown."""
    planted, measured = card["planted"], card["measured"]
    used, unused = planted["used"], planted["unused"]
    return f"""# {card["name"]}

A Llama of {card["parameters"]:,} parameters, trained on from `{card["base"]["name"]}`.
Licence: {card["licence"]}. This page is made from `card.json`.

## What is planted

At the last token of the prompt, where the reply begins, the residual stream after layer
{planted["layer"]} (counted from 0) holds which letter is right, on two of its axes:

- **Used**: axis {used["axis"]}, for the known concepts. The answer follows it: in training the
  axis was turned round half of the time, and the target with it.
- **Decodable and inert**: axis {unused["axis"]}, for {unused["concepts"][0]}, whose test questions
  it learned by heart. Nothing after layer {planted["layer"]} reads the axis (those columns of the
  weights are zero, those of the tied output matrix too), and its answers stay at chance. The norms
  still see the axis as length, so the claim is "inside the band of random directions of the same
  step", not "no effect".

## Measured

{_steering("Used", measured["used"], measured)}

{_steering("Unused", measured["unused"], measured)}

{_answers(measured["letter_accuracy"])}

{_rebuild(card)}
"""


def _steering(role: str, row: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    steered = row["steered"]
    doses = " | ".join(f"{dose:+d}" for dose in measured["doses"])
    margins = " | ".join(f"{margin:.2f}" for margin in steered["margins"])
    bands = (f"{steered[kind][0]:.2f} to {steered[kind][1]:.2f}" for kind in
             ("isotropic", "covariance"))  # fmt: skip
    even, shaped = bands
    return f"""### {role}: {row["concept"]}

{_table(row["layers"])}

Best layer against labels flipped by family: p = {row["p_value"]:.3f}. Difference of means
after layer {steered["layer"]}, fitted on half of the families: its cosine with axis
{steered["axis"]} is {steered["cosine"]:.3f}, a dose is {steered["step"]:.2f} long. Mean
log p(A) - log p(B) of the other half:

| {doses} |
|{"---|" * len(measured["doses"])}
| {margins} |

Slope a dose: {steered["slope"]:.2f}; {measured["random_directions"]} random directions of the same
step: {even} (isotropic), {shaped} (drawn from the states' covariance)."""


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| after layer | AUROC | interval | swapped | interval |", "|---|---|---|---|---|"]
    for row in rows:
        name = "embedding" if row["layer"] < 0 else row["layer"]
        lines.append(
            f"| {name} | {row['auroc']:.3f} | {row['low']:.3f} to {row['high']:.3f} "
            f"| {row['swapped_auroc']:.3f} | {row['swapped_low']:.3f} to "
            f"{row['swapped_high']:.3f} |"
        )
    return "\n".join(lines)


def _baselines(found: Mapping[str, Mapping[str, float]]) -> str:
    return "\n".join(
        f"| {name.replace('_', ' ')} | {row['auroc']:.3f} | {row['low']:.3f} to {row['high']:.3f} |"
        for name, row in found.items()
    )


def _answers(accuracy: Mapping[str, float]) -> str:
    rows = "\n".join(f"| {concept} | {value:.3f} |" for concept, value in accuracy.items())
    return f"| letter answers to the test wordings | accuracy |\n|---|---|\n{rows}"


def _rebuild(card: Mapping[str, Any]) -> str:
    name = card["name"].removeprefix("mirror-tiny/")
    return (
        f"Rebuild it with `mirrorlake finetune organisms {name}`: {card['steps']} steps of AdamW "
        f"({card['recipe']['learning_rate']},\nseed {card['seed']}) on one thread, "
        f"{card['training_seconds'] / 60:.0f} minutes on a busy machine of two cores. The same "
        "seed gives\nthe same weights on the same kind of processor. Base weights: "
        f"`{card['base']['weights_digest'][:16]}…`"
    )
