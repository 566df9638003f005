"""Probes of the residual stream, a profile over layers each, and what a profile shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from reports.queries import Answer
from reports.study import Series, Study
from reports.words import Row, plain, sentence_list

# What a probe's label asks, as the start of a sentence.
LABELS = {
    "right": "Whether an appended answer is right",
    "answer": "Which of two options is right, before any reply,",
}
STREAM, EMBEDDING = "resid_post", "resid_pre"
# The surface baselines and the untrained ones, by the site that their rows name.
SURFACE = {"letter": "letter only", "bag_of_words": "bag of words"}
NAMES = {**SURFACE, "embedding": "embedding layer", "twin": "untrained twin"}

# By the rule a label is found at a corrected p below this.
ALPHA = 0.01

Verdict = Literal["clear", "surface", "null", "unknown"]


@dataclass
class Profile:
    """One model's probes of one label of one concept: rows by layer, and what they must beat."""

    series: Series
    concept: str
    rows: dict[int, Row] = field(default_factory=dict)
    fixed: dict[str, Row] = field(default_factory=dict)

    @cached_property
    def best(self) -> Row | None:
        """Return the row of the layer with the highest AUROC, None without any estimate."""
        known = [row for row in self.rows.values() if row["estimate"] is not None]
        return max(known, key=lambda row: (row["estimate"], -row["layer"]), default=None)

    @property
    def depth(self) -> int:
        """Return the number of layers of the model, at least those that were probed."""
        stated = [row["layers"] for row in self.rows.values() if row["layers"]]
        return max([*map(int, stated), *(layer + 1 for layer in self.rows)])

    @property
    def found(self) -> list[int]:
        """Return the layers at which flipped labels are told apart."""
        return [
            layer for layer, row in self.rows.items()
            if row["p_adjusted"] is not None and row["p_adjusted"] < ALPHA
        ]  # fmt: skip

    @property
    def clear(self) -> list[int]:
        """Return those of them whose lower bound is above every baseline."""
        return [layer for layer in self.found if self._beats_all(self.rows[layer])]

    def _beats_all(self, row: Row) -> bool:
        low = row["ci_low"]
        return low is not None and all(v < low for v in self.baselines(row["layer"]).values())

    def baselines(self, layer: int) -> dict[str, float]:
        """Return the estimates that a probe of a layer must beat, by their keys in NAMES."""
        values = {name: row["estimate"] for name, row in self.fixed.items()}
        values["twin"] = self.rows[layer]["untrained"]
        return {name: values[name] for name in NAMES if values.get(name) is not None}

    @property
    def verdict(self) -> Verdict:
        """Return what the profile shows."""
        if self.best is None or all(row["p_adjusted"] is None for row in self.rows.values()):
            return "unknown"
        return "clear" if self.clear else "surface" if self.found else "null"


def profiles(study: Study, dataset: str, label: str) -> tuple[Answer, list[Profile]]:
    """Return the rows of one label with the profiles that they make."""
    answer = study.ask("probes", dataset=dataset, labels=[label])
    found: dict[tuple[Series, str], Profile] = {}
    for row in answer.rows:
        series = study.series(row)
        if series is not None:
            own = found.setdefault((series, row["concept"]), Profile(series, row["concept"]))
            _place(own, row)
    places = study.labels
    made = [profile for profile in found.values() if profile.rows]
    return answer, sorted(made, key=lambda profile: places.index(profile.series.label))


def _place(profile: Profile, row: dict[str, Any]) -> None:
    if row["site"] == STREAM and row["layer"] is not None:
        profile.rows[row["layer"]] = row
    elif row["site"] in (EMBEDDING, *SURFACE):
        profile.fixed["embedding" if row["site"] == EMBEDDING else row["site"]] = row


def by_series(found: Sequence[Profile]) -> dict[Series, list[Profile]]:
    """Return profiles by model, of each the highest AUROC first."""
    grouped: dict[Series, list[Profile]] = defaultdict(list)
    for profile in found:
        grouped[profile.series].append(profile)
    return {series: sorted(own, key=lambda p: -_top(p)) for series, own in grouped.items()}


def by_concept(found: Sequence[Profile]) -> dict[str, list[Profile]]:
    """Return profiles by concept, the highest AUROC of any model first."""
    tops: dict[str, float] = defaultdict(float)
    for profile in found:
        tops[profile.concept] = max(tops[profile.concept], _top(profile))
    order = sorted(tops, key=lambda concept: (-tops[concept], concept))
    return {concept: [p for p in found if p.concept == concept] for concept in order}


def _top(profile: Profile) -> float:
    return profile.best["estimate"] if profile.best else 0.0


def where(layers: Sequence[int], all_layers: Sequence[int]) -> str:
    """Return `from layer 2 on`, `at layer 2` or `at layers 2 to 4 and 7`."""
    if list(layers) == [layer for layer in all_layers if layer >= layers[0]] and len(layers) > 1:
        return "at every layer" if len(layers) == len(all_layers) else f"from layer {layers[0]} on"
    runs: list[list[int]] = []
    for layer in layers:
        if runs and layer == runs[-1][-1] + 1:
            runs[-1].append(layer)
        else:
            runs.append([layer])
    said = [f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    return f"at layer{'s' * (len(layers) > 1)} {sentence_list(said)}"


def names(found: Sequence[Profile], last: str = "and") -> str:
    """Return the concepts of profiles as words."""
    return sentence_list([plain(profile.concept) for profile in found], last)
