"""`mirrorlake generate activations`."""

from __future__ import annotations

from typing import Any

import click

from console import (
    catch,
    columns,
    emit,
    json_option,
    lake_option,
    next_step,
    study_option,
)
from generate.options import (
    machine_options,
    persona_options,
    questions_option,
    selection_options,
)


@click.command(
    "activations",
    epilog="Example: mirrorlake generate activations --questions starter "
    "--model mirror-tiny/base --variants choices --positions last,choice --baselines",
)
@questions_option
@click.option(
    "--model",
    "models",
    required=True,
    multiple=True,
    metavar="MODEL",
    help="mirror-tiny/NAME, hf:PATH-OR-ID or hf:BASE+ADAPTER, with ~random behind it for random "
    "weights; as often as needed.",
)
@click.option(
    "--sites",
    default="resid_post",
    show_default=True,
    help="Where, with commas: resid_pre, resid_post, attn_head_in, mlp_out.",
)
@click.option(
    "--layers", default="all", show_default=True, help="Which, counted from 0: all, 3,5 or 0-7."
)
@click.option(
    "--positions",
    default="last",
    show_default=True,
    help="Which tokens, with commas: last of the prompt, last of the appended choice.",
)
@click.option(
    "--variants",
    type=click.Choice(["orders", "choices", "texts"]),
    default="orders",
    show_default=True,
    help="The prompt with its options in each order; also with each letter appended; or the bare "
    "question with each option's text appended.",
)
@selection_options
@click.option(
    "--baselines",
    is_flag=True,
    help="Also the embedding layer, and the same network with random weights.",
)
@persona_options
@machine_options
@study_option
@lake_option
@json_option
@catch
def activations(lake: str, models: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Read hidden states of a model on this machine into the table `activations`.

    Vectors that the lake already holds are not read again: the same command after an
    interruption continues, and after a finished run does nothing.
    """
    from generate.capture.fill import generate_activations
    from generate.capture.job import Captured
    from warehouse.lake import open_lake

    jobs = [_job(model, **given) for model in dict.fromkeys(models)]
    opened = open_lake(lake)
    found: list[Captured] = []
    try:
        for job in jobs:
            generate_activations(opened, job, found.append)
    finally:
        rows = [captured.to_dict() for captured in found]
        if rows:
            emit(rows, as_json, columns(rows))
    questions = given["questions"]
    next_step("mirrorlake", "analyze", "probe", "--questions", questions, "--lake", lake)


def _job(
    model: str,
    *,
    sites: str,
    layers: str,
    positions: str,
    system_prompt: str | None,
    persona: str | None,
    device: str,
    dtype: str,
    batch_tokens: int | None,
    trust_remote_code: bool,
    **rest: Any,
) -> Any:
    from generate.capture.job import ActivationsJob
    from generate.engines.base import Asking, Options

    return ActivationsJob(
        model=model,
        sites=_names(sites),
        layers=_layers(layers),
        positions=_names(positions),
        asking=Asking(system_prompt, persona),
        options=Options(device, dtype, batch_tokens, trust_remote_code),
        **rest,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _layers(text: str) -> tuple[int, ...] | None:
    """Return the layers that `all`, `3,5` or `0-7,12` names; raise InputError for others."""
    from warehouse.errors import InputError

    if text.strip() == "all":
        return None
    found: set[int] = set()
    for part in _names(text):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            raise InputError(f"--layers {text}: write all, numbers such as 3,5, or ranges as 0-7.")
        found |= {*range(int(first), int(last or first) + 1)}
    return tuple(sorted(found))
