"""Every pair of models in a table: advantages, what they rest on, and what could be detected."""

from __future__ import annotations

from collections.abc import Sequence

from reports.markup import Html, join, tag
from reports.predictions import Contest, Knower
from reports.sections.advantage_figures import ENDS
from reports.sections.knows import gain
from reports.study import Study
from reports.tables import present, shortened, unbroken
from reports.words import Row, p_text, percent


def pairs_table(study: Study, dataset: str, found: Sequence[Knower]) -> Html:
    """Return the table of all pairs."""
    answer = study.ask("predictions", dataset=dataset, metrics=["micro_advantage"])
    micro = {tuple(row[name] for name in ENDS): row for row in answer.rows}
    lines = [
        _line(knower, contest, micro.get(tuple(contest.plain[name] for name in ENDS)))
        for knower in found
        for contest in knower.contests
    ]
    return join(
        tag("div", shortened(present(lines), "Every pair, in points", study.lean),
            class_="block tall"),
        tag("p", EXPLAINED, class_="note"),
    )  # fmt: skip


EXPLAINED = (
    "Advantage: mean over properties; over items: the same with every item weighing alike. "
    "Detectable: the least advantage that a test at .05 finds four times in five. Both right to "
    "neither: the items by who predicted them."
)


def _line(knower: Knower, contest: Contest, micro: Row | None) -> dict[str, object]:
    row, fair = contest.plain, contest.crossed_row
    least = row["smallest_detectable"]
    compliance = contest.cells.get("prediction_compliance")
    return {
        "model": unbroken(knower.series.label),
        "over": unbroken(contest.rival.label),
        "advantage": unbroken(gain(row, "")),
        "adjusted p": p_text(row["p_adjusted"]),
        "over items": unbroken(gain(micro, "")) if micro else None,
        "crossed": unbroken(gain(fair, "")) if fair else None,
        "crossed p": p_text(fair["p_adjusted"]) if fair else None,
        "detectable": None if least is None else round(least * 100, 1),
        "both right": row["both_right"],
        "only itself": row["first_better"],
        "only the other": row["other_better"],
        "neither": row["both_wrong"],
        "strings": row["n_clusters"],
        "the other's predictions read": None
        if compliance is None or compliance["estimate"] is None
        else percent(compliance["estimate"]),
        "why not": row["reason"],
    }
