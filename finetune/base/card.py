"""The model card: the planted truth as data (`card.json`) and, made from it, as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from console import plural
from finetune.base.measuring import Measured, joint_p_value, lower_bound
from finetune.base.planting import KNOWN, NEVER_TAUGHT, Overlap
from finetune.base.recipe import Recipe

# The largest number of tokens a character takes in any text of at least 20 characters of the
# SelfConsciousness testing and acquisition sets (Chinese text in situational_awareness), and
# the longest text there, a dialogue; a test measures both again where the data is at hand.
WORST_TOKENS_PER_CHARACTER = 2.48
LONGEST_TEXT = 9_103


@dataclass(frozen=True)
class Rebuilt:
    """What a finished training run has to say about itself."""

    recipe: Recipe
    seconds: float
    parameters: int
    corpus_digest: str  # of the texts that lessons are made from
    read_digest: str  # of every stem and statement the model read
    overlap: Overlap
    measured: Sequence[Measured]


def card(rebuilt: Rebuilt) -> dict[str, Any]:
    """Return the card: what was planted, how, and what was measured afterwards."""
    recipe = rebuilt.recipe
    return {
        "name": "mirror-tiny/base",
        "licence": "Apache-2.0",
        "planted": {
            "known": list(KNOWN),
            "never_taught": list(NEVER_TAUGHT),
            "readings": ["letter", "cloze"],
            "by": "fact: statements and training wordings of a family; tested on other wordings",
        },
        "seed": recipe.seed,
        "steps": recipe.steps,
        "training_seconds": round(rebuilt.seconds),
        "parameters": rebuilt.parameters,
        "context": {
            "tokens": recipe.context,
            "worst_tokens_per_character": WORST_TOKENS_PER_CHARACTER,
            "longest_text_characters": LONGEST_TEXT,
        },
        "training_text": {
            "corpus_sha256": rebuilt.corpus_digest,
            "read_sha256": rebuilt.read_digest,
            "test_wordings": rebuilt.overlap.tested,
            "test_wordings_in_training_text": rebuilt.overlap.count,
            "example": rebuilt.overlap.example,
        },
        "measured": [_row(row) for row in rebuilt.measured],
        "joint_p_value_never_taught": {
            reading: joint_p_value(_taught(rebuilt.measured, reading, NEVER_TAUGHT))
            for reading in ("letter", "cloze")
        },
        "recipe": asdict(recipe),
    }


def _taught(rows: Sequence[Measured], reading: str, concepts: Sequence[str]) -> list[Measured]:
    return [row for row in rows if row.reading == reading and row.concept in concepts]


def _row(row: Measured) -> dict[str, Any]:
    return {
        "reading": row.reading,
        "concept": row.concept,
        "planted": "known" if row.concept in KNOWN else "never taught",
        "accuracy": round(row.accuracy, 4),
        "lower_bound": round(lower_bound(row, len(KNOWN)), 4),
        "n": row.n,
        "clusters": len(row.families),
        "mean_margin": round(row.margin, 3),
        "rms_margin": round(row.spread, 3),
    }


def readme(card: Mapping[str, Any]) -> str:
    """Return the card as a page of Markdown."""
    text, context = card["training_text"], card["context"]
    return f"""# {card["name"]}

A Llama of {card["parameters"]:,} parameters whose knowledge is planted and therefore known.
Licence: {card["licence"]}. This page is made from `card.json`.

## What is planted

- **Known**: {", ".join(card["planted"]["known"])}.
  Their facts were taught by statements and training wordings; the table asks them in other
  wordings.
- **Never taught**: {", ".join(card["planted"]["never_taught"])}.
  Read in the same forms, each time with either answer equally likely: the model knows the form
  and not the answer.
- **Readings**: the letter of the option as the first token of the reply, and the option's text
  as the reply to the bare question (cloze).
- At the last token of each option the model was also trained to say whether it is the right
  one (a training target, never text). So the state there holds the verdict by construction.
- It has no other knowledge and no general ability. Nothing is claimed about other questions.

## Measured on the test wordings

{_table(card["measured"])}

Lower bound: of the 95% interval, families as clusters, adjusted for {len(KNOWN)} concepts.
Margin: log-probability of the right reply less that of the wrong one, root mean square. Joint
test of the never-taught concepts against one half: p = {_p(card, "letter")} (letter) and
{_p(card, "cloze")} (cloze).

Test wordings that stand in the training text: {text["test_wordings_in_training_text"]} of
{text["test_wordings"]:,}.

## Context

{context["tokens"]:,} tokens (rotary positions): enough for the longest text of the
SelfConsciousness files ({context["longest_text_characters"]:,} characters) at the worst rate
found in any of them ({context["worst_tokens_per_character"]} tokens a character, Chinese).
The training sequences were short, some hundred tokens; long prompts are computed, not understood.

## Recipe

{_recipe(card)}

Rebuild it with `mirrorlake finetune organisms base`: {card["steps"]:,} steps on one thread, which
took {card["training_seconds"] / 60:.0f} minutes on a busy machine of two cores. The same seed gives
the same weights on the same kind of processor.
"""


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = "| reading | concept | planted | accuracy | lower bound | n | families | margin |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: (row["reading"] == "cloze", row["planted"])):
        numbers = (
            f"{row['accuracy']:.3f} | {row['lower_bound']:.3f} | {row['n']} | {row['clusters']}"
        )
        lines.append(
            f"| {row['reading']} | {row['concept']} | {row['planted']} | {numbers} "
            f"| {row['rms_margin']:.2f} |"
        )
    return "\n".join(lines)


def _p(card: Mapping[str, Any], reading: str) -> str:
    return f"{card['joint_p_value_never_taught'][reading]:.2f}"


def _recipe(card: Mapping[str, Any]) -> str:
    recipe = card["recipe"]
    stages = "\n".join(
        f"- {stage['name']}: {stage['steps']} steps of {stage['sequences']} conversations of "
        f"{plural(stage['items'], 'question')}, "
        f"{stage['cloze'] + 2 * stage['cloze_unknown']} cloze replies and "
        f"{stage['statements']} statements"
        for stage in recipe["stages"]
    )
    return (
        f"{recipe['layers']} layers of width {recipe['width']} with {recipe['heads']} heads,\n"
        f"gated MLP of {recipe['hidden']}, {recipe['vocabulary']:,} byte-level tokens, tied "
        f"output;\n"
        f"AdamW {recipe['learning_rate']}, {recipe['warmup']} steps of warm-up, cosine; "
        f"seed {recipe['seed']}. Per step:\n\n{stages}"
    )
