"""What a report is about: its study, question sets, models and their fixed colours and shapes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from reports.queries import Answer, Reader, ask
from reports.words import Row, detail, distinct, plain
from warehouse.errors import InputError, nearest

# The concepts of From Imitation to Introspection (Chen et al. 2024), by their stored names.
TEN_CONCEPTS = (
    "situational_awareness", "sequential_planning", "belief", "intention", "self_reflection",
    "self_improve", "deception", "known_knowns", "known_unknowns", "harm",
)  # fmt: skip

QUESTION = "Which concepts does each model know, and how sure can one be?"
INSIDE = "What can be read inside each model, and does pushing on it change its answers?"
INWARD = "Does a model know itself better than another model knows it?"
READINGS = ("letter", "cloze", "text")
ANY_READING = (*READINGS, "")
# What can have been done with a question set, as the columns of datasets.sql.
KINDS = (
    "answered", "probed", "steered", "predicted", "changed", "calibrated", "acquired",
)  # fmt: skip
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
COLOURS = 8  # Okabe-Ito, as --c0 … --c7 in page.css


@dataclass(frozen=True)
class Series:
    """One model under one condition, with the colour and shape it has in every figure."""

    label: str
    colour: str
    shape: str


class Study:
    """A study's fixed facts and its series; every figure asks it for rows."""

    def __init__(self, con: Reader, name: str, lean: int = 0) -> None:
        """Read what the study holds; raise InputError when it has no results."""
        self.con, self.name, self.lean = con, name, lean
        found = self.ask("datasets").rows
        if not found:
            raise InputError(_nothing(con, name))
        self.all_datasets = [row["dataset"] for row in found]
        # Those whose answers were judged, whose states were probed, whose answers were steered or
        # predicted, predicted before and after a change, predicted as shares, or compared before
        # and after training.
        (
            self.datasets, self.probed, self.steered, self.predicted, self.changed,
            self.calibrated, self.acquired,
        ) = ([row["dataset"] for row in found if row[how]] for how in KINDS)  # fmt: skip
        about: dict[str, str | None] = next(iter(self.ask("study").rows), {})
        self.title = about.get("title") or name
        self.question = about.get("question") or self._default_question
        self.file = about.get("file")
        self.newest = self.ask("newest").rows[0]["newest"]
        self._series = _series(self.ask("subjects").rows)

    @property
    def _default_question(self) -> str:
        looks_inward = self.predicted or self.changed or self.calibrated
        return QUESTION if self.datasets else INWARD if looks_inward else INSIDE

    @property
    def asked(self) -> list[str]:
        """Return the question sets whose answers, as text or as scores, are behind the results."""
        inward = {*self.predicted, *self.calibrated, *self.acquired}
        return [name for name in self.all_datasets if name in inward or name in self.datasets]

    @property
    def labels(self) -> list[str]:
        """Return the names of all series, in the order of the whole report."""
        return [series.label for series in dict.fromkeys(self._series.values())]

    def series(self, row: Row, side: str = "") -> Series | None:
        """Return the series of a row, or of the other side of a comparison (`side="other_"`)."""
        return self._series.get((row[f"{side}model_id"], row[f"{side}condition_id"]))

    def model(self, model_id: str) -> Series:
        """Return the series of a model under whichever condition."""
        own = [series for (model, _), series in self._series.items() if model == model_id]
        return (
            own[0] if len(set(own)) == 1 else replace(own[0], label=self._about(model_id, "name"))
        )

    def base(self, model_id: str) -> str:
        """Return the base of a model; one without any is its own."""
        return self._about(model_id, "base", "name")

    def _about(self, model_id: str, *names: str) -> str:
        """Return the first of a model's columns that is not empty, its key where all are."""
        rows = (row for row in self._models if row["model_id"] == model_id)
        return next((row[name] for row in rows for name in names if row[name]), model_id)

    @cached_property
    def _models(self) -> list[dict[str, Any]]:
        return self.ask("models").rows

    def all_series(self, rows: Iterable[Row]) -> list[Series]:
        """Return the series that occur in rows, in the order of the whole report."""
        found = set(distinct(rows, self.series))
        return [s for s in dict.fromkeys(self._series.values()) if s in found]

    def ask(self, query: str, **values: str | Sequence[str]) -> Answer:
        """Return the rows of a query about this study."""
        return replace(ask(self.con, query, study=self.name, **values), lean=self.lean)

    def estimates(
        self, dataset: str, *metrics: str, readings: Sequence[str] = ANY_READING
    ) -> Answer:
        """Return the current estimates of the named metrics."""
        return self.ask("estimates", dataset=dataset, metrics=metrics, readings=readings)

    def unlabelled(self, dataset: str) -> bool:
        """Return whether questions of a set were answered, and none has a known right answer."""
        rows = self.estimates(dataset, "accuracy").rows
        return bool(rows) and not any(
            row["n"] + row["n_missing"] or not detail(row).get("excluded_without_answer")
            for row in rows
        )

    def without_options(self, dataset: str) -> bool:
        """Return whether a set's questions are known and none offers options to choose from."""
        row = self.ask("coverage", dataset=dataset).rows[0]
        return bool(row["questions"]) and not row["with_options"]

    def gradable(self, dataset: str) -> bool:
        """Return whether a choice between a set's options can be right or wrong."""
        return not self.unlabelled(dataset) and not self.without_options(dataset)

    def main_reading(self, dataset: str) -> str | None:
        """Return the reading that most models share; letter before cloze before text."""
        rows = [r for r in self.estimates(dataset, "accuracy").rows if r["estimate"] is not None]
        models: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            models[row["reading"]].add(row["model_id"])
        present = [reading for reading in READINGS if models[reading]]
        return max(present, key=lambda reading: len(models[reading]), default=None)


