"""What probes find at one slice for one concept: everything that is estimated from one fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analyze.inference.auroc import Aurocs, aurocs
from analyze.inference.clusters import Floats
from analyze.probing.control import ControlTask, control_task
from analyze.probing.directions import Directions, mean_difference, probe_directions
from analyze.probing.logistic import cross_validated_values, fit_logistic
from analyze.probing.nulls import flip_statistics
from analyze.probing.states import States

Floats32 = NDArray[np.float32]
Marks = NDArray[np.bool_]

FOLDS = 5
# Fixed in advance, for the null and for the statistic that it judges alike.
C = 1.0
ONE_ORDER = "all states were read with the options in one order"
ONE_LETTER = "within one order of the options all training rows of a fold have one label"


@dataclass(frozen=True)
class Task:
    """One concept's rows with what all slices share: folds, flips and the control task."""

    states: States
    flips: NDArray[np.int8]
    control: ControlTask

    @cached_property
    def held_out(self) -> Marks:
        """Which rows each fold holds out, [folds, rows]."""
        return np.stack([self.states.folds == fold for fold in range(FOLDS)])


def control_of(states: States, seed: int) -> ControlTask:
    """Return the control task whose surface type is the last word of the option concerned."""
    held = np.stack([states.folds == fold for fold in range(FOLDS)])
    types = [option.split()[-1] if option.split() else "" for option in states.frame["option"]]
    return control_task(types, states.groups, ~held, held, seed)


def cross_validated(features: Floats32, task: Task) -> tuple[Aurocs, Floats32]:
    """Return held-out AUROCs of a probe at every site, and the decision values behind them."""
    held = task.held_out
    values = cross_validated_values(features, ~held, held, task.states.truth[None], c=C)[:, 0]
    return _judged(values, task.states), values


def by_means(features: Floats32, task: Task) -> Aurocs:
    """Return held-out AUROCs of projections on the difference of means."""
    held = task.held_out
    found = mean_difference(features, ~held, task.states.truth)
    values = np.empty(features.shape[:2], np.float32)
    for fold, rows in enumerate(held):
        values[:, rows] = np.einsum("srd,sd->sr", features[:, rows], found.unit[:, fold])
    return _judged(values, task.states)


def letter_swapped(features: Floats32, task: Task) -> Aurocs | str:
    """Return AUROCs of probes trained on one order of the options and tested on the other.

    Each held-out group is judged in one order by the probe of the other groups in the other
    order. Where that cannot be, returns the reason.
    """
    shown = task.states.frame["shown"].to_numpy()
    orders = sorted(set(shown))
    if len(orders) != 2:
        return ONE_ORDER
    train, test = [], []
    for rows in task.held_out:
        for order in orders:
            train.append(~rows & (shown == order))
            test.append(rows & (shown != order))
    if any(len(set(task.states.truth[rows])) < 2 for rows in train):
        return ONE_LETTER
    values = cross_validated_values(
        features, np.stack(train), np.stack(test), task.states.truth[None], c=C
    )[:, 0]
    # Values of one fold come from two probes, and only those of one are compared.
    part = task.states.folds * 2 + (shown == orders[0])
    return aurocs(values, task.states.truth, task.states.groups, part)


def flipped(features: Floats32, task: Task) -> Floats:
    """Return the AUROC on fold 0 under the true labels and each flip of groups, [sites, flips]."""
    return flip_statistics(features, task.flips, ~task.held_out[0], c=C)


def control_accuracy(features: Floats32, task: Task) -> Floats | None:
    """Return whether each usable row's control label is predicted, [sites, rows], else NaN."""
    if task.control.reason:
        return None
    usable, held = task.control.usable, task.held_out
    values = cross_validated_values(
        features, ~held & usable, held & usable, task.control.labels[None], c=C
    )[:, 0]
    right = ((values > 0) == (task.control.labels > 0)).astype(float)
    return np.where(np.isnan(values), np.nan, right)


def directions(features: Floats32, task: Task) -> dict[str, Directions]:
    """Return unit vectors of both kinds, fitted outside fold 0."""
    train = ~task.held_out[:1]
    fits = fit_logistic(features, train, task.states.truth[None], c=C)
    return {
        "probe": probe_directions(fits, features, train),
        "mean_difference": mean_difference(features, train, task.states.truth),
    }


def transferred(features: Floats32, trained: States, tested: States) -> Aurocs | None:
    """Return AUROCs on one concept's rows of a probe fitted on all of another's.

    `features` [sites, rows, dim] hold both. Groups that are in both concepts are not tested; None
    where no group is left.
    """
    shared = set(trained.frame["group_id"]) & set(tested.frame["group_id"])
    keep = ~tested.frame["group_id"].is_in(list(shared)).to_numpy()
    if len(set(tested.truth[keep])) < 2:
        return None
    places = np.concatenate([trained.places, tested.places[keep]])
    train = np.arange(len(places)) < len(trained.places)
    labels = np.concatenate([trained.truth, tested.truth[keep]])
    fits = fit_logistic(features[:, places], train[None], labels[None], c=C)
    values = fits.values[:, 0, 0][:, ~train]
    return aurocs(values, tested.truth[keep], tested.groups[keep])


def _judged(values: Floats32, states: States) -> Aurocs:
    return aurocs(values, states.truth, states.groups, states.folds)
