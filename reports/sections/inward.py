"""The part of the answer that tells of self-knowledge, and what leads to the sections on it."""

from __future__ import annotations

from collections.abc import Callable

from reports.markup import Html, join, tag
from reports.predictions import knowers
from reports.sections import acquisition, calibration, change
from reports.sections.explained import explained
from reports.sections.knows import told
from reports.sections.parts import command, empty, per
from reports.sections.predicted import figure
from reports.study import Study


def answer(study: Study) -> Html | None:
    """Return sentences and chart of every question set whose answers were predicted.

    What was found of changes, of calibration and of training follows in a sentence each.
    """
    lines = [line for told in TOLD if (line := _line(study, *told))]
    beside = tag("div", *lines, class_="said") if lines else None
    predicted = per(study, study.predicted, _part)
    return join(predicted, beside) if predicted or beside else None


TOLD: tuple[tuple[str, Callable[[Study, str], str], str, str], ...] = (
    ("changed", change.in_short, "How?", "#change"),
    ("calibrated", calibration.in_short, "How far?", "#calibration"),
    ("acquired", acquisition.in_short, "How much?", "#acquisition"),
)


def _line(
    study: Study, kind: str, in_short: Callable[[Study, str], str], link: str, place: str
) -> Html | None:
    datasets: list[str] = getattr(study, kind)
    several = len(study.all_datasets) > 1
    said = [
        f"{dataset}: {text}" if several else text
        for dataset in datasets
        if (text := in_short(study, dataset))
    ]
    return tag("p", " ".join(said), " ", tag("a", link, href=place)) if said else None


def _part(study: Study, dataset: str) -> Html | None:
    _, found = knowers(study, dataset)
    if not found:
        return join(empty(NOBODY, _predicting(dataset)), figure(study, dataset))
    return join(told(found), figure(study, dataset), explained(found))


NOBODY = "No model was predicted by itself and by another, so none can be said to know itself."


def _predicting(dataset: str) -> str:
    return command("generate", "predict", "--questions", dataset, "--target", "MODEL",
                   "--predictor", "MODEL", "--predictor", "OTHER")  # fmt: skip
