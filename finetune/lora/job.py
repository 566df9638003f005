"""What `finetune lora` is asked to do, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from generate.engines.base import Options
from warehouse.errors import InputError

# For a new adapter; one that is continued has its own.
RANK = 32
ALPHA_OVER_RANK = 2.0


@dataclass(frozen=True)
class Recipe:
    """All that decides the adapter besides the base and the rows.

    `rank` and `alpha` are LoRA's (the update is scaled by alpha / rank, Hu et al. 2021, section
    4.1), `layers` count from 0, `targets` are names of linear modules; None is all linear modules
    of all layers. `batch` rows make a step; `steps` wins over `epochs`. The learning rate warms
    up over a share `warmup` of the steps and falls to `final_rate` of itself along a cosine.
    """

    rank: int | None = None
    alpha: float | None = None
    layers: tuple[int, ...] | None = None
    targets: tuple[str, ...] | None = None
    learning_rate: float = 2e-4
    steps: int | None = None
    epochs: float = 1.0
    batch: int = 32
    warmup: float = 0.03
    final_rate: float = 0.05
    weight_decay: float = 0.0
    clip: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise InputError for numbers that nothing can be trained with."""
        least = {"rank": 1, "steps": 1, "batch": 1}
        for name, value in least.items():
            given = getattr(self, name)
            if given is not None and given < value:
                raise InputError(f"--{name} {given}: it must be at least {value}.")
        for name in ("alpha", "learning_rate", "epochs"):
            given = getattr(self, name)
            if given is not None and not 0 < given < 1e6:
                raise InputError(f"--{name.replace('_', '-')} {given}: it must be above 0.")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"The seed {self.seed} is not a whole number from 0 to {2**32 - 1}.")

    def resolved(self, rows: int, new: bool) -> Recipe:
        """Return the recipe with nothing left open for so many rows; `new` is an adapter's."""
        steps = self.steps or max(1, round(self.epochs * rows / self.batch))
        if not new:
            return replace(self, steps=steps)
        rank = self.rank or RANK
        return replace(self, steps=steps, rank=rank, alpha=self.alpha or ALPHA_OVER_RANK * rank)


@dataclass(frozen=True)
class LoraJob:
    """A base to be trained on a training set, as `tuned:NAME`."""

    base: str
    dataset: str
    name: str
    recipe: Recipe = field(default_factory=Recipe)
    options: Options = field(default_factory=Options)
    study: str | None = None

    def __post_init__(self) -> None:
        """Raise InputError for a name that is no folder's."""
        if not self.name or self.name.startswith((".", "-")) or set(self.name) & set('/\\:+~"\0'):
            raise InputError(
                f"'{self.name}' cannot be the name of an adapter: write letters, digits, '-', '_' "
                "and '.', and begin with none of '.' and '-'."
            )


@dataclass(frozen=True)
class Trained:
    """A trained model: its row of `models` and what its training came to.

    `loss` is the mean of the last tenth of the steps in nats a token, `new` whether this call
    trained.
    """

    name: str
    model: dict[str, Any]
    training_run: str
    steps: int
    loss: float
    seconds: float
    new: bool
