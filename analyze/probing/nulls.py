"""Is the best of many sites better than chance? A max-statistic test by flipping groups.

Under the null hypothesis a group's two labels could as well be exchanged: all rows of the
group flip together, the same way at all sites. The probe is fitted again for every draw, its
AUROC taken on the held-out rows of one group split that is fixed in advance, as is C.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from analyze.inference.auroc import auroc
from analyze.probing.logistic import VALUES_BYTES, fit_logistic
from warehouse.errors import InputError

Floats = NDArray[np.float64]
# The identity and 199 flips can give p < .01; seven groups have 128 sign vectors only.
FLIPS = 199
FEWEST_GROUPS = 8
METHOD = "group flips of the labels, probe refitted, largest held-out AUROC over all sites"


@dataclass(frozen=True)
class FlipNull:
    """The test over all sites: AUROCs [sites], the null's maxima [flips], p-values.

    `p_value` is that of the best site; `p_adjusted` [sites] are single-step adjusted for the
    maximum over sites. None with a `reason` where there are too few groups. `floor` is about
    the least p-value within reach: among h held-out groups one draw in 2^h flips none or
    agrees in all with a probe fitted to flipped labels, so p < .01 needs 7 of them held out.
    """

    observed: Floats | None
    largest: Floats | None
    p_value: float | None
    p_adjusted: Floats | None
    floor: float | None
    n_groups: int
    seed: int
    method: str = METHOD
    reason: str | None = None


def flipped_labels(
    labels: ArrayLike, groups: ArrayLike, train: ArrayLike, seed: int, flips: int = FLIPS
) -> NDArray[np.int8]:
    """Return label vectors [1 + flips, rows]: the observed one, then random flips of groups.

    `train` [rows] bool. Sign vectors that leave the training or held-out rows with one class
    are drawn again: the test is then conditional on having both, as the observed one has.
    Raises InputError where the observed one has not.
    """
    y, mask = np.asarray(labels).astype(np.int8), np.asarray(train, bool)
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    if not _both(y, mask):
        raise InputError("the training or the held-out rows hold one class only; split otherwise")
    rng = np.random.default_rng(seed)
    found = [y]
    while len(found) <= flips:
        drawn = y ^ rng.integers(0, 2, int(group.max()) + 1, np.int8)[group]
        if _both(drawn, mask):
            found.append(drawn)
    return np.stack(found)


def _both(labels: NDArray[np.int8], train: NDArray[np.bool_]) -> bool:
    return all(len(np.unique(labels[side])) == 2 for side in (train, ~train))


def flip_statistics(
    features: ArrayLike | Tensor,
    vectors: ArrayLike,
    train: ArrayLike,
    *,
    c: float = 1.0,
    device: str = "cpu",
) -> Floats:
    """Return the held-out AUROC [sites, flips] of probes fitted to each label vector.

    `features` [sites, rows, dim], `vectors` [flips, rows] from `flipped_labels`, `train`
    [rows] bool. Sites of other dimensions can be computed apart and joined before `max_null`.
    """
    marks, mask = np.asarray(vectors), np.asarray(train, bool)
    x = features if isinstance(features, Tensor) else np.asarray(features)
    sites, rows, dim = x.shape
    step = max(1, VALUES_BYTES // (4 * len(marks) * (rows + dim)))
    found = []
    for start in range(0, sites, step):
        fits = fit_logistic(x[start : start + step], mask[None], marks, c=c, device=device)
        found.append(auroc(fits.values[:, 0][..., ~mask], marks[:, ~mask]))
    return np.concatenate(found)


def max_null(statistics: ArrayLike, n_groups: int, n_held_out: int, seed: int) -> FlipNull:
    """Return the test from statistics [sites, 1 + flips], the observed ones first.

    `n_groups` counts all groups, `n_held_out` those held out.
    p = (b + 1) / (m + 1) with b of m draws whose maximum over sites reaches the statistic
    (Phipson and Smyth 2010, section 3; Westfall and Young 1993, section 2.3.1). One-sided:
    an AUROC below one half is no evidence for the label.
    """
    t = np.asarray(statistics, float)
    observed, largest = t[:, 0], t[:, 1:].max(axis=0)
    beyond = (largest[None] >= observed[:, None] - 1e-12).sum(axis=1)
    adjusted = (beyond + 1) / (len(largest) + 1)
    floor = max(1 / (len(largest) + 1), 2.0**-n_held_out)
    return FlipNull(observed, largest, float(adjusted.min()), adjusted, floor, n_groups, seed)


def group_flip_null(
    features: ArrayLike | Tensor,
    labels: ArrayLike,
    groups: ArrayLike,
    train: ArrayLike,
    *,
    seed: int,
    c: float = 1.0,
    flips: int = FLIPS,
    device: str = "cpu",
) -> FlipNull:
    """Return the whole test for sites of one dimension; arguments as in the parts above.

    Below 8 groups there is no test: p-values are None.
    """
    n_groups = len(np.unique(np.asarray(groups)))
    n_held_out = len(np.unique(np.asarray(groups)[~np.asarray(train, bool)]))
    if n_groups < FEWEST_GROUPS:
        reason = f"{n_groups} groups; flips of fewer than {FEWEST_GROUPS} cannot give p < .01"
        return FlipNull(None, None, None, None, None, n_groups, seed, reason=reason)
    vectors = flipped_labels(labels, groups, train, seed, flips)
    statistics = flip_statistics(features, vectors, train, c=c, device=device)
    return max_null(statistics, n_groups, n_held_out, seed)
