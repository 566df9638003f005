"""The commands that runs came from, from their recorded configurations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from reports.sections import rerun_inward as inward
from reports.sections.parts import command

# Settings of a run's configuration that are flags of its command.
FLAGS = {
    "dataset": "--dataset",
    "concept": "--concept",
    "map": "--map",
    "questions": "--questions",
    "datasets": "--questions",
    "model": "--model",
    "readings": "--reading",
    "concepts": "--concepts",
    "split": "--split",
    "limit": "--limit",
    "orders": "--orders",
    "samples": "--samples",
    "variants": "--variants",
}
# Those whose values stand in one word with commas.
LISTS = {"sites": "--sites", "layers": "--layers", "positions": "--positions", "doses": "--doses"}
STEERING = {
    "directions": "--intervene",
    "kind": "--edit",
    "positions": "--steer-at",
    "controls": "--controls",
}


# Flags of commands whose settings do not stand under the names of flags.
OTHERS: dict[str, Callable[[Any], list[str]]] = {
    "finetune dataset": inward.training_set,
    "finetune lora": inward.lora,
    "finetune submit": inward.submitted,
}
# The same of commands of which one run may have been several.
SEVERAL: dict[str, Callable[[Any], list[list[str]]]] = {
    "analyze behavior-change": inward.changed,
    "analyze acquisition": inward.acquired,
}


def reruns(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Return the commands of runs in their order, each once and safe to paste.

    Runs next to each other that one `generate predict` makes are one command.
    """
    lines: list[str] = []
    open_: inward.Predicting | None = None
    targets: dict[str, list[str]] = {}

    def close() -> None:
        if open_:
            known = targets.setdefault(str(open_.config["questions"]), [])
            lines.append(_line(open_.words(known), open_.study))
            known += [name for name in open_.targets if name not in known]

    for run in runs:
        part = inward.predicting(run)
        if part and open_ and inward.joins(part, open_):
            open_.targets += part.targets
            open_.predictors += part.predictors
            continue
        close()
        open_ = part
        if part is None:
            lines += rerun(run).split("\n")
    close()
    return list(dict.fromkeys(lines))


def _line(words: Sequence[str], study: str | None) -> str:
    return command(*words, *(["--study", str(study)] if study else []))


def rerun(run: dict[str, Any]) -> str:
    """Return the command of a run, safe to paste; where it was several, a line each."""
    config, name = json.loads(run["config"] or "{}"), run["command"]
    if name in SEVERAL:
        ways = SEVERAL[name](config)
        return "\n".join(_line([*name.split(), *way], run["study"]) for way in ways)
    if name in OTHERS:
        return _line([*name.split(), *OTHERS[name](config)], run["study"])
    return _line([*name.split(), *_words(config)], run["study"])


def _words(config: dict[str, Any]) -> list[str]:
    steering = config.get("steering") or {}
    words = [
        *_files(config), *_flags(config, FLAGS), *_lists(config),
        *_flags(steering, STEERING), *_lists({"doses": steering.get("doses")}),
        *inward.drawing(config), *inward.self_prediction(config),
    ]  # fmt: skip
    # The random twin of a run with baselines is a run of its own.
    if config.get("baselines") and not config.get("random"):
        words.append("--baselines")
    if config.get("fold") is not None:
        words.append("--held-out")
    return words


def _flags(config: dict[str, Any], flags: Mapping[str, str]) -> list[str]:
    words: list[str] = []
    for name, flag in flags.items():
        value = config.get(name)
        items: list[Any] = value if isinstance(value, list) else [value]
        words += chain.from_iterable((flag, str(item)) for item in items if item is not None)
    return words


def _lists(config: dict[str, Any]) -> list[str]:
    # With "=", because a list of doses may begin with a minus sign.
    return [
        f"{flag}={','.join(_short(item) for item in value)}"
        for name, flag in LISTS.items()
        if isinstance(value := config.get(name), list)
    ]


def _short(item: Any) -> str:
    return f"{item:g}" if isinstance(item, float) else str(item)


def _files(config: dict[str, Any]) -> list[str]:
    logs = [log["file"] for log in config.get("logs", ())]
    return [config["file"]] if config.get("file") else logs
