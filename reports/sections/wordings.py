"""Does it hold under every wording: families answered right throughout, with their own chance."""

from __future__ import annotations

from reports.markup import Html
from reports.sections.parts import (
    by_reading,
    by_value,
    concepts_only,
    dot_figure,
    doubts,
    empty,
    per_gradable,
)
from reports.study import Study

TITLE = "Does it hold under every wording?"


def body(study: Study) -> Html | None:
    """Return all-paraphrases-correct for every question set."""
    return per_gradable(study, _part)


def _part(study: Study, dataset: str) -> Html:
    answer = concepts_only(study.estimates(dataset, "all_paraphrases_correct"))
    if not any(row["estimate"] is not None for row in answer.rows):
        return empty(
            "No concept here has families of several wordings, so there is nothing to count. "
            "Give wordings of one fact the same group_id when ingesting."
        )
    panels = by_reading(
        study, answer.rows, by_value(answer.rows), null_label="chance of a whole family"
    )
    what = "Share of paraphrase families with every wording right; chance is the product of theirs"
    title = "Families answered right in all wordings"
    notes = doubts(answer.rows)
    return dot_figure(study, "wordings", title, what, dataset, answer, panels, notes, "families")
