"""One thread, and no model that is made twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch

from tests.generate.forward import families

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def model() -> Callable[..., Any]:
    """Tiny models by the names of their families, for tests that leave them as they are."""
    return cache(families.make)


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.no_grad():
        yield
