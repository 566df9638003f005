"""The answer: which model knows what, and how sure that is, in one chart and a few sentences."""

from __future__ import annotations

from collections.abc import Sequence

from reports.markup import Html, join, tag
from reports.sections.parts import (
    READING_NAMES,
    best_baselines,
    by_value,
    command,
    concepts_only,
    dot_figure,
    empty,
    panel,
    per_dataset,
)
from reports.study import READINGS, Series, Study
from reports.words import (
    Row,
    detail,
    distinct,
    p_text,
    percent,
    plain,
    sentence_list,
    with_interval,
)

TITLE = "The answer"

ALPHA = 0.05

# More models than this get a line each, so that the chart stays above the fold.
FULL_TEXT = 2


def body(study: Study) -> Html:
    """Return the answer for every question set."""
    return per_dataset(study, _answer)


def _answer(study: Study, dataset: str) -> Html:
    reading = study.main_reading(dataset)
    if reading is None and study.ask("scorers", dataset=dataset).rows:
        return empty(f"No options to read in {dataset}; another tool's scores stand below.")
    if study.unlabelled(dataset):
        return empty(f"No question of {dataset} has a known right answer: give its file a column "
                     "'answer'. What was chosen stands in the view order_answers.")  # fmt: skip
    if reading is None:
        return empty(f"No accuracy was estimated on {dataset or 'these questions'}.",
                     command("analyze", "quantify", "--questions", dataset))  # fmt: skip
    answer = concepts_only(study.estimates(dataset, "accuracy", readings=[reading]))
    baselines = best_baselines(study, dataset)
    chart = panel(study, answer.rows, by_value(answer.rows), baselines=baselines)
    what = f"Share right, {reading} reading, mean over the orders of the options"
    title = "Accuracy by concept"
    figure = dot_figure(study, "known", title, what, dataset, answer, [chart])
    said = _said_of(study, answer.rows, chart.look.series, reading)
    after = join(_comparison(study, dataset), _otherwise(study, dataset, reading))
    return join(tag("div", said, class_="said"), figure, after)


def _said_of(study: Study, rows: Sequence[Row], series: Sequence[Series], reading: str) -> Html:
    """Return a paragraph a model for one or two models, a line a model beyond."""
    own = {s: [r for r in rows if study.series(r) == s and r["concept"]] for s in series}
    if len(series) <= FULL_TEXT:
        return join(*(tag("p", *_paragraph(s, own[s], reading)) for s in series))
    return tag("ul", *(tag("li", *_line(s, own[s])) for s in series), class_="models")


def _groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {"above": [], "below": [], "none": [], "unknown": []}
    for row in sorted(rows, key=lambda r: -(r["estimate"] or 0)):
        groups[verdict(row)].append(row)
    return groups


def _paragraph(series: Series, rows: Sequence[Row], reading: str) -> list[Html | str]:
    groups = _groups(rows)
    parts: list[Html | str] = [tag("strong", series.label), " "]
    parts.append(_above(groups["above"], len(rows), reading))
    parts += [_below(groups["below"]), _none(groups["none"], rows), _unknown(groups["unknown"])]
    return [*parts, _flagged(rows)]


def _line(series: Series, rows: Sequence[Row]) -> list[Html | str]:
    groups = _groups(rows)
    above, none, below = groups["above"], groups["none"], groups["below"]
    values = f" ({_range(above)})" if above else ""
    unsure = f", chance not excluded in {len(none)}" if none else ""
    worse = f", below chance in {len(below)}" if below else ""
    known = f": above chance in {len(above)} of {len(rows)} concepts{values}{unsure}{worse}."
    return [tag("strong", series.label), known]


def verdict(row: Row) -> str:
    """Return on which side of chance the answers are, by the test adjusted over its family."""
    if None in (row["estimate"], row["null_value"], row["p_adjusted"]):
        return "unknown"
    if row["p_adjusted"] >= ALPHA:
        return "none"
    return "above" if row["estimate"] > row["null_value"] else "below"


