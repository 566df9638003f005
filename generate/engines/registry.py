"""Which engine answers for a `--model`: one line per provider."""

from __future__ import annotations

from importlib import import_module

from generate.engines.base import Engine, Options
from warehouse.errors import InputError, nearest

# prefix of `--model` -> module whose `open_model` takes the whole name and the options
ENGINES = {
    "mirror-tiny/": "generate.engines.local.engine",
    "hf:": "generate.engines.local.engine",
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


def _examples() -> list[str]:
    from generate.engines.local.checkpoint import organisms

    named = [f"mirror-tiny/{name}" for name in organisms()]
    others = ["hf:BASE+ADAPTER", "vllm:PATH-OR-ID", "openai:MODEL", "anthropic:MODEL"]
    return [*named, "hf:PATH-OR-ID", *others]
