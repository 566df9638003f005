from __future__ import annotations

import json

import polars as pl
import pytest

from ingest.questions import Source, file_rows, question_rows
from warehouse.errors import InputError
from warehouse.keys import question_id

SOURCE = Source("tides", "mine.csv", "0" * 64)


def rows(records, source=SOURCE):
    return question_rows(pl.DataFrame(records, infer_schema_length=None), source)


def one(**record):
    return rows([record])[0]


def test_a_row_with_everything():
    row = one(
        question="Does the sea rise?", choices=["Yes", "No"], answer="yes", concept="sea",
        task="t", group_id="g", split="train", licence="CC0", source="me",
    )  # fmt: skip
    messages = [{"role": "user", "content": "Does the sea rise?"}]
    assert row == {
        "question_id": question_id("tides", messages, ["Yes", "No"]),
        "dataset": "tides",
        "concept": "sea",
        "task": "t",
        "split": "train",
        "group_id": "g",
        "group_kind": "paraphrase",
        "messages": '[{"content":"Does the sea rise?","role":"user"}]',
        "choices": ["Yes", "No"],
        "answer": "A",
        "source_file": "mine.csv",
        "source_row": 1,
        "source_digest": "0" * 64,
        "licence": "CC0",
        "metadata": '{"source":"me"}',
    }


def test_defaults():
    row = one(question="Why?")
    assert (row["concept"], row["split"], row["choices"], row["answer"]) == (
        "tides",
        "test",
        [],
        None,
    )
    assert row["group_id"].startswith("stem/")


def test_a_constant_concept_wins():
    row = rows([{"question": "Q?", "concept": "a"}], Source("d", "f", "", concept="b"))[0]
    assert row["concept"] == "b"


@pytest.mark.parametrize(
    "record",
    [
        {"choices": ["Yes", "No"]},
        {"choices": '["Yes", "No"]'},
        {"choice_a": "Yes", "choice_b": "No"},
        {"choice_b": "No", "choice_a": "Yes", "choice_c": None},
    ],
)
def test_options_in_every_form_make_the_same_question(record):
    assert (
        one(question="Q?", **record)["question_id"]
        == one(question="Q?", choices=["Yes", "No"])["question_id"]
    )


def test_numbers_as_options_and_answers():
    row = one(question="1+1?", choices=[1, 2], answer=2)
    assert (row["choices"], row["answer"]) == (["1", "2"], "B")


def test_options_inside_the_text_are_taken_out():
    row = one(question="Q?\n\n(A) yes\n(B) no", answer="B")
    assert (row["choices"], row["answer"]) == (["yes", "no"], "B")
    assert json.loads(row["messages"])[0]["content"] == "Q?"
    assert one(question="Q?\n\n(A) yes\n(B) no", answer="maybe")["choices"] == []


def test_messages_as_list_or_json_text():
    talk = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Q?"}]
    assert one(messages=talk)["messages"] == one(messages=json.dumps(talk))["messages"]


def test_identical_options_are_flagged():
    row = one(question="Q?", choices=["same", "same"], answer="same")
    assert (row["answer"], json.loads(row["metadata"])) == ("A", {"identical_options": True})


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"text": "Q?"}, "no column 'question' or 'messages'"),
        ({"qestion": "Q?"}, "Did you mean 'qestion'"),
        ({"question": "Q?", "messages": "[]"}, "has both"),
        ({"question": " "}, "row 1: column 'question' is blank"),
        ({"question": 3}, "column 'question' is int, not text"),
        ({"question": "Q?", "choices": ["one"]}, "1 options; two to 26 are needed"),
        ({"question": "Q?", "choices": ["one", ""]}, "every option must be text"),
        ({"question": "Q?", "choices": ["one", None]}, "every option must be text"),
        ({"question": "Q?", "choices": "yes/no"}, "'choices' is not a JSON list"),
        ({"question": "Q?", "choices": '{"a": 1}'}, "must be a list, not dict"),
        ({"question": "Q?", "choice_a": None, "choice_b": "x"}, "empty between filled ones"),
        (
            {"question": "Q?", "choices": ["x", "y"], "answer": "C"},
            "'C' is neither a letter up to B",
        ),
        (
            {"question": "Q?", "choices": ["x", "y"], "answer": "z"},
            "nor one of the options 'x', 'y'",
        ),
        ({"question": "Q?", "answer": ["A"]}, "column 'answer' holds"),
        ({"messages": "[]"}, "must list"),
        ({"messages": '[{"role": "user"}]'}, "must list"),
        ({"messages": '[{"role": "assistant", "content": "x"}]'}, "end with the user"),
    ],
)
def test_bad_rows(record, sentence):
    with pytest.raises(InputError, match=r"mine\.csv") as caught:
        rows([record])
    assert sentence in str(caught.value)


def test_the_row_is_named():
    with pytest.raises(InputError, match=r"mine\.csv, row 2: column 'question' is empty"):
        rows([{"question": "Q?"}, {"question": None}])


def test_options_under_other_names_are_asked_about(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("question,option_a,option_b,answer\nIs it?,yes,no,A\nWas it?,yes,no,B\n")
    said: list[str] = []
    file_rows(file, "mine", narrate=said.append)
    assert any("--map option_a=choice_a" in line for line in said)