def _above(rows: Sequence[Row], total: int, reading: str) -> str:
    how = f"({READING_NAMES[reading].split(':')[0].lower()} reading)"
    if not rows:
        return f"is above chance in none of {total} concepts {how}. "
    if len(rows) == total:
        return f"is above chance in all {total} concepts {how}, {_range(rows)}. "
    if len(rows) > 1 and percent(rows[0]["estimate"]) == percent(rows[-1]["estimate"]):
        return f"is above chance in {len(rows)} of {total} concepts {how}: {_alike(rows)}. "
    ends = [rows[0]] if len(rows) == 1 else [rows[0], rows[-1]]
    reach = " to ".join(f"{_said(row)} in {plain(row['concept'])}" for row in reversed(ends))
    names = "" if len(rows) < 3 else f", with {_names(rows[1:-1])} between"
    extent = f"from {reach}{names}" if len(rows) > 1 else reach
    return f"is above chance in {len(rows)} of {total} concepts {how}: {extent}. "


def _alike(rows: Sequence[Row]) -> str:
    lowest = percent(min(row["ci_low"] for row in rows))
    share = percent(rows[0]["estimate"])
    return f"{_names(rows)}, each {share} with a lower bound of {lowest} or more"


def _said(row: Row) -> str:
    return with_interval(row, "share")


def _names(rows: Sequence[Row], last: str = "and") -> str:
    return sentence_list([plain(row["concept"]) for row in rows], last)


def _below(rows: Sequence[Row]) -> str:
    return f"It is below chance in {_names(rows)}. " if rows else ""


def _none(rows: Sequence[Row], own: Sequence[Row]) -> str:
    if not rows:
        return ""
    unsure = f"told apart from {_chance(rows)}, adjusted p {_least(rows)}"
    if len(rows) == len(own) > 1:
        return f"It scores {_range(rows)}, nowhere {unsure}. "
    values = _said(rows[0]) if len(rows) == 1 else _range(rows)
    return f"No evidence that it knows {_names(rows, 'or')} ({values}): not {unsure}. "


def _least(rows: Sequence[Row]) -> str:
    least = min(row["p_adjusted"] for row in rows)
    return p_text(least) if len(rows) == 1 or least > 0.9995 else f"{p_text(least)} or more"


def _range(rows: Sequence[Row]) -> str:
    values = [row["estimate"] for row in rows]
    low, high = percent(min(values)), percent(max(values))
    return low if low == high else f"{low} to {high}"


def _chance(rows: Sequence[Row]) -> str:
    chances = {row["null_value"] for row in rows}
    return f"chance ({percent(chances.pop())})" if len(chances) == 1 else "chance"


def _unknown(rows: Sequence[Row]) -> str:
    return f"No test for {_names(rows)}. " if rows else ""


def _flagged(rows: Sequence[Row]) -> str:
    near = [row for row in rows if detail(row).get("flag")]
    if not near:
        return ""
    return f"A rule that reads no meaning scores about as well or better in {_names(near)}."


def _otherwise(study: Study, dataset: str, main: str) -> Html | None:
    """Return how many concepts are above chance under the readings that the chart leaves out."""
    answer = study.estimates(dataset, "accuracy", readings=[r for r in READINGS if r != main])
    counts = []
    for reading in distinct(answer.rows, "reading"):
        for series in study.all_series(answer.rows):
            own = [r for r in answer.rows if study.series(r) == series and r["reading"] == reading]
            above = [row for row in own if verdict(row) == "above"]
            if own:
                counts.append(f"{series.label} {len(above)} of {len(own)} ({reading})")
    if not counts:
        return None
    return tag("p", f"Above chance under the other readings: {sentence_list(counts)}.")


def _comparison(study: Study, dataset: str) -> Html | None:
    rows = study.estimates(dataset, "accuracy_difference").rows
    tested = [row for row in rows if row["p_adjusted"] is not None and row["concept"]]
    if not tested:
        return None
    real = [row for row in tested if row["p_adjusted"] < ALPHA]
    head = (
        f"Of {len(tested)} paired comparisons between models or conditions, "
        f"{len(real)} differ after adjustment"
    )
    if not real:
        return tag("p", f"{head}.")
    top = max(real, key=lambda row: abs(row["estimate"]))
    first, other = study.series(top), study.series(top, "other_")
    pair = f"{first.label} minus {other.label}" if first and other else "the first minus the other"
    size = with_interval(top, "points")
    return tag("p", f"{head}; the largest is {plain(top['concept'])}, {pair}: {size} points.")
