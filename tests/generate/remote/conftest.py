"""A provider for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.provider import Provider
from warehouse import views


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    """One provider process for a module."""
    with Provider(seed=7) as made:
        yield made


@pytest.fixture
def server(running: Provider) -> Provider:
    """The provider, with nothing billed and no faults."""
    running.reset()
    return running


@pytest.fixture(autouse=True)
def _few_views(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the views of the analyses, which take most of the time of small runs."""
    if not request.module.__name__.endswith("test_money"):
        monkeypatch.setattr(views, "analysis_views", dict)
