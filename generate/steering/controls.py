"""Random directions to steer along by the same step, as the null of a direction.

Three families, each drawn from the direction's id and its own number alone: `isotropic`, equally
likely all ways; `covariance`, from the normal distribution with the covariance of the states on
which the direction was fitted; `shuffled`, the weights of a least-squares probe of labels that
were flipped in random groups, which is what a probe finds where there is nothing to find. (A
difference of means of such labels is no null: each group's difference points along the true
direction, only with another sign.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from generate.steering.directions import Direction
from warehouse import vectors
from warehouse.errors import InputError
from warehouse.keys import canonical, direction_id

if TYPE_CHECKING:
    from warehouse.lake import Lake

Floats = NDArray[np.float64]

FAMILIES = ("isotropic", "covariance", "shuffled")

_LABELS_SQL = """
SELECT question_id, variant, group_id, truth FROM probe_labels
WHERE dataset = $dataset AND concept = $concept AND label = $label AND fold <> 0
"""


@dataclass(frozen=True)
class _Rows:
    """States on which a direction was fitted, [rows, dim], with label and group of each."""

    states: Floats
    truth: NDArray[np.bool_]
    groups: NDArray[np.int64]


def controls(lake: Lake, like: Direction, count: int) -> list[Direction]:
    """Return `count` directions of each family beside a direction.

    Raises InputError where the states on which it was fitted are not in the lake.
    """
    if not count:
        return []
    rows = _rows(lake, like)
    centred = rows.states - rows.states.mean(0)
    solve = _least_squares(centred)
    draw: dict[str, Callable[[np.random.Generator], Floats]] = {
        "isotropic": lambda rng: rng.standard_normal((rows.states.shape[1],)),
        "covariance": lambda rng: rng.standard_normal((len(centred),)) @ centred,
        "shuffled": lambda rng: solve(_flipped(rows, rng)),
    }
    return list(_made(like, draw, count))


def _made(
    like: Direction, draw: dict[str, Callable[[np.random.Generator], Floats]], count: int
) -> Iterator[Direction]:
    for family, drawn in draw.items():
        for number in range(count):
            recipe = {"like": like.direction_id, "family": family, "number": number}
            key = direction_id("random", recipe)
            seed = int(hashlib.sha256(key.encode()).hexdigest()[:12], 16)
            vector = drawn(np.random.default_rng(seed))
            norm = float(np.linalg.norm(vector))
            yield Direction(
                {name: like.row[name] for name in _SHARED}
                | {
                    "direction_id": key,
                    "kind": "random",
                    "name": None,
                    "norm": norm,
                    "sigma": like.row["sigma"],
                    "params": canonical(recipe),
                    "vector": (vector / norm).astype(np.float32).tolist(),
                }
            )


_SHARED = ("model_id", "site", "layer", "head", "concept", "label", "split")


def _flipped(rows: _Rows, rng: np.random.Generator) -> Floats:
    """Return the labels as -1 and 1, those of random groups turned round."""
    flipped = rng.random(rows.groups.max() + 1)[rows.groups] < 0.5
    return np.where(rows.truth ^ flipped, 1.0, -1.0)


def _least_squares(centred: Floats) -> Callable[[Floats], Floats]:
    """Return the function from labels to a ridge probe's weights, in the states' own space.

    Ridge regression on features scaled to one, with a penalty of 1 (Hoerl and Kennard 1970).
    """
    scale = centred.std(0)
    scale[scale == 0] = np.inf
    x = centred / scale
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    shrunk = (s / (s * s + 1.0))[:, None] * u.T

    def solve(labels: Floats) -> Floats:
        weights: Floats = vt.T @ (shrunk @ labels) / scale
        return weights

    return solve


def _rows(lake: Lake, like: Direction) -> _Rows:
    recipe: dict[str, Any] = json.loads(like.row["params"] or "{}")
    if not {"condition_id", "dataset", "position"} <= recipe.keys():
        raise InputError(
            f"The direction {like.row['name']} does not say on which states it was fitted, so no "
            "random directions can be drawn beside it. Leave --controls out."
        )
    asked = {"dataset": recipe["dataset"], "concept": like.row["concept"]}
    with lake.reader() as con:
        found = vectors.read(
            con,
            vectors.Slice(
                recipe["condition_id"],
                like.row["site"],
                like.row["layer"],
                like.row["head"],
                recipe["position"],
                recipe["dataset"],
            ),
        )
        labels = con.execute(_LABELS_SQL, asked | {"label": like.row["label"]}).fetchall()
    known = {(question, variant): (group, truth) for question, variant, group, truth in labels}
    keys = zip(*(found.keys.column(n).to_pylist() for n in ("question_id", "variant")), strict=True)
    placed = [(i, *known[key]) for i, key in enumerate(keys) if key in known]
    groups = np.unique([group for _, group, _ in placed], return_inverse=True)[1]
    return _Rows(
        found.values[[i for i, _, _ in placed]].astype(np.float64),
        np.array([truth for _, _, truth in placed], bool),
        groups,
    )
