"""What training taught: accuracy before and after, beside the same on shuffled answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reports.charts import Dot, Look
from reports.dots import dot_chart
from reports.figures import Drawing
from reports.markup import Html, join, tag
from reports.predictions import side
from reports.sections.knows import gain
from reports.sections.parts import by_value, dot_figure, doubts, per, reasons
from reports.study import Series, Study
from reports.tables import present, shortened, unbroken
from reports.words import Row, p_text, plain, sentence_list, with_interval

TITLE = "What did training teach?"

MOST_PANELS, MOST_SAID = 9, 4
BASELINE = "baseline_"


@dataclass
class Training:
    """One model after training beside what it was, under one reading: rows by metric, concept."""

    after: Series
    before: Series
    reading: str
    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def gains(self) -> dict[str, Row]:
        """Return after less before by concept, what was taught first."""
        rows = self.rows["gain"]
        return {name: rows[name] for name in sorted(rows, key=lambda n: (not rows[n]["taught"], n))}

    def shortcut(self, concept: str) -> float | None:
        """Return the best accuracy of a rule that reads no meaning."""
        rows = [own.get(concept) for name, own in self.rows.items() if name.startswith(BASELINE)]
        known = [row["estimate"] for row in rows if row and row["estimate"] is not None]
        return max(known, default=None)


def body(study: Study) -> Html | None:
    """Return the gains of every question set that was answered before and after a training."""
    return per(study, study.acquired, _part)


def _part(study: Study, dataset: str) -> Html | None:
    answer = study.ask("acquisition", dataset=dataset)
    made = _trainings(study, answer.rows)
    if not made:
        return None
    accuracies = [row for row in answer.rows if row["metric"].startswith("accuracy_")]
    gained = [row for row in answer.rows if row["metric"] == "gain"]
    order = by_value(gained)
    panels = [_panel(training, order) for training in made[:MOST_PANELS]]
    few = [f"Drawn are {MOST_PANELS} of {len(made)} trainings."] if len(made) > MOST_PANELS else []
    notes = [*few, *doubts(accuracies), *reasons([r for r in gained if r["estimate"] is None])]
    what = "Share right, on questions of clusters that no compared model was trained on"
    figure = dot_figure(study, "acquisition", "Accuracy before and after training", what, dataset,
                        answer, panels, notes)  # fmt: skip
    said = [tag("p", *_said(training)) for training in made[:MOST_PANELS]]
    return join(tag("div", *said, class_="said"), figure, _table(study, made))


def in_short(study: Study, dataset: str) -> str:
    """Return one sentence on what training changed of what it was to teach."""
    made = _trainings(study, study.ask("acquisition", dataset=dataset).rows)
    said = [
        f"{training.after.label} ({training.reading}) {plain(name)} {gain(row, '')}"
        for training in made
        for name, row in training.gains.items()
        if row["taught"]
    ]
    if not said:
        return ""
    more = f" and {len(said) - MOST_SAID} more" if len(said) > MOST_SAID else ""
    return f"Points gained by training on a concept: {sentence_list(said[:MOST_SAID])}{more}."


def _trainings(study: Study, rows: Sequence[Row]) -> list[Training]:
    found: dict[tuple[Series, str], Training] = {}
    for row in rows:
        after, before = study.series(row), study.series(row, "other_")
        if after and before and row["metric"] != "gain_over_control":
            own = found.setdefault((after, row["reading"]), Training(after, before, row["reading"]))
            own.rows[row["metric"]][row["concept"]] = row
    for row in rows:
        after = study.series(row)
        if after and row["metric"] == "gain_over_control" and (after, row["reading"]) in found:
            found[after, row["reading"]].rows[row["metric"]][row["concept"]] = row
    return list(found.values())


def _said(training: Training) -> list[Html | str]:
    rows = list(training.gains.values())
    taught = [_gain(training, row) for row in rows if row["taught"]]
    other = [row for row in rows if not row["taught"]]
    moved = [_gain(training, row) for row in other if side(row) in ("above", "below")]
    rest = ""
    if other:
        rest = f" Of {len(other)} not taught, {len(moved)} changed"
        rest += f": {'; '.join(moved)}." if moved else "."
    head = f" ({training.reading} reading), after training less {training.before.label} before: "
    return [tag("strong", training.after.label), head,
            f"{'; '.join(taught) or 'no concept of its training was asked'}.", rest]  # fmt: skip


def _gain(training: Training, row: Row) -> str:
    control = training.rows["gain_over_control"].get(row["concept"])
    beside = f", over shuffled answers {gain(control, '')}" if control else ""
    p = f" (adjusted p {p_text(row['p_adjusted'])})"
    return f"{plain(row['concept'])} {gain(row)}{p}{beside}"


def _panel(training: Training, order: Sequence[str]) -> Drawing:
    before = replace(training.before, label=f"{training.before.label}, before")
    after = replace(training.after, label=f"{training.after.label}, after")
    dots = [
        _dot(series, row, training.shortcut(row["concept"]))
        for metric, series in (("accuracy_before", before), ("accuracy_after", after))
        for row in training.rows[metric].values()
    ]
    rows = {dot.row for dot in dots}
    look = Look([name for name in order if name in rows], [before, after],
                hollow=frozenset([before.label]))  # fmt: skip
    return dot_chart(dots, look, f"{training.after.label}, {training.reading} reading")


def _dot(series: Series, row: Row, shortcut: float | None) -> Dot:
    return Dot(plain(row["concept"]), series.label, row["estimate"], row["ci_low"], row["ci_high"],
               with_interval(row, "share"), row["null_value"], shortcut)  # fmt: skip


def _table(study: Study, made: Sequence[Training]) -> Html:
    lines = [
        {
            "model": unbroken(training.after.label),
            "reading": training.reading,
            "concept": unbroken(plain(name)),
            "taught": "yes" if row["taught"] else "no",
            "gain": unbroken(gain(row, "")),
            "adjusted p": p_text(row["p_adjusted"]),
            "over shuffled answers": _control(training, name),
            "questions": row["n"],
            "clusters": row["n_clusters"],
        }
        for training in made
        for name, row in training.gains.items()
    ]
    caption = "After less before, in points"
    return tag("div", shortened(present(lines), caption, study.lean), class_="block tall")


def _control(training: Training, name: str) -> Html | None:
    row = training.rows["gain_over_control"].get(name)
    return unbroken(gain(row, "")) if row else None
