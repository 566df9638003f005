"""Results of ended batches, into the lake; a result that is there already is left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from generate.batches import states
from generate.batches.service import BatchService, Remote, Result
from generate.engines.base import Request, Row
from generate.remote.provider import Provider
from generate.remote.trouble import MALFORMED, Trouble
from warehouse import rows as moments
from warehouse.errors import ProviderError
from warehouse.run import Run

# Results kept in one transaction.
AT_ONCE = 500

Told = Callable[[list[Row]], None]


async def collect(
    run: Run,
    provider: Provider,
    service: BatchService,
    row: Mapping[str, Any],
    told: Told = lambda rows: None,
) -> bool:
    """Keep the results of a batch if it has ended; return whether it has.

    Raises `Trouble` where the results cannot be read now: what was read is kept. Raises
    ProviderError where the provider never worked on the batch: its requests are free again.
    """
    remote = await service.find(row["remote_id"])
    if not remote.ended:
        return False
    if remote.why is not None:
        states.set_free(run, row, "rejected", paid=False, error=remote.why)
        raise ProviderError(
            f"The provider would not work on the batch {remote.remote_id}: {remote.why} "
            "Nothing was paid; the command that asked its requests asks them again."
        )
    left = states.waiting(run.lake, row)
    counts = await _keep_all(run, provider, service, remote, left, row["batch_id"], told)
    _finish(run, row, left, counts, told)
    return True


async def _keep_all(
    run: Run,
    provider: Provider,
    service: BatchService,
    remote: Remote,
    left: dict[str, Request],
    batch_id: str,
    told: Told,
) -> Counter[str]:
    """Keep every result that is waited for; what stays in `left` had none."""
    counts: Counter[str] = Counter()
    rows: list[Row] = []
    try:
        async for result in service.results(remote):
            request = left.pop(result.custom_id, None)
            if request is not None:
                row = _row(provider, service, request, result)
                rows.append({**row, "batch_id": batch_id})
            if len(rows) >= AT_ONCE:
                _keep(run, rows, counts, told)
    finally:
        _keep(run, rows, counts, told)
    return counts


def _row(provider: Provider, service: BatchService, request: Request, result: Result) -> Row:
    if result.body is None:
        error = provider.address.hide(result.error)
        return request.row("failed", error_class=result.error_class, error=error)
    try:
        return provider.row(request, service.read(request, result.body), batch=True)
    except (Trouble, *MALFORMED) as error:
        what = f"The result cannot be read ({type(error).__name__})."
        return request.row("failed", error_class="server", error=getattr(error, "what", what))


def _keep(run: Run, rows: list[Row], counts: Counter[str], told: Told) -> None:
    if not rows:
        return
    kept = run.stamped(rows)
    run.lake.ledger.requests.collect(run.run_id, kept, [outcome(row) for row in rows])
    counts.update(row["status"] for row in rows)
    told(list(rows))
    rows.clear()
    if run.seal_is_due(len(kept)):
        run.seal()


def outcome(row: Row) -> tuple[str, float | None]:
    """Return outcome and price of a try: what failed in a batch is charged only if it says so.

    A body that came and cannot be read was worked on, at a price that nobody knows.
    """
    if row["status"] != "failed":
        return row["status"], row.get("cost_usd")
    return (
        ("unknown", None)
        if row["error_class"] == "server"
        else ("failed", row.get("cost_usd") or 0.0)
    )


def _finish(
    run: Run,
    row: Mapping[str, Any],
    left: dict[str, Request],
    counts: Counter[str],
    told: Told,
) -> None:
    """Say of requests without a result that they failed, and that the batch is done."""
    what = "The batch ended and its results do not name this request."
    missing = [
        {**r.row("failed", error_class="server", error=what), "batch_id": row["batch_id"]}
        for r in left.values()
    ]
    _keep(run, missing, counts, told)
    ended = moments.now().isoformat()
    states.change(run, row, "collected", ended_at=ended, counts=states.counted(counts), error=None)
