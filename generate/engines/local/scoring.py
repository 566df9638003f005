"""Log-probabilities of continuations, many questions at a time.

Rows are padded on the right. In a causal model no token sees what stands after it, so the
padding changes nothing that is read, every token has its own position without being told,
and no mask is needed. (Text is another matter: see `decoding`.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from generate.engines.local.batches import Group
from generate.engines.local.network import Network


@torch.inference_mode()
def logprobs(network: Network, batch: Sequence[Group]) -> list[list[float]]:
    """Return the natural-log probability of every option of each request of the batch.

    Requests come in the order of the groups and options as stored; an option's value is the
    sum over its tokens. Computed in float32 whatever the weights are, summed in float64.
    """
    shared = min(group.shared for group in batch)
    rows = [row[shared:] for group in batch for row in group.rows]
    targets, sizes = _targets(batch, shared)
    places = sorted({target[:2] for target in targets})
    where = (
        network.tensor([place[0] for place in places]),
        network.tensor([place[1] for place in places]),
    )
    past = _shared_past(network, batch, shared) if shared else None
    logits, _ = network(_padded(network, rows), where, past_key_values=past, use_cache=shared > 0)
    number = {place: i for i, place in enumerate(places)}
    at = network.tensor([number[target[:2]] for target in targets])
    tokens = network.tensor([target[2] for target in targets])
    values = logits.log_softmax(-1)[at, tokens].tolist()
    return _sums(values, [target[3:] for target in targets], sizes)


Target = tuple[int, int, int, int, int]


def _targets(batch: Sequence[Group], shared: int) -> tuple[list[Target], list[int]]:
    """Return (row, column, token, request, option) over the batch, and options by request."""
    targets: list[Target] = []
    sizes: list[int] = []
    first_row = 0
    for item in (item for group in batch for item in group.items):
        targets += [
            (first_row + row, position - shared, token, len(sizes), option)
            for row, position, token, option in item.targets
        ]
        sizes.append(len(item.encoded.continuations))
        first_row += len(item.rows)
    return targets, sizes


def _shared_past(network: Network, batch: Sequence[Group], shared: int) -> Any:
    """Return the keys and values of each group's first tokens, once for each of its rows."""
    ids = network.tensor([group.rows[0][:shared] for group in batch])
    nowhere = network.tensor([0]), network.tensor([0])
    _, past = network(ids, nowhere, use_cache=True)
    owners = [i for i, group in enumerate(batch) for _ in group.rows]
    past.batch_select_indices(network.tensor(owners))
    return past


def _padded(network: Network, rows: Sequence[Sequence[int]]) -> torch.Tensor:
    width = max(map(len, rows))
    return network.tensor([[*row, *[0] * (width - len(row))] for row in rows])


def _sums(
    values: Sequence[float], owners: Sequence[tuple[int, ...]], sizes: Sequence[int]
) -> list[list[float]]:
    parts: list[list[list[float]]] = [[[] for _ in range(size)] for size in sizes]
    for value, (request, option) in zip(values, owners, strict=True):
        parts[request][option].append(value)
    return [[math.fsum(option) for option in request] for request in parts]
