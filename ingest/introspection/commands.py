"""`mirrorlake ingest introspection`: the tasks, or the stored results, of *Looking Inward*."""

from __future__ import annotations

from pathlib import Path

import click

from console import catch, json_option, lake_option, next_step, say
from warehouse.errors import InputError

DEFAULT_PROMPTS = "minimal"


@click.command(
    "introspection",
    epilog="Example: mirrorlake ingest introspection --source introspection_self_prediction "
    "--tasks animals --limit 500 --lake lake",
)
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="Folder of a clone of felixbinder/introspection_self_prediction.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    help="Instead: inspect_response_property_results.csv of its history, or the folder of it.",
)
@click.option(
    "--prompts",
    default=DEFAULT_PROMPTS,
    show_default=True,
    help="Pair of prompts, by the name of the hypothetical one.",
)
@click.option("--tasks", multiple=True, metavar="TASK", help="Only these; repeatable.")
@click.option(
    "--properties",
    multiple=True,
    metavar="PROPERTY",
    help="Only these, asked of every task; repeatable. If none is named, what fits the task.",
)
@click.option("--limit", type=click.IntRange(1), help="Strings of each task and split.")
@lake_option
@json_option
@catch
def introspection(
    source: Path | None,
    results: Path | None,
    prompts: str,
    tasks: tuple[str, ...],
    properties: tuple[str, ...],
    limit: int | None,
    lake: str,
    as_json: bool,
) -> None:
    """Bring in the tasks of Looking Inward: object questions and hypothetical ones about them.

    Any subset of the clone's tasks will do. The data set is introspection, with other prompts
    than minimal introspection/PROMPTS.

    \b
    Object questions        concept object, answer the set's own target where it has one
    Hypothetical questions  concept and property say what of the answer is asked for,
                            object_id which object question is quoted
    Clusters                strings: one string in two tasks is one cluster
    Splits                  train and val, as the clone has them
    Prompts are kept byte for byte; known damage is told and kept.

    With --results the paper's stored predictions come in instead, as data set
    introspection/results, with the published table and what is wrong with it.
    """
    if (source is None) == (results is None):
        raise InputError("Name a clone with --source, or stored results with --results.")
    if results is not None:
        _results(results, lake, as_json)
        return
    assert source is not None
    from ingest.introspection.bring import ingest_tasks, report
    from ingest.introspection.clone import Wanted, read_clone

    wanted = Wanted(prompts, tasks, properties, limit)
    config = {"prompts": prompts, "tasks": tasks, "properties": properties, "limit": limit}
    task_set = read_clone(source, wanted, say)
    report(ingest_tasks(lake, "ingest introspection", task_set, config), as_json)
    predict_next(lake, task_set.dataset)


def _results(path: Path, lake: str, as_json: bool) -> None:
    from ingest.introspection.results import ingest_results, report

    report(ingest_results(lake, path, {"results": path.name}), as_json)
    next_step("mirrorlake", "analyze", "quantify", "--lake", lake)


def predict_next(lake: str, dataset: str) -> None:
    """Suggest the command that asks a set's questions."""
    next_step("mirrorlake", "generate", "predict", "--lake", lake, "--questions", dataset,
              "--target", "MODEL", "--predictor", "MODEL")  # fmt: skip
