"""`mirrorlake analyze power`: how large an advantage a planned study could find."""

from __future__ import annotations

from typing import Any

import click

from console import catch, columns, emit, json_option, next_step

SEED = 20261121


@click.command("power", epilog="Example: mirrorlake analyze power --strings 100 --strings 400")
@click.option("--strings", multiple=True, type=click.IntRange(2), default=(100, 400, 1600),
              show_default=True, help="Held-out strings; repeatable.")  # fmt: skip
@click.option("--properties", type=click.IntRange(1), default=1, show_default=True,
              help="Properties asked of each.")  # fmt: skip
@click.option("--tasks", type=click.IntRange(1), default=1, show_default=True,
              help="Tasks that ask for each string.")  # fmt: skip
@click.option("--other", type=click.FloatRange(0, 1), default=0.3, show_default=True,
              help="How often each model predicts the other.")  # fmt: skip
@click.option("--chance", type=click.FloatRange(0, 1), default=0.1, show_default=True,
              help="How often a guess is right.")  # fmt: skip
@click.option("--icc", type=click.FloatRange(0, 1), default=0.1, show_default=True,
              help="Correlation of two items of one string.")  # fmt: skip
@click.option("--studies", type=click.IntRange(50), default=400, show_default=True,
              help="Simulated studies for each point.")  # fmt: skip
@json_option
@catch
def power(
    strings: tuple[int, ...], properties: int, tasks: int, other: float, chance: float, icc: float,
    studies: int, as_json: bool,
) -> None:  # fmt: skip
    """Say how large an advantage a study of two models would find, before it is run.

    Simulates two models that predict themselves and each other, and runs the tests of
    `analyze self-prediction` on what they say.
    """
    from analyze.simulation.power import Plan, detectable, power_curve

    rows: list[dict[str, Any]] = []
    for size in strings:
        plan = Plan(size, properties, tasks, (other, other), chance, icc)
        curve = power_curve(plan, SEED, studies)
        plain, crossed = detectable(curve)
        rows.append({
            "strings": size,
            "items": size * properties * tasks,
            "found_with_80_percent_power": plain,
            "crossed": crossed,
            "found_where_there_is_none": curve[0].plain,
            "curve": [vars(point) for point in curve],
        })  # fmt: skip
    emit(rows, as_json, columns([{k: v for k, v in row.items() if k != "curve"} for row in rows]))
    next_step("mirrorlake", "generate", "predict", "--questions", "DATASET", "--target", "MODEL")
