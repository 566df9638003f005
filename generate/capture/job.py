"""What `generate activations` is asked to do, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from generate import prompts
from generate.engines.base import Asking, Options
from generate.forward.sites import SITES
from warehouse.errors import InputError, nearest

POSITIONS = ("last", "choice")
VARIANTS = ("orders", "choices", "texts")
EMBEDDING = ("resid_pre", 0)


@dataclass(frozen=True)
class ActivationsJob:
    """Questions of one data set, read inside one model; `limit` takes a fixed subset.

    `layers` None means all. `variants` says what is read: prompts with the options in each order,
    the same with each letter appended (`choices`), or bare questions with each option's text
    appended (`texts`). With `baselines` the embedding layer and the random twin are read as well.
    """

    questions: str
    model: str
    sites: tuple[str, ...] = ("resid_post",)
    layers: tuple[int, ...] | None = None
    positions: tuple[str, ...] = ("last",)
    variants: str = "orders"
    concepts: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    asks: str | None = None
    split: str | None = None
    limit: int | None = None
    fold: int | None = None
    asking: Asking = field(default_factory=Asking)
    options: Options = field(default_factory=Options)
    baselines: bool = False
    study: str | None = None

    def __post_init__(self) -> None:
        """Raise InputError for names that do not exist and settings that contradict each other."""
        _require(self.sites, SITES, "site")
        _require(self.positions, POSITIONS, "position")
        _require((self.variants,), VARIANTS, "kind of variants")
        if "choice" in self.positions and self.variants == "orders":
            raise InputError(
                "No choice is appended, so there is no position 'choice'. Add --variants choices."
            )

    @property
    def reading(self) -> str:
        """The reading whose prompts and replies are shown to the model."""
        return "cloze" if self.variants == "texts" else "letter"

    def prompt_variants(self, n_choices: int) -> list[str]:
        """Return the variants of the prompt for a question with so many options."""
        return prompts.variants(self.reading, n_choices)

    def replied(self, variant: str, n_choices: int) -> list[str]:
        """Return the variant with each stored option's reply appended, in stored order."""
        if self.variants == "texts":
            return [f"{variant}+{letter}" for letter in prompts.LETTERS[:n_choices]]
        letters = prompts.continuations([""] * n_choices, variant, "letter")
        return [f"{variant}+{letter}" for letter in letters]

    def rows_of(self, position: str, n_choices: int) -> list[str]:
        """Return the variants under which a question has a vector at a position."""
        shown = self.prompt_variants(n_choices)
        if position == "last":
            return shown
        return [name for variant in shown for name in self.replied(variant, n_choices)]


@dataclass(frozen=True)
class Captured:
    """What one model's part of a job came to; `too_long` questions exceed what it reads."""

    model: str
    questions: int
    cached: int
    too_long: int
    without_options: int
    vectors: int = 0
    bytes: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return asdict(self)


def _require(given: tuple[str, ...], known: tuple[str, ...], what: str) -> None:
    for name in given:
        if name not in known:
            raise InputError(f"There is no {what} '{name}'.{nearest(name, known)}")
    if not given:
        raise InputError(f"Name at least one {what}: {', '.join(known)}.")
