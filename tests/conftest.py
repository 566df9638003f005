"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.lake import Lake, open_lake

# Two halves share two cores, and the embedded models are too small for a second thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data beside the checkout; tests that need it skip where it is absent."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("real data (../shared/data) is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; missing is a failure in CI and a skip elsewhere."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing; `make test` installs it as root")
        pytest.skip("Chromium is not installed")
    return found


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    """A new, empty lake."""
    made = open_lake(tmp_path / "lake", create=True)
    yield made
    made.close()
