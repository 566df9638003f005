"""The tutorial does what it says: every block is run, and what it shows comes out."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import BY_HAND, TUTORIAL, blocks, not_shown

SHELL = [block for block in blocks(TUTORIAL) if block.words[0] == "sh"]
RUN = [block for block in SHELL if block.is_run]


@pytest.mark.parametrize("block", RUN, ids=lambda block: f"line-{block.line}")
def test_a_block_ends_well_and_shows_what_the_page_shows(tutorial, block):
    exit_code, output = tutorial.outcomes[block]
    assert exit_code == 0, output
    assert "Traceback" not in output
    assert not_shown(block.shown or "", output) == [], output


def test_only_what_needs_a_person_a_network_or_a_model_is_left_to_the_hand():
    by_hand = [
        block.text.removeprefix(BY_HAND) for block in SHELL if block.text.startswith(BY_HAND)
    ]
    lines = [line for text in by_hand for line in text.splitlines()]
    assert lines
    for line in lines:
        assert re.match(
            r"(make|cd|source|mkdir) |mirrorlake (ingest (inspect|lm-eval)|.* hf:)", line
        )


def test_quoted_output_that_did_not_come_out_is_noticed():
    assert not_shown("a  b\n…\nc … e\n", "a b\nc d e\n") == []
    assert not_shown("a\nc … f\n", "a b\nc d e\n") == ["a", "c … f"]


def test_the_report_and_the_files_of_the_tutorial_are_there(tutorial):
    for name in ("report/index.html", "own-report/index.html", "results.parquet", "my_day.csv"):
        assert (tutorial.folder / name).stat().st_size > 0
