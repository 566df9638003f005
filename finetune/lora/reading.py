"""How a step's rows are read: through the whole network, or only where training changes it.

Blocks below the first adapted one never change, so what leaves them is the same at every visit of
a row. It is computed once, and the blocks from there on start from it: with adapters on the last
third of the layers a step takes little more than half the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch

from finetune.lora.encoding import Sample
from finetune.lora.order import passes
from generate.engines.local.network import Network
from generate.forward.body import run_body
from generate.forward.sites import BLOCKS, Anatomy
from generate.forward.taps import tapped

# What the kept states may take.
MOST_BYTES = 2**30
# Rows by which the short way is held against the whole one, and how far it may be off.
CHECKED = 4
TOLERANCE = 1e-3

Where = tuple[torch.Tensor, torch.Tensor]


class Reading(Protocol):
    """Something that reads rows by their numbers."""

    def __call__(self, rows: Sequence[int], where: Where) -> torch.Tensor:
        """Return float32 logits of rows at some (row, column) places, [places, words]."""
        ...


class Whole:
    """Reads rows through the whole network."""

    def __init__(self, network: Network, samples: Sequence[Sample]) -> None:
        """Read some samples."""
        self.network, self.samples = network, samples

    def __call__(self, rows: Sequence[int], where: Where) -> torch.Tensor:
        """Return logits; rows are padded on the right, where no token of a causal model sees it."""
        ids, _ = self.network.padded([self.samples[row].ids for row in rows], left=False)
        logits, _ = self.network(ids, where, use_cache=False)
        return logits


class FromBlock:
    """Reads rows from a block on, from the states that enter it."""

    def __init__(self, network: Network, states: Sequence[torch.Tensor], first: int) -> None:
        """Take the states [tokens, hidden] of every row at the input of block `first`."""
        self.network, self.states, self.first = network, states, first
        self.device = network.model.device

    def __call__(self, rows: Sequence[int], where: Where) -> torch.Tensor:
        """Return logits, as `Whole` does."""
        states = [self.states[row] for row in rows]
        entered = torch.nn.utils.rnn.pad_sequence(states, batch_first=True).to(self.device)
        no_ids: Any = None
        with _without_first(self.network.model, self.first):
            logits, _ = self.network(no_ids, where, inputs_embeds=entered, use_cache=False)
        return logits


def reading(network: Network, samples: Sequence[Sample], budget: int) -> Reading:
    """Return the quickest way to read samples that gives the logits of the whole network."""
    whole = Whole(network, samples)
    anatomy = Anatomy(network.model)
    first = _first_trained(anatomy)
    size = sum(len(s.ids) for s in samples) * anatomy.hidden * network.model.dtype.itemsize
    if first == 0 or size > MOST_BYTES:
        return whole
    short = FromBlock(network, _entering(network, samples, first, budget), first)
    return short if _agree(whole, short, samples) else whole


def _first_trained(anatomy: Anatomy) -> int:
    """Return the first block with weights that take gradients."""
    trained = [any(p.requires_grad for p in block.parameters()) for block in anatomy.blocks]
    return trained.index(True)


def _entering(
    network: Network, samples: Sequence[Sample], first: int, budget: int
) -> list[torch.Tensor]:
    """Return the states of every sample that enter a block, each [tokens, hidden]."""
    found: list[torch.Tensor | None] = [None] * len(samples)
    lengths = [len(sample.ids) for sample in samples]
    site = ("resid_pre", first)
    for rows in passes(range(len(samples)), lengths, budget):
        ids, _ = network.padded([samples[row].ids for row in rows], left=False)
        with tapped(network.model, read=[site]) as taps:
            run_body(taps, ids)
        for row, states in zip(rows, taps.vectors[site], strict=True):
            # A copy, so that no pass's whole tensor is held by its shortest row.
            found[row] = states[: lengths[row]].clone()
    return [states for states in found if states is not None]


@contextmanager
def _without_first(model: Any, count: int) -> Iterator[None]:
    """Leave out a model's first blocks."""
    body = Anatomy(model).body
    place = next(found for found in BLOCKS if _at(body, found.split(".")) is not None)
    *path, name = place.split(".")
    owner = _at(body, path)
    blocks = getattr(owner, name)
    setattr(owner, name, blocks[count:])
    try:
        yield
    finally:
        setattr(owner, name, blocks)


def _at(module: Any, path: Sequence[str]) -> Any:
    for name in path:
        module = getattr(module, name, None)
    return module


@torch.inference_mode()
def _agree(whole: Whole, short: FromBlock, samples: Sequence[Sample]) -> bool:
    """Return whether both ways read the longest and the shortest samples alike.

    They do not where a body adds positions to what it is given (GPT-2), scales it (Gemma), or
    tells its blocks apart by their number.
    """
    by_length = sorted(range(len(samples)), key=lambda row: (len(samples[row].ids), row))
    rows = [*by_length[:CHECKED], *by_length[-CHECKED:]]
    last = whole.network.tensor([len(samples[row].ids) - 1 for row in rows])
    where = whole.network.tensor(list(range(len(rows)))), last
    try:
        found, wanted = short(rows, where), whole(rows, where)
    except Exception:  # a body that takes no states raises what it likes
        return False
    return bool((found - wanted).abs().max() <= TOLERANCE * wanted.abs().max())
