"""Advantages of self- over cross-prediction: intervals and tests, fed by simulated responders."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.random import Generator

from analyze.inference import difference_intervals, macro_difference_intervals, sign_flip
from analyze.inference.clusters import Floats
from analyze.inference.macro import contributions
from analyze.simulation import Answers, Responders, answered, crossed_differences, plain_differences
from tests.coverage.cells import About, IntervalCell, TestCell
from tests.coverage.rules import EXACT

FORMS: dict[str, Callable[[Answers], Floats]] = {
    "plain": plain_differences,
    "crossed": crossed_differences,
}
STRINGS = (20, 40, 100)
# Properties of each string: the second is asked about in two tasks, so micro is not macro.
PROPERTIES = np.array([0, 1, 1])
# What a model knows of itself alone, and what each of the two knows from the input.
MODELS = {
    "blind": Responders(shared=(0.3, 0.3), values=5, commonest=0.4, compliance=0.95),
    "first predicts better": Responders(shared=(0.5, 0.1), values=5, commonest=0.4),
    "little access": Responders(privileged=(0.2, 0.2), shared=(0.3, 0.3), values=5, commonest=0.4),
    "much access": Responders(privileged=(0.8, 0.6), shared=(0.1, 0.2), values=5, commonest=0.4),
}
# By form: models without that advantage.
NULL = {"plain": ("blind",), "crossed": ("blind", "first predicts better")}
# Sign-flip tests of data sets this large take a while.
TESTED = (10, 40, 100)


def intervals() -> dict[str, list[IntervalCell]]:
    """Return the cells of intervals, by the heading they stand under."""
    return {
        "Advantage in self-prediction, micro": list(_intervals("micro")),
        "Advantage in self-prediction, macro": list(_intervals("macro")),
    }


def tests() -> dict[str, list[TestCell]]:
    """Return the cells of tests, by the heading they stand under."""
    return {"Sign-flip test of advantages in self-prediction": list(_tests())}


def _intervals(average: str) -> Iterator[IntervalCell]:
    for (name, models), form, icc, strings in itertools.product(
        MODELS.items(), FORMS, (0.0, 0.3), STRINGS
    ):
        about = {"models": name, "form": form, "ICC": icc, "strings": strings}
        who = _with_icc(models, icc)
        truth = who.advantage if form == "plain" else who.crossed
        counts = _counts(strings)
        interval = (
            partial(macro_difference_intervals, counts=counts)
            if average == "macro"
            else partial(_micro, counts=counts)
        )
        draw = partial(sums, who=who, form=form, strings=strings)
        yield IntervalCell(about, truth, _informative(who, form, strings), draw, interval)


def _micro(found: Floats, counts: Floats):
    return difference_intervals(found.sum(axis=-1), counts.sum(axis=-1))


def _tests() -> Iterator[TestCell]:
    for average, form, icc, strings in itertools.product(
        ("micro", "macro"), FORMS, (0.0, 0.3), TESTED
    ):
        for name in NULL[form]:
            who = _with_icc(MODELS[name], icc)
            about: About = {
                "average": average, "models": name, "form": form, "ICC": icc, "strings": strings,
            }  # fmt: skip
            run = partial(_p_values, who=who, form=form, strings=strings, average=average)
            yield TestCell(about, run, EXACT)


def sums(rng: Generator, data_sets: int, who: Responders, form: str, strings: int) -> Floats:
    """Return sums of differences (data sets, strings, properties)."""
    found = FORMS[form](answered(rng, who, data_sets, strings, len(PROPERTIES)))
    return np.stack(
        [found[..., number == PROPERTIES].sum(axis=-1) for number in np.unique(PROPERTIES)], axis=-1
    )


def _p_values(
    rng: Generator, replicates: int, who: Responders, form: str, strings: int, average: str
) -> Floats:
    counts, made = _counts(strings), []
    for start in range(0, replicates, 500):
        found = sums(rng, min(500, replicates - start), who, form, strings)
        made.append(found.sum(axis=-1) if average == "micro" else contributions(found, counts))
    every = np.concatenate(made)
    return np.array([sign_flip(each, i).p_value for i, each in enumerate(every)])


def _counts(strings: int) -> Floats:
    return np.tile(np.bincount(PROPERTIES).astype(float), (strings, 1))


def _with_icc(who: Responders, icc: float) -> Responders:
    return Responders(**{**vars(who), "icc": icc})


def _informative(who: Responders, form: str, strings: int) -> float:
    """Return the effective number of items that differ, from a large draw of the same models."""
    differ = (FORMS[form](answered(np.random.default_rng(0), who, 1, 20_000, 1)) != 0).mean()
    items = len(PROPERTIES)
    return float(strings * items / (1 + (items - 1) * who.icc) * differ)
