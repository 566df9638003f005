"""The chart of the answer: how well each model is predicted by itself and by others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from reports.charts import Dot, Look
from reports.dots import dot_chart
from reports.figures import Drawing, Figure, render
from reports.markup import Html, join
from reports.predictions import knowers
from reports.sections.parts import distinct_text, interval_method, reason_words, slug
from reports.study import Series, Study
from reports.swatches import ring, symbol
from reports.words import Row, plain, sentence_list, span, with_interval

ALL = "all properties"
# Targets up to which each has a panel; more share one chart of their means.
MOST_PANELS = 4
# Predictors drawn in a panel, the target itself among them; fewer where there are many rows.
MOST_DRAWN, FEW_DRAWN, MANY_ROWS = 4, 2, 7
OTHER = "the other model that predicts it best"
# Not the colours of models.
ITSELF = Series("the model itself", "var(--ink)", "circle")
BEST = Series(OTHER, "var(--muted)", "square")
MODE, INPUT = "commonest answer", "input alone"
_MEANS = ("macro_accuracy", "macro_mode_baseline", "macro_input_only")
_METRICS = (*_MEANS, "prediction_accuracy", "mode_baseline", "input_only")


@dataclass
class Target:
    """Accuracies of all predictors of one model, by property; under None the mean over them."""

    series: Series
    cells: dict[Series, dict[str | None, Row]] = field(default_factory=lambda: defaultdict(dict))
    guesses: dict[str, dict[str | None, Row]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def predictors(self) -> list[Series]:
        """Return who predicts it, itself first, then the best."""
        return sorted(self.cells, key=lambda one: (one != self.series, -self.mean(one)))

    def mean(self, predictor: Series) -> float:
        """Return a predictor's accuracy over all properties, for ordering."""
        row = self.cells[predictor].get(None)
        return -1.0 if row is None or row["estimate"] is None else float(row["estimate"])

    @property
    def best(self) -> dict[str | None, Row]:
        """Return its own accuracies, or the best predictor's where it did not predict itself."""
        return self.cells[self.predictors[0]]


def _value(row: Row | None) -> float:
    return -1.0 if row is None or row["estimate"] is None else float(row["estimate"])


def _order(targets: Sequence[Target]) -> list[str | None]:
    """Return what the rows of all charts are about: the mean, then what is predicted best."""
    values: dict[str, list[float]] = defaultdict(list)
    for target in targets:
        for name in {name for own in target.cells.values() for name in own if name is not None}:
            values[name].append(_value(target.best.get(name)))
    ranked = sorted(values, key=lambda name: (-fmean(values[name]), name))
    return [*([None] if len(ranked) > 1 else []), *ranked]


def figure(study: Study, dataset: str) -> Html | None:
    """Return the figure, None without any prediction."""
    answer = study.ask("predictions", dataset=dataset, metrics=_MEANS)
    each = len({row["other_model_id"] for row in answer.rows} - {None}) <= MOST_PANELS
    if each:
        answer = study.ask("predictions", dataset=dataset, metrics=_METRICS)
    targets = _targets(study, dataset, answer.rows)
    if not targets:
        return None
    order = _order(targets)
    panels = [_panel(target, order) for target in targets] if each else [_means(targets)]
    rows = [row for row in answer.rows if row["other_model_id"] is not None]
    subtitle = (
        f"Share of right predictions of {'a property' if each else 'properties'} of a model's own "
        f"greedy answer, mean over items; {dataset}, {_extent(rows)}; {interval_method(rows)}. "
        f"{'Filled: by the model itself; outlined: by another model. ' if each else ''}"
        "What cannot be read counts as wrong."
    )
    notes = [*_left_out(targets, order, each), *_missing(answer.rows)]
    title = "How well models are predicted, by themselves and by others"
    return render(Figure(f"predicted-{slug(study, dataset)}", title, subtitle, panels, answer,
                         notes))  # fmt: skip


def _extent(rows: Sequence[Row]) -> str:
    single = [row for row in rows if row["property"] is not None] or rows
    items, strings = (span(row[name] for row in single) for name in ("n", "n_clusters"))
    return f"{items} items on {strings} strings a property"


