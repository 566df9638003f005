"""`mirrorlake finetune submit` and `finetune jobs`: training at a provider."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from console import (
    catch,
    columns,
    emit,
    json_option,
    lake_option,
    next_step,
    say,
    study_option,
)


@click.group("submit")
def submit() -> None:
    """Hand a training set to a provider, which trains on it."""


@submit.command(
    "openai",
    epilog="Example: mirrorlake finetune submit openai --dataset m1-knows "
    "--base gpt-4.1-nano-2025-04-14 --max-usd 5",
)
@click.option("--dataset", required=True, metavar="NAME", help="Training set in the lake.")
@click.option("--base", required=True, metavar="MODEL",
              help="The provider's name of the model to be trained.")  # fmt: skip
@click.option("--epochs", type=int, default=1, show_default=True,
              help="How often each row is read.")  # fmt: skip
@click.option("--batch-size", type=int, help="Rows in a step; the provider's choice if not given.")
@click.option("--learning-rate-multiplier", type=float, help="The provider's choice if not given.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the job.")
@click.option("--suffix", help="Part of the new model's name.")
@click.option("--usd-per-million", type=click.FloatRange(0),
              help="Price of a million trained tokens, where the table has none.")  # fmt: skip
@click.option("--max-usd", type=click.FloatRange(0), help="Send nothing that could cost more.")
@click.option("--dry-run", is_flag=True, help="Say what it would cost; send nothing.")
@study_option
@lake_option
@json_option
@catch
def openai(
    lake: str,
    as_json: bool,
    dataset: str,
    base: str,
    usd_per_million: float | None,
    max_usd: float | None,
    dry_run: bool,
    study: str,
    **settings: Any,
) -> None:
    """Upload a training set and start a fine-tuning job; what it may cost is said first.

    The same command again finds the job that it made. A job of which nobody heard whether it was
    created is looked for by its file, and never made a second time.
    """
    from finetune.remote.job import Settings, SubmitJob
    from finetune.remote.submitting import Submission
    from finetune.remote.submitting import submit as hand_over
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    job = SubmitJob(
        base=base,
        dataset=dataset,
        settings=Settings(**settings),
        usd_per_million=usd_per_million,
        max_usd=max_usd,
        study=study,
    )
    preview = asdict(Submission(opened, job).preview())
    if dry_run:
        emit(preview, as_json, columns([preview]))
        say("Next: the same command without --dry-run")
        return
    say(columns([preview]))
    row = hand_over(opened, job)
    kept = {name: row[name] for name in ("job_id", "state", "remote_id", "n_rows", "max_cost_usd")}
    emit(kept, as_json, columns([kept]))
    next_step("mirrorlake", "finetune", "jobs", "--collect", "--lake", lake)


@click.command("jobs", epilog="Example: mirrorlake finetune jobs --collect")
@click.option("--collect", is_flag=True, help="Ask the provider; bring home what has ended.")
@click.option("--abandon", metavar="JOB", help="Give up an unknown job that is not there.")
@lake_option
@json_option
@catch
def jobs(collect: bool, abandon: str | None, lake: str, as_json: bool) -> None:
    """Show the fine-tuning jobs at providers; bring home the models of those that ended.

    A model that came of a job is used as openai:NAME. A job is `unknown` when nobody heard
    whether it was created; it waits until it is found, or until you give it up with --abandon.
    """
    from finetune.remote import overseeing
    from generate.engines.base import Options
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    if abandon:
        overseeing.abandon(opened, abandon)
    if collect:
        overseeing.collect_all(opened, Options())
    rows = overseeing.shown(opened)
    emit(rows, as_json, columns(rows))
    if any(row["state"] == "submitted" for row in rows):
        next_step("mirrorlake", "finetune", "jobs", "--collect", "--lake", lake)
