"""Finding batches again of which nobody heard whether they were created.

OpenAI returns our own name with every batch, so a match is certain. Anthropic returns time and
size, and custom ids only once there are results: until a candidate has ended nobody can know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from console import say
from generate.batches import states
from generate.batches.service import BatchService, Remote
from generate.remote.trouble import Trouble
from warehouse import rows as moments
from warehouse.run import Run

# Between the provider's clock and ours.
SKEW = timedelta(minutes=5)


async def look_for(run: Run, service: BatchService, row: dict[str, Any]) -> dict[str, Any]:
    """Attach an `unknown` batch if it can be found now; it stays as it is if that fails."""
    try:
        return await attach(run, service, row)
    except Trouble as trouble:
        say(f"The provider's batches could not be listed: {trouble.what}")
        return row


async def attach(run: Run, service: BatchService, row: dict[str, Any]) -> dict[str, Any]:
    """Look for an `unknown` batch and return its row: submitted if found, else still unknown."""
    since = datetime.fromisoformat(row["created_at"]) - SKEW
    taken = {other["remote_id"] for other in states.known(run.lake)}
    keys = run.lake.ledger.requests.batched(row["batch_id"]).keys()
    waits = 0
    async for remote in service.listed(since):
        if remote.remote_id in taken:
            continue
        match = await _matches(service, row, keys, remote)
        if match:
            say(f"Found the batch {remote.remote_id} again.")
            submitted_at = moments.now().isoformat()
            return states.change(
                run, row, "submitted", remote_id=remote.remote_id, submitted_at=submitted_at
            )
        waits += match is None
    return states.change(run, row, "unknown", error=_why(waits))


async def _matches(
    service: BatchService, row: Mapping[str, Any], keys: Collection[str], remote: Remote
) -> bool | None:
    """Return whether a listed batch is ours; None while that cannot be told."""
    if remote.name is not None:
        return bool(remote.name == row["batch_id"])
    if remote.requests != row["requests"]:
        return False
    if not remote.ended:
        return None
    async for result in service.results(remote):
        return result.custom_id in keys
    return False


def _why(waits: int) -> str:
    if waits:
        return f"{waits} batches of its size have not ended yet; one of them may be it"
    return "no batch at the provider matches it; if you know that it is not there, resend it"
