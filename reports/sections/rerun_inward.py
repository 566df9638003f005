"""The commands of predictions, training sets and training, from their runs' configurations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

Config = Mapping[str, Any]

# Texts drawn otherwise than by default.
SAMPLING = {"temperature": 0.0, "top_p": 1.0, "top_k": None, "max_tokens": 64}
RECIPE = {
    "questions": "--questions", "tasks": "--tasks", "held_out_tasks": "--hold-out-tasks",
    "concepts": "--concepts", "properties": "--properties", "splits": "--split",
    "disjoint": "--disjoint-from", "per_cell": "--per-cell", "balance": "--balance",
    "shuffle_labels": "--shuffle-labels", "rehearse": "--rehearse", "reply": "--reply",
    "target": "--target", "rehearsed_by": "--for", "divergent_from": "--divergent-from",
    "hypothetical": "--hypothetical", "hypothetical_split": "--hypothetical-split",
    "orders": "--orders", "seed": "--seed",
}  # fmt: skip


def flags(config: Config, names: Mapping[str, str]) -> list[str]:
    """Return settings as flags: a list repeats its flag, a switch stands alone, 0 is left out."""
    words: list[str] = []
    for name, flag in names.items():
        value = config.get(name)
        items: list[Any] = value if isinstance(value, list) else [value]
        for item in items:
            if item is True:
                words.append(flag)
            elif item not in (None, False, 0):
                words += [flag, _text(item)]
    return words


def _text(item: Any) -> str:
    """Return a value; of a model that answered, its id, which every command takes for its name."""
    if isinstance(item, dict):
        return str(item.get("model_id"))
    return f"{item:g}" if isinstance(item, float) else str(item)


def drawing(config: Config) -> list[str]:
    """Return the flags of how texts were drawn and of what stood before the questions."""
    asking = config.get("asking") or {}
    sampling = asking.get("sampling") or {}
    drawn = [
        word
        for name, usual in SAMPLING.items()
        if sampling.get(name, usual) != usual
        for word in (f"--{name.replace('_', '-')}", _text(sampling[name]))
    ]
    return [*drawn, *flags(asking, {"system_prompt": "--system-prompt", "persona": "--persona"})]


@dataclass
class Predicting:
    """Runs that one `generate predict` makes: answers of targets, predictions of predictors."""

    config: Config
    study: str | None
    targets: list[str] = field(default_factory=list)
    predictors: list[str] = field(default_factory=list)

    def words(self, known: Sequence[str]) -> list[str]:
        """Return the command; `known` are targets of the same questions that answered before."""
        config = {**self.config, "properties": self.config.get("concepts")}
        names = {"properties": "--properties", "tasks": "--tasks", "split": "--split",
                 "limit": "--limit"}  # fmt: skip
        samples = self.config.get("samples") or 1
        return [
            "generate", "predict", "--questions", str(self.config["questions"]),
            *_each("--target", self.targets or known or self.predictors),
            *_each("--predictor", self.predictors), *flags(config, names),
            *(["--samples", str(samples)] if samples > 1 else []), *drawing(self.config),
        ]  # fmt: skip


def _each(flag: str, names: Sequence[str]) -> list[str]:
    return list(chain.from_iterable((flag, name) for name in dict.fromkeys(names)))


def predicting(run: Mapping[str, Any]) -> Predicting | None:
    """Return the part of a `generate predict` that a run was, None for any other run."""
    config = json.loads(run["config"] or "{}")
    asks = config.get("asks")
    if run["command"] != "generate responses" or asks not in ("object", "hypothetical"):
        return None
    made = Predicting(config, run["study"])
    (made.targets if asks == "object" else made.predictors).append(str(config["model"]))
    return made


def joins(one: Predicting, other: Predicting) -> bool:
    """Return whether two runs could be of one command."""
    apart = ("model", "asks")
    first, second = (
        {name: value for name, value in part.config.items() if name not in apart}
        for part in (one, other)
    )
    return first == second and one.study == other.study


def self_prediction(config: Config) -> list[str]:
    """Return the flags of `analyze self-prediction` beside its data sets."""
    return [word for four in config.get("crossed") or () for word in ("--crossed", *four)]


def changed(config: Config) -> list[list[str]]:
    """Return the flags of every `analyze behavior-change` that a run was."""
    return [["--old", old, "--new", new] for old, new in config.get("changes") or ()]


def acquired(config: Config) -> list[list[str]]:
    """Return the flags of every `analyze acquisition` that a run was."""
    names = ("--before", "--after", "--control")
    return [
        [word for pair in zip(names, models, strict=False) if pair[1] for word in pair]
        for models in config.get("trainings") or ()
    ]


def training_set(config: Config) -> list[str]:
    """Return the words after `finetune dataset`."""
    recipe = config.get("recipe") or {}
    own = ["--name", str(config.get("name"))]
    return [str(recipe.get("kind") or "self-prediction"), *own, *flags(recipe, RECIPE)]


LORA = {"base": "--base", "dataset": "--dataset", "name": "--name"}
# A recipe's settings with what they are unless given.
LORA_RECIPE: dict[str, Any] = {
    "rank": None, "alpha": None, "targets": None, "learning_rate": 2e-4, "steps": None,
    "epochs": 1.0, "batch": 32, "weight_decay": 0.0, "seed": 0,
}  # fmt: skip


def lora(config: Config) -> list[str]:
    """Return the flags of `finetune lora`."""
    recipe = config.get("recipe") or {}
    words = flags(config, LORA)
    layers = recipe.get("layers")
    if layers:
        words += ["--layers", ",".join(map(str, layers))]
    for name, usual in LORA_RECIPE.items():
        value = recipe.get(name, usual)
        if value != usual:
            text = ",".join(value) if isinstance(value, list) else _text(value)
            words += [f"--{name.replace('_', '-')}", text]
    return words


SUBMITTED = {
    "epochs": "--epochs", "batch_size": "--batch-size",
    "learning_rate_multiplier": "--learning-rate-multiplier", "seed": "--seed",
    "suffix": "--suffix",
}  # fmt: skip


def submitted(config: Config) -> list[str]:
    """Return the words after `finetune submit`."""
    named = {"model": "--base", "training_set": "--dataset", "max_usd": "--max-usd"}
    settings = config.get("settings") or {}
    return ["openai", *flags(config, named), *flags(settings, SUBMITTED)]
