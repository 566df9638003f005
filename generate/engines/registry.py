"""Which engine answers for a `--model`: one line per provider."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from generate.engines.base import Engine, Options, Row
from warehouse.errors import InputError, nearest
from warehouse.schema import MODELS

if TYPE_CHECKING:
    from warehouse.lake import Lake

# prefix of `--model` -> module whose `open_model` takes the whole name and the options
ENGINES = {
    "mirror-tiny/": "generate.engines.local.engine",
    "hf:": "generate.engines.local.engine",
    "tuned:": "generate.engines.local.engine",
    "vllm:": "generate.engines.vllm.engine",
    "openai:": "generate.engines.openai",
    "anthropic:": "generate.engines.anthropic",
}


def open_engine(name: str, options: Options) -> Engine:
    """Return the engine for a `--model`, without loading weights; raise InputError otherwise."""
    for prefix, module in ENGINES.items():
        if name.startswith(prefix) and name != prefix:
            engine: Engine = import_module(module).open_model(name, options)
            return engine
    raise InputError(f"There is no model '{name}'.{nearest(name, _examples())}")


def registered(lake: Lake, model: Row) -> Row:
    """Return an engine's row of `models` with what the lake knows besides: how it was trained."""
    known = {row["model_id"]: row for row in lake.ledger.rows(MODELS)}.get(model["model_id"], {})
    return {**known, **{name: value for name, value in model.items() if value is not None}}


def _examples() -> list[str]:
    from generate.engines.local.checkpoint import organisms

    named = [f"mirror-tiny/{name}" for name in organisms()]
    others = ["hf:BASE+ADAPTER", "tuned:NAME", "vllm:PATH-OR-ID", "openai:MODEL", "anthropic:MODEL"]
    return [*named, "hf:PATH-OR-ID", *others]