def _nothing(con: Reader, name: str) -> str:
    studies = [
        r[0] for r in con.execute("SELECT DISTINCT study FROM results ORDER BY 1").fetchall()
    ]
    if studies:
        return (
            f"Study '{name}' has no results to report; name one that has with --study."
            f"{nearest(name, studies)}"
        )
    return f"Study '{name}' has no results to report. Make some with: mirrorlake analyze quantify"


def _series(subjects: list[dict[str, Any]]) -> dict[tuple[str, str], Series]:
    models = distinct(subjects, "model_id")
    names = _names(subjects)
    split = _split_models(subjects)
    made: dict[tuple[str, str], Series] = {}
    labels: dict[str, Series] = {}
    shared = _shared_manners(subjects)
    for row in sorted(subjects, key=lambda r: (models.index(r["model_id"]), _manner(r))):
        label = names[row["model_id"]]
        if row["model_id"] in split:
            manner = _manner(row)
            label += f" · {manner}"
            if (row["model_id"], manner) in shared:
                label += f" ({row['condition_id'][:8]})"
        colour = f"var(--c{models.index(row['model_id']) % COLOURS})"
        shape = SHAPES[len(labels) % len(SHAPES)]
        series = labels.setdefault(label, Series(label, colour, shape))
        made[row["model_id"], row["condition_id"]] = series
    return made


def _names(subjects: list[dict[str, Any]]) -> dict[str, str]:
    """Return a name a model that is unique: a shared name gets the start of its key."""
    name_of = {row["model_id"]: row["name"] or row["model_id"] for row in subjects}
    names = list(name_of.values())
    return {
        model: name if names.count(name) == 1 else f"{name} ({model[:8]})"
        for model, name in name_of.items()
    }


def _split_models(subjects: list[dict[str, Any]]) -> set[str]:
    """Return the models asked in more than one way under one reading of one question set."""
    ways: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in subjects:
        ways[row["model_id"], row["dataset"], row["reading"]].add(row["condition_id"])
    return {model for (model, _, _), conditions in ways.items() if len(conditions) > 1}


def _shared_manners(subjects: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return the models and manners that name several conditions under one reading."""
    ways: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for row in subjects:
        key = (row["model_id"], _manner(row), row["dataset"], row["reading"])
        ways[key].add(row["condition_id"])
    return {(key[0], key[1]) for key, conditions in ways.items() if len(conditions) > 1}


def _manner(row: Row) -> str:
    if row["persona"]:
        return plain(row["persona"])
    return "system prompt" if row["system_prompt"] else f"plain ({(row['condition_id'] or '')[:8]})"
