"""Who predicts whom: the accuracy of every predictor on every target."""

from __future__ import annotations

from dataclasses import dataclass

from reports.figures import Drawing, Figure, render
from reports.heatmaps import FROM_ZERO, grid, matrix_widths
from reports.markup import Html
from reports.sections.parts import interval_method, per, slug
from reports.study import Series, Study
from reports.swatches import bar
from reports.words import Row, percent, span, with_interval

TITLE = "Who predicts whom?"

# Numbers in more columns than this would run into each other.
MOST_PRINTED = 24
# A matrix of more models would have no room for their names.
MOST_MODELS = 40

_METRICS = ("macro_accuracy", "micro_accuracy", "prediction_compliance", "answer_compliance")


@dataclass(frozen=True)
class Cells:
    """Accuracies by predictor and target, both in the order in which they are drawn."""

    predictors: list[Series]
    targets: list[Series]
    rows: dict[tuple[Series, Series], Row]

    def value(self, predictor: Series, target: Series) -> float | None:
        """Return an accuracy, None where nobody asked."""
        row = self.rows.get((predictor, target))
        return None if row is None else row["estimate"]


def body(study: Study) -> Html | None:
    """Return the matrix of every question set whose answers were predicted."""
    return per(study, study.predicted, _part)


def _part(study: Study, dataset: str) -> Html | None:
    answer = study.ask("predictions", dataset=dataset, metrics=_METRICS)
    macro = [row for row in answer.rows if row["metric"] == "macro_accuracy"]
    cells = _cells(study, macro)
    if not cells.rows:
        return None
    items, strings = (span(row[name] for row in macro) for name in ("n", "n_clusters"))
    subtitle = (
        "Share of right predictions by the model of the row about the model of the column, mean "
        f"over properties; {dataset}, {items} items on {strings} strings; "
        f"{interval_method(macro)}, in the table. Strings that the predictor was trained on are "
        "left out. Answers that are not compliant are dropped, predictions that are not count as "
        "wrong; the table has both shares."
    )
    drawn = len(cells.predictors), len(cells.targets)
    everyone = {row["model_id"] for row in macro}, {row["other_model_id"] for row in macro}
    few = drawn < tuple(map(len, everyone))
    notes = [f"Drawn are {drawn[0]} predictors and {drawn[1]} targets."] if few else []
    figure = Figure(f"matrix-{slug(study, dataset)}", "Accuracy by predictor and target", subtitle,
                    [_panel(cells)], answer, notes)  # fmt: skip
    return render(figure)


def _cells(study: Study, rows: list[dict[str, object]]) -> Cells:
    found: dict[tuple[Series, Series], Row] = {}
    for row in rows:
        predictor, target = study.series(row), study.series(row, "other_")
        if predictor and target:
            found[predictor, target] = row
    # Targets that predict stand first on both sides, in one order, so that the diagonal is that of
    # self-prediction.
    predictors = {pair[0] for pair in found}
    targets = sorted({pair[1] for pair in found}, key=lambda s: (s not in predictors, s.label))
    others = sorted(predictors - set(targets), key=lambda s: s.label)
    rest = [one for one in targets if one in predictors] + others
    return Cells(rest[:MOST_MODELS], targets[:MOST_MODELS], found)


def _panel(cells: Cells) -> Drawing:
    values = [[cells.value(one, target) for target in cells.targets] for one in cells.predictors]
    places = {target: i + 1 for i, target in enumerate(cells.targets)}
    labels = [f"{places[one]} {one.label}" if one in places else one.label
              for one in cells.predictors]  # fmt: skip
    narrow, widest = matrix_widths(len(cells.targets))
    return Drawing(
        spec=grid(labels, values, printed=len(cells.targets) <= MOST_PRINTED),
        words=_words(cells),
        rows=[
            {"predictor": one.label, **{t.label: _text(cells, one, t) for t in cells.targets}}
            for one in cells.predictors
        ],
        series=[],
        marks=[bar(FROM_ZERO, "share of right predictions", [])],
        title=_columns(cells),
        narrow=narrow,
        widest=widest,
    )


def _columns(cells: Cells) -> str | None:
    """Return the names of the columns that no row bears the number of."""
    unnamed = [f"{i + 1} {target.label}" for i, target in enumerate(cells.targets)
               if target not in cells.predictors]  # fmt: skip
    return f"Columns: {', '.join(unnamed)}" if unnamed else None


def _text(cells: Cells, predictor: Series, target: Series) -> str:
    row = cells.rows.get((predictor, target))
    return "" if row is None else with_interval(row, "share")


def _words(cells: Cells) -> str:
    own = [v for one in cells.targets if (v := cells.value(one, one)) is not None]
    other = [
        row["estimate"] for (one, target), row in cells.rows.items()
        if one != target and row["estimate"] is not None
    ]  # fmt: skip
    parts = [
        f"{name} {percent(min(values))} to {percent(max(values))}"
        for name, values in (("themselves", own), ("another model", other))
        if values
    ]
    return f"models predict {', and '.join(parts)}."
