"""Are predictions calibrated: shares predicted against shares of answers, and how far they miss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reports.figures import behind
from reports.markup import Html, join, tag
from reports.sections.calibration_chart import Calibrated, figure, figure_key, in_points
from reports.sections.parts import per, reasons
from reports.study import Series, Study
from reports.tables import present, shortened, unbroken
from reports.words import MINUS, Row, p_text, plain, sentence_list

TITLE = "Are predictions calibrated?"

# Models told in a sentence each, and in one sentence.
MOST_SAID = 4
# What stands in the table, by metric.
COLUMNS = {
    "mad": "MAD",
    "mad_excess": "excess over noise",
    "mad_cross_fitted": "cross-fitted MAD",
    "squared_distance": "squared distance",
    "unseen_mass": "share on values never given",
}
DECIMALS = ("squared_distance",)


def body(study: Study) -> Html | None:
    """Return the calibration of every question set for which it was estimated."""
    return per(study, study.calibrated, _part)


def _part(study: Study, dataset: str) -> Html | None:
    answer = study.ask("calibration", dataset=dataset)
    made = _calibrated(study, answer.rows)
    if not made:
        return None
    said = [tag("p", text) for one in made[:MOST_SAID] if (text := _said(one))]
    return join(
        tag("div", *said, class_="said") if said else None,
        figure(study, dataset, answer, made) or behind(figure_key(study, dataset), answer),
        _table(study, made),
        *(tag("p", note, class_="note") for note in _lacking(answer.rows)),
    )


def in_short(study: Study, dataset: str) -> str:
    """Return one sentence on how well models predict their own shares."""
    made = _calibrated(study, study.ask("calibration", dataset=dataset).rows)
    said = []
    for one in made:
        excess = _known(one.over_all.get("mad_excess"))
        if one.predictor == one.target and excess is not None:
            said.append(f"{one.target.label} {_with_ends(excess, in_points)}")
    if not said:
        return ""
    listed = sentence_list(said[:MOST_SAID])
    more = f" and {len(said) - MOST_SAID} more" if len(said) > MOST_SAID else ""
    return f"Points by which predicted shares of own answers miss beyond noise: {listed}{more}."


def _calibrated(study: Study, rows: Sequence[Row]) -> list[Calibrated]:
    """Return who predicted whom, predictions of oneself first."""
    found: dict[tuple[Series, Series], Calibrated] = {}
    for row in rows:
        predictor, target = study.series(row), study.series(row, "other_")
        if predictor and target:
            own = found.setdefault((predictor, target), Calibrated(predictor, target))
            own.rows[row["property"]][row["metric"]] = row
    return sorted(found.values(), key=lambda one: (one.predictor != one.target, one.name))


def _said(one: Calibrated) -> str:
    """Return how far the predictions over all properties miss, beside what noise alone gives."""
    names = ("mad", "mad_excess", "mad_cross_fitted")
    mad, excess, crossed = (_known(one.over_all.get(name)) for name in names)
    if mad is None:
        return ""
    parts = [f"{one.name}: {in_points(mad['estimate'])} points off on average (MAD)"]
    if mad["null_value"] is not None:
        p = "" if mad["p_value"] is None else f" (p {p_text(mad['p_value'])})"
        parts.append(f"noise alone would give {in_points(mad['null_value'])}{p}")
    if excess is not None:
        parts.append(f"excess {_with_ends(excess, in_points)}")
    if crossed is not None:
        parts.append(f"cross-fitted {_with_ends(crossed, in_points)}")
    return "; ".join(parts) + "."


def _known(row: Row | None) -> Row | None:
    return None if row is None or row["estimate"] is None else row


def _table(study: Study, made: Sequence[Calibrated]) -> Html:
    lines = [
        {
            "predictor": unbroken(one.predictor.label),
            "target": unbroken(one.target.label),
            "property": "all" if name is None else plain(name),
            **{column: _cell(metric, rows.get(metric)) for metric, column in COLUMNS.items()},
            "p": _p(rows.get("mad")),
            "prompts": next((row["n"] for row in rows.values()), None),
            "strings": next((row["n_clusters"] for row in rows.values()), None),
        }
        for one in made
        for name, rows in one.rows.items()
    ]
    caption = "Distances in points; p: of the MAD, answers of both sides dealt anew"
    return tag("div", shortened(present(lines), caption, study.lean), class_="block tall")


def _p(row: Row | None) -> str | None:
    return None if row is None or row["p_value"] is None else p_text(row["p_value"])


def _cell(metric: str, row: Row | None) -> Html | None:
    if row is None or row["estimate"] is None:
        return None
    form = _decimals if metric in DECIMALS else in_points
    noise = f", noise {form(row['null_value'])}" if row["null_value"] else ""
    return unbroken(f"{_with_ends(row, form)}{noise}")


def _with_ends(row: Row, form: Callable[[float], str]) -> str:
    if row["ci_low"] is None:
        return form(row["estimate"])
    return f"{form(row['estimate'])} [{form(row['ci_low'])}, {form(row['ci_high'])}]"


def _decimals(value: float) -> str:
    return f"{value:.3f}".replace("-", MINUS)


def _lacking(rows: Sequence[Row]) -> list[Html]:
    return reasons([{**row, "concept": row["property"]} for row in rows if row["estimate"] is None])
