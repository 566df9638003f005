from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from generate.prompts import INSTRUCTION, show
from ingest.selfconsciousness import ACQUISITION, DATASET, read_source
from tests.ingest.clone import FILES, LISTED, asked, write_clone
from warehouse.errors import InputError


def quiet(_: str) -> None:
    pass


@pytest.fixture
def rows(tmp_path):
    return read_source(write_clone(tmp_path), quiet)


def of(rows, concept, dataset=DATASET):
    return [row for row in rows if (row["dataset"], row["concept"]) == (dataset, concept)]


def stem(row):
    return json.loads(row["messages"])[-1]["content"]


def test_every_row_of_every_file_is_read(rows):
    expected = Counter({path: len(records) for path, records in FILES.items()})
    assert Counter(row["source_file"] for row in rows) == expected
    assert [row["source_row"] for row in of(rows, "known_knowns")] == [1, 2, 3]


def test_splits_and_data_sets(rows):
    belief = of(rows, "belief", ACQUISITION)
    assert Counter(row["split"] for row in belief) == {"train": 3, "eval": 2}
    assert {row["split"] for row in rows if row["dataset"] == DATASET} == {"test"}


def test_exact_duplicates_share_an_id_and_reordered_ones_a_group(rows):
    first, second, third = of(rows, "situational_awareness")[:3]
    assert first["question_id"] == second["question_id"] != third["question_id"]
    assert first["group_id"] == third["group_id"]


def test_a_list_inside_the_stem_stays_there(rows):
    row = of(rows, "situational_awareness")[3]
    assert (stem(row), row["choices"]) == (LISTED, ["no", "yes"])


def test_paraphrases_states_and_dialogues_are_groups(rows):
    known = [row["group_id"] for row in of(rows, "known_knowns")]
    assert known == ["known_knowns/7", "known_knowns/7", "known_knowns/8"]
    plans = [row["group_id"] for row in of(rows, "sequential_planning")]
    better = [row["group_id"] for row in of(rows, "self_improve")]
    assert plans[0] == plans[1] == better[0]
    assert plans[2] == better[1] != plans[0]
    belief = of(rows, "belief", ACQUISITION)
    train = [row for row in belief if row["split"] == "train"]
    held_out = [row for row in belief if row["split"] == "eval"]
    assert train[0]["group_id"] == train[1]["group_id"] == held_out[0]["group_id"]
    assert len({row["group_id"] for row in train + held_out}) == 3


def test_quirks_are_flagged_in_metadata(rows):
    assert json.loads(of(rows, "self_improve")[1]["metadata"]) == {"identical_options": True}
    assert json.loads(of(rows, "known_unknowns")[1]["metadata"]) == {"glued_options": True}
    assert json.loads(of(rows, "known_knowns")[1]["metadata"]) == {"id": 7, "template_id": 1}
    assert of(rows, "situational_awareness")[0]["metadata"] is None


def test_text_is_read_as_utf8_under_any_locale(rows):
    assert stem(of(rows, "known_knowns")[0]) == "Who wrote Émile?"


def test_missing_files_are_named(tmp_path):
    path = "testing_set/deception.json"
    said: list[str] = []
    write_clone(tmp_path, {path: [asked("Do stars twinkle?", "Yes", "No")]})
    assert len(read_source(tmp_path, said.append)) == 1
    assert "testing_set/harm.json" in said[0]
    assert path not in said[0]
    assert path in said[1]  # not the pinned file


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"question": "No options?", "true_answer": "A"}, "does not end in two options"),
        ({**asked("Q?", "a", "b"), "true_answer": "C"}, "must be A or B, not 'C'"),
        ({**asked("Q?", "a", "b"), "question": 3}, "must hold the question's text"),
        ({}, "must hold the question's text"),
    ],
)
def test_a_bad_row_is_named(tmp_path, record, sentence):
    path = "testing_set/deception.json"
    write_clone(tmp_path, {path: [asked("Fine?", "a", "b"), record]})
    with pytest.raises(InputError, match=f"{path}, row 2: .*{sentence}"):
        read_source(tmp_path, quiet)


def test_a_folder_that_is_no_clone_is_refused(tmp_path):
    with pytest.raises(InputError, match="give the folder of a clone"):
        read_source(tmp_path, quiet)
    with pytest.raises(InputError, match="There is no folder"):
        read_source(tmp_path / "absent", quiet)


def test_real_questions_come_back_from_rendering(shared_data):
    clone = shared_data / "SelfConsciousness"
    rows = [row for row in read_source(clone, quiet) if row["dataset"] == DATASET]
    for row in rows:
        shown = show(json.loads(row["messages"]), row["choices"], "AB")[-1]["content"]
        row["shown"] = shown.removesuffix(f"\n\n{INSTRUCTION}")
    for path in {row["source_file"] for row in rows}:
        lines = (clone / path).read_text("utf-8").rstrip("\n").split("\n")
        mine = [row for row in rows if row["source_file"] == path]
        for line, row in zip(lines, mine, strict=True):
            glued = "glued" in (row["metadata"] or "")
            shown = row["shown"].replace("\n\n(A) ", "(A) ") if glued else row["shown"]
            assert shown == json.loads(line)["question"]
            assert row["answer"] == json.loads(line)["true_answer"]


def test_real_groups(shared_data):
    rows = read_source(shared_data / "SelfConsciousness", quiet)
    sizes = Counter(Counter(row["group_id"] for row in of(rows, "known_knowns")).values())
    assert sizes == {11: 250, 6: 100}
    plans = {row["group_id"] for row in of(rows, "sequential_planning")}
    better = {row["group_id"] for row in of(rows, "self_improve")}
    assert (len(plans), len(better), len(plans & better)) == (411, 411, 410)
    assert Counter(group.split("/")[0] for group in plans).keys() == {"blocks", "logistics"}
    assert len({row["question_id"] for row in rows}) == len(rows) - 18


def test_reading_the_same_clone_twice_gives_the_same_rows(tmp_path):
    clone = write_clone(tmp_path)
    assert read_source(clone, quiet) == read_source(Path(clone), quiet)


def test_only_paraphrases_are_called_so(shared_data):
    rows = read_source(shared_data / "SelfConsciousness", lambda _: None)
    kinds = {}
    for row in rows:
        kinds.setdefault((row["dataset"], row["concept"]), set()).add(row["group_kind"])
    assert kinds["selfconsciousness", "known_knowns"] == {"paraphrase"}
    assert kinds["selfconsciousness", "self_improve"] == {"state"}
    assert kinds["selfconsciousness", "situational_awareness"] == {"stem"}
    assert kinds["selfconsciousness/acquisition", "belief"] == {"dialogue"}
