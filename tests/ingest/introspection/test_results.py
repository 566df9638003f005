"""Stored results come in as ordinary rows, and the published table comes out of the lake."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from analyze.introspection.scoring import score_predictions
from analyze.properties import REGISTRY, values
from ingest.introspection.result_rows import DATASET, SCORER
from ingest.introspection.results import ingest_results, published_table
from tests.ingest.introspection.stored import AFTER, BEFORE, items, table, write
from warehouse.check import check
from warehouse.errors import InputError
from warehouse.lake import open_lake

# What the paper's rows become with the property filter that is missing there.
FILTERED = {
    "writing_stories/main_character_name": (0.448276, 58), "syllable_count": (0.622449, 98),
    "first_character": (0.697183, 142), "first_word": (0.858974, 78),
    "last_character": (0.516393, 122), "sentiment": (0.75, 68), "is_even": (0.463768, 69),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(shared_data) -> Path:
    found = shared_data / "raw_results" / "introspection"
    if not (found / "inspect_response_property_results.csv").is_file():
        pytest.skip(f"{found.name} is not beside this checkout")
    return found


@pytest.fixture(scope="module")
def gold(folder, tmp_path_factory):
    """A lake with the real results, and what was told of them."""
    path = tmp_path_factory.mktemp("gold") / "lake"
    done = ingest_results(path, folder, {})
    lake = open_lake(path)
    yield lake, done
    lake.close()


def ask(lake, sql: str) -> list[tuple]:
    with lake.reader() as con:
        return con.sql(sql).fetchall()


def told(done) -> dict[str, tuple]:
    return {row["audit"]: (row["severity"], row["count"], row["total"]) for row in done["audits"]}


def test_all_sixteen_published_rows_come_out_of_the_lake(gold, folder):
    with (folder / "response_property_results.csv").open(encoding="utf-8") as file:
        published = {(r["response_property"], r["object_model"]): r for r in csv.DictReader(file)}
    with gold[0].reader() as con:
        found = published_table(con).to_dicts()
    assert len(found) == len(published) == 16
    for row in found:
        expected = published[row["response_property"], row["object_model"]]
        assert row["meta_model"] == expected["meta_model"]
        for name in ("accuracy", "error", "count"):
            assert row[name] == pytest.approx(float(expected[name]), abs=1e-6)
    assert [row["response_property"] for row in found[7::8]] == ["zMicro-average"] * 2


def test_the_missing_filter_is_reported(gold):
    rows = [r for r in gold[1]["table"] if r["response_property"] in FILTERED]
    assert len(rows) == 14
    for row in rows:
        accuracy, count = FILTERED[row["response_property"]]
        assert row["filtered_accuracy"] == pytest.approx(accuracy, abs=1e-6)
        assert row["filtered_count"] == count
    [stored] = ask(gold[0], "SELECT severity, count, total, detail FROM audits WHERE audit ="
                   f" 'missing_property_filter' AND dataset = '{DATASET}'")  # fmt: skip
    assert stored[:3] == ("error", 3266 - 2 * sum(n for _, n in FILTERED.values()), 3266)
    assert "equal in 7 of 7 properties: main_character_name 0.448276 (n 58), " in stored[3]


def test_the_other_findings_about_the_real_results(gold):
    assert told(gold[1]) == {
        "missing_property_filter": ("error", 1996, 3266),
        "repeated_items": ("warning", 3266 - 2 * 799, 3266),
        "one_mode_baseline": ("warning", 16, 16),
        "published_table_differs": ("info", 0, 16),
        "fractional_counts": ("info", 0, 16),
        "unequal_counts": ("info", 0, 8),
        "same_answer_other_score": ("info", 0, 635),
        "both_right": ("info", 0, 164),
    }
    [row] = [row for row in gold[1]["audits"] if row["audit"] == "both_right"]
    assert "(accuracies 0.225610 and 0.329268," in row["detail"]


def test_the_registry_computes_the_stored_answers_from_the_lake(gold):
    query = (
        "SELECT q.property, a.text, a.request_key, s.detail ->> '$.actual' AS actual"
        " FROM scores s JOIN responses r USING (request_key)"
        " JOIN questions q ON q.question_id = r.question_id"
        " JOIN responses a ON a.question_id = q.object_id"
        " JOIN models m ON m.model_id = a.model_id AND m.name = s.detail ->> '$.target'"
        f" WHERE s.scorer = '{SCORER}'"
    )
    with gold[0].reader() as con:
        found = con.sql(query).pl().with_columns(target=pl.lit(None, pl.String))
    assert found.height == 2 * 799
    for name in ("first_character", "last_character", "first_word", "is_even"):
        rows = found.filter(property=name)
        assert rows.height and values(rows, [name])["label"].equals(rows["actual"].alias("label"))
    judged = ask(gold[0], "SELECT DISTINCT scorer FROM scores WHERE scorer LIKE 'property:%'")
    assert {name for (name,) in judged} == {
        "property:main_character_name", "property:syllable_count", "property:sentiment",
    }  # fmt: skip
    assert not {name.removeprefix("property:") for (name,) in judged} & set(REGISTRY)


def test_rows_refer_to_each_other(gold):
    lake = gold[0]
    assert check(lake) == []
    [(loose,)] = ask(
        lake,
        "SELECT count(*) FROM questions q WHERE object_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM questions o WHERE o.question_id = q.object_id AND o.concept = 'object')",
    )
    assert loose == 0
    readings = ask(lake, "SELECT reading, text IS NULL, count(*) FROM responses GROUP BY ALL")
    assert sorted(readings) == [("score", True, 2 * 799), ("text", False, 680)]


def test_a_second_import_writes_nothing(gold, folder):
    again = ingest_results(gold[0].path, folder / "inspect_response_property_results.csv", {})
    assert (again["questions_written"], again["responses_written"], again["scores_written"]) == (
        0, 0, 0,
    )  # fmt: skip


def test_results_of_that_layout_are_computed_alike(tmp_path):
    rows = items()
    done = ingest_results(tmp_path / "lake", write(tmp_path / "in", rows, table(rows)), {})
    expected = {(r["response_property"], r["object_model"]): r for r in table(rows)}
    for row in done["table"]:
        published = expected[row["response_property"], row["object_model"]]
        assert row["accuracy"] == pytest.approx(published["accuracy"], abs=1e-6)
        assert row["error"] == pytest.approx(published["error"], abs=1e-6)
        assert row["count"] == published["count"]
    assert {row["object_model"] for row in done["table"]} == {BEFORE, AFTER}
    found = told(done)
    assert found["published_table_differs"] == ("info", 0, 16)
    assert found["repeated_items"] == ("info", 0, 3266)
    assert found["both_right"][:2] == ("info", 0)


def test_planted_inconsistencies_are_found(tmp_path):
    def edit(rows: list[dict]) -> None:
        rows[0]["predicted_correctly"] = rows[1633]["predicted_correctly"] = True
        rows[1]["predicted_correctly"] = not rows[1633 + 1]["predicted_correctly"]

    rows = items(edit)
    published = table(rows)
    published[0]["accuracy"] = 0.5001
    published[3]["count"] = 155
    done = ingest_results(tmp_path / "lake", write(tmp_path / "in", rows, published), {})
    found = told(done)
    assert found["both_right"][:2] == ("error", 1)
    assert found["same_answer_other_score"][:2] == ("error", 1)
    assert found["published_table_differs"] == ("error", 2, 16)
    assert found["fractional_counts"][:2] == ("error", 2)
    assert found["unequal_counts"] == ("warning", 1, 8)


def test_without_the_published_table_what_needs_it_is_left_out(tmp_path):
    done = ingest_results(tmp_path / "lake", write(tmp_path / "in", items()), {})
    assert set(told(done)) == {
        "missing_property_filter", "repeated_items", "same_answer_other_score", "both_right",
    }  # fmt: skip


def test_what_is_not_in_the_file_is_not_made_up(tmp_path):
    ingest_results(tmp_path / "lake", write(tmp_path / "in", items()), {})
    lake = open_lake(tmp_path / "lake")
    predictions = ask(
        lake,
        "SELECT DISTINCT r.reading, r.text FROM responses r JOIN questions q"
        " USING (question_id) WHERE q.object_id IS NOT NULL",
    )
    assert predictions == [("score", None)]
    # Nothing is known of what was said, so nothing is read as a wrong prediction.
    score_predictions(lake, "default")
    assert ask(lake, "SELECT count(*) FROM predictions") == [(0,)]
    [(metadata,)] = ask(lake, "SELECT metadata FROM questions WHERE source_row = 1 AND property"
                        " IS NULL")  # fmt: skip
    assert json.loads(metadata) == {"string": "string 0", "prompt_known": False}
    lake.close()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda rows: rows.pop(), "not the results file of commit e2ee972"),
        (lambda rows: rows.__setitem__(1, dict(rows[0])), "not the results file"),
        (lambda rows: rows[5].update(object_model=AFTER), "not the results file"),
        (lambda rows: rows[5].update(predicted_correctly="perhaps"), "must be True or False"),
    ],
)
def test_another_file_is_refused(tmp_path, edit, message):
    with pytest.raises(InputError, match=message):
        ingest_results(tmp_path / "lake", write(tmp_path / "in", items(edit)), {})
    assert not (tmp_path / "lake").exists()
