"""`mirrorlake generate …`: put questions to models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from console import catch, columns, emit, json_option, lake_option, next_step, say, study_option

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
    help="mirror-tiny/NAME, hf:PATH-OR-ID or hf:BASE+ADAPTER; give it as often as needed.",
)
@click.option(
    "--reading",
    "readings",
    multiple=True,
    default=("letter", "cloze"),
    show_default=True,
    type=click.Choice(["letter", "cloze", "text"]),
    help="How answers are taken: log-probabilities of letters or of option texts, or free text.",
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
@click.option("--dry-run", is_flag=True, help="Say what would be asked; ask nothing.")
@study_option
@lake_option
@json_option
@catch
def responses(
    lake: str, models: tuple[str, ...], dry_run: bool, as_json: bool, **given: Any
) -> None:
    """Put the questions of a data set to models and keep the answers.

    Answers the lake already holds are not asked for again: the same command after an
    interruption continues, and after a finished run does nothing. Ctrl-C keeps what is done.
    """
    from generate.responses import generate_responses, preview_responses
    from warehouse.lake import open_lake

    jobs = [_job(model, **given) for model in models]
    opened = open_lake(lake)
    work = preview_responses if dry_run else generate_responses
    found: list[Scope] = [work(opened, job) for job in jobs]
    rows = [scope.to_dict() for scope in found]
    emit(rows, as_json, columns([_flat(row) for row in rows]))
    if dry_run:
        say("Next: the same command without --dry-run")
    else:
        next_step("mirrorlake", "analyze", "quantify", "--lake", lake)


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
    **rest: Any,
) -> ResponsesJob:
    from generate.engines.base import Asking, Options, Sampling
    from generate.job import ResponsesJob

    sampling = Sampling(temperature, top_p, top_k, max_tokens)
    return ResponsesJob(
        model=model,
        asking=Asking(system_prompt, persona, sampling),
        options=Options(device, dtype, batch_tokens, trust_remote_code),
        **rest,
    )


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a scope as one line, a column for each status that occurs."""
    return {k: v for k, v in row.items() if k != "statuses"} | dict(row.get("statuses", {}))
