"""Is it one thing: a probe trained on one concept, tested on every other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from reports.figures import Drawing, Figure, render
from reports.heatmaps import STEPS, matrix, matrix_widths
from reports.markup import Html, join, tag
from reports.profiles import LABELS
from reports.sections.parts import interval_method, per, population, reasons, slug
from reports.study import Series, Study
from reports.swatches import bar
from reports.words import Row, number, plain

TITLE = "Is it the same direction in every concept?"

FIGURES = {
    "right": "Probes of right and wrong answers, trained on one concept and tested on another",
    "answer": "Probes of which option is right, trained on one concept and tested on another",
}
# Numbers in more columns than this would run into each other.
MOST_PRINTED = 12
# A matrix of more concepts would have no room for their names.
MOST_CONCEPTS = 40


@dataclass(frozen=True)
class Transfer:
    """One model's AUROC by the concept trained on and the one tested on, at one layer."""

    series: Series
    layer: int
    values: dict[tuple[str, str], float]

    @property
    def concepts(self) -> list[str]:
        """Return the concepts, that with the best probe of its own first."""
        names = sorted({name for pair in self.values for name in pair})
        return sorted(names, key=lambda name: -self.values.get((name, name), 0.0))[:MOST_CONCEPTS]

    @property
    def within(self) -> list[float]:
        """Return what probes score on the concept that they were trained on."""
        return [value for (one, other), value in self.values.items() if one == other]

    @property
    def between(self) -> list[float]:
        """Return what probes score on other concepts."""
        return [value for (one, other), value in self.values.items() if one != other]


def body(study: Study) -> Html | None:
    """Return the transfer matrix of every question set that has one."""
    return per(study, study.probed, _part)


def _part(study: Study, dataset: str) -> Html | None:
    parts = [_label(study, dataset, label) for label in LABELS]
    return join(*parts) if any(parts) else None


def _label(study: Study, dataset: str, label: str) -> Html | None:
    answer = study.ask("transfer", dataset=dataset, labels=[label])
    made = _transfers(study, answer.rows)
    if not made:
        return None
    subtitle = (
        "AUROC of a linear probe of the residual stream: trained on the concept of the row, tested "
        f"on that of the column; {population(dataset, answer.rows, 'states')}; "
        f"{interval_method(answer.rows)}, in the table. The layer is that of the best mean on the "
        "diagonal, so nothing beside the diagonal was chosen."
    )
    panels = [_panel(transfer) for transfer in made]
    key = f"transfer-{label}-{slug(study, dataset)}"
    notes = reasons([{**row, "concept": row["trained_on"]} for row in answer.rows])
    figure = Figure(key, FIGURES[label], subtitle, panels, answer, notes)
    return join(*(tag("p", _said(transfer)) for transfer in made), render(figure))


def _transfers(study: Study, rows: Sequence[Row]) -> list[Transfer]:
    made: dict[Series, Transfer] = {}
    for row in rows:
        series = study.series(row)
        if series and row["estimate"] is not None:
            own = made.setdefault(series, Transfer(series, row["layer"], {}))
            own.values[row["trained_on"], row["tested_on"]] = row["estimate"]
    return list(made.values())


def _panel(transfer: Transfer) -> Drawing:
    concepts = transfer.concepts
    values = [[transfer.values.get((one, other)) for other in concepts] for one in concepts]
    names = [plain(concept) for concept in concepts]
    narrow, widest = matrix_widths(len(names))
    return Drawing(
        spec=matrix(names, values, printed=len(concepts) <= MOST_PRINTED),
        words=_said(transfer),
        rows=[
            {"trained on": name, **dict(zip(names, map(_value, row), strict=True))}
            for name, row in zip(names, values, strict=True)
        ],
        series=[],
        marks=[bar(STEPS, "AUROC; below 0.5 a probe reads the label the wrong way round", [])],
        title=f"{transfer.series.label}, layer {transfer.layer}",
        narrow=narrow,
        widest=widest,
    )


def _value(value: float | None) -> str:
    return "" if value is None else number(value, "number")


def _said(transfer: Transfer) -> str:
    within, between = transfer.within, transfer.between
    name = f"{transfer.series.label}, layer {transfer.layer}"
    if not between:
        return f"{name}: no probe was tested on another concept."
    ends = f"{number(min(between), 'number')} to {number(max(between), 'number')}"
    own = f", against {number(fmean(within), 'number')} on its own" if within else ""
    return (
        f"{name}: tested on another concept, a probe reads {number(fmean(between), 'number')} on "
        f"average ({ends}){own}."
    )
