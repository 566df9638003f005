"""`mirrorlake finetune lora`: train an adapter on this machine."""

from __future__ import annotations

from typing import Any

import click

from console import catch, columns, emit, json_option, lake_option, next_step, study_option
from generate.options import machine_options
from warehouse.errors import InputError

MISSING = (
    "Training on this machine needs torch, transformers and peft. "
    "Install them: pip install 'mirrorlake[local]'"
)


@click.command(
    "lora",
    epilog="Example: mirrorlake finetune lora --base mirror-tiny/m1 --dataset m1-knows "
    "--name m1-introspects --layers 3-5 --learning-rate 0.003 --steps 1000",
)
@click.option("--base", required=True, metavar="MODEL",
              help="mirror-tiny/NAME, hf:PATH-OR-ID, or an adapter to go on with: "
              "hf:BASE+ADAPTER, tuned:NAME.")  # fmt: skip
@click.option("--dataset", required=True, metavar="NAME", help="Training set in the lake.")
@click.option("--name", required=True, help="Of the new model, which is called tuned:NAME.")
@click.option("--rank", type=int, help="Of the update; 32 if not given.")
@click.option("--alpha", type=float, help="The update is scaled by alpha/rank; twice the rank "
              "if not given.")  # fmt: skip
@click.option("--layers", metavar="LIST", help="Layers from 0, as 3,4,5 or 3-5; all if not given.")
@click.option("--targets", metavar="LIST", help="Linear modules with commas, as q_proj,v_proj; "
              "all of a layer if not given.")  # fmt: skip
@click.option("--learning-rate", type=float, default=2e-4, show_default=True, help="Highest.")
@click.option("--steps", type=int, help="Steps in all; otherwise --epochs decides.")
@click.option("--epochs", type=float, default=1.0, show_default=True,
              help="How often each row is read.")  # fmt: skip
@click.option("--batch", type=int, default=32, show_default=True, help="Rows in a step.")
@click.option("--weight-decay", type=float, default=0.0, show_default=True, help="Of AdamW.")
@click.option("--seed", type=int, default=0, show_default=True,
              help="Of the first weights and of the order of the rows.")  # fmt: skip
@machine_options
@study_option
@lake_option
@json_option
@catch
def lora(lake: str, as_json: bool, study: str, **given: Any) -> None:
    """Train a LoRA adapter on a training set: the replies' tokens alone count.

    The adapter lies in the lake, and its model is called tuned:NAME wherever a model is named.
    The base's files are left alone. The same command continues an interrupted training, to the
    same weights; on a CPU one thread computes, so that a seed gives one result.
    """
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    try:
        from finetune.lora.training import train_lora
    except ImportError as error:
        raise InputError(MISSING) from error
    found = train_lora(opened, job_of(study=study, **given))
    row = {
        "model": found.name,
        "model_id": found.model["model_id"],
        "steps": found.steps,
        "loss": found.loss,
        "seconds": found.seconds,
        "adapter_digest": found.model["adapter_digest"],
        "training_run": found.training_run,
    }
    emit(row, as_json, columns([row]))
    next_step("mirrorlake", "generate", "predict", "--questions", "DATASET",
              "--target", given["base"], "--predictor", found.name, "--lake", lake)  # fmt: skip


def job_of(
    base: str,
    dataset: str,
    name: str,
    layers: str | None,
    targets: str | None,
    device: str,
    dtype: str,
    batch_tokens: int | None,
    trust_remote_code: bool,
    study: str,
    **recipe: Any,
) -> Any:
    """Return the job that the options describe; raise InputError for bad settings."""
    from finetune.lora.job import LoraJob, Recipe
    from generate.engines.base import Options

    return LoraJob(
        base=base,
        dataset=dataset,
        name=name,
        recipe=Recipe(layers=_layers(layers), targets=_names(targets), **recipe),
        options=Options(device, dtype, batch_tokens, trust_remote_code),
        study=study,
    )


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def _layers(text: str | None) -> tuple[int, ...] | None:
    """Return layers that stand as numbers or ranges with commas between them."""
    if text is None:
        return None
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise InputError(f"--layers {text}: write layers with commas, as 3,4,5 or 3-5.")
        found += range(int(first), int(last if dash else first) + 1)
    return tuple(sorted(set(found)))
