"""The command that a run came from, from its recorded configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any

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


def rerun(run: dict[str, Any]) -> str:
    """Return the command of a run, safe to paste."""
    config = json.loads(run["config"] or "{}")
    steering = config.get("steering") or {}
    words = [
        *run["command"].split(), *_files(config), *_flags(config, FLAGS), *_lists(config),
        *_flags(steering, STEERING), *_lists({"doses": steering.get("doses")}),
    ]  # fmt: skip
    # The random twin of a run with baselines is a run of its own.
    if config.get("baselines") and not config.get("random"):
        words.append("--baselines")
    if config.get("fold") is not None:
        words.append("--held-out")
    study = ["--study", str(run["study"])] if run["study"] else []
    return command(*words, *study)


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
