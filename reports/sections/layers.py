"""Where inside: how well a probe of each layer reads a label, beside what reads no layer."""

from __future__ import annotations

from collections.abc import Sequence

from reports.figures import Figure, render
from reports.markup import Html, join, tag
from reports.profiles import LABELS, Profile, by_concept, profiles
from reports.queries import Answer
from reports.sections.found import found_text
from reports.sections.layer_charts import LayerAxes
from reports.sections.parts import interval_method, per, population, reasons, slug
from reports.study import Study

TITLE = "Where inside is it?"

FIGURES = {
    "right": "Telling a right answer from a wrong one, by layer",
    "answer": "Telling which option is right before the reply, by layer",
}
POSITIONS = {
    "right": "at the last token of the appended answer",
    "answer": "at the last token of the prompt",
}
# More panels than this would be a wall; the table below the figure has every row.
MOST_PANELS = 20


def body(study: Study) -> Html | None:
    """Return the layer curves of every question set that was probed."""
    return per(study, study.probed, _part)


def _part(study: Study, dataset: str) -> Html | None:
    parts = [_label(study, dataset, label) for label in LABELS]
    return join(*parts) if any(parts) else None


def _label(study: Study, dataset: str, label: str) -> Html | None:
    answer, found = profiles(study, dataset, label)
    if not found:
        why = reasons(answer.rows)
        return tag("div", *(tag("p", reason) for reason in why), class_="empty") if why else None
    return join(found_text(found, label), _figure(study, dataset, label, answer, found))


def _figure(
    study: Study, dataset: str, label: str, answer: Answer, found: Sequence[Profile]
) -> Html:
    concepts = by_concept(found)
    drawn = list(concepts.items())[:MOST_PANELS]
    frame = LayerAxes(found, small=len(drawn) > 4)
    notes: list[Html | str] = [*reasons(answer.rows)]
    if len(concepts) > MOST_PANELS:
        notes.insert(0, f"{len(concepts) - MOST_PANELS} more concepts are in the table.")
    if not frame.whole:
        notes.insert(0, "Bands, intervals and untrained twins of so many models are in the table.")
    probed = [row for profile in found for row in profile.rows.values()]
    subtitle = (
        f"AUROC on held-out groups of a linear probe of the residual stream {POSITIONS[label]}; "
        f"{population(dataset, probed, 'states')}; {interval_method(probed)}. It counts as "
        "read where the test against flipped labels, over all sites, has p < .01 and the lower "
        "bound is above every baseline."
    )
    panels = [frame.panel(concept, own) for concept, own in drawn]
    return render(
        Figure(f"layers-{label}-{slug(study, dataset)}", FIGURES[label], subtitle, panels, answer,
               notes, small=True)
    )  # fmt: skip
