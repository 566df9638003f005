"""`generate activations` killed at random moments: what is written stays, the rest follows."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.generate.capture import kill_work
from tests.warehouse.test_crash import assert_opens
from tests.warehouse.test_run import rows_of
from tests.warm import Warm
from warehouse.check import check
from warehouse.lake import open_lake

KEYS = "question_id, variant, condition_id, site, layer, head, position"
ROWS = f"SELECT {KEYS}, token, dim, vector FROM activations ORDER BY ALL"
LIMIT = "24"


@pytest.fixture(scope="module")
def warm():
    with Warm("tests.generate.capture.kill_work") as process:
        yield process


def segments(lake: Path) -> int:
    return len(list((lake / "segments" / "activations").glob("*.parquet")))


def kill_after_writing(warm: Warm, lake: Path, count: int) -> None:
    """Read in a worker and kill it as soon as it has written so many segments."""
    before, until = segments(lake), time.monotonic() + 120
    pid = warm.start("read", str(lake), LIMIT)
    while segments(lake) < before + count:
        assert time.monotonic() < until, "the work ended, or writes fewer segments than are awaited"
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    assert warm.wait() == -signal.SIGKILL


def test_a_killed_capture_goes_on_to_the_same_rows(warm, tmp_path) -> None:
    whole, path = tmp_path / "whole", tmp_path / "killed"
    for lake in (whole, path):
        kill_work.prepare(str(lake))
    warm.start("read", str(whole), LIMIT)
    assert warm.wait() == 0
    wanted = rows_of(open_lake(whole), ROWS)
    kept = []
    for _ in range(3):
        kill_after_writing(warm, path, 2)
        assert_opens(path)
        kept.append(rows_of(open_lake(path), "SELECT count(*) FROM activations")[0][0])
    assert 0 < kept[0] < kept[1] < kept[2] < len(wanted)
    warm.start("read", str(path), LIMIT)
    assert warm.wait() == 0
    found = rows_of(open_lake(path), ROWS)
    assert [row[:-1] for row in found] == [row[:-1] for row in wanted]
    # After a resume other questions share a batch, which rounds differently.
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one[-1], other[-1], atol=2e-4, rtol=1e-4)
    assert check(open_lake(path)) == []
    print(f"3 kills of a capture; vectors after each: {kept} of {len(wanted)}")
