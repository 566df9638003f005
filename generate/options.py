"""The options of `mirrorlake generate …` in the groups that they form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from generate.job import ResponsesJob

Decorated = Callable[..., Any]

# The fold whose questions no direction is fitted on.
HELD_OUT = 0


def group(*options: Callable[[Decorated], Decorated]) -> Callable[[Decorated], Decorated]:
    """Return a decorator that adds options in the order given."""

    def decorate(function: Decorated) -> Decorated:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


questions_option = click.option(
    "--questions", required=True, metavar="DATASET", help="Question set in the lake."
)

tasks_option = click.option(
    "--tasks", multiple=True, metavar="TASK", help="Only these; repeatable."
)

where_options = group(
    tasks_option,
    click.option("--split", help="Only questions of this split."),
)

selection_options = group(
    click.option("--concepts", multiple=True, metavar="CONCEPT", help="Only these; repeatable."),
    where_options,
    click.option("--limit", type=click.IntRange(1), help="Only N questions, always the same ones."),
)

drawing_options = group(
    click.option(
        "--samples",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        metavar="K",
        help="Texts drawn for each request.",
    ),
    click.option(
        "--temperature",
        type=click.FloatRange(0),
        default=0.0,
        show_default=True,
        help="Of sampled text; 0 takes the most probable token.",
    ),
    click.option(
        "--top-p",
        type=click.FloatRange(0, 1, min_open=True),
        default=1.0,
        show_default=True,
        help="Nucleus of sampled text.",
    ),
    click.option("--top-k", type=click.IntRange(1), help="Most probable tokens of sampled text."),
    click.option(
        "--max-tokens",
        type=click.IntRange(1),
        default=64,
        show_default=True,
        help="Longest text; longer ones end as `truncated`.",
    ),
)

persona_options = group(
    click.option("--system-prompt", metavar="TEXT", help="Text put before every question."),
    click.option("--persona", metavar="NAME", help="Name under which the system prompt is stored."),
)

machine_options = group(
    click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, mps, …"),
    click.option(
        "--dtype",
        type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
        default="auto",
        show_default=True,
        help="Number format: float32 on CPUs and bfloat16 on GPUs unless given.",
    ),
    click.option(
        "--batch-tokens",
        type=click.IntRange(1),
        metavar="N",
        help="Padded tokens in a batch; fewer need less memory.",
    ),
    click.option("--trust-remote-code", is_flag=True, help="Run code that comes with the model."),
)

steering_options = group(
    click.option(
        "--intervene",
        multiple=True,
        metavar="DIRECTION",
        help="Steer along a direction of the table `directions`, by name or id; repeatable.",
    ),
    click.option(
        "--doses",
        default="-4,-2,2,4",
        show_default=True,
        help="Steps, with commas: in standard deviations of the direction's training rows (add), "
        "of the state's length (add_norm_matched), or factors (scale).",
    ),
    click.option(
        "--edit",
        type=click.Choice(["add", "add_norm_matched", "project_out", "scale"]),
        default="add",
        show_default=True,
        help="What is done along the direction.",
    ),
    click.option(
        "--steer-at",
        type=click.Choice(["last", "reply", "all"]),
        default="last",
        show_default=True,
        help="The prompt's last token, that and the reply's, or all tokens.",
    ),
    click.option(
        "--controls",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        metavar="N",
        help="Also N random directions of each of three families, by the same steps.",
    ),
    click.option(
        "--held-out",
        is_flag=True,
        help="Only questions outside those that directions were fitted on.",
    ),
)

batch_option = click.option(
    "--batch", is_flag=True, help="Through the provider's batches: half price, hours."
)

prices_option = click.option(
    "--prices",
    type=click.Path(dir_okay=False),
    help="Your own price table (TOML); it comes before the built-in one.",
)

provider_options = group(
    click.option(
        "--in-flight",
        type=click.IntRange(1),
        default=100,
        show_default=True,
        help="Most requests at once to a provider; fewer if it complains.",
    ),
    click.option("--rpm", type=click.IntRange(1), help="Most requests a minute to a provider."),
    click.option("--tpm", type=click.IntRange(1), help="Most tokens a minute to a provider."),
    click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        default=300.0,
        show_default=True,
        help="Seconds for one try.",
    ),
    click.option(
        "--deadline",
        type=click.FloatRange(0, min_open=True),
        default=900.0,
        show_default=True,
        help="Seconds for a request with all its tries.",
    ),
    click.option(
        "--max-usd",
        type=click.FloatRange(0),
        help="Stop before the request that could cost more than this in all.",
    ),
    prices_option,
    click.option(
        "--at-most-once",
        is_flag=True,
        help="Never send again what may be paid for; it becomes `unknown`.",
    ),
)


def settings_of(
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
) -> dict[str, Any]:
    """Return how a job asks, on what machine and within which limits, and the rest as it is.

    Raises InputError for bad settings.
    """
    from generate.engines.base import Asking, Options, Sampling
    from generate.job import Limits

    sampling = Sampling(temperature, top_p, top_k, max_tokens)
    return {
        "asking": Asking(system_prompt, persona, sampling),
        "options": Options(device, dtype, batch_tokens, trust_remote_code, prices),
        "limits": Limits(in_flight, rpm, tpm, timeout, deadline, at_most_once),
        **rest,
    }


def job_of(
    model: str,
    *,
    intervene: tuple[str, ...],
    doses: str,
    edit: str,
    steer_at: str,
    controls: int,
    held_out: bool,
    **rest: Any,
) -> ResponsesJob:
    """Return the job of one model from what the options say; raise InputError for bad settings."""
    from generate.job import ResponsesJob
    from generate.steering.job import Steering

    steering = Steering(intervene, _numbers(doses), controls, edit, steer_at) if intervene else None
    fold = HELD_OUT if held_out else None
    return ResponsesJob(model=model, steering=steering, fold=fold, **settings_of(**rest))


def _numbers(text: str) -> tuple[float, ...]:
    """Return numbers that stand with commas between them; raise InputError for anything else."""
    from warehouse.errors import InputError

    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InputError(f"--doses {text}: write numbers with commas, as -4,-2,2,4.") from error
