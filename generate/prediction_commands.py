"""`mirrorlake generate predict`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from console import catch, json_option, lake_option, next_step, study_option
from generate.options import (
    batch_option,
    drawing_options,
    machine_options,
    persona_options,
    provider_options,
    questions_option,
    settings_of,
    where_options,
)
from generate.scopes import show_scopes

if TYPE_CHECKING:
    from generate.job import Summary


@click.command(
    "predict",
    epilog="Example: mirrorlake generate predict --questions pair --split heldout "
    "--target mirror-tiny/m1-self --predictor mirror-tiny/m1-self --predictor mirror-tiny/m2-cross",
)
@questions_option
@click.option(
    "--target",
    "targets",
    required=True,
    multiple=True,
    metavar="MODEL",
    help="Model whose answers are predicted; repeatable.",
)
@click.option(
    "--predictor",
    "predictors",
    multiple=True,
    metavar="MODEL",
    help="Model that predicts them; repeatable.  [default: each target itself]",
)
@click.option("--properties", multiple=True, metavar="PROPERTY", help="Only these; repeatable.")
@where_options
@click.option("--limit", type=click.IntRange(1), help="Only N strings, always the same ones.")
@drawing_options
@persona_options
@machine_options
@provider_options
@batch_option
@study_option
@lake_option
@json_option
@catch
def predict(
    lake: str,
    targets: tuple[str, ...],
    predictors: tuple[str, ...],
    as_json: bool,
    max_usd: float | None,
    **given: Any,
) -> None:
    """Ask models what a model would answer, and that model what it does answer.

    Hypothetical questions of a data set ask for a property of the answer to an object question.
    The target gets the object questions, the predictors the hypothetical ones, both as free
    text. What the lake already holds is not asked again.
    """
    from generate.prediction import PredictionJob, generate_predictions
    from generate.remote.purse import Purse
    from warehouse.lake import open_lake

    settings = settings_of(**given)
    jobs = [
        PredictionJob(target=target, predictors=predictors or (target,), **settings)
        for target in dict.fromkeys(targets)
    ]
    opened = open_lake(lake)
    found: list[Summary] = []
    try:
        generate_predictions(opened, jobs, Purse(max_usd), found.append)
    finally:
        # Also when it ends early: what was paid for is told.
        if found:
            show_scopes(found, as_json)
    next_step(
        "mirrorlake", "analyze", "self-prediction", "--questions", given["questions"],
        "--lake", lake,
    )  # fmt: skip
