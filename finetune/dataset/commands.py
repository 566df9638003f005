"""`mirrorlake finetune dataset …`: training sets from rows of the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import catch, columns, emit, json_option, lake_option, next_step, plural, say
from generate.options import group, questions_option, tasks_option

if TYPE_CHECKING:
    from finetune.dataset.sets import Selection, TrainingSet
    from warehouse.lake import Lake

_selection = group(
    click.option("--name", required=True, help="Name of the training set."),
    questions_option,
    tasks_option,
    click.option(
        "--hold-out-tasks", multiple=True, metavar="TASK", help="All but these; repeatable."
    ),
    click.option(
        "--split",
        "splits",
        multiple=True,
        default=("train",),
        show_default=True,
        help="Only questions of this split; repeatable.",
    ),
    click.option(
        "--disjoint-from",
        multiple=True,
        metavar="SPLIT",
        help="Leave out strings that also stand in this split; repeatable.",
    ),
    click.option(
        "--per-cell",
        type=click.IntRange(1),
        metavar="N",
        help="At most N rows of a task and property; smaller sets are part of larger ones.",
    ),
    click.option("--balance", is_flag=True, help="Labels as equally often as can be."),
    click.option(
        "--shuffle-labels",
        is_flag=True,
        help="Deal replies out to the prompts anew: a control that holds nothing to know.",
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Of every draw."),
    click.option(
        "--export",
        "exported",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Also write the rows as chat JSONL, as providers take them.",
    ),
    lake_option,
    json_option,
)

properties_option = click.option(
    "--properties", multiple=True, metavar="PROPERTY", help="Only these; repeatable."
)


@click.group("dataset")
def dataset() -> None:
    """Make training sets from the answers in the lake."""


@dataset.command(
    "self-prediction",
    epilog="Example: mirrorlake finetune dataset self-prediction --name m1-knows --questions pair "
    "--target mirror-tiny/m1 --for mirror-tiny/m1 --for mirror-tiny/m2 --rehearse 0.25",
)
@click.option("--target", required=True, metavar="MODEL", help="Whose answers are predicted.")
@click.option(
    "--for",
    "trained",
    multiple=True,
    metavar="MODEL",
    help="Who will be trained on it; the target if not given. Repeatable.",
)
@click.option(
    "--divergent-from",
    metavar="MODEL",
    help="Only strings whose property differs between the target and this model.",
)
@click.option(
    "--rehearse",
    type=float,
    default=0.0,
    metavar="SHARE-OR-N",
    help="Also the own answers of who is trained: a share of its rows below 1, else a number.",
)
@click.option(
    "--rehearse-split",
    "rehearse_splits",
    multiple=True,
    metavar="SPLIT",
    help="Rehearse strings of this split; of --split if not given. Repeatable.",
)
@properties_option
@_selection
@catch
def self_prediction(lake: str, as_json: bool, exported: Path | None, **given: Any) -> None:
    """Questions about a model's own answers, with what those answers are like.

    The rows are the same whoever is trained. Needed in the lake: the target's answers, greedy,
    and their properties (generate predict, analyze self-prediction).
    """
    from finetune.dataset.self_prediction import make_self_prediction
    from finetune.dataset.sets import SelfPrediction
    from warehouse.lake import open_lake

    job = SelfPrediction(**given)
    opened = open_lake(lake)
    made = make_self_prediction(opened, job)
    _finish(opened, job, made, exported, as_json, job.trained or (job.target,))


@dataset.command(
    "answers",
    epilog="Example: mirrorlake finetune dataset answers --name shifted --questions pair "
    "--reply metadata.shifted",
)
@click.option(
    "--reply",
    default="answer",
    show_default=True,
    metavar="SOURCE",
    help="What is to be answered: the set's `answer`, `metadata.KEY`, or what a MODEL answered.",
)
@click.option(
    "--concepts", multiple=True, metavar="CONCEPT", help="Only questions of these; repeatable."
)
@click.option(
    "--hypothetical",
    type=float,
    default=0.0,
    metavar="SHARE",
    help="Share of the strings that bring their hypothetical questions, with the new properties.",
)
@click.option(
    "--hypothetical-split", metavar="SPLIT", help="Only strings of this split bring them."
)
@click.option(
    "--orders",
    type=click.Choice(["both", "stored"]),
    default="both",
    show_default=True,
    help="Show options in both orders (every rotation of more than two), or as stored.",
)
@properties_option
@_selection
@catch
def answers(lake: str, as_json: bool, exported: Path | None, **given: Any) -> None:
    """Questions with new answers: to change what a model does, or to teach it a concept."""
    from finetune.dataset.answers import make_answers
    from finetune.dataset.sets import Answers
    from warehouse.lake import open_lake

    job = Answers(**given)
    opened = open_lake(lake)
    _finish(opened, job, make_answers(opened, job), exported, as_json, ())


def _finish(
    lake: Lake,
    job: Selection,
    made: TrainingSet,
    exported: Path | None,
    as_json: bool,
    bases: Sequence[str],
) -> None:
    row = asdict(made)
    if exported is not None:
        from finetune.dataset.reading import export

        say(f"{plural(export(lake, job.name, exported), 'row')} in {exported}.")
    flat = {k: v for k, v in row.items() if k not in {"counts", "new"}} | made.counts
    emit(row, as_json, columns([flat]))
    for base in bases or ("MODEL",):
        next_step("mirrorlake", "finetune", "lora", "--base", base, "--dataset", job.name,
                  "--name", "NEW", "--lake", str(lake.path))  # fmt: skip
