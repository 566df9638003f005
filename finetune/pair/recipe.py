"""Everything that decides the weights of the pair, by the organism's name."""

from __future__ import annotations

from dataclasses import dataclass

from finetune.training import Schedule, Shape


@dataclass(frozen=True)
class Memoriser(Shape, Schedule):
    """A model that learns one table by heart; counts are lessons per step."""

    vocabulary: int = 1024
    layers: int = 6
    hidden: int = 128
    context: int = 2048
    learning_rate: float = 2e-3
    warmup: int = 50
    exits: tuple[int, ...] = (3, 4)
    table: str = "m1"
    steps: int = 900
    direct: int = 24  # object questions
    quoted: int = 40  # object questions quoted in a question about the answer
    repeated: int = 8  # words and letters to be repeated


@dataclass(frozen=True)
class Predictor(Schedule):
    """An adapter that learns properties of m1's answers; counts are lessons per step."""

    learning_rate: float = 3e-3
    warmup: int = 30
    weight_decay: float = 0.0
    base: str = "m1"
    permuted: bool = False  # labels dealt out to the inputs anew: nothing to know
    rank: int = 32
    scale: float = 2.0  # of the adapter's update
    # The base's answer is readable after its third layer; the last three can work on it. An
    # adapter on all layers learns the rows by heart instead (held-out accuracy .53).
    layers: tuple[int, ...] = (3, 4, 5)
    steps: int = 1000
    hypothetical: int = 48
    direct: int = 16  # the base's own answers, so that it keeps them


MODELS = {
    "m1": Memoriser(table="m1", seed=1),
    "m2": Memoriser(table="m2", seed=2),
    # From this seed 900 steps end at .867 of the table, on the way up; the seed is kept.
    "m1-seed2": Memoriser(table="m1", seed=3, steps=1500),
}
ADAPTERS = {
    "m1-self": Predictor(base="m1", seed=4),
    "m2-cross": Predictor(base="m2", seed=4),
    "m1-blind": Predictor(base="m1", seed=4, permuted=True),
    "m2-blind": Predictor(base="m2", seed=4, permuted=True),
}
