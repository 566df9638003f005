"""What `finetune submit` is asked to do, what it would cost, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from generate.engines.base import Options
from warehouse.errors import InputError

# What the provider takes at least, by its guide to fine-tuning.
FEWEST_ROWS = 10
LONGEST_SUFFIX = 64


@dataclass(frozen=True)
class Settings:
    """All that decides a job besides its base and rows; None leaves the choice to the provider."""

    epochs: int = 1
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    seed: int = 0
    suffix: str | None = None

    def __post_init__(self) -> None:
        """Raise InputError for settings that no provider takes."""
        if self.epochs < 1 or (self.batch_size is not None and self.batch_size < 1):
            raise InputError("Epochs and batch size are whole numbers from 1 on.")
        if self.learning_rate_multiplier is not None and self.learning_rate_multiplier <= 0:
            raise InputError("The learning rate's multiplier must be above 0.")
        if self.suffix is not None and not 0 < len(self.suffix) <= LONGEST_SUFFIX:
            raise InputError(f"--suffix takes 1 to {LONGEST_SUFFIX} characters.")


@dataclass(frozen=True)
class SubmitJob:
    """A training set to be handed to a provider, which trains `base` on it.

    `usd_per_million` is the price of a million trained tokens where the table has none, or
    another one.
    """

    base: str
    dataset: str
    settings: Settings = field(default_factory=Settings)
    options: Options = field(default_factory=Options)
    usd_per_million: float | None = None
    max_usd: float | None = None
    study: str | None = None


@dataclass(frozen=True)
class Preview:
    """Rows and tokens (all epochs) of a job and what they cost; prices are None if unknown."""

    model: str
    training_set: str
    rows: int
    epochs: int
    tokens: int
    most_tokens: int
    usd: float | None
    most_usd: float | None
    price: str | None


Row = dict[str, Any]
"""A row of `training_jobs`."""
