"""`generate batches`: see them, collect what has ended, give up one that cannot be found."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from console import plural, say
from generate.batches import states
from generate.batches.attaching import look_for
from generate.batches.collecting import collect
from generate.engines.base import Options, Row
from generate.engines.registry import open_engine
from generate.remote.provider import Provider
from generate.remote.trouble import Trouble
from warehouse.errors import InputError, LakeError, ProviderError, nearest
from warehouse.schema import BATCHES

if TYPE_CHECKING:
    from warehouse.lake import Lake
    from warehouse.run import Run

COMMAND = "generate batches"
_SHOWN = ("batch_id", "model", "state", "requests", "max_cost_usd", "created_at", "remote_id")


def shown(lake: Lake) -> list[dict[str, Any]]:
    """Return every batch, newest last, with what people need to know of it."""
    names = (*_SHOWN, "counts", "error")
    return [{name: row[name] for name in names} for row in states.known(lake)]


def collect_all(lake: Lake, options: Options) -> int:
    """Look for lost batches and keep the results of ended ones; return how many answers came.

    Raises ProviderError where a provider could not be asked; the others are collected first.
    """
    troubled: list[str] = []
    with lake.run(COMMAND) as run:
        got: list[Row] = []
        for model in dict.fromkeys(row["model"] for row in states.known(lake, *states.OPEN)):
            try:
                provider = open_engine(model, options)
                if isinstance(provider, Provider):
                    _require_same(lake, provider)
                    asyncio.run(_collect_model(run, provider, got, troubled))
            except LakeError as error:
                troubled.append(str(error))
        run.count(answered=len(got))
    unpriced = sum(row.get("cost_usd") is None and row["status"] != "failed" for row in got)
    if unpriced:
        say(
            f"Warning: the price of {plural(unpriced, 'answer')} is not known and stands as NULL, "
            "not as 0. Name it with --prices FILE, as when the batch was made."
        )
    if troubled:
        raise ProviderError(f"{troubled[0]} Run the command again later.")
    return len(got)


async def _collect_model(run: Run, provider: Provider, got: list[Row], troubled: list[str]) -> None:
    service = provider.batches()
    try:
        for row in states.of_model(run.lake, provider, "unknown"):
            await look_for(run, service, row)
        for row in states.of_model(run.lake, provider, "submitted"):
            try:
                await collect(run, provider, service, row, got.extend)
            except (Trouble, ProviderError) as trouble:
                troubled.append(f"{provider.address.name}, {row['remote_id']}: {trouble}")
    finally:
        await provider.close()


def _require_same(lake: Lake, provider: Provider) -> None:
    """Raise InputError where a batch of this name was made for a model elsewhere."""
    rows = [r for r in states.known(lake, *states.OPEN) if r["model"] == provider.model["name"]]
    if any(row["model_id"] != provider.model["model_id"] for row in rows):
        raise InputError(
            f"A batch of {provider.address.name} was made on another server. Set the variable for "
            "the provider's URL as it was then."
        )


def resend(lake: Lake, batch_id: str) -> None:
    """Give a batch up that cannot be found, so that its requests are asked again.

    Its tries count as unknown, at the most they can have cost. Raises InputError for a batch
    that is neither unknown nor submitted.
    """
    rows = {row["batch_id"]: row for row in lake.ledger.rows(BATCHES)}
    if batch_id not in rows:
        raise InputError(f"There is no batch '{batch_id}'.{nearest(batch_id, rows)}")
    row = rows[batch_id]
    if row["state"] not in {"unknown", "submitted"}:
        raise InputError(
            f"The batch {batch_id} is {row['state']}: there is nothing to be sent again."
        )
    with lake.run(COMMAND, {"resend": batch_id}) as run:
        states.set_free(run, row, "abandoned", paid=True)
    say(f"{plural(row['requests'], 'request')} will be asked again by the command that asks them.")
