"""What was quantified is not read again, and whatever may have changed is."""

from __future__ import annotations

import pytest
from responders import condition, fill, knows, model, prefers_first, questions, responses

from analyze import frames
from analyze.quantify import run_quantify
from warehouse import compaction
from warehouse.errors import InputError

ONE, TWO = condition(model("one")), condition(model("two"))


@pytest.fixture
def filled(lake):
    asked = questions(["belief"], 6, 2)
    fill(lake, asked, {"one": responses(asked[:6], ONE, knows(0.9, 1))})
    with lake.run("more") as run:
        run.append("responses", responses(asked[6:], ONE, knows(0.9, 1)))
    return lake


@pytest.fixture
def read(monkeypatch):
    """The data sets whose rows were read, in order."""
    names = []
    frozen = frames.frozen

    def noted(con, dataset):
        names.append(dataset)
        return frozen(con, dataset)

    monkeypatch.setattr(frames, "frozen", noted)
    return names


def test_rows_are_read_once(filled, read):
    first = run_quantify(filled)
    read.clear()
    assert run_quantify(filled) == run_quantify(filled, ["trial"]) == first
    assert read == []


def test_another_study_has_its_own_results(filled, read):
    run_quantify(filled)
    assert {row["study"] for row in run_quantify(filled, study="s")} == {"s"}
    read.clear()
    assert {row["study"] for row in run_quantify(filled)} == {"default"}
    assert {row["study"] for row in run_quantify(filled, study="s")} == {"s"}
    assert read == []


def test_a_merge_of_files_is_read_once_and_changes_nothing(filled, read):
    first = run_quantify(filled)
    with filled.run("lake compact"), filled.writing():
        compaction.compact_all(filled)
    read.clear()
    assert run_quantify(filled) == run_quantify(filled) == first
    assert read == ["trial"]


def test_a_new_data_set_is_found_and_the_old_one_stands(filled, read):
    first = run_quantify(filled)
    more = questions(["intention"], 6, 2, dataset="other")
    fill(filled, more, {"two": responses(more, TWO, prefers_first)})
    with pytest.raises(InputError, match="Did you mean 'other'"):
        run_quantify(filled, ["othre"])
    second = run_quantify(filled, ["other"])
    assert {row["dataset"] for row in second} == {"other"}
    read.clear()
    both = run_quantify(filled)
    assert [row for row in both if row["dataset"] == "trial"] == first
    assert read[-1] == "trial"
    read.clear()
    assert run_quantify(filled) == both
    assert read == []


def test_lost_results_are_computed_again(filled, read):
    first = run_quantify(filled)
    lost = [segment.name for segment in filled.ledger.segments("results")]
    filled.ledger.supersede(lost)
    read.clear()
    again = run_quantify(filled)
    assert [row["estimate"] for row in again] == [row["estimate"] for row in first]
    assert read == ["trial"]
