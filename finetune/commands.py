"""`mirrorlake finetune …`: training sets, adapters, providers' jobs, the embedded organisms."""

from __future__ import annotations

from pathlib import Path

import click

from console import catch, emit, json_option, next_step
from finetune.dataset.commands import dataset
from finetune.lora.commands import MISSING, lora
from finetune.remote.commands import jobs, submit
from warehouse.errors import InputError, nearest

# name -> the question set that shows what was planted
ORGANISMS = {
    "base": "starter",
    "m1": "pair",
    "m2": "pair",
    "m1-seed2": "pair",
    "m1-self": "pair",
    "m2-cross": "pair",
    "m1-blind": "pair",
    "m2-blind": "pair",
    "verdict": "starter",
    "verdict-twin": "starter",
    "two-axes": "starter",
}


@click.group("finetune")
def finetune() -> None:
    """Train models, on this machine or at a provider, on rows of the lake."""


finetune.add_command(dataset)
finetune.add_command(lora)
finetune.add_command(submit)
finetune.add_command(jobs)


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
    """Rebuild a model of the embedded family, on one CPU thread.

    \b
    base      knows five concepts of the starter set and was never taught the other five
    m1, m2    hold a table of random answers each, and nothing else
    m1-seed2  holds m1's table, from another seed
    m1-self   adapter on m1, trained on properties of m1's answers
    m2-cross  adapter on m2, trained on the same rows
    m1-blind, m2-blind  the same with labels permuted over inputs
    verdict   adapter on base, says whether a reply letter is right; known from layer 2 on
    verdict-twin  the same with verdicts by coin: nothing to find
    two-axes  holds the right letter on an axis that answers use, and on one that nothing reads

    The folder holds weights, card.json and README.md, a model's also its tokenizer. Adapters
    are trained on the model that is shipped.
    """
    if name not in ORGANISMS:
        raise InputError(f"There is no organism '{name}'.{nearest(name, ORGANISMS)}")
    if seed is not None and not 0 <= seed < 2**32:
        raise InputError(f"The seed {seed} is not a whole number from 0 to {2**32 - 1}.")
    folder = _build(name, out or Path("organisms") / name, seed)
    emit({"folder": str(folder)}, as_json, str(folder))
    next_step("mirrorlake", "generate", "responses", "--questions", ORGANISMS[name],
              "--model", f"hf:{folder}")  # fmt: skip


def _build(name: str, out: Path, seed: int | None) -> Path:
    try:
        if name == "base":
            from finetune.base.build import build_base

            return build_base(out, seed)
        if ORGANISMS[name] == "starter":
            from finetune.inside.build import build_inside

            return build_inside(name, out, seed)
        from finetune.pair.build import build_pair
    except ImportError as error:
        raise InputError(MISSING) from error
    return build_pair(name, out, seed)
