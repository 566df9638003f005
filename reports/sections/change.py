"""When a model's behaviour changes, do its predictions of itself follow?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from console import plural
from reports.charts import Dot, Look
from reports.dots import dot_chart
from reports.figures import Drawing, Figure, render
from reports.markup import Html, join, tag
from reports.sections.knows import gain
from reports.sections.parts import interval_method, per, reasons, slug
from reports.sections.predicted import ALL
from reports.study import Series, Study
from reports.verdicts import ALPHA
from reports.words import Row, p_text, percent, plain, span, with_interval

TITLE = "When its behaviour changes, do its predictions follow?"

MOST_PANELS = 9
REBALANCED, SAME = "all, rebalanced", "items that stayed the same"

Verdict = Literal["follows", "stale", "neither", "unknown"]


@dataclass
class Change:
    """One changed model beside what it was: rows by metric and property (None: all)."""

    now: Series
    before: Series
    rows: dict[str, dict[str | None, Row]] = field(default_factory=lambda: defaultdict(dict))

    def over_all(self, metric: str) -> Row | None:
        """Return the estimate over all properties, None without any."""
        row = self.rows[metric].get(None)
        return None if row is None or row["estimate"] is None else row

    @property
    def difference(self) -> Row | None:
        """Return the row of new less old."""
        return self.over_all("macro_new_minus_old")

    @property
    def verdict(self) -> Verdict:
        """Return whether predictions follow the change, by the test and the interval."""
        row = self.difference
        if row is None or row["p_value"] is None or row["ci_low"] is None:
            return "unknown"
        if row["p_value"] < ALPHA and row["ci_low"] > 0:
            return "follows"
        return "stale" if row["p_value"] < ALPHA and row["ci_high"] < 0 else "neither"


def body(study: Study) -> Html | None:
    """Return the changes of every question set that was predicted before and after one."""
    return per(study, study.changed, _part)


def in_short(study: Study, dataset: str) -> str:
    """Return one sentence on all changes."""
    said = [
        f"{change.now.label} {HEADS[change.verdict]}"
        + (f" ({gain(change.difference)})" if change.difference else "")
        for change in _changes(study, study.ask("changes", dataset=dataset).rows)
    ]
    return f"Changed, {'; '.join(said)}."


def _changes(study: Study, rows: Sequence[Row]) -> list[Change]:
    found: dict[tuple[str, str], Change] = {}
    for row in rows:
        ends = row["model_id"], row["other_model_id"]
        change = found.setdefault(ends, Change(study.model(ends[0]), study.model(ends[1])))
        change.rows[row["metric"]][row["property"]] = row
    return list(found.values())


def _part(study: Study, dataset: str) -> Html | None:
    answer = study.ask("changes", dataset=dataset)
    made = _changes(study, answer.rows)
    shifted = [row for row in answer.rows if row["metric"] == "macro_new_minus_old"]
    items, strings = (span(row[name] for row in shifted) for name in ("n", "n_clusters"))
    subtitle = (
        "Share of predictions of a property that name its value in the answer now, and in the "
        "answer before the change, of items whose value changed; at most one of the two can be "
        f"right; {dataset}, {items} changed items on {strings} strings; "
        f"{interval_method(answer.rows)}. Rebalanced: no value is commoner after than before."
    )
    few = len(made) > MOST_PANELS
    notes = [f"Drawn are {MOST_PANELS} of {len(made)} changes; the table has all."] if few else []
    lacking = [row for row in answer.rows if row["estimate"] is None]
    figure = Figure(
        f"change-{slug(study, dataset)}", "Predictions of new and of old behaviour", subtitle,
        [_panel(change) for change in made[:MOST_PANELS]], answer,
        [*notes, *reasons([{**row, "concept": row["property"]} for row in lacking])],
    )  # fmt: skip
    said = tag("div", *(tag("p", *_said(change)) for change in made), class_="said")
    return join(said, _audit(study, dataset), render(figure))


HEADS: dict[Verdict, str] = {
    "follows": "predicts its new behaviour oftener than its old one",
    "stale": "still predicts its old behaviour oftener than its new one",
    "neither": "is not shown to predict its new behaviour oftener than its old one",
    "unknown": "has no test of new against old",
}


def _said(change: Change) -> list[Html | str]:
    row = change.difference
    name, head = tag("strong", change.now.label), HEADS[change.verdict]
    if row is None:
        return [name, f" {head}."]
    new, old, same = map(change.over_all, ("macro_accuracy_new", "macro_accuracy_old",
                                           "macro_accuracy_unchanged"))  # fmt: skip
    shares = f"{_share(new)} name the value of now and {_share(old)} that of before: "
    p = "" if row["p_value"] is None else f", p {p_text(row['p_value'])}"
    return [
        name, f" {head}. Of {plural(row['n'], 'item')} on which it differs from "
        f"{change.before.label}, {shares if new and old else ''}{gain(row)}{p}. ",
        f"On items that stayed the same {_share(same)} are right. " if same else "",
        _balanced(change),
    ]  # fmt: skip


def _share(row: Row | None) -> str:
    return "" if row is None else percent(row["estimate"])


def _balanced(change: Change) -> str:
    new, old = (change.over_all(f"macro_accuracy_{end}_rebalanced") for end in ("new", "old"))
    if not new or not old:
        return ""
    return f"With values rebalanced: {_share(new)} against {_share(old)}."


def _audit(study: Study, dataset: str) -> Html | None:
    """Return what the audit of the invariant found, as a sentence."""
    rows = study.ask("audits", dataset=dataset).rows
    for row in rows:
        if row["audit"] == "old_plus_new":
            if not row["count"]:
                return tag("p", f"Checked: none of {row['total']:,} sums of both shares is above "
                                "1, as none can be.", class_="note")  # fmt: skip
            broken = f"{row['count']:,} of {row['total']:,} sums of both shares are above 1"
            return tag("p", tag("span", "Error: ", class_="mark error"),
                       f"{broken}, which cannot be: {row['example']}.")  # fmt: skip
    return None


def _panel(change: Change) -> Drawing:
    now = replace(change.now, label=f"as {change.now.label} answers now")
    before = replace(change.before, label=f"as {change.before.label} answered before")
    dots = [
        dot
        for name, new, old in _lines(change)
        for series, row in ((now, new), (before, old))
        if row is not None and (dot := _dot(name, series, row))
    ]
    order = list(dict.fromkeys(dot.row for dot in dots))
    look = Look(order, [now, before], hollow=frozenset([before.label]))
    return dot_chart(dots, look, change.now.label)


def _lines(change: Change) -> list[tuple[str, Row | None, Row | None]]:
    """Return the rows of the chart: a name, and the estimates of new and old behaviour."""
    new, old = change.rows["accuracy_new"], change.rows["accuracy_old"]
    names = sorted(new, key=lambda name: (-(new[name]["estimate"] or 0.0), name or ""))
    by_property = [(plain(name), new[name], old.get(name)) for name in names]
    every = [
        (
            name,
            change.over_all(f"macro_accuracy_new{which}"),
            change.over_all(f"macro_accuracy_old{which}"),
        )
        for name, which in ((ALL, ""), (REBALANCED, "_rebalanced"))
    ]
    same = (SAME, change.over_all("macro_accuracy_unchanged"), None)
    whole = every if len(by_property) > 1 else every[1:]
    return [whole[0], *by_property, *whole[1:], same]


def _dot(name: str, series: Series, row: Row) -> Dot:
    return Dot(name, series.label, row["estimate"], row["ci_low"], row["ci_high"],
               with_interval(row, "share"))  # fmt: skip
