"""From requests to batches at the provider, each step written down before it is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from console import plural, say
from generate.batches import states
from generate.batches.service import BatchService
from generate.engines.base import Request
from generate.remote.patience import patiently
from generate.remote.provider import Provider
from generate.remote.trouble import Trouble
from warehouse import rows as moments
from warehouse.errors import LakeError, ProviderError
from warehouse.run import Run

# A request and its line.
Pair = tuple[Request, bytes]


def parts(service: BatchService, requests: Iterator[Request]) -> Iterator[list[Pair]]:
    """Yield requests with their lines in parts that a batch can hold."""
    part: list[Pair] = []
    size = 0
    for request in requests:
        line = service.line(request)
        full = len(part) >= service.most_requests or size + len(line) + 1 > service.most_bytes
        if part and full:
            yield part
            part, size = [], 0
        part.append((request, line))
        size += len(line) + 1
    if part:
        yield part


async def submit(
    run: Run,
    provider: Provider,
    service: BatchService,
    requests: Sequence[Request],
    lines: Sequence[bytes],
) -> dict[str, Any]:
    """Hand one batch over and return its row, which says what became of it.

    Raises ProviderError when the provider refuses it; nothing is then paid and its requests are
    free. When the answer does not come the batch is `unknown`: it is never created again.
    """
    prices = [provider.most(request, batch=True) for request in requests]
    row = states.intend(run, provider, requests, prices)
    try:
        file = await patiently(lambda: service.upload(lines), harmless=True)
        row = states.change(run, row, "creating", input_file=file)
        remote_id = await patiently(
            lambda: service.create(row["batch_id"], lines, file), harmless=False
        )
    except LakeError:
        # Refused for certain, or never sent: no key, an empty account.
        states.set_free(run, row, "rejected", paid=False)
        raise
    except Trouble as trouble:
        return _troubled(run, row, trouble)
    row = states.change(
        run, row, "submitted", remote_id=remote_id, submitted_at=moments.now().isoformat()
    )
    say(f"Batch {remote_id} has {plural(len(requests), 'request')}.")
    return row


def _troubled(run: Run, row: dict[str, Any], trouble: Trouble) -> dict[str, Any]:
    # Until `creating` stands in the ledger only a file can have been uploaded, which is free.
    if row["state"] == "creating" and trouble.billed:
        say(f"Whether a batch was created is not known: {trouble.what} Looking for it.")
        return states.change(run, row, "unknown", error=trouble.what)
    states.set_free(run, row, "rejected", paid=False, error=trouble.what)
    raise ProviderError(
        f"The provider did not take the batch: {trouble.what} Nothing was paid; "
        "run the same command again."
    )
