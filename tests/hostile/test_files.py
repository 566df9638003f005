"""Mutated files through the real commands: no traceback, no hang, nothing half-written."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import worker
from tests.hostile.corpus import FILES
from tests.hostile.running import judge_all
from tests.hostile.seeds import SEEDS

# A sample holds each kind of file equally often.
SAMPLE = 4 * len(SEEDS)


def _tell(outcomes: list[dict[str, Any]]) -> str:
    codes = Counter(outcome["code"] for outcome in outcomes)
    bad = [outcome for outcome in outcomes if outcome["faults"]]
    ends = f"{codes[2]:,} rejected, {codes[0]:,} accepted"
    said = f"{len(outcomes):,} files, {len(bad)} findings: {ends}"
    print(f"\n{said}")
    return "\n".join([said, *(json.dumps(outcome, indent=1) for outcome in bad[:20])])


def test_a_sample_of_mutated_files_leaves_one_sentence_or_whole_rows(tmp_path: Path) -> None:
    outcomes = judge_all(SAMPLE, tmp_path)
    assert not [outcome for outcome in outcomes if outcome["faults"]], _tell(outcomes)
    # Mutations that are all refused, or none, would test little.
    assert {outcome["code"] for outcome in outcomes} == {0, 2}
    assert len(outcomes) == SAMPLE


def test_the_judge_sees_what_is_wrong() -> None:
    wrong = [
        (None, "", "", "Traceback ..."),
        (1, "", "Error: no.\n", ""),
        (2, "data", "Error: no.\n", ""),
        (2, "", "Error: \x1b[2J\n", ""),
        (2, "", "thread '<unnamed>' panicked\nError: no.\n", ""),
        (2, "", f"Error: {'x' * 9000}\n", ""),
        (0, "\u202e", "", ""),
    ]
    assert all(worker.faults(*ended) for ended in wrong)
    assert worker.faults(2, "", "Error: no such file.\n", "") == []


@pytest.mark.soak
def test_all_mutated_files_leave_one_sentence_or_whole_rows(tmp_path: Path) -> None:
    outcomes = judge_all(FILES, tmp_path)
    story = _tell(outcomes)
    assert len(outcomes) == FILES
    assert not [outcome for outcome in outcomes if outcome["faults"]], story
    # Mutations that spare nothing of a format would only test its first check.
    accepted = {SEEDS[o["number"] % len(SEEDS)].name for o in outcomes if o["code"] == 0}
    assert accepted >= {seed.name for seed in SEEDS if seed.command != ("run",)}
