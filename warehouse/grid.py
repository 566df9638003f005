"""What a plan asks: questions crossed with ways of asking, held without a row a request.

A way is for the questions with its number of options. A request is a number: its place in the
order of work, by `question_id`, then `WAY_COLUMNS`. So ten million requests are a million
questions, a few ways, and what a plan has to know of each number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

WAY_COLUMNS = ("condition_id", "reading", "variant", "sample_index")
REQUEST_COLUMNS = ("question_id", *WAY_COLUMNS)


class Grid:
    """Questions crossed with the ways of asking them; what is given twice counts once."""

    def __init__(self, questions: pa.Table, ways: pa.Table) -> None:
        """Cross `question_id, n_choices` of questions with `n_choices` and WAY_COLUMNS of ways."""
        questions, ways = _once(questions), _sorted(ways)
        sizes, widths = _integers(questions, "n_choices"), _integers(ways, "n_choices")
        widths = np.bincount(widths, minlength=sizes.max(initial=0) + 1)
        ends = np.cumsum(widths[sizes])
        self._questions = questions.column("question_id").combine_chunks()
        self._ways = ways.select(WAY_COLUMNS)
        # The number of each question's first request, and what leads from there to its ways.
        self._first = ends - widths[sizes]
        self._to_way = (np.cumsum(widths) - widths)[sizes] - self._first
        self.total = int(ends[-1]) if len(ends) else 0

    @property
    def conditions(self) -> list[str]:
        """The conditions under which anything is asked."""
        found: list[str] = pc.unique(self._ways.column("condition_id")).to_pylist()
        return found

    def rows(self, numbers: Numbers) -> pa.Table:
        """Return requests, by their numbers in rising order: `number` and REQUEST_COLUMNS."""
        place = np.searchsorted(self._first, numbers, side="right") - 1
        ways = self._ways.take(numbers + self._to_way[place])
        return pa.table(
            {
                "number": numbers,
                "question_id": self._questions.take(pa.array(place)),
                **{name: ways.column(name) for name in WAY_COLUMNS},
            }
        )


def _once(questions: pa.Table) -> pa.Table:
    """Return questions in the order of their ids, each once; a lake gives them so already."""
    ids = questions.column("question_id")
    if pc.all(pc.less(ids[:-1], ids[1:])).as_py():
        return questions
    once = questions.group_by("question_id").aggregate([("n_choices", "min")])
    return once.rename_columns({"n_choices_min": "n_choices"}).sort_by("question_id")


def _sorted(ways: pa.Table) -> pa.Table:
    """Return each way once, in the order of work; texts as numbers of a dictionary."""
    names = ["n_choices", *WAY_COLUMNS]
    once = ways.select(names).group_by(names).aggregate([])
    once = once.sort_by([(name, "ascending") for name in names]).combine_chunks()
    texts = {"condition_id", "reading", "variant"}
    return pa.table(
        {n: once.column(n).dictionary_encode() if n in texts else once.column(n) for n in names}
    )


def _integers(table: pa.Table, column: str) -> NDArray[np.int64]:
    values: NDArray[Any] = table.column(column).to_numpy()
    return values.astype(np.int64)
