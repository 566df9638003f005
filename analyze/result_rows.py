"""From estimates to rows of `results`, each with the query that lists what is behind it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analyze.inference import Estimate, Test, holm
from warehouse.keys import canonical

Row = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """Where rows come from: the analysis, its study and data set, and a digest of its inputs.

    `settings` are what else a re-run must share to replace the rows.
    """

    analysis: str
    study: str
    dataset: str
    inputs_digest: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def params(self) -> str:
        """Return the JSON by which a re-run finds the rows it replaces."""
        return canonical({"dataset": self.dataset, **self.settings})

    def seed(self, *about: str | None) -> int:
        """Return the seed of one estimate: the same rows give the same draws."""
        text = canonical([self.analysis, self.params, self.inputs_digest, *about])
        return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def result(
    source: Source,
    metric: str,
    estimate: Estimate,
    about: Mapping[str, Any],
    sql: str,
    *,
    null_value: float | None = None,
    test: Test | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Row:
    """Return one row of `results`; `about` names model, condition, concept and reading."""
    return {
        **about,
        "analysis": source.analysis,
        "study": source.study,
        "dataset": source.dataset,
        "params": source.params,
        "inputs_digest": source.inputs_digest,
        "metric": metric,
        "estimate": rounded(estimate.value),
        "ci_low": rounded(estimate.low),
        "ci_high": rounded(estimate.high),
        "std_error": rounded(estimate.std_error),
        "n": estimate.n,
        "n_clusters": estimate.n_clusters,
        "n_missing": estimate.n_missing,
        "null_value": rounded(null_value),
        "p_value": rounded(test.p_value) if test else None,
        "method": f"{estimate.method}; {test.method}" if test else estimate.method,
        "seed": test.seed if test else None,
        "reason": estimate.reason,
        "detail": dict(detail or {}),
        "sql": sql,
    }


def coverage(estimate: Estimate) -> Row:
    """Return the details by which a reader judges whether the interval's coverage is promised."""
    if estimate.n_effective is None:
        return {}
    return {
        "n_effective": rounded(estimate.n_effective),
        "below_coverage_rule": estimate.below_coverage_rule,
    }


def adjust(rows: Iterable[Row], key: Callable[[Row], Any], family: str) -> None:
    """Fill in Holm's adjusted p-values within the families that `key` makes of the rows."""
    families: dict[Any, list[Row]] = {}
    for row in rows:
        if row["p_value"] is not None:
            families.setdefault(key(row), []).append(row)
    for members in families.values():
        adjusted = holm([row["p_value"] for row in members])
        for row, p in zip(members, adjusted, strict=True):
            row["p_adjusted"] = rounded(float(p))
            row["family"] = f"{family} (Holm, {len(members)})"


def rounded(value: float | None) -> float | None:
    """Return 12 significant digits: the order in which threads add must not show."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.12g}")


def listing(
    view: str, value: str, where: Mapping[str, str | None], *conditions: str, macro: bool = False
) -> str:
    """Return the query whose average of `value` is the estimate, one row a question.

    With `macro` there is one row a concept instead.
    """
    tests = [f"{name} = {literal(text)}" for name, text in where.items() if text is not None]
    clause = " AND ".join([*tests, *conditions])
    if macro:
        return f"SELECT concept, avg({value}) AS value FROM {view} WHERE {clause} GROUP BY concept"
    member = "group_id" if view == "family_answers" else "question_id, group_id"
    return f"SELECT {member}, {value} AS value FROM {view} WHERE {clause}"


def literal(text: str) -> str:
    """Return text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
