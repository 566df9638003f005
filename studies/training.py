"""The training steps of a study: training sets first, then adapters in the order of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console import plural, say
from studies.sections import Dataset, Lora, Study
from warehouse.errors import InputError
from warehouse.lake import Lake

if TYPE_CHECKING:
    from finetune.dataset.sets import TrainingSet


def train(lake: Lake, study: Study) -> None:
    """Make every training set of a study and train every adapter that is not there yet."""
    if not (study.dataset or study.lora):
        return
    from analyze.introspection.scoring import score_predictions

    # Training sets of self-prediction are made of properties that have been read.
    score_predictions(lake, study.name)
    for wanted in study.dataset:
        made = _made(lake, wanted, study.name)
        verb = "made" if made.new else "there already"
        say(f"dataset {made.name}: {plural(made.n_rows, 'row')}, {verb}.")
    for adapter in study.lora:
        _trained(lake, adapter, study.name)


def _made(lake: Lake, step: Dataset, study: str) -> TrainingSet:
    from finetune.dataset.answers import make_answers
    from finetune.dataset.self_prediction import make_self_prediction
    from finetune.dataset.sets import Answers, SelfPrediction

    shared = step.model_dump(
        include={
            "name", "questions", "tasks", "hold_out_tasks", "concepts", "properties", "splits",
            "disjoint_from", "per_cell", "balance", "shuffle_labels", "seed",
        }
    )  # fmt: skip
    if step.kind == "answers":
        more = step.model_dump(include={"reply", "hypothetical", "hypothetical_split"})
        return make_answers(lake, Answers(**shared, **more))
    if step.target is None:
        raise InputError(f"[[dataset]] '{step.name}': name the model whose answers are predicted.")
    more = step.model_dump(include={"target", "trained", "rehearse", "divergent_from"})
    return make_self_prediction(lake, SelfPrediction(**shared, **more))


def _trained(lake: Lake, step: Lora, study: str) -> None:
    from finetune.lora.job import LoraJob, Recipe
    from finetune.lora.training import train_lora

    recipe = Recipe(
        layers=step.layers or None,
        **step.model_dump(
            include={"rank", "alpha", "learning_rate", "steps", "epochs", "batch", "seed"}
        ),
    )
    train_lora(lake, LoraJob(step.base, step.dataset, step.name, recipe, study=study))
