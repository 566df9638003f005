"""`mirrorlake generate …`: put questions to models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from console import (
    catch,
    columns,
    emit,
    json_option,
    lake_option,
    next_step,
    plural,
    say,
    study_option,
)
from generate.capture.commands import activations
from generate.judging_commands import judge
from generate.options import (
    batch_option,
    drawing_options,
    job_of,
    machine_options,
    persona_options,
    prices_option,
    provider_options,
    questions_option,
    selection_options,
    steering_options,
)
from generate.prediction_commands import predict
from generate.scopes import show_scopes

if TYPE_CHECKING:
    from generate.job import Scope


@click.group("generate")
def generate() -> None:
    """Put questions to models; keep their answers and what they hold inside."""


generate.add_command(activations)
generate.add_command(predict)
generate.add_command(judge)


@generate.command(
    "responses",
    epilog="Example: mirrorlake generate responses --questions starter --model mirror-tiny/base",
)
@questions_option
@click.option(
    "--model",
    "models",
    required=True,
    multiple=True,
    metavar="MODEL",
    help="mirror-tiny/NAME, hf:PATH-OR-ID, hf:BASE+ADAPTER, vllm:PATH-OR-ID, openai:MODEL, "
    "anthropic:MODEL, or one of a server as openai:MODEL@URL; as often as needed.",
)
@click.option(
    "--reading",
    "readings",
    multiple=True,
    type=click.Choice(["letter", "cloze", "text"]),
    help="How answers are taken: log-probabilities of letters or of option texts, or free text; "
    "all that the model gives log-probabilities for, if not given.",
)
@selection_options
@click.option(
    "--orders",
    type=click.Choice(["both", "stored", "bare"]),
    default="both",
    show_default=True,
    help="Show the options in both orders (every rotation of more than two), as stored, or not.",
)
@drawing_options
@persona_options
@steering_options
@machine_options
@provider_options
@click.option("--redo", multiple=True, metavar="STATUS",
              help="Ask again what ended so: ok, refused, filtered, truncated, too_long, "
              "unknown; repeatable.")  # fmt: skip
@batch_option
@click.option("--dry-run", is_flag=True, help="Say what would be asked and cost; ask nothing.")
@study_option
@lake_option
@json_option
@catch
def responses(
    lake: str,
    models: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    max_usd: float | None,
    **given: Any,
) -> None:
    """Put the questions of a data set to models and keep the answers.

    Answers the lake already holds are not asked for again: the same command after an
    interruption continues, and after a finished run does nothing. Ctrl-C keeps what is done.
    """
    from generate.remote.purse import Purse
    from generate.responses import generate_all
    from warehouse.lake import open_lake

    jobs = [job_of(model, **given) for model in dict.fromkeys(models)]
    opened = open_lake(lake)
    found: list[Scope] = []
    if dry_run:
        from generate.preview import preview_responses

        found += [preview_responses(opened, job) for job in jobs]
        show_scopes(found, as_json)
        say("Next: the same command without --dry-run")
        return
    try:
        generate_all(opened, jobs, Purse(max_usd), found.append)
    finally:
        # Also when it ends early: what was paid for is told.
        if found:
            show_scopes(found, as_json)
    next_step("mirrorlake", "analyze", "quantify", "--lake", lake)


@generate.command("batches", epilog="Example: mirrorlake generate batches --collect")
@click.option("--collect", is_flag=True, help="Ask the providers; keep what has ended.")
@click.option("--resend", metavar="BATCH", help="Give up an unknown batch; ask its requests again.")
@prices_option
@lake_option
@json_option
@catch
def batches(
    collect: bool, resend: str | None, prices: str | None, lake: str, as_json: bool
) -> None:
    """Show the batches at providers; collect their results; give up a lost one.

    A batch is `unknown` when nobody heard whether it was created. It waits until it is found
    at the provider, and is never created again unless you say so with --resend.
    """
    from generate.batches import overseeing
    from generate.engines.base import Options
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    if resend:
        overseeing.resend(opened, resend)
    if collect:
        answered = overseeing.collect_all(opened, Options(prices=prices))
        say(f"{plural(answered, 'answer')} collected.")
    rows = overseeing.shown(opened)
    emit(rows, as_json, columns(rows))
    if any(row["state"] == "submitted" for row in rows):
        next_step("mirrorlake", "generate", "batches", "--collect", "--lake", lake)
