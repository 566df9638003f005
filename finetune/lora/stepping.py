"""The training loop: AdamW (Loshchilov and Hutter 2019) on the replies' tokens alone.

Nothing in it is drawn at random, so the weights, the optimiser's moments and the number of the
step are all that a continued training needs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch.nn import functional

from finetune.lora.encoding import Sample
from finetune.lora.job import Recipe
from finetune.lora.order import Order, passes
from finetune.lora.reading import reading
from generate.engines.local.network import Network

BETAS = (0.9, 0.95)


class Trainer:
    """Weights, their optimiser, and the rows they are trained on."""

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, torch.nn.Parameter],
        samples: Sequence[Sample],
        recipe: Recipe,
        budget: int,
    ) -> None:
        """Begin before the first step; `budget` is the most padded tokens of a pass."""
        self.network, self.weights, self.samples = network, weights, samples
        self.recipe, self.budget = recipe, budget
        self.lengths = [len(sample.ids) for sample in samples]
        self.read = reading(network, samples, budget)
        self.order = Order(len(samples), recipe.batch, recipe.seed)
        assert recipe.steps is not None
        self.total = recipe.steps
        self.done = 0
        self.optimiser = torch.optim.AdamW(
            weights.values(), betas=BETAS, weight_decay=recipe.weight_decay
        )

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 1: warm-up, then a cosine."""
        recipe = self.recipe
        warm = min(1.0, step / max(1.0, recipe.warmup * self.total))
        cosine = 0.5 * (1 + math.cos(math.pi * step / self.total))
        return recipe.learning_rate * warm * (recipe.final_rate + (1 - recipe.final_rate) * cosine)

    def step(self) -> float:
        """Do the next step and return its loss: the mean over reply tokens, in nats."""
        step = self.done + 1
        rows = self.order.step(step)
        tokens = sum(self.lengths[row] - self.samples[row].start for row in rows)
        loss = 0.0
        for part in passes(rows, self.lengths, self.budget):
            lost = self.loss(part) / tokens
            torch.autograd.backward(lost)
            loss += float(lost.detach())
        torch.nn.utils.clip_grad_norm_(self.weights.values(), self.recipe.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(step)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.done = step
        return loss

    def loss(self, rows: Sequence[int]) -> torch.Tensor:
        """Return the summed cross-entropy of the reply tokens of rows (a scalar, in nats).

        Logits are computed only where a reply token is to be predicted.
        """
        places = [
            (number, place - 1, self.samples[row].ids[place])
            for number, row in enumerate(rows)
            for place in range(self.samples[row].start, self.lengths[row])
        ]
        numbers, columns, targets = (
            self.network.tensor(side) for side in zip(*places, strict=True)
        )
        logits = self.read(rows, (numbers, columns))
        return functional.cross_entropy(logits, targets, reduction="sum")
