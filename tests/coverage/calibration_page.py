"""The part of `docs/coverage.md` on calibration, and what is simulated for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.coverage.calibration import (
    BOOTSTRAPPED,
    BOOTSTRAPS,
    DEALS,
    INSIDE,
    MODELS,
    PROMPTS,
    REPLICATES,
    RESAMPLES,
    SEEDS,
    Found,
    bootstrap_coverage,
    cover,
    excess_inside,
    failures,
)

Job = tuple[str, str]
"""What is simulated, of which models."""

# Models that are perfectly calibrated.
CALIBRATED = tuple(name for name in MODELS if name.startswith("calibrated"))


@dataclass
class Calibration:
    """What the simulation found.

    `inside` are the seeds, by models and prompts, in which the excess's interval holds 0;
    `bootstrap` the coverage of the plain MAD's own functional and of 0, by models.
    """

    covered: list[Found] = field(default_factory=list)
    inside: dict[tuple[str, int], int] = field(default_factory=dict)
    bootstrap: dict[str, tuple[float, float]] = field(default_factory=dict)

    def failures(self) -> Iterator[str]:
        """Yield a sentence for each broken rule."""
        yield from failures(self.covered)
        for (models, prompts), inside in self.inside.items():
            if inside < INSIDE:
                where = f"Excess, {models}, {prompts:,} prompts"
                yield f"{where}: its interval holds 0 in {inside} of {SEEDS} seeds"


def jobs() -> list[Job]:
    """Return what is to be simulated, the longest first."""
    return [
        *(("covered", models) for models in MODELS),
        *(("inside", models) for models in CALIBRATED),
        *(("bootstrap", models) for models in CALIBRATED),
    ]


def work(job: Job) -> Any:
    """Simulate one job; what comes out goes into `together`."""
    kind, models = job
    if kind == "covered":
        return [cover(models, prompts, REPLICATES[prompts]) for prompts in PROMPTS]
    if kind == "inside":
        return {(models, prompts): excess_inside(models, prompts) for prompts in PROMPTS}
    return {models: bootstrap_coverage(models, BOOTSTRAPPED, BOOTSTRAPS)}


def together(made: Mapping[Job, Any]) -> Calibration:
    """Return what all jobs found."""
    found = Calibration()
    for job in jobs():
        if job[0] == "covered":
            found.covered += made[job]
        else:
            getattr(found, job[0]).update(made[job])
    return found


def part(found: Calibration) -> Iterator[str]:
    """Yield the part's paragraphs."""
    yield "## Calibration"
    yield "### Cross-fitted MAD"
    drawn = ", ".join(f"{n:,} data sets of {p:,} prompts" for p, n in REPLICATES.items())
    yield (
        f"{drawn}. Bold with † where every bin's gap exceeds three standard errors, so that the "
        "upper limit applies; ‡ where a share of points lies within two standard errors of an edge "
        "between bins, so that chance decides about the bins."
    )
    yield "\n".join(_covered(found.covered))
    yield "### Excess of the plain MAD over its null"
    yield (
        f"Seeds of {SEEDS} in which the interval ({DEALS} deals) holds 0, for perfectly calibrated "
        f"models; the rule asks for {INSIDE}."
    )
    yield "\n".join(_inside(found.inside))
    yield "### Percentile bootstrap of the plain MAD, not used"
    yield (
        f"{BOOTSTRAPS} data sets of {BOOTSTRAPPED} prompts, {RESAMPLES} resamples of the prompts. "
        "How often it holds what the plain MAD comes to in a million prompts, and how often 0, the "
        "true deviation of these models."
    )
    yield "\n".join(_bootstrap(found.bootstrap))


def _covered(found: list[Found]) -> Iterator[str]:
    yield f"| models | truth | {' | '.join(f'{p:,} prompts' for p in PROMPTS)} |"
    yield f"|---|--:|{'--:|' * len(PROMPTS)}"
    for models in MODELS:
        own = [cell for cell in found if cell.models == models]
        entries = (f"**{_share(c.coverage)}**{'†' * c.clear}{'‡' * c.doubtful}" for c in own)
        yield f"| {models} | {own[0].truth.value:.4f} | {' | '.join(entries)} |"


def _inside(inside: dict[tuple[str, int], int]) -> Iterator[str]:
    yield f"| models | {' | '.join(f'{p:,} prompts' for p in PROMPTS)} |"
    yield f"|---|{'--:|' * len(PROMPTS)}"
    for models in CALIBRATED:
        yield f"| {models} | {' | '.join(str(inside[models, p]) for p in PROMPTS)} |"


def _bootstrap(found: dict[str, tuple[float, float]]) -> Iterator[str]:
    yield "| models | plain MAD in a million prompts | 0 |"
    yield "|---|--:|--:|"
    for models, (own, zero) in found.items():
        yield f"| {models} | {_share(own)} | {_share(zero)} |"


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")
