"""How text is drawn, in vLLM's terms."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from generate.engines.base import Request, Sampling
from warehouse.errors import InputError

# Outside these vLLM refuses, or silently draws at another temperature.
COOLEST, HOTTEST = 0.01, 2.0


def require_drawable(sampling: Sampling) -> None:
    """Raise InputError for a temperature at which vLLM does not draw."""
    if not (sampling.greedy or COOLEST <= sampling.temperature <= HOTTEST):
        raise InputError(
            f"vLLM draws at temperature 0 and from {COOLEST} to {HOTTEST:g}, "
            f"not at {sampling.temperature:g}."
        )


def settings(request: Request) -> dict[str, Any]:
    """Return temperature, top-p, top-k (0 for every token) and seed of one sample.

    All are given, so that no default of the model or the server enters unseen.
    """
    sampling = wanted(request)
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k or 0,
        "seed": request.seed,
    }


def wanted(request: Request) -> Sampling:
    """Return the sampling that the request's condition names."""
    return _parsed(request.condition["sampling"])


@lru_cache(maxsize=64)
def _parsed(sampling: str) -> Sampling:
    return Sampling(**json.loads(sampling))
