"""What an lm-evaluation-harness run says of its model and of how a task was put."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from ingest.logs.decode import filled, get
from ingest.logs.samples import condition_row, model_row
from warehouse.errors import InputError
from warehouse.keys import canonical, digest

Row = dict[str, Any]

# Arguments by which the harness' models are named, in the order of preference.
_NAMES = ("pretrained", "model", "path", "model_name")


def model_of(results: Row, name: str | None, where: str) -> Row:
    """Return the row of the model that answered; `name` replaces what the run calls it.

    Raises:
        InputError: neither a name nor a results file that gives one.
    """
    config = get(results, "config", dict, where) or {}
    arguments = _arguments(config.get("model_args"))
    called = next((arguments[key] for key in _NAMES if arguments.get(key)), None)
    called = called or get(results, "model_name", str, where)
    if not (name or called):
        raise InputError(
            f"{where}: no results_<date>.json beside it names the model; name it with --model."
        )
    identity = {
        "revision": arguments.get("revision"),
        "adapter": arguments.get("peft") or arguments.get("delta"),
    }
    card = {key: config.get(key) for key in config if key.startswith("model")}
    return model_row(name or _short(str(called)), filled(card), **identity)


def _arguments(given: Any) -> dict[str, str]:
    """Return model arguments, which are written `a=1,b=2` or as an object."""
    if isinstance(given, dict):
        return {str(key): str(value) for key, value in given.items() if value is not None}
    parts = (part.partition("=") for part in given.split(",")) if isinstance(given, str) else ()
    return {key.strip(): value.strip() for key, equals, value in parts if equals}


def _short(name: str) -> str:
    """Return a model's name; of an absolute path, which is a machine's own, the last part."""
    return PurePath(name).name or name if PurePath(name).is_absolute() else name


def condition_of(results: Row, task: str, model: Row, sampling: Row, where: str) -> Row:
    """Return the condition of a task: its version, shots and chat template, and the sampling.

    The prompts themselves stand in the questions, so that no more is needed to tell two
    manners of asking apart.
    """
    config = get(results, "config", dict, where) or {}
    shots = _of(results, "n-shot", task)
    manner = [
        task, _of(results, "versions", task), shots,
        results.get("chat_template_sha"), results.get("system_instruction_sha"),
        results.get("fewshot_as_multiturn"), config.get("fewshot_seed"),
    ]  # fmt: skip
    known = f", {shots}-shot" if isinstance(shots, int) else ""
    chat = ", chat template" if results.get("chat_template_sha") else ""
    template = f"lm-eval/{task}{known}{chat} {digest(canonical(manner), '#', 8)}"
    dtype = config.get("model_dtype")
    system = results.get("system_instruction")
    return condition_row(
        model, template, sampling,
        dtype=dtype.removeprefix("torch.") if isinstance(dtype, str) else None,
        system_prompt=system if isinstance(system, str) and system else None,
    )  # fmt: skip


def split_of(results: Row, task: str) -> str:
    """Return the split that was asked: the test split, else the validation split."""
    config = _of(results, "configs", task)
    config = config if isinstance(config, dict) else {}
    for split in ("test_split", "validation_split"):
        if isinstance(config.get(split), str) and config[split]:
            return str(config[split])
    return "test"


def record_of(results: Row, task: str) -> Row:
    """Return what a run's results say of one task, without the machine's description."""
    by_task = ("results", "configs", "versions", "n-shot", "n-samples", "higher_is_better")
    kept = {k: v for k, v in results.items() if k not in (*by_task, "pretty_env_info")}
    return filled(kept | {name: _of(results, name, task) for name in by_task})


def _of(results: Row, name: str, task: str) -> Any:
    value = results.get(name)
    return value.get(task) if isinstance(value, dict) else None
