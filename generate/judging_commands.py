"""`mirrorlake generate judge`."""

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
)
from generate.scopes import show_scopes

if TYPE_CHECKING:
    from generate.job import Summary


@click.command(
    "judge",
    epilog="Example: mirrorlake generate judge --questions introspection --property sentiment "
    "--judge openai:gpt-5-mini",
)
@questions_option
@click.option("--judge", required=True, metavar="MODEL", help="Model that judges.")
@click.option("--property", "properties", multiple=True, metavar="PROPERTY",
              help="Only these; repeatable.  [default: all that need a judge]")  # fmt: skip
@drawing_options
@persona_options
@machine_options
@provider_options
@batch_option
@study_option
@lake_option
@json_option
@catch
def judge(lake: str, as_json: bool, max_usd: float | None, samples: int, **given: Any) -> None:
    """Have a model judge properties of answers that no function computes.

    The words that ask it come with the question set. Equal answers are judged once; who judged is
    kept with every value.
    """
    from generate.judging import JudgingJob, generate_judgements
    from generate.remote.purse import Purse
    from warehouse.errors import InputError
    from warehouse.lake import open_lake

    if samples > 1:
        raise InputError("An answer is judged once. Leave --samples out.")
    job = JudgingJob(**settings_of(**given))
    opened = open_lake(lake)
    found: list[Summary] = []
    try:
        generate_judgements(opened, job, Purse(max_usd), found.append)
    finally:
        if found:
            show_scopes(found, as_json)
    next_step(
        "mirrorlake", "analyze", "self-prediction", "--questions", job.questions, "--lake", lake
    )
