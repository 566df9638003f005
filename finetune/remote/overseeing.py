"""`finetune jobs`: see the providers' jobs, bring home what has ended, give up a lost one."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from console import say
from finetune.remote import states
from finetune.remote.job import Row
from finetune.remote.price import TrainingPrice
from finetune.remote.service import FineTuning, Remote
from finetune.remote.submitting import look_for
from generate.engines.base import Options
from generate.engines.openai import PREFIX, OpenAIProvider, open_model
from generate.remote.trouble import Trouble
from warehouse.errors import InputError, LakeError, ProviderError, nearest

if TYPE_CHECKING:
    from warehouse.lake import Lake
    from warehouse.run import Run

COMMAND = "finetune jobs"
SHOWN = (
    "job_id", "model", "state", "n_rows", "max_cost_usd", "cost_usd", "trained_tokens",
    "created_at", "remote_id", "tuned_model", "error",
)  # fmt: skip


def shown(lake: Lake) -> list[dict[str, Any]]:
    """Return every job, newest last, with what people need to know of it."""
    return [{name: row[name] for name in SHOWN} for row in states.known(lake)]


def collect_all(lake: Lake, options: Options) -> int:
    """Look for lost jobs and bring home the models of ended ones; return how many came.

    Raises ProviderError where a provider could not be asked; the others are asked first.
    """
    troubled: list[str] = []
    came = 0
    with lake.run(COMMAND) as run:
        run.hold(states.WORK)
        states.settle_left(run)
        for model in dict.fromkeys(row["model"] for row in states.known(lake, *states.OPEN)):
            try:
                came += asyncio.run(_collect_model(run, open_model(model, options), troubled))
            except LakeError as error:
                troubled.append(str(error))
        run.count(models=came)
    if troubled:
        raise ProviderError(f"{troubled[0]} Run the command again later.")
    return came


async def _collect_model(run: Run, provider: OpenAIProvider, troubled: list[str]) -> int:
    service, came = FineTuning(provider), 0
    name = provider.model["name"]
    try:
        for row in states.known(run.lake, "unknown"):
            if row["model"] == name:
                await look_for(run, service, row)
        for row in states.known(run.lake, "submitted"):
            if row["model"] != name:
                continue
            try:
                came += await _collect(run, provider, service, row)
            except (Trouble, LakeError) as trouble:
                troubled.append(f"{row['remote_id']}: {trouble}")
    finally:
        await provider.close()
    return came


async def _collect(run: Run, provider: OpenAIProvider, service: FineTuning, row: Row) -> bool:
    """Write down how a job ended, if it has; return whether it brought a model."""
    remote = await service.find(row["remote_id"])
    if not remote.ended:
        event = await service.last_event(remote.remote_id)
        say(f"{remote.remote_id} is {remote.status}{f': {event}' if event else '.'}")
        return False
    tokens = {"trained_tokens": remote.trained_tokens}
    if remote.status != "succeeded" or not remote.tuned:
        why = remote.why or f"the provider says {remote.status} and no more"
        states.end(run, row, "failed", _cost(row, remote), error=why, **tokens)
        say(f"{remote.remote_id} ended without a model: {why}")
        return False
    model = _model(provider, row, remote)
    with run.lake.ledger.transaction():
        run.upsert("models", [model])
        states.end(
            run, row, "succeeded", _cost(row, remote), error=None, tuned_model=remote.tuned,
            tuned_model_id=model["model_id"], **tokens,
        )  # fmt: skip
    say(f"{remote.remote_id} has trained {model['name']}.")
    return True


def _cost(row: Row, remote: Remote) -> float | None:
    """Return what a job cost: nothing where it failed before it trained, None if unknown."""
    if remote.status == "failed" and not remote.trained_tokens:
        return 0.0
    if remote.trained_tokens is None or row["usd_per_million"] is None:
        return None
    return TrainingPrice(row["usd_per_million"], "").cost(remote.trained_tokens)


def _model(provider: OpenAIProvider, row: Row, remote: Remote) -> dict[str, Any]:
    """Return the row of `models` of what a job trained, as `generate` will name it."""
    settings = json.loads(row["settings"])
    place = "" if provider.address.url is None else provider.address.name.rpartition("@")[2]
    name = f"{PREFIX}{remote.tuned}{f'@{place}' if place else ''}"
    card = {
        "name": name,
        "base": {"name": row["model"], "model_id": row["model_id"]},
        "training_set_id": row["training_set_id"],
        "trained_on": [row["training_set_id"]],
        "training_run": row["job_id"],
        "seed": settings["seed"],
        "rows": row["n_rows"],
        "recipe": settings,
        "remote_id": remote.remote_id,
    }
    made = open_model(name, Options()).model
    return {
        **made,
        "training_run": row["job_id"],
        "seed": settings["seed"],
        "card": json.dumps(card, ensure_ascii=False, sort_keys=True),
    }


def abandon(lake: Lake, job_id: str) -> None:
    """Give a job up that cannot be found, so that its rows can be submitted again.

    It counts at the most it can have cost. Raises InputError for one that is not `unknown`.
    """
    rows = {row["job_id"]: row for row in states.known(lake)}
    if job_id not in rows:
        raise InputError(f"There is no job '{job_id}'.{nearest(job_id, rows)}")
    if rows[job_id]["state"] != "unknown":
        raise InputError(
            f"The job {job_id} is {rows[job_id]['state']}; only an unknown one can be given up."
        )
    with lake.run(COMMAND, {"abandon": job_id}) as run:
        run.hold(states.WORK)
        states.end(run, rows[job_id], "abandoned", None)
    say("The same submission makes a new job from now on.")
