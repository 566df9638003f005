"""Empty states say what is true of the data and advise only what would change it."""

from __future__ import annotations

from typing import Any

from reports.build import build_report
from tests.reports import example
from tests.reports.conftest import DIGEST
from tests.reports.reading import words

Tables = dict[str, list[dict[str, Any]]]


def built(tables: Tables) -> str:
    return words(build_report(example.connect(tables), DIGEST, "demo"))


def only(tables: Tables, reading: str) -> Tables:
    """Return the tables with the results of one reading."""
    kept = [row for row in tables["results"] if row.get("reading") == reading]
    return tables | {"results": kept}


def test_questions_without_options_get_no_advice_that_changes_nothing() -> None:
    tables = example.tables(concepts=("belief",))
    for row in tables["questions"]:
        row["choices"] = None
    asked = {"model_id": "m1_0", "condition_id": "c1_0"}
    tables["results"] = [example.estimate("unparseable_rate", None, **asked)]
    tables["scores"] = []
    text = built(tables)
    assert "The questions of starter have no options, and accuracy needs them." in text
    assert "To fill it: mirrorlake analyze" not in text
    assert "To fill it: mirrorlake generate" not in text
    assert "shown in one order only" not in text


def test_a_reading_without_options_is_not_said_to_show_them_in_one_order() -> None:
    text = built(only(example.tables(concepts=("belief",)), "cloze"))
    assert "The cloze reading shows no options" in text
    assert "--model tiny/base --reading letter" in text
    assert "shown in one order only" not in text


def test_the_model_that_can_be_asked_is_asked_under_the_reading_it_lacks() -> None:
    tables = example.tables(("brought", "tiny/base"), concepts=("belief",))
    tables["models"][0]["engine"] = "imported"
    kept = {"m1_0": "letter", "m1_1": "cloze"}
    tables["results"] = [
        row
        for row in tables["results"]
        if row["metric"] == "accuracy" and kept[row["model_id"]] == row["reading"]
    ]
    assert "--questions starter --model tiny/base --reading letter" in built(tables)


def test_consistency_is_described_as_what_it_counts(pages: dict[str, str]) -> None:
    text = words(pages["one"])
    assert "Share of pairs of replies under different orders that agree" in text
    assert "in every order" not in text
