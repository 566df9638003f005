"""*Looking Inward* end to end on the pair: the planted truth, and kills on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from warehouse.lake import open_lake

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "studies" / "looking-inward.toml"
# Seconds after which the study is killed, one run after the other: in asking, in each training,
# in predicting.
KILLS = (6, 25, 40, 40, 40, 40, 30, 20)


def start(folder: Path) -> subprocess.Popen:
    words = ["run", str(STUDY), "--lake", str(folder / "lake"), "--out", str(folder / "report")]
    enter = "import sys; from cli import main; main(sys.argv[1:], prog_name='mirrorlake')"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", enter, *words], cwd=ROOT, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def inward(tmp_path_factory):
    """The study's lake after eight kills and a last run that came to its end."""
    folder = tmp_path_factory.mktemp("inward")
    killed = 0
    for seconds in KILLS:
        child = start(folder)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            killed += 1
    began = time.monotonic()
    child = start(folder)
    page = Path(child.communicate()[0].splitlines()[-1])
    print(f"\n{killed} kills, then {time.monotonic() - began:.0f} s to the report")
    assert child.returncode == 0 and page.exists()
    lake = open_lake(folder / "lake")
    yield lake
    lake.close()


def estimate(lake, metric: str, model: str, other: str | None) -> tuple[float, float, float]:
    query = """
        SELECT r.estimate, r.ci_low, r.ci_high FROM results r
        JOIN models m ON m.model_id = r.model_id
        LEFT JOIN models o ON o.model_id = r.other_model_id
        WHERE r.metric = $metric AND m.name = $model AND o.name IS NOT DISTINCT FROM $other
            AND r.concept IS NULL AND r.task IS NULL
    """
    with lake.reader() as con:
        given = {"metric": metric, "model": model, "other": other}
        [row] = con.execute(query, given).fetchall()
    return row


@pytest.mark.soak
def test_the_model_predicts_itself_and_the_other_cannot(inward):
    self_accuracy, *_ = estimate(inward, "macro_accuracy", "tuned:m1-on-m1", "tuned:m1-on-m1")
    other, *_ = estimate(inward, "macro_accuracy", "tuned:m2-on-m1", "tuned:m1-on-m1")
    mode, *_ = estimate(inward, "macro_mode_baseline", "tuned:m1-on-m1", None)
    assert self_accuracy >= 0.8
    assert abs(other - mode) <= 0.1


@pytest.mark.soak
def test_both_estimands_exclude_nothing_for_the_pair_and_hold_it_for_the_blind(inward):
    for metric, model, other in (
        ("macro_advantage", "tuned:m1-on-m1", "tuned:m2-on-m1"),
        ("macro_crossed_advantage", "tuned:m1-on-m1", "tuned:m2-on-m2"),
    ):
        assert estimate(inward, metric, model, other)[1] > 0
    for metric in ("macro_advantage", "macro_crossed_advantage"):
        _, low, high = estimate(inward, metric, "mirror-tiny/m1-blind", "mirror-tiny/m2-blind")
        assert -0.1 < low <= 0 <= high < 0.1


@pytest.mark.soak
def test_one_changed_model_follows_and_the_other_is_stale(inward):
    told = estimate(inward, "macro_new_minus_old", "tuned:m1-changed-and-told", "tuned:m1-on-m1")
    stale = estimate(inward, "macro_new_minus_old", "tuned:m1-changed", "tuned:m1-on-m1")
    assert told[1] > 0
    assert stale[2] < 0


@pytest.mark.soak
def test_nothing_was_made_twice_or_lost(inward):
    with inward.reader() as con:
        [(rows, keys)] = con.execute(
            "SELECT count(*), count(DISTINCT request_key) FROM responses_history"
        ).fetchall()
        steps = con.execute(
            "SELECT training_run, count(*), count(DISTINCT step), max(step) FROM training_steps"
            " GROUP BY ALL"
        ).fetchall()
        names = con.execute(
            "SELECT card FROM models WHERE name LIKE 'tuned:%' ORDER BY name"
        ).fetchall()
    assert rows == keys
    assert len(steps) == len(names) == 6
    assert all(n == distinct == last for _, n, distinct, last in steps)
    assert all(json.loads(card)["training_run"] for (card,) in names)
