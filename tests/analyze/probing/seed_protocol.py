"""The probes of the seed repository, from its description: a baseline, never a method.

One linear layer to two logits, cross-entropy, Adam with rate 1e-3, batches of 2,000, 20 epochs,
raw features, a random 80/20 split of the rows; the score is the best test accuracy of any epoch.
Every sample fetches the states of all slices to use one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

EPOCHS = 20
RATE = 1e-3
BATCH = 2_000
TRAINED = 0.8

# Batches of features [slices, rows, dim] and labels [rows].
Batches = Callable[[], Iterable[tuple[Tensor, Tensor]]]


class Rows(Dataset[tuple[Tensor, Tensor]]):
    """States [rows, layers, heads, dim] and labels, a row at a time."""

    def __init__(self, states: Tensor, labels: Tensor):
        self.states, self.labels = states, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        return self.states[row], self.labels[row]


class Probes(torch.nn.Module):
    """A linear layer to two logits for every slice, initialised as torch.nn.Linear is."""

    def __init__(self, slices: int, dim: int):
        super().__init__()
        layers = [torch.nn.Linear(dim, 2) for _ in range(slices)]
        self.weight = torch.nn.Parameter(torch.stack([layer.weight for layer in layers]).detach())
        self.bias = torch.nn.Parameter(torch.stack([layer.bias for layer in layers]).detach())

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [slices, rows, 2]."""
        return torch.baddbmm(self.bias[:, None], x, self.weight.mT)


def split(rows: int) -> tuple[Tensor, Tensor]:
    """Return random training and test rows, twins and paraphrases wherever they fall."""
    order = torch.randperm(rows)
    return order[: int(TRAINED * rows)], order[int(TRAINED * rows) :]


def best_test_accuracy(slices: int, dim: int, train: Batches, test: Batches) -> Tensor:
    """Return each slice's largest test accuracy after any epoch [slices].

    Adam treats every parameter by itself, so slices trained together are as each alone.
    """
    probes = Probes(slices, dim)
    optimizer = torch.optim.Adam(probes.parameters(), lr=RATE)
    best = torch.zeros(slices)
    for _ in range(EPOCHS):
        for x, y in train():
            optimizer.zero_grad()
            logits = probes(x).flatten(0, 1)
            loss = torch.nn.functional.cross_entropy(logits, y.repeat(slices), reduction="sum")
            (loss / len(y)).backward()
            optimizer.step()
        with torch.no_grad():
            right = torch.cat([probes(x).argmax(dim=2) == y for x, y in test()], dim=1)
        best = torch.maximum(best, right.float().mean(dim=1))
    return best


def slice_score(rows: Rows, layer: int, head: int) -> float:
    """Return the score of one slice, loading as the seed does: for benchmarks."""

    def loaded(part: Tensor, shuffle: bool) -> Batches:
        loader = DataLoader(Subset(rows, part.tolist()), batch_size=BATCH, shuffle=shuffle)
        return lambda: ((states[None, :, layer, head], labels) for states, labels in loader)

    train, test = split(len(rows))
    dim = rows.states.shape[-1]
    return float(best_test_accuracy(1, dim, loaded(train, True), loaded(test, False)))


def best_layer_score(features: Tensor, labels: Tensor) -> float:
    """Return the best score over layers of [layers, rows, dim], without the seed's loading.

    At most 2,000 training rows, so that an epoch is one batch and its order is of no account.
    """
    train, test = split(len(labels))
    assert len(train) <= BATCH
    batches = [[(features[:, part], labels[part])] for part in (train, test)]
    slices, _, dim = features.shape
    scores = best_test_accuracy(slices, dim, lambda: batches[0], lambda: batches[1])
    return float(scores.max())
