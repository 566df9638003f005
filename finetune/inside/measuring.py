"""What is inside a model: probes of a truth at every layer, and what an answer owes a direction.

A plain reference kept apart from `analyze`, so that a rebuild can be judged without a lake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from finetune.inside.items import LETTERS, ORDERS, Item, shown
from finetune.inside.probing import Found, flip_p_value, found, held_out_scores
from finetune.inside.reading import Answers, states
from finetune.inside.verdict import RIGHT, WRONG
from finetune.training import Shape, new_model

DOSES = (-3, -2, -1, 0, 1, 2, 3)  # in standard deviations of the training rows
DRAWS = 100  # random directions of each kind


@dataclass(frozen=True)
class Contrast:
    """Texts, whose last token is read, with the truth to be found there."""

    texts: list[str]
    labels: torch.Tensor
    families: np.ndarray
    orders: np.ndarray


@dataclass(frozen=True)
class Layer:
    """What a probe finds after a layer (-1: the embedding)."""

    layer: int
    held_out: Found
    swapped: Found  # trained on one order of the options, tested on the other


@dataclass(frozen=True)
class Steered:
    """What a direction does to log p(A) - log p(B), beside random ones of the same step."""

    layer: int
    step: float  # length of one dose
    axis: int  # the direction's largest coordinate
    cosine: float  # between them
    margins: tuple[float, ...]  # mean over held-out prompts at each of DOSES
    slope: float  # a dose, from the doses -2 and 2
    isotropic: tuple[float, float]  # least and largest slope of the random directions
    covariance: tuple[float, float]  # of those drawn from the covariance of the states


def choice(concept: str) -> Contrast:
    """Return a concept's prompts with either letter appended: is it the right one?"""
    rows = [(item, letter) for item in shown(concept) for letter in LETTERS]
    return _contrast(
        [item for item, _ in rows],
        [item.text + letter for item, letter in rows],
        [letter == item.right for item, letter in rows],
    )


def last(concept: str) -> Contrast:
    """Return a concept's prompts: is the right option shown as A?"""
    items = shown(concept)
    return _contrast(items, [item.text for item in items], [item.right == "A" for item in items])


def _contrast(items: Sequence[Item], texts: list[str], labels: list[bool]) -> Contrast:
    return Contrast(
        texts,
        torch.tensor(labels).long(),
        np.array([item.family for item in items]),
        np.array([item.order for item in items]),
    )


def profile(read: torch.Tensor, contrast: Contrast) -> list[Layer]:
    """Return what is found in states [layers + 1, texts, width], layer by layer."""
    return [_layer(i - 1, rows, contrast) for i, rows in enumerate(read)]


def _layer(layer: int, rows: torch.Tensor, contrast: Contrast) -> Layer:
    labels, families = contrast.labels, contrast.families
    whole = held_out_scores(rows, labels[:, None], families)[:, 0]
    crossed = torch.empty_like(whole)
    for order in ORDERS:
        tested = contrast.orders == order
        crossed[tested] = held_out_scores(rows, labels[:, None], families, ~tested)[tested, 0]
    return Layer(layer, found(whole, labels, families), found(crossed, labels, families))


def p_value(read: torch.Tensor, contrast: Contrast) -> float:
    """Return the p-value of the best layer against labels flipped by family."""
    return flip_p_value(list(read), contrast.labels, contrast.families)


def baselines(tokenizer: PreTrainedTokenizerFast, contrast: Contrast) -> dict[str, Found]:
    """Return what is found without a trained model: words, the last letter, random weights."""
    untrained = new_model(Shape(), 0, tokenizer)
    read = states(untrained, tokenizer, contrast.texts)
    layers = [layer.held_out for layer in profile(read, contrast)]
    words = torch.zeros(len(contrast.texts), len(tokenizer))
    encoded = tokenizer(contrast.texts, add_special_tokens=False)["input_ids"]
    for row, ids in enumerate(encoded):
        words[row, ids] = 1
    last_word = torch.zeros_like(words)
    last_word[range(len(encoded)), [ids[-1] for ids in encoded]] = 1
    return {
        "letter": _alone(last_word, contrast),
        "bag_of_words": _alone(words, contrast),
        "random_weights_best_layer": max(layers, key=lambda one: one.auroc),
    }


def _alone(features: torch.Tensor, contrast: Contrast) -> Found:
    used = features[:, features.amax(0) > features.amin(0)]
    if not used.shape[1]:
        used = torch.zeros(len(features), 1)
    scores = held_out_scores(used, contrast.labels[:, None], contrast.families)[:, 0]
    return found(scores, contrast.labels, contrast.families)


def steered(
    model: Any, tokenizer: PreTrainedTokenizerFast, concept: str, layer: int, seed: int = 0
) -> Steered:
    """Return what the label's difference of means does to answers of held-out families.

    It is fitted on every other family, and a dose is its standard deviation there.
    """
    contrast = last(concept)
    tested = np.unique(contrast.families, return_inverse=True)[1] % 2 == 1
    rows = states(model, tokenizer, contrast.texts)[layer + 1][torch.tensor(~tested)]
    labels = contrast.labels[torch.tensor(~tested)]
    effect = rows[labels == 1].mean(0) - rows[labels == 0].mean(0)
    direction = effect / effect.norm()
    step = float((rows @ direction).std())
    held = [item for item, one in zip(shown(concept), tested, strict=True) if one]
    answers = Answers(model, tokenizer, held)

    def margin(towards: torch.Tensor, dose: float) -> float:
        return float(answers.margins(layer, dose * step * towards).mean())

    def slope(towards: torch.Tensor) -> float:
        return (margin(towards, 2) - margin(towards, -2)) / 4

    kinds = [[slope(one) for one in kind] for kind in _random(rows, seed)]
    axis = int(direction.abs().argmax())
    return Steered(
        layer,
        step,
        axis,
        float(direction[axis].abs()),
        tuple(margin(direction, dose) for dose in DOSES),
        slope(direction),
        (min(kinds[0]), max(kinds[0])),
        (min(kinds[1]), max(kinds[1])),
    )


def _random(rows: torch.Tensor, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return unit vectors [DRAWS, width], isotropic and from the covariance of the rows."""
    draw = torch.Generator().manual_seed(seed)
    even = torch.randn(DRAWS, rows.shape[1], generator=draw)
    centred = rows - rows.mean(0)
    shaped = torch.randn(DRAWS, len(rows), generator=draw) @ centred
    return even / even.norm(dim=1, keepdim=True), shaped / shaped.norm(dim=1, keepdim=True)


@torch.inference_mode()
def verdict_accuracy(model: Any, tokenizer: PreTrainedTokenizerFast, concept: str) -> float:
    """Return how often the verdict that is the more probable one after a letter is true."""
    contrast = choice(concept)
    right, wrong = (
        tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in (RIGHT, WRONG)
    )
    final = states(model, tokenizer, contrast.texts)[-1]
    logits = model.lm_head(model.model.norm(final))
    said = (logits[:, right] > logits[:, wrong]).long()
    return float((said == contrast.labels).double().mean())
