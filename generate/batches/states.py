"""The states of a batch, each written down before the step that it allows.

intended   its requests are set aside, nothing has left      (a crash: set free again)
creating   the call that creates it may be under way         (a crash: unknown)
unknown    it may exist at the provider; it waits to be matched
submitted  the provider has named it
collected  every result is in the lake
rejected   the provider would not work on it: nothing was paid
abandoned  given up by command; its tries count at their highest price
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from generate.engines.base import Request
from generate.remote.provider import Provider
from warehouse import rows as moments
from warehouse.lake import Lake
from warehouse.request_log import text
from warehouse.run import Run
from warehouse.schema import BATCHES, CONDITIONS

OPEN = ("creating", "unknown", "submitted")


def known(lake: Lake, *states: str) -> list[dict[str, Any]]:
    """Return the batches in some states, oldest first."""
    found = [row for row in lake.ledger.rows(BATCHES) if not states or row["state"] in states]
    return sorted(found, key=lambda row: (row["created_at"], row["batch_id"]))


def of_model(lake: Lake, provider: Provider, state: str) -> list[dict[str, Any]]:
    """Return a model's batches in a state, oldest first."""
    model_id = provider.model["model_id"]
    return [row for row in known(lake, state) if row["model_id"] == model_id]


def intend(
    run: Run, provider: Provider, requests: Sequence[Request], prices: Sequence[float | None]
) -> dict[str, Any]:
    """Set requests aside for a new batch, in one transaction, and return its row."""
    stamp = moments.now().isoformat()
    unknown = any(price is None for price in prices)
    row = {
        "batch_id": f"b1_{os.urandom(12).hex()}",
        "model_id": provider.model["model_id"],
        "model": provider.model["name"],
        "state": "intended",
        "requests": len(requests),
        "max_cost_usd": None if unknown else sum(price or 0.0 for price in prices),
        "created_at": stamp,
        "run_id": run.run_id,
    }
    tries = [
        {
            "request_key": request.request_key,
            "attempt": request.attempt,
            "started_at": stamp,
            "max_cost_usd": price,
            "model_id": row["model_id"],
            "run_id": run.run_id,
        }
        for request, price in zip(requests, prices, strict=True)
    ]
    ledger = run.lake.ledger
    with ledger.transaction():
        ledger.upsert(BATCHES, [row])
        ledger.requests.enlist(row["batch_id"], tries, [_body(request) for request in requests])
    return row


def change(run: Run, row: Mapping[str, Any], state: str, **fields: Any) -> dict[str, Any]:
    """Write a batch's new state down and return its row.

    Where another command has changed the state meanwhile, that stands.
    """
    with run.lake.ledger.transaction():
        [now] = [r for r in run.lake.ledger.rows(BATCHES) if r["batch_id"] == row["batch_id"]]
        if now["state"] != row["state"]:
            return now
        changed = {**now, **fields, "state": state}
        run.lake.ledger.upsert(BATCHES, [changed])
    return changed


def set_free(run: Run, row: Mapping[str, Any], state: str, paid: bool, **fields: Any) -> None:
    """End a batch without results; its requests may be asked again."""
    with run.lake.ledger.transaction():
        if change(run, row, state, **fields)["state"] == state:
            run.lake.ledger.requests.disband(row["batch_id"], paid)


def waiting(lake: Lake, row: Mapping[str, Any]) -> dict[str, Request]:
    """Return the requests that still wait in a batch, by key; without their messages."""
    conditions = {c["condition_id"]: c for c in lake.ledger.rows(CONDITIONS)}
    return {
        key: Request(**{**body, "condition": conditions[body["condition"]], "messages": ()})
        for key, body in lake.ledger.requests.batched(row["batch_id"]).items()
    }


def _body(request: Request) -> str:
    """Return what is needed to read the reply to a request; its words are in the lake."""
    bare = replace(request, messages=())
    fields = {name: getattr(bare, name) for name in bare.__slots__}
    return text({**fields, "condition": request.condition["condition_id"]})


def counted(counts: Mapping[str, int]) -> str:
    """Return counts as a batch's row keeps them."""
    return json.dumps(dict(counts), sort_keys=True)
