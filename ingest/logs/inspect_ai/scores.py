"""Inspect's scores as rows: one a scorer, or one a name where a score holds several values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.logs.decode import filled, finite, get
from ingest.logs.samples import Score
from ingest.responses import LETTERS
from warehouse.errors import InputError

Row = dict[str, Any]

_WORDS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
_TRUTHS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


def scores_of(raw: Row, n_choices: int, only: str, where: str) -> list[Score]:
    """Return the scores of a sample; `only` names the one score of a version 1 log.

    Raises:
        InputError: scores that are not objects with a value.
    """
    named = get(raw, "scores", dict, where)
    if named is None:
        alone = get(raw, "score", dict, where)
        named = {only: alone} if alone else {}
    letters = LETTERS[:n_choices]
    return [row for name, score in named.items() for row in _rows(name, score, letters, where)]


def _rows(name: str, score: Any, letters: str, where: str) -> Iterator[Score]:
    if not isinstance(score, dict) or "value" not in score:
        raise InputError(f"{where}: score '{name[:60]}' must be an object with a value.")
    said, value = filled(score), score["value"]
    if not isinstance(value, dict):
        yield _row(f"inspect/{name}", value, said, letters)
        return
    for part, one in value.items():
        yield _row(f"inspect/{name}/{part}", one, said | {"value": one}, letters)


def _row(scorer: str, value: Any, said: Row, letters: str) -> Score:
    number = as_number(value)
    chosen = said.get("answer")
    label = chosen if isinstance(chosen, str) and chosen and chosen in letters else None
    if number is None and isinstance(value, str):
        label = value[:200]
    return Score(scorer, number, label, None if number is not None else _reason(value), said)


def as_number(value: Any) -> float | None:
    """Return the number that Inspect's `value_to_float` gives, None where it only warns."""
    if not isinstance(value, str):
        return finite(value)
    known = _WORDS.get(value, _TRUTHS.get(value.lower()))
    if known is not None:
        return known
    try:
        return finite(float(value))
    except ValueError:
        return None


def _reason(value: Any) -> str:
    return "unscored" if value in (None, "NaN") else "not a number"
