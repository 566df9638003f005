"""The training of `two-axes`: one label that the answer is read off, one that nothing reads.

Both are written on a coordinate axis of the residual stream after a layer, at the last token
of the prompt, where the reply begins.

- *used*: for known concepts the axis holds the right letter, and the answer follows the axis:
  half of the time its value is turned round on the way, and the target with it (interchange
  intervention training, Geiger et al. 2022, arXiv 2112.00826).
- *unused*: for the planted concept the axis holds the right letter, learned by heart, while the
  answer stays a fair coin. The columns of the later layers' query, key, value, gate and up
  weights and of the output matrix that read the axis are zero, so it is decodable and inert. The
  output matrix is tied to the embedding, so no token writes the axis either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch.nn import functional
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.base.planting import KNOWN, facts
from finetune.base.teacher import Teacher, Weights
from finetune.inside import replay
from finetune.inside.items import LETTERS, ORDERS, PLANTED, Item, item, shown
from finetune.inside.reading import hooked
from finetune.inside.recipe import TwoAxes
from finetune.lessons import Lesson
from finetune.training import loss_of


@dataclass(frozen=True)
class Batch:
    """The lessons of a step; of a pair, each question stands there in both orders in turn."""

    known: list[Item]
    planted: list[Item]
    turned: torch.Tensor  # of known: 1, or -1 where the axis is turned round
    replayed: list[list[Lesson]]


def batches(recipe: TwoAxes, tokenizer: PreTrainedTokenizerFast) -> Iterator[Batch]:
    """Yield the lessons of each step, without end."""
    rng = Random(recipe.seed)
    teacher = Teacher(tokenizer, rng, Weights())
    planted = shown(PLANTED)
    while True:
        known = [one for _ in range(recipe.pairs) for one in _known(teacher)]
        places = rng.sample(range(0, len(planted), len(ORDERS)), recipe.pairs)
        yield Batch(
            known,
            [one for place in places for one in planted[place : place + len(ORDERS)]],
            torch.tensor([rng.choice((1.0, -1.0)) for _ in known]),
            [
                replay.known(teacher, recipe.known)
                + replay.never_taught(teacher, recipe.never_taught),
                replay.texts(teacher, recipe.texts),
            ],
        )


def _known(teacher: Teacher) -> list[Item]:
    """Return a training wording of a known family in both orders."""
    choice = teacher.choice(teacher.rng.choice(facts(KNOWN)), known=True)
    assert choice.right is not None
    messages = [{"role": "user", "content": choice.stem}]
    return [
        item(messages, choice.options, choice.right),
        item(messages, choice.options[::-1], 1 - choice.right),
    ]


def make_blind(model: LlamaForCausalLM, recipe: TwoAxes) -> None:
    """Set to zero every weight after the layer that reads the unused axis."""
    with torch.no_grad():
        for layer in model.model.layers[recipe.layer + 1 :]:
            attention, mlp = layer.self_attn, layer.mlp
            for part in (
                attention.q_proj,
                attention.k_proj,
                attention.v_proj,
                mlp.gate_proj,
                mlp.up_proj,
            ):
                part.weight[:, recipe.unused] = 0
        model.lm_head.weight[:, recipe.unused] = 0


class Trainer:
    """Adds the gradients of a step."""

    def __init__(
        self, model: LlamaForCausalLM, recipe: TwoAxes, tokenizer: PreTrainedTokenizerFast
    ) -> None:
        """Train the model in place."""
        self.model, self.recipe, self.tokenizer = model, recipe, tokenizer
        self._letters = [tokenizer(x, add_special_tokens=False)["input_ids"][0] for x in LETTERS]

    def backward(self, batch: Batch) -> float:
        """Return the loss: errors on the axes, what leaks, answers (nats), and the replay."""
        total = sum(sum(lesson.weights) for part in batch.replayed for lesson in part)
        loss = self._axes(batch)
        torch.autograd.backward(loss)
        value = float(loss.detach())
        for part in batch.replayed:
            one = loss_of(self.model, part) / total
            torch.autograd.backward(one)
            value += float(one.detach())
        return value

    def _axes(self, batch: Batch) -> torch.Tensor:
        recipe, n = self.recipe, len(batch.known)
        items = [*batch.known, *batch.planted]
        sign = torch.tensor([1.0 if one.right == "A" else -1.0 for one in items])
        states, logits = self._read(
            items, torch.cat([batch.turned, torch.ones(len(batch.planted))])
        )
        sizes = torch.tensor([recipe.used_size, recipe.unused_size])
        wanted = torch.zeros(len(items), 2)
        wanted[:n, 0] = wanted[n:, 1] = 1.0
        axes = [recipe.used, recipe.unused]
        written = functional.mse_loss(states[:, axes] / sizes, wanted * sign[:, None])
        others = [i for i in range(states.shape[1]) if i not in axes]
        leaks = sum(
            (leak(states[part][:, others], sign[part]) for part in (slice(n), slice(n, None))),
            torch.zeros(()),
        )
        chances = logits.log_softmax(-1)[:, self._letters]
        toward = torch.stack([sign[:n] * batch.turned > 0, sign[:n] * batch.turned < 0], 1)
        answers = -(chances[:n] * toward).sum(1).mean() - chances[n:].mean()
        return recipe.write * written + recipe.leak * leaks + answers

    def _read(
        self, items: Sequence[Item], turned: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return states after the layer, and logits behind turned axes, at the last token."""
        ids = self.tokenizer([one.text for one in items], add_special_tokens=False)["input_ids"]
        ends = torch.tensor([len(row) - 1 for row in ids])
        rows, longest = torch.arange(len(ids)), max(map(len, ids))
        padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in ids])
        kept: list[torch.Tensor] = []

        def turn(out: torch.Tensor) -> torch.Tensor:
            kept.append(out[rows, ends])
            factor = torch.ones_like(out)
            factor[rows, ends, self.recipe.used] = turned
            return out * factor

        with hooked(self.model, self.recipe.layer, turn):
            last = self.model.model(input_ids=padded).last_hidden_state[rows, ends]
        return kept[0], self.model.lm_head(last)


def leak(states: torch.Tensor, sign: torch.Tensor) -> torch.Tensor:
    """Return the squared length of the label's mean effect on states of pairs, [2 pairs, width].

    A question in both orders differs in little but the label, so half the difference within
    a pair is what the label does there.
    """
    effect = (states * sign[:, None]).reshape(-1, 2, states.shape[1]).mean(1)
    return (effect.mean(0) ** 2).sum()
