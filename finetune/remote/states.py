"""The states of a provider's fine-tuning job, each written down before the step that it allows.

intended   its rows are being uploaded, nothing that costs has left   (a crash: forgotten)
creating   the call that creates it may be under way                  (a crash: unknown)
unknown    it may exist at the provider; it waits to be matched
submitted  the provider has named it
succeeded  its model is in the lake
failed     the provider ended it without a model
rejected   the provider would not take it: nothing was paid
abandoned  given up by command; it counts at its highest price

Its money is a row of `attempts`, opened with `creating` and closed with the job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from finetune.remote.job import Row
from warehouse import rows as moments
from warehouse.schema import TRAINING_JOBS

if TYPE_CHECKING:
    from warehouse.lake import Lake
    from warehouse.run import Run

OPEN = ("creating", "unknown", "submitted")
# Those that stand for a training set's model, so that none is trained again.
STANDING = (*OPEN, "succeeded")
# Only one command at a time hands over jobs or asks about them.
WORK = "finetune-jobs"


def known(lake: Lake, *states: str) -> list[Row]:
    """Return the jobs in some states, all if none is named, oldest first."""
    found = [row for row in lake.ledger.rows(TRAINING_JOBS) if not states or row["state"] in states]
    return sorted(found, key=lambda row: (row["created_at"], row["job_id"]))


def settle_left(run: Run) -> None:
    """Say of jobs whose command died what is known of them; the caller holds `WORK`."""
    for row in known(run.lake, "intended"):
        run.lake.ledger.delete(TRAINING_JOBS, "job_id", row["job_id"])
    for row in known(run.lake, "creating"):
        change(run, row, "unknown", error="the program ended while it was being created")


def intend(run: Run, row: Mapping[str, Any]) -> Row:
    """Write a new job down and return its row."""
    made = {
        **row,
        "state": "intended",
        "created_at": moments.now().isoformat(),
        "run_id": run.run_id,
    }
    run.upsert("training_jobs", [made])
    return made


def change(run: Run, row: Mapping[str, Any], state: str, **fields: Any) -> Row:
    """Write a job's new state down and return its row."""
    changed = {**row, **fields, "state": state}
    run.upsert("training_jobs", [changed])
    return changed


def creating(run: Run, row: Mapping[str, Any], file: str) -> Row:
    """Say that the job is created now and may cost its highest price from here on."""
    paid = {
        "request_key": row["job_id"],
        "attempt": 1,
        "started_at": moments.now().isoformat(),
        "max_cost_usd": row["max_cost_usd"],
        "model_id": row["model_id"],
        # What waits at a provider is not given up when the run ends.
        "batch_id": row["job_id"],
        "run_id": run.run_id,
    }
    with run.lake.ledger.transaction():
        run.lake.ledger.requests.send([paid], [None])
        return change(run, row, "creating", input_file=file)


def reject(run: Run, row: Mapping[str, Any], why: str) -> Row:
    """Say that the provider did not take the job, so that nothing was paid."""
    with run.lake.ledger.transaction():
        run.lake.ledger.requests.unsend([(row["job_id"], 1)])
        return change(run, row, "rejected", error=why, ended_at=moments.now().isoformat())


def end(run: Run, row: Mapping[str, Any], state: str, cost: float | None, **fields: Any) -> Row:
    """Say how a job ended and what it cost, None where that is not known."""
    outcome = {"succeeded": "ok", "failed": "failed"}.get(state, "unknown")
    with run.lake.ledger.transaction():
        run.lake.ledger.requests.settle([(outcome, cost, row["job_id"], 1)])
        ended = moments.now().isoformat()
        return change(run, row, state, cost_usd=cost, ended_at=ended, **fields)
