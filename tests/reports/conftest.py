"""Reports of the example study, built once a test session."""

from __future__ import annotations

import pytest

from reports.build import build_report
from tests.reports import example

DIGEST = "0123456789abcdef"


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """Pages of one model, of three models, and of rows that attack the page."""
    kinds = {
        "one": example.tables(),
        "three": example.tables(("tiny/base", "llama-3-8b-instruct", "qwen-2.5-7b")),
        "hostile": example.tables(hostile=True),
    }
    return {
        name: build_report(example.connect(rows), DIGEST, "demo") for name, rows in kinds.items()
    }
