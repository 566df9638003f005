"""Reports of the example study, built once a test session."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reports.build import build_report
from reports.study import TEN_CONCEPTS
from tests.reports import example, inside, inward

DIGEST = "0123456789abcdef"

# Rows of one model, of three models, of probes and steering too, of predictions alone (hostile
# wherever they can be), and of an attack on the page.
KINDS: dict[str, Callable[[], dict[str, list[example.Row]]]] = {
    "one": example.tables,
    "three": lambda: example.tables(("tiny/base", "llama-3-8b-instruct", "qwen-2.5-7b")),
    "inside": inside.tables,
    "inward": inward.everything,
    # Few, because a page beyond two megabytes is built another way.
    "hostile": lambda: inside.tables(
        concepts=TEN_CONCEPTS[:3], size=inside.Size(labels=("right",)), hostile=True
    ),
}


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """Return the page of every kind of rows."""
    return {
        name: build_report(example.connect(rows()), DIGEST, "demo") for name, rows in KINDS.items()
    }
