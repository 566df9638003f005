"""Predictions of answers: who predicts whom how well, and what that says of self-knowledge."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from reports.queries import Answer
from reports.study import Series, Study
from reports.verdicts import ALPHA
from reports.words import Row, detail

Side = Literal["above", "below", "none", "unknown"]
Verdict = Literal["yes", "plain", "uncrossed", "no", "worse", "unknown"]

# Verdicts that find some advantage, which something else might explain.
FOUND = ("yes", "plain", "uncrossed")

# Means over properties, from which the verdict is taken.
CROSSED = "macro_crossed_advantage"
DIFFERING, REBALANCED = f"{CROSSED}_where_they_differ", f"{CROSSED}_rebalanced"
GUESSES = ("macro_mode_baseline", "macro_input_only")
CEILING = "macro_self_agreement"
_METRICS = (
    "macro_accuracy", "macro_advantage", CROSSED, DIFFERING, REBALANCED, *GUESSES, CEILING,
    "answer_compliance", "prediction_compliance",
)  # fmt: skip


def side(row: Row) -> Side:
    """Return on which side of zero a difference is, by its adjusted test and its interval."""
    if row["estimate"] is None or row["p_adjusted"] is None or row["ci_low"] is None:
        return "unknown"
    if row["p_adjusted"] < ALPHA:
        if row["ci_low"] > 0:
            return "above"
        if row["ci_high"] < 0:
            return "below"
    return "none"


@dataclass
class Contest:
    """One model's advantage over another predictor of it, plain and in the crossed form.

    `crossed` maps a metric to its rows, one a pair of models that the other predictor stands for;
    `cells` holds the other predictor's accuracy and compliance.
    """

    rival: Series
    kin: bool
    plain: Row
    crossed: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    cells: dict[str, Row] = field(default_factory=dict)

    @property
    def side(self) -> Side:
        """Return on which side of zero the plain advantage is."""
        return side(self.plain)

    @property
    def crossed_row(self) -> Row | None:
        """Return the least crossed advantage, None where there is none."""
        return self.least(CROSSED)

    @property
    def crossed_side(self) -> Side:
        """Return on which side of zero the least crossed advantage is."""
        row = self.crossed_row
        return "unknown" if row is None else side(row)

    def least(self, metric: str) -> Row | None:
        """Return the row of the least estimate of a crossed metric, None without any estimate."""
        known = [row for row in self.crossed.get(metric, ()) if row["estimate"] is not None]
        return min(known, key=_estimate, default=None)


@dataclass
class Knower:
    """One model that predicted itself: its accuracy, its contests and what else could predict it.

    `cells` holds its accuracy in predicting itself and its compliance, `guesses` the baselines.
    """

    series: Series
    contests: list[Contest] = field(default_factory=list)
    cells: dict[str, Row] = field(default_factory=dict)
    guesses: dict[str, Row] = field(default_factory=dict)

    @property
    def own(self) -> Row | None:
        """Return the accuracy of its predictions of itself."""
        return self.cells.get("macro_accuracy")

    @property
    def kin(self) -> list[Contest]:
        """Return the contests with models of the same base, unless there are no others."""
        return [contest for contest in self.contests if contest not in self.judging]

    @property
    def judging(self) -> list[Contest]:
        """Return the contests that decide: with models of another base where there are any."""
        return [contest for contest in self.contests if not contest.kin] or self.contests

    @property
    def verdict(self) -> Verdict:
        """Return what both estimands say together.

        The crossed form is of two models together: it can confirm that one of them knows itself,
        not show it, since the other one may bring it about alone.
        """
        sides = [contest.side for contest in self.judging]
        crossed = [c.crossed_side for c in self.judging if c.crossed_row is not None]
        if all(one == "unknown" for one in sides):
            return "unknown"
        if all(one == "above" for one in sides):
            if not crossed:
                return "plain"
            return "yes" if all(one == "above" for one in crossed) else "uncrossed"
        # Better than some is not enough: a rival may not have been taught to predict at all.
        return "worse" if "below" in sides else "no"

    @property
    def main(self) -> Contest:
        """Return the contest that tells most against the verdict's opposite: the closest one."""
        crossed = [contest for contest in self.judging if contest.crossed_row is not None]
        unbeaten = [c for c in self.judging if c.side != "above"]
        pool = {
            "no": [c for c in unbeaten if c in crossed] or unbeaten,
            "uncrossed": [c for c in crossed if c.crossed_side != "above"],
            "worse": [c for c in self.judging if c.side == "below"],
        }.get(self.verdict, crossed)
        known = [contest for contest in pool if contest.plain["estimate"] is not None]
        return min(known or self.judging, key=lambda contest: _estimate(contest.plain))


def _estimate(row: Row) -> float:
    return float("inf") if row["estimate"] is None else float(row["estimate"])


def knowers(study: Study, dataset: str) -> tuple[Answer, list[Knower]]:
    """Return the rows behind the verdicts, and the models that they are about, the surest first."""
    answer = study.ask("predictions", dataset=dataset, metrics=_METRICS)
    found: dict[str, Knower] = {}
    for row in answer.rows:
        series, rival = study.series(row), study.series(row, "other_")
        if row["metric"] == "macro_advantage" and series and rival:
            own = found.setdefault(series.label, Knower(series))
            own.contests.append(Contest(rival, _is_kin(study, row), row))
    for row in answer.rows:
        _place(study, found, row)
    return answer, sorted(found.values(), key=_rank)


def _is_kin(study: Study, row: Row) -> bool:
    bases = [study.base(row[name]) for name in ("model_id", "other_model_id")]
    return bases[0] == bases[1]


def _place(study: Study, found: dict[str, Knower], row: Row) -> None:
    """Give a row to the model, or the contest, that it is about."""
    metric, series, other = row["metric"], study.series(row), study.series(row, "other_")
    if series is None:
        return
    if metric in (*GUESSES, CEILING):
        if series.label in found:
            found[series.label].guesses[metric] = row
    elif metric in (CROSSED, DIFFERING, REBALANCED):
        _place_crossed(study, found, row)
    elif metric != "macro_advantage" and other is not None and other.label in found:
        target = found[other.label]
        if series == other:
            target.cells[metric] = row
        for contest in target.contests:
            if contest.rival == series:
                contest.cells[metric] = row


def _place_crossed(study: Study, found: dict[str, Knower], row: Row) -> None:
    """Give a crossed estimate to both models whose self-knowledge it is about."""
    told = detail(row)
    for target, predictor in (("", "on_first"), ("other_", "on_second")):
        series = study.series(row, target)
        own = found.get(series.label) if series else None
        for contest in own.contests if own else ():
            if contest.plain["other_model_id"] == told.get(predictor):
                contest.crossed[row["metric"]].append(row)


def _rank(knower: Knower) -> tuple[int, float]:
    verdicts = (*FOUND, "no", "worse", "unknown")
    return verdicts.index(knower.verdict), -_estimate(knower.main.plain)
