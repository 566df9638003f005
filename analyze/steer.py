"""Does pushing along a direction change what a model answers, more than any push as long does?

Question and estimand: for every direction that was steered along, and every dose, the mean over
questions of the change of a log-probability margin from the same question unsteered; the slope of
that change over doses. Source: step 3 of *From Imitation to Introspection* (arXiv 2410.18819), in
the form of inference-time intervention (Li et al. 2023, arXiv 2306.03341). The cluster is the
question's `group_id`.

Controls: random directions of three families by the same step; negative doses; the unsteered
model as dose 0; what steering costs: divergence of the next-token distribution, accuracy, and
the probability of the right options' texts where they were read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from analyze.result_rows import Row, Source
from analyze.steer_rows import curve_rows
from analyze.stored import is_stored, keep
from warehouse.errors import InputError, nearest
from warehouse.keys import canonical, digest
from warehouse.lake import Lake

ANALYSIS = "steer"
# Raised with every change of what is computed, so that stored results are replaced.
VERSION = 2

READS = "FROM steered_shifts, results, directions, questions, responses, conditions"

_ORDER = "dataset, model_id, concept, reading, direction_id, metric, dose"

_CURVE = ("model_id", "plain_id", "concept", "reading", "edit", "positions")

_DATASETS_SQL = """
SELECT DISTINCT dataset FROM questions WHERE question_id IN (
    SELECT question_id FROM responses JOIN conditions USING (condition_id)
    WHERE intervention_id IS NOT NULL
) ORDER BY dataset
"""

# A random direction's rows bear what they stand beside.
_SHIFTS_SQL = """
SELECT
    s.model_id, s.plain_id, s.concept, s.reading, s.edit, s.positions, s.direction_id, s.beside,
    s.family, s.dose, s.question_id, s.group_id, s.first_shift, s.right_shift, s.text_shift,
    s.correct, s.kl, d.site, d.layer, d.head, d.label, d.name
FROM steered_shifts s JOIN directions d ON d.direction_id = coalesce(s.beside, s.direction_id)
WHERE dataset = ? ORDER BY s.direction_id, dose, question_id, s.reading
"""


def run_steer(
    lake: Lake, datasets: Sequence[str] | None = None, study: str = "default"
) -> list[dict[str, Any]]:
    """Return the current `results` rows, computed anew where answers changed.

    Raises InputError for a data set without steered answers.
    """
    with lake.reader(READS) as con:
        known = [name for (name,) in con.execute(_DATASETS_SQL).fetchall()]
        for name in datasets or ():
            if name not in known:
                raise InputError(f"No answers to '{name}' were steered.{nearest(name, known)}")
        if not known:
            raise InputError(
                f"The lake {lake.path} holds no steered answers. Fit directions and steer along "
                "one: mirrorlake generate responses --intervene DIRECTION --controls 100 --held-out"
            )
        chosen = sorted(set(datasets or known))
        found = [_estimates(con, dataset, study) for dataset in chosen]
    new = [rows for _, rows in found if rows]
    config = {"datasets": chosen, "study": study}
    return keep(lake, [source for source, _ in found], new, config, _ORDER)


def _estimates(
    con: duckdb.DuckDBPyConnection, dataset: str, study: str
) -> tuple[Source, list[Row]]:
    """Return the estimates of a data set with their source, none where they are stored."""
    shifts = con.sql(_SHIFTS_SQL, params=[dataset]).pl()
    inputs = digest(canonical([VERSION, str(shifts.hash_rows().sum())]), "i1_", 40)
    source = Source(ANALYSIS, study, dataset, inputs)
    if is_stored(con, source):
        return source, []
    curves = shifts.partition_by(*_CURVE, maintain_order=True)
    return source, [row for curve in curves for row in curve_rows(source, curve)]
