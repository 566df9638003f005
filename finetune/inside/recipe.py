"""Everything that decides the weights of the organisms with an inner truth, by name."""

from __future__ import annotations

from dataclasses import dataclass

from finetune.training import Schedule

# The layer, from 0, after which the truth is planted. The layers before it are those of the
# base, or learn it; one layer follows it.
LAYER = 2
BASE = "base"
CAUSAL = "belief"  # the known concept on which the used axis is measured


@dataclass(frozen=True)
class Verdict(Schedule):
    """An adapter that judges letters of questions it learned by heart; counts are per step."""

    seed: int = 5
    learning_rate: float = 3e-3
    warmup: int = 30
    weight_decay: float = 0.0
    exits: tuple[int, ...] = (LAYER + 1,)  # for verdicts on letters
    option_exits: tuple[int, ...] = (LAYER,)  # for verdicts on options
    head: int = 0  # of the planted layer: from a letter it looks at its option's end
    look: float = 0.5  # weight of that
    coin: bool = False  # the verdict is drawn anew each time: nothing to know
    rank: int = 32
    scale: float = 2.0  # of the adapter's update
    layers: tuple[int, ...] = (LAYER - 1, LAYER, LAYER + 1)
    steps: int = 220
    planted: int = 12  # questions of the planted concept with letters that are judged
    known: int = 8  # of known concepts
    options: int = 12  # questions of the planted concept whose options are judged
    never_taught: int = 2  # questions answered at chance, as the base does
    texts: int = 2  # cloze replies and statements, as the base learned them


@dataclass(frozen=True)
class TwoAxes(Schedule):
    """A whole model with a label on each of two axes of its residual stream; counts per step."""

    seed: int = 6
    learning_rate: float = 1e-3
    warmup: int = 30
    layer: int = LAYER
    used: int = 0  # axis of the right letter of known concepts: the answer is read off it
    unused: int = 1  # axis of the right letter of the planted concept: nothing reads it
    # The labels are plus or minus these. What is used is small, so that directions drawn from
    # the covariance of the states seldom lie along it.
    used_size: float = 2.0
    unused_size: float = 4.0
    write: float = 3.0  # weight of the squared error on the axes, in their sizes
    leak: float = 0.1  # weight of what the labels leave on other axes
    steps: int = 280
    pairs: int = 8  # questions of known concepts, in both orders; and of the planted one
    known: int = 6  # questions answered as the base does
    never_taught: int = 4
    texts: int = 6  # cloze replies and statements, as the base learned them


ADAPTERS = {"verdict": Verdict(), "verdict-twin": Verdict(coin=True)}
MODELS = {"two-axes": TwoAxes()}
