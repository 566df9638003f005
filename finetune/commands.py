"""`mirrorlake finetune …`: train the embedded organisms."""

from __future__ import annotations

from pathlib import Path

import click

from console import catch, emit, json_option, next_step
from warehouse.errors import InputError, nearest

ORGANISMS = ("base",)
MISSING = (
    "Training on this machine needs torch and transformers. "
    "Install them: pip install 'mirrorlake[local]'"
)


@click.group("finetune")
def finetune() -> None:
    """Train models on this machine."""


@finetune.command("organisms", epilog="Example: mirrorlake finetune organisms base")
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder to make; ./organisms/NAME if not given.",
)
@click.option("--seed", type=int, help="Another seed than the recipe's.")
@json_option
@catch
def organisms(name: str, out: Path | None, seed: int | None, as_json: bool) -> None:
    """Rebuild a model of the embedded family from nothing, on one CPU thread.

    NAME is base: a small Llama that knows five concepts of the starter set and was never
    taught the other five. The folder holds weights, tokenizer, card.json and README.md.
    """
    if name not in ORGANISMS:
        raise InputError(f"There is no organism '{name}'.{nearest(name, ORGANISMS)}")
    if seed is not None and not 0 <= seed < 2**32:
        raise InputError(f"The seed {seed} is not a whole number from 0 to {2**32 - 1}.")
    try:
        from finetune.build import build_base
    except ImportError as error:
        raise InputError(MISSING) from error

    folder = build_base(out or Path("organisms") / name, seed)
    emit({"folder": str(folder)}, as_json, str(folder))
    next_step(
        "mirrorlake", "generate", "responses", "--questions", "starter", "--model", f"hf:{folder}"
    )
