"""What probes and steering found, in a sentence each that leads to its section."""

from __future__ import annotations

from collections.abc import Iterator

from reports.markup import Html, tag
from reports.profiles import LABELS, profiles
from reports.pushes import pushes
from reports.sections import found, pushed
from reports.study import Study


def inside(study: Study) -> Html | None:
    """Return the sentences, None where nothing was probed or steered."""
    lines = [*_probed(study), *_steered(study)]
    return tag("div", *lines, class_="said") if lines else None


def _probed(study: Study) -> Iterator[Html]:
    for dataset in study.probed:
        for label in LABELS:
            _, own = profiles(study, dataset, label)
            if own:
                yield _line(study, dataset, found.in_short(own, label), "Where", "layers")


def _steered(study: Study) -> Iterator[Html]:
    for dataset in study.steered:
        _, own = pushes(study, dataset)
        if own:
            yield _line(study, dataset, pushed.in_short(own), "How much", "steering")


def _line(study: Study, dataset: str, sentence: str, link: str, key: str) -> Html:
    where = f"{dataset}: " if len(study.all_datasets) > 1 else ""
    return tag("p", where, sentence, " ", tag("a", f"{link}?", href=f"#{key}"))
