"""`mirrorlake generate …`: put questions to models."""

from __future__ import annotations

from collections.abc import Sequence
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

if TYPE_CHECKING:
    from generate.job import ResponsesJob, Scope


@click.group("generate")
def generate() -> None:
    """Put questions to models and keep their answers."""


@generate.command(
    "responses",
    epilog="Example: mirrorlake generate responses --questions starter --model mirror-tiny/base",
)
@click.option("--questions", required=True, metavar="DATASET", help="Question set in the lake.")
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
@click.option("--concepts", multiple=True, metavar="CONCEPT", help="Only these; repeatable.")
@click.option("--split", help="Only questions of this split.")
@click.option("--limit", type=click.IntRange(1), help="Only N questions, always the same ones.")
@click.option(
    "--orders",
    type=click.Choice(["both", "stored"]),
    default="both",
    show_default=True,
    help="Show the options in both orders (every rotation of more than two), or as stored.",
)
@click.option("--samples", type=click.IntRange(1), default=1, show_default=True, metavar="K",
              help="Texts drawn for each request.")  # fmt: skip
@click.option("--temperature", type=click.FloatRange(0), default=0.0, show_default=True,
              help="Of sampled text; 0 takes the most probable token.")  # fmt: skip
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), default=1.0,
              show_default=True, help="Nucleus of sampled text.")  # fmt: skip
@click.option("--top-k", type=click.IntRange(1), help="Most probable tokens of sampled text.")
@click.option("--max-tokens", type=click.IntRange(1), default=64, show_default=True,
              help="Longest text; longer ones end as `truncated`.")  # fmt: skip
@click.option("--system-prompt", metavar="TEXT", help="Text put before every question.")
@click.option("--persona", metavar="NAME", help="Name under which the system prompt is stored.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, mps, …")
@click.option(
    "--dtype",
    type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
    default="auto",
    show_default=True,
    help="Number format: float32 on CPUs and bfloat16 on GPUs unless given.",
)
@click.option("--batch-tokens", type=click.IntRange(1), metavar="N",
              help="Padded tokens in a batch; fewer need less memory.")  # fmt: skip
@click.option("--trust-remote-code", is_flag=True, help="Run code that comes with the model.")
@click.option("--in-flight", type=click.IntRange(1), default=100, show_default=True,
              help="Most requests at once to a provider; fewer if it complains.")  # fmt: skip
@click.option("--rpm", type=click.IntRange(1), help="Most requests a minute to a provider.")
@click.option("--tpm", type=click.IntRange(1), help="Most tokens a minute to a provider.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=300.0,
              show_default=True, help="Seconds for one try.")  # fmt: skip
@click.option("--deadline", type=click.FloatRange(0, min_open=True), default=900.0,
              show_default=True, help="Seconds for a request with all its tries.")  # fmt: skip
@click.option("--max-usd", type=click.FloatRange(0),
              help="Stop before the request that could cost more than this in all.")  # fmt: skip
@click.option("--prices", type=click.Path(dir_okay=False),
              help="Your own price table (TOML); it comes before the built-in one.")  # fmt: skip
@click.option("--at-most-once", is_flag=True,
              help="Never send again what may be paid for; it becomes `unknown`.")  # fmt: skip
@click.option("--redo", multiple=True, metavar="STATUS",
              help="Ask again what ended so: ok, refused, filtered, truncated, too_long, "
              "unknown; repeatable.")  # fmt: skip
@click.option("--batch", is_flag=True, help="Through the provider's batches: half price, hours.")
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

    jobs = [_job(model, **given) for model in dict.fromkeys(models)]
    opened = open_lake(lake)
    found: Sequence[Scope]
    if dry_run:
        from generate.preview import preview_responses

        found = [preview_responses(opened, job) for job in jobs]
    else:
        found = generate_all(opened, jobs, Purse(max_usd))
    rows = [scope.to_dict() for scope in found]
    emit(rows, as_json, columns([_flat(row) for row in rows]))
    if dry_run:
        say("Next: the same command without --dry-run")
    else:
        next_step("mirrorlake", "analyze", "quantify", "--lake", lake)


@generate.command("batches", epilog="Example: mirrorlake generate batches --collect")
@click.option("--collect", is_flag=True, help="Ask the providers; keep what has ended.")
@click.option("--resend", metavar="BATCH", help="Give up an unknown batch; ask its requests again.")
@click.option("--prices", type=click.Path(dir_okay=False),
              help="Your own price table (TOML); it comes before the built-in one.")  # fmt: skip
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


def _job(
    model: str,
    *,
    temperature: float,
    top_p: float,
    top_k: int | None,
    max_tokens: int,
    system_prompt: str | None,
    persona: str | None,
    device: str,
    dtype: str,
    batch_tokens: int | None,
    trust_remote_code: bool,
    prices: str | None,
    in_flight: int,
    rpm: int | None,
    tpm: int | None,
    timeout: float,
    deadline: float,
    at_most_once: bool,
    **rest: Any,
) -> ResponsesJob:
    from generate.engines.base import Asking, Options, Sampling
    from generate.job import Limits, ResponsesJob

    sampling = Sampling(temperature, top_p, top_k, max_tokens)
    return ResponsesJob(
        model=model,
        asking=Asking(system_prompt, persona, sampling),
        options=Options(device, dtype, batch_tokens, trust_remote_code, prices),
        limits=Limits(in_flight, rpm, tpm, timeout, deadline, at_most_once),
        **rest,
    )


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a scope as one line, a column for each status that occurs."""
    inner = {"statuses", "failures"}
    return {k: v for k, v in row.items() if k not in inner} | dict(row.get("statuses", {}))
