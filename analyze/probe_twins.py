"""Baselines that are other rows: the network with random weights, and the embedding layer."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analyze.result_rows import Row

# What every AUROC of a residual stream is compared with.
_SITES = ("resid_post", "mlp_out")


def is_random(model: Mapping[str, Any]) -> bool:
    """Return whether a model's weights were drawn at random."""
    return str(model["revision"] or "").startswith("random-")


def twin_rows(
    rows: Sequence[Row], twins: Sequence[Row], models: Mapping[str, Mapping[str, Any]]
) -> Iterator[Row]:
    """Yield `auroc_random_twin` beside every AUROC of a site without heads.

    The twin is the model with the same base whose weights are random; NULL with the command that
    captures it where there is none.
    """
    found = {_place(row, models): row for row in twins if row["metric"] == "auroc"}
    for row in rows:
        if row["metric"] != "auroc" or row["site"] not in _SITES or row["head"] is not None:
            continue
        twin = found.get(_place(row, models))
        kept = {name: row[name] for name in ("model_id", "condition_id")}
        if twin is None:
            yield _without(row, "auroc_random_twin", _command(row, models))
        else:
            method = str(twin["method"]).partition(";")[0]
            yield {**twin, **kept, "p_value": None, "p_adjusted": None, "family": None,
                   "seed": None, "method": method, "metric": "auroc_random_twin",
                   "other_model_id": twin["model_id"],
                   "other_condition_id": twin["condition_id"]}  # fmt: skip


def embedding_rows(rows: Sequence[Row], models: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    """Yield a NULL row, with the command, where the embedding layer was not captured."""
    asked = {
        _about(row): row for row in rows if row["metric"] == "auroc" and row["layer"] is not None
    }
    have = {_about(row) for row in rows if row["metric"] == "auroc" and _is_embedding(row)}
    for about, row in asked.items():
        if about not in have:
            missing = _without(row, "auroc", _command(row, models))
            yield missing | {"site": "resid_pre", "layer": 0, "head": None}


def _is_embedding(row: Row) -> bool:
    return (row["site"], row["layer"]) == ("resid_pre", 0)


def _about(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("condition_id", "concept", "reading"))


def _place(row: Row, models: Mapping[str, Mapping[str, Any]]) -> tuple[Any, ...]:
    names = ("concept", "reading", "site", "layer", "head")
    return (models[row["model_id"]]["base"], *(row[name] for name in names))


def _without(row: Row, metric: str, command: str) -> Row:
    empty = dict.fromkeys(
        ("estimate", "ci_low", "ci_high", "std_error", "p_value", "p_adjusted", "family", "seed")
    )
    reason = f"not captured; run: {command}"
    return {**row, **empty, "metric": metric, "reason": reason, "detail": {}, "method": "none"}


def _command(row: Row, models: Mapping[str, Mapping[str, Any]]) -> str:
    how = (
        "--variants choices --positions choice" if row["reading"] == "right" else "--positions last"
    )
    return (
        f"mirrorlake generate activations --questions {shlex.quote(row['dataset'])} "
        f"--model {shlex.quote(models[row['model_id']]['name'])} --sites {row['site']} "
        f"--layers {row['layer']} {how} --baselines"
    )
