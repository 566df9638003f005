"""What is read of a clone: its tasks and strings, what is asked of them, what is damaged."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from ingest.introspection.audits import audit
from ingest.introspection.clone import Wanted, read_clone
from ingest.introspection.rows import frames
from tests.ingest.introspection.clone import write_clone
from warehouse.errors import InputError


@pytest.fixture
def clone(tmp_path):
    return write_clone(tmp_path)


def read(clone, **wanted):
    return read_clone(clone, Wanted(**wanted))


def rows(task_set):
    return [row for frame in frames(task_set) for row in frame.to_dicts()]


def test_the_rule_says_what_is_asked_of_which_task(clone):
    found = {name: {a.name for a in asked} for name, asked in read(clone).asked.items()}
    assert found == {
        "colours": {"first_character", "starts_with_vowel", "identity"},
        "colours_long": {"first_character", "starts_with_vowel", "second_word"},
        "digits": {"is_even", "is_even_direct", "identity"},
        "totals": {
            "is_even", "is_even_direct", "identity", "greater_than_500", "is_third_digit_even",
        },
        "duty": {"identity", "matches_duty"},
        "quiz": {"identity", "is_either_a_or_c", "matches_target"},
    }  # fmt: skip


def test_what_is_named_is_asked_of_every_task_that_is_named(clone):
    found = read(clone, tasks=("quiz", "digits"), properties=("sentiment", "hero"))
    assert [task.name for task in found.tasks] == ["quiz", "digits"]
    assert {name: [a.name for a in asked] for name, asked in found.asked.items()} == {
        "quiz": ["sentiment", "hero"], "digits": ["sentiment", "hero"],
    }  # fmt: skip
    about = {row["concept"]: json.loads(row["metadata"]) for row in rows(found)}
    assert about["sentiment"] == {"judge_prompt": "Judge $response", "prompts": "minimal"}


def test_object_questions_carry_string_target_and_form(clone):
    found = [row for row in rows(read(clone, tasks=("duty",))) if row["concept"] == "object"]
    assert found[0]["answer"] == "B" and found[0]["split"] == "val"
    assert json.loads(found[0]["metadata"]) == {
        "string": "$1,000 is found.\nA - keep\nB - return", "target": "B",
        "source": {"metadata": {"id": 3}}, "expects": "letter", "prompts": "minimal",
    }  # fmt: skip
    assert (found[0]["source_file"], found[0]["source_row"]) == ("evals/datasets/val_duty.jsonl", 1)


def test_hypothetical_questions_point_to_their_object_question(clone):
    found = rows(read(clone))
    objects = {row["question_id"]: row for row in found if row["concept"] == "object"}
    about = [row for row in found if row["concept"] != "object"]
    assert all((row["property"], row["object_id"]) == (None, None) for row in objects.values())
    shared = ("dataset", "task", "split", "group_id", "source_file", "source_row")
    for row in about:
        of = objects[row["object_id"]]
        assert [row[name] for name in shared] == [of[name] for name in shared]
        assert row["property"] == row["concept"] and row["answer"] is None and row["choices"] == []


def test_one_string_in_two_tasks_is_one_cluster_and_a_repeated_one_is_stored_once(clone):
    found = [row for row in rows(read(clone)) if row["concept"] == "object"]
    groups = {
        task: {row["group_id"] for row in found if row["task"] == task}
        for task in ("colours", "colours_long", "digits", "totals")
    }
    assert groups["colours"] == groups["colours_long"] and groups["digits"] == groups["totals"]
    # "red green " twice in train; with two blanks in val, which is another prompt but one cluster.
    colours = [row for row in found if row["task"] == "colours"]
    assert Counter(row["split"] for row in colours) == {"train": 2, "val": 3}
    assert len(groups["colours"]) == 4
    # "1 2 3" is in both splits: held-out it would be known, so it stays in train.
    digits = [(row["split"], row["source_row"]) for row in found if row["task"] == "digits"]
    assert digits == [("train", 1), ("val", 1)]


def test_the_split_all_is_read_only_where_there_are_no_others(clone):
    found = [row for row in rows(read(clone, tasks=("quiz",))) if row["concept"] == "object"]
    assert [row["split"] for row in found] == ["all"]


def test_a_limit_counts_different_strings_of_each_split(clone):
    [task] = read(clone, tasks=("colours",), limit=1).tasks
    assert [(g.split, g.text) for g in task.strings] == [
        ("train", "red green "), ("train", "red green "), ("val", "pink grey "),
    ]  # fmt: skip


def test_every_damage_is_found_and_nothing_else(clone):
    found = {(row["concept"], row["audit"]): row for row in audit(read(clone))}
    assert {key: (row["severity"], row["count"], row["total"]) for key, row in found.items()} == {
        ("*", "unusable_files"): ("warning", 3, 3),
        ("duty", "odd_characters"): ("warning", 3, 3),
        ("duty", "duplicate_strings"): ("warning", 1, 3),
        ("duty", "conflicting_targets"): ("error", 2, 3),
        ("colours", "duplicate_strings"): ("warning", 1, 6),
        ("colours", "string_overlap"): ("warning", 1, 3),
        ("colours_long", "duplicate_strings"): ("warning", 1, 6),
        ("colours_long", "string_overlap"): ("warning", 1, 3),
        ("digits", "string_overlap"): ("warning", 1, 2),
        ("totals", "string_overlap"): ("warning", 1, 2),
        ("starts_with_vowel", "stray_quotes"): ("warning", 1, 1),
        ("is_either_a_or_c", "literal_escapes"): ("warning", 1, 1),
        ("is_third_digit_even", "contradictory_example"): ("error", 1, 1),
    }
    assert "U+2029" in found["duty", "odd_characters"]["detail"]
    assert "'lease say A '" in found["duty", "odd_characters"]["detail"]


def test_a_quotation_that_is_not_word_for_word_is_a_finding(clone):
    found = {row["audit"] for row in audit(read(clone, prompts="careless", tasks=("digits",)))}
    assert "unfaithful_quotation" in found
    found = {row["audit"] for row in audit(read(clone, prompts="hurried", tasks=("digits",)))}
    assert "unfaithful_quotation" not in found


def test_the_known_damage_of_the_real_clone_is_found(shared_data):
    root = shared_data / "introspection_self_prediction"
    if not (root / "evals" / "conf" / "task").is_dir():
        pytest.skip(f"{root.name} is not beside this checkout")
    found = {(row["concept"], row["audit"]) for row in audit(read(root))}
    assert found == {
        ("wealth_seeking", "odd_characters"),
        ("starts_with_vowel", "stray_quotes"),
        ("ends_with_vowel", "stray_quotes"),
        ("more_than_5_characters", "stray_quotes"),
        ("is_either_a_or_c", "literal_escapes"),
        ("is_either_b_or_d", "literal_escapes"),
    }


def test_what_is_left_out_is_told(clone):
    told: list[str] = []
    read_clone(clone, None, told.append)
    text = "\n".join(told)
    assert "task/absent.yaml is left out: its strings" in text
    assert "task/lost.yaml is left out: nothing says what ${lost} stands for" in text
    assert "response_property/torn.yaml is left out: this is no valid YAML in line 1" in text
    assert "asked only by --properties: hero, sentiment, tales.sentiment." in text
    assert "Covered by no rule, so asked only by --properties: tokens." in text


@pytest.mark.parametrize(
    ("wanted", "message"),
    [({"tasks": ("colors",)}, "no usable task 'colors'"), ({"tasks": ("torn",)}, "no usable task"),
     ({"properties": ("first_caracter",)}, "no usable property.*first_character")],
)  # fmt: skip
def test_unknown_names_are_refused(clone, wanted, message):
    with pytest.raises(InputError, match=message):
        read(clone, **wanted)


def test_a_folder_that_is_no_clone_is_refused(tmp_path):
    with pytest.raises(InputError, match="give the folder of a clone of felixbinder"):
        read(tmp_path)
    (tmp_path / "evals" / "conf" / "task").mkdir(parents=True)
    with pytest.raises(InputError, match="no prompts 'minimal'"):
        read(tmp_path)


def test_a_path_that_leaves_the_clone_is_not_read(clone):
    file = clone / "evals" / "conf" / "task" / "digits.yaml"
    file.write_text(file.read_text().replace("evals/datasets", "../../elsewhere"))
    told: list[str] = []
    read_clone(clone, None, told.append)
    assert any("digits.yaml is left out: its dataset_path" in line for line in told)
