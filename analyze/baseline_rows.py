"""What rules that read no meaning would score, and which concepts they put in doubt."""

from __future__ import annotations

from collections.abc import Iterator

from analyze.frames import Frames
from analyze.inference import proportion
from analyze.result_rows import Row, Source, coverage, listing, result

BASELINES = ("majority_letter", "longer_option", "option_prior")
# A rule counts as a shortcut from this far above chance, and as near a score from this close.
NEAR = 0.02


def baseline_rows(source: Source, frames: Frames) -> list[Row]:
    """Return every surface baseline of every concept; they belong to no model."""
    return list(_rows(source, frames))


def _rows(source: Source, frames: Frames) -> Iterator[Row]:
    asked = "question_id IN (SELECT question_id FROM responses)"
    for (concept,), part in frames.baselines.partition_by(
        "concept", as_dict=True, maintain_order=True
    ).items():
        for name in BASELINES:
            estimate = proportion(part[name], part["n"])
            where = {"dataset": source.dataset, "concept": concept}
            yield result(
                source, f"baseline_{name}", estimate, {"concept": concept},
                listing("question_baselines", name, where, asked),
                null_value=float(part["chance"].sum()) / estimate.n, detail=coverage(estimate),
            )  # fmt: skip


def flag(rows: list[Row], baselines: list[Row]) -> None:
    """Name in each accuracy's detail the baselines that could explain it.

    Flagged is a rule at least 2 points above chance whose score reaches the lower end of the
    model's interval or comes within 2 points of its estimate. Where the shorter of two options
    does better than the longer one, it is judged and named in its place; a leave-out prior is
    not turned round, for it falls below chance by construction where texts are balanced. The
    letter rule cannot help where every question is asked in more than one order, or where no
    letter is shown.
    """
    by_concept: dict[str, list[Row]] = {}
    for row in baselines:
        by_concept.setdefault(row["concept"], []).append(row)
    for row in rows:
        if row["metric"] == "accuracy" and row["estimate"] is not None:
            rules = (_rule(baseline) for baseline in by_concept.get(row["concept"], ()))
            named = [name for name, score, chance in rules if _explains(name, score, chance, row)]
            if named:
                row["detail"]["flag"] = ", ".join(named)


def _rule(baseline: Row) -> tuple[str, float, float]:
    name, score, chance = (baseline[key] for key in ("metric", "estimate", "null_value"))
    if name == "baseline_longer_option" and chance == 0.5 and score < 0.5:
        return "shorter_option", 1 - score, chance
    return name, score, chance


def _explains(name: str, score: float, chance: float, row: Row) -> bool:
    letters_cannot = row["reading"] == "cloze" or row["detail"]["orders"][0] > 1
    if name == "baseline_majority_letter" and letters_cannot:
        return False
    reach = min(row["estimate"] - NEAR, row["ci_low"] if row["ci_low"] is not None else 1.0)
    return bool(score >= chance + NEAR and score >= reach)
