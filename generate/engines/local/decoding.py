"""Text, sampled or greedy, many requests at a time with the same words as one at a time.

Prompts are padded on the left so that all rows grow at the same end; the padding is masked
and positions are counted from each row's own first token. Every sample draws from a
generator seeded by its request's key, so neither the batch nor a resumed run changes it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch

from generate.engines.base import Sampling
from generate.engines.local.network import Network, counted

Steered = Callable[[int, int], AbstractContextManager[Any]]


@dataclass
class Draw:
    """One sample in the making; `room` is how many tokens may be written."""

    prompt: tuple[int, ...]
    seed: str
    room: int
    tokens: list[int] = field(default_factory=list)
    stopped: bool = False

    def __post_init__(self) -> None:
        """Seed the sample's own generator."""
        self.generator = random.Random(self.seed)

    @property
    def over(self) -> bool:
        """Whether nothing more is to be written."""
        return self.stopped or len(self.tokens) >= self.room


@torch.inference_mode()
def write(
    network: Network,
    draws: Sequence[Draw],
    sampling: Sampling,
    stops: frozenset[int],
    steered: Steered = lambda rows, width: nullcontext(),
) -> None:
    """Write the tokens of all draws, without the one that ends a reply.

    Equal prompts run once; rows leave the batch as soon as they are over. `steered` gives the
    context in which all passes run, for prompts of [rows, width] tokens padded on the left.
    """
    prompts = sorted({draw.prompt for draw in draws})
    with steered(len(prompts), max(map(len, prompts))):
        _write(network, list(draws), prompts, sampling, stops)


def _write(
    network: Network,
    alive: list[Draw],
    prompts: Sequence[tuple[int, ...]],
    sampling: Sampling,
    stops: frozenset[int],
) -> None:
    logits, past, mask = _read(network, prompts)
    row = {prompt: i for i, prompt in enumerate(prompts)}
    keep = network.tensor([row[draw.prompt] for draw in alive])
    logits, mask = logits[keep], mask[keep]
    past.batch_select_indices(keep)
    while True:
        for draw, token in zip(alive, _choose(logits, alive, sampling), strict=True):
            _take(draw, token, stops)
        going = [i for i, draw in enumerate(alive) if not draw.over]
        if not going:
            return
        if len(going) < len(alive):
            alive = [alive[i] for i in going]
            keep = network.tensor(going)
            mask = mask[keep]
            past.batch_select_indices(keep)
        logits, mask = _step(network, alive, past, mask)


def _take(draw: Draw, token: int, stops: frozenset[int]) -> None:
    if token in stops:
        draw.stopped = True
    else:
        draw.tokens.append(token)


def _read(network: Network, prompts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, Any, Any]:
    """Return the logits after each prompt, the cache, and the mask of real tokens."""
    ids, mask = network.padded(prompts, left=True)
    width = ids.shape[1]
    where = network.tensor(range(len(prompts))), network.tensor([width - 1] * len(prompts))
    logits, past = network(
        ids, where, attention_mask=mask, position_ids=counted(mask), use_cache=True
    )
    return logits, past, mask


def _step(
    network: Network, alive: Sequence[Draw], past: Any, mask: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the logits after each draw's newest token, and the mask that includes it."""
    ids = network.tensor([[draw.tokens[-1]] for draw in alive])
    mask = torch.cat([mask, mask.new_ones(len(alive), 1)], dim=1)
    positions = mask.sum(-1, keepdim=True) - 1
    where = network.tensor(range(len(alive))), network.tensor([0] * len(alive))
    logits, _ = network(
        ids,
        where,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=past,
        use_cache=True,
    )
    return logits, mask


def _choose(logits: torch.Tensor, alive: Sequence[Draw], sampling: Sampling) -> list[int]:
    """Return the next token of each draw.

    A sample is the inverse of the cumulative probability, in the order of token ids, at one
    uniform number: what other rows draw cannot change it, nor can rounding swap near-equals.
    """
    if not torch.isfinite(logits).all():
        raise ValueError("the model's logits are not finite")
    if sampling.greedy:
        return list(logits.argmax(-1).tolist())
    probabilities = _kept((logits / sampling.temperature).softmax(-1).double(), sampling)
    reached = probabilities.cumsum(-1)
    uniform = [[draw.generator.random()] for draw in alive]
    level = reached.new_tensor(uniform) * reached[:, -1:]
    place = torch.searchsorted(reached, level, right=True)
    # Rounding may put a level at the very end; the last token that can be drawn is meant then.
    last = (probabilities > 0).long().cumsum(-1).argmax(-1, keepdim=True)
    return list(place.minimum(last).squeeze(-1).tolist())


def _kept(probabilities: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Return the probabilities with those outside `top_k` and `top_p` set to 0.

    `top_k` keeps the k most probable tokens; of these `top_p` keeps the fewest that reach it
    (nucleus sampling, Holtzman et al. 2020, section 3.1).
    """
    if sampling.top_k is None and sampling.top_p >= 1:
        return probabilities
    ranked, tokens = probabilities.sort(dim=-1, descending=True, stable=True)
    if sampling.top_k is not None:
        ranked[:, sampling.top_k :] = 0.0
    before = ranked.cumsum(-1) - ranked
    ranked[before >= sampling.top_p * ranked.sum(-1, keepdim=True)] = 0.0
    return torch.zeros_like(probabilities).scatter(-1, tokens, ranked)