def _targets(study: Study, dataset: str, rows: Iterable[Row]) -> list[Target]:
    found: dict[Series, Target] = {}
    baselines = []
    for row in rows:
        series, other = study.series(row), study.series(row, "other_")
        if series and other:
            found.setdefault(other, Target(other)).cells[series][row["property"]] = row
        elif series:
            baselines.append((series, row))
    for series, row in baselines:
        if series in found:
            name = row["metric"].removeprefix("macro_")
            found[series].guesses[name][row["property"]] = row
    # In the order in which they are told, then those that nobody else predicts.
    order = [knower.series for knower in knowers(study, dataset)[1]]
    return sorted(found.values(), key=lambda t: (
        order.index(t.series) if t.series in order else len(order), t.series.label
    ))  # fmt: skip


def _panel(target: Target, order: Sequence[str | None]) -> Drawing:
    drawn = target.predictors[: _most(order)]
    points = [_dot(target, name, one) for name in order for one in drawn
              if name in target.cells[one]]  # fmt: skip
    present = {point.row for point in points}
    look = Look(
        [row for row in map(_name, order) if row in present], drawn, null_label=MODE,
        baseline_label=INPUT,
        hollow=frozenset(one.label for one in drawn if one != target.series),
    )  # fmt: skip
    drawing = dot_chart(points, look, f"Predicting {target.series.label}")
    # A model is drawn filled in its own panel and as an outline in others.
    marks = [ring("another model"), *drawing.marks]
    return replace(drawing, series=[symbol(one) for one in drawn], marks=marks)


def _most(order: Sequence[str | None]) -> int:
    return MOST_DRAWN if len(order) < MANY_ROWS else FEW_DRAWN


def _name(name: str | None) -> str:
    return ALL if name is None else plain(name)


def _dot(target: Target, name: str | None, predictor: Series) -> Dot:
    row = target.cells[predictor][name]
    return Dot(
        row=_name(name), series=predictor.label, value=row["estimate"], low=row["ci_low"],
        high=row["ci_high"], text=with_interval(row, "share"),
        null=_guess(target, "mode_baseline", name), baseline=_guess(target, "input_only", name),
    )  # fmt: skip


def _guess(target: Target, metric: str, name: str | None) -> float | None:
    row = target.guesses[metric].get(name)
    return None if row is None else row["estimate"]


def _means(targets: Sequence[Target]) -> Drawing:
    """Return the chart of means over properties, a row a model."""
    points = []
    for target in targets:
        for series, one in ((ITSELF, target.series), (BEST, _best_other(target))):
            row = target.cells[one].get(None) if one in target.cells else None
            if row is not None and one is not None:
                dot = _dot(target, None, one)
                points.append(replace(dot, row=target.series.label, series=series.label))
    look = Look(
        [target.series.label for target in targets], [ITSELF, BEST], null_label=MODE,
        baseline_label=INPUT, hollow=frozenset([OTHER]),
    )  # fmt: skip
    return dot_chart(points, look)


def _best_other(target: Target) -> Series | None:
    return next((one for one in target.predictors if one != target.series), None)


def _left_out(targets: Sequence[Target], order: Sequence[str | None], each: bool) -> list[str]:
    if not each:
        return ["Means over properties; the matrix below has every predictor."]
    most = max(len(target.predictors) for target in targets)
    drawn = _most(order)
    if most <= drawn:
        return []
    others = "the other model" if drawn == FEW_DRAWN else f"the {drawn - 1} other models"
    verb = "predicts" if drawn == FEW_DRAWN else "predict"
    return [f"Drawn are each model itself and {others} that {verb} it best; the table has all."]


def _missing(rows: Iterable[Row]) -> list[Html | str]:
    """Return why there is no guess to compare with."""
    names = {"mode_baseline": MODE, "input_only": INPUT}
    why: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        name = names.get(row["metric"].removeprefix("macro_"), "prediction")
        if row["estimate"] is None and row["reason"]:
            why[row["reason"]].append(name)
    return [
        join(f"No value for {sentence_list(distinct_text(names))}: ", *reason_words(reason))
        for reason, names in why.items()
    ]
