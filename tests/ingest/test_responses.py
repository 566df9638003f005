from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import responses
from ingest.imported import ingest_responses
from ingest.matching import match
from ingest.questions import Source
from ingest.store import ingest_questions
from ingest.tables import read_table
from tests.ingest.test_audits import row as question
from warehouse.errors import InputError
from warehouse.keys import condition_id, model_id, request_key
from warehouse.lake import open_lake


def query(lake, sql):
    opened = open_lake(lake)
    try:
        with opened.reader() as con:
            return con.sql(sql).pl().to_dicts()
    finally:
        opened.close()


@pytest.fixture
def bring(tmp_path):
    """Write records as a file and ingest them as responses."""

    def _bring(records, name="mine.jsonl", **options):
        path = tmp_path / name
        if name.endswith(".csv"):
            pl.DataFrame(records).write_csv(path)
        else:
            path.write_text("".join(json.dumps(record) + "\n" for record in records))
        return ingest_responses(tmp_path / "lake", path, **options)

    return _bring


@pytest.fixture
def lake(tmp_path):
    return tmp_path / "lake"


@pytest.fixture
def stored(lake):
    """A lake with two questions; their ids."""
    rows = [question("First?", ("one", "two")), question("Second?", ("one", "two"), "B")]
    ingest_questions(lake, "test", rows, {})
    return [row["question_id"] for row in rows]


FULL = {"question": "Up?", "choices": ["yes", "no"], "answer": "yes", "concept": "sky"}


def test_one_file_brings_questions_models_conditions_and_answers(bring, lake):
    records = [
        FULL | {"model": "m1", "text": "(A)"},
        FULL | {"model": "m2", "text": "no idea"},
    ]
    result = bring(records)
    assert (result["written"], result["questions_written"]) == (2, 1)
    asked = query(lake, "SELECT dataset, concept, answer, choices FROM questions")
    assert asked == [{"dataset": "mine", "concept": "sky", "answer": "A", "choices": ["yes", "no"]}]
    rows = query(lake, "SELECT * FROM responses JOIN models USING (model_id) ORDER BY name")
    assert [(r["name"], r["text"], r["reading"], r["variant"]) for r in rows] == [
        ("m1", "(A)", "text", "AB"),
        ("m2", "no idea", "text", "AB"),
    ]
    assert {(r["origin"], r["status"], r["engine"], r["attempt"]) for r in rows} == {
        ("imported", "ok", "imported", 1)
    }


def test_every_key_equals_the_warehouse_functions(bring, lake):
    bring([FULL | {"model": "m", "text": "A", "temperature": 0.5, "persona": "pirate"}])
    r = query(lake, "SELECT * FROM responses")[0]
    key = request_key(
        r["question_id"], r["variant"], r["reading"], r["condition_id"], r["sample_index"]
    )
    assert r["request_key"] == key
    condition = query(lake, "SELECT * FROM conditions")[0]
    assert condition["condition_id"] == condition_id(condition) == r["condition_id"]
    assert condition["sampling"] == '{"temperature":0.5}'
    assert condition["persona"] == "pirate"
    model = query(lake, "SELECT * FROM models")[0]
    assert model["model_id"] == model_id(model) == r["model_id"]


def test_importing_again_writes_nothing(bring, lake):
    records = [FULL | {"model": "m", "text": text} for text in ("A", "B")]
    assert bring(records)["written"] == 2
    before = query(lake, "SELECT * EXCLUDE run_id FROM responses ORDER BY request_key")
    again = bring(records)
    assert (again["written"], again["questions_written"]) == (0, 0)
    assert query(lake, "SELECT * EXCLUDE run_id FROM responses ORDER BY request_key") == before


def test_samples_are_numbered_in_file_order(bring, lake):
    bring([FULL | {"model": m, "text": t} for m, t in [("m", "A"), ("n", "A"), ("m", "B")]])
    rows = query(
        lake,
        "SELECT name, sample_index, text FROM responses JOIN models USING (model_id) ORDER BY ALL",
    )
    assert [tuple(row.values()) for row in rows] == [("m", 0, "A"), ("m", 1, "B"), ("n", 0, "A")]


def test_log_probabilities_are_letter_readings(bring, lake):
    records = [
        FULL | {"model": "m", "choice_logprobs": [-0.1, -2.5], "variant": "BA", "temperature": 1},
        FULL | {"model": "m", "choice_logprobs": [-9.0, -8.0], "variant": "-"},
    ]
    bring(records)
    rows = query(
        lake, "SELECT * FROM responses JOIN conditions USING (condition_id) ORDER BY reading"
    )
    assert [(r["reading"], r["variant"], r["choice_logprobs"]) for r in rows] == [
        ("cloze", "-", [-9.0, -8.0]),
        ("letter", "BA", [-0.1, -2.5]),
    ]
    # Nothing is sampled where a log-probability is read.
    assert {row["sampling"] for row in rows} == {"{}"}


def test_a_row_with_text_and_log_probabilities_is_two_responses(bring, lake):
    record = FULL | {"model": "m", "text": "A", "choice_logprobs": "[-0.1, -2.5]"}
    assert bring([record])["written"] == 2
    rows = query(lake, "SELECT reading, text, choice_logprobs FROM responses ORDER BY reading")
    assert [tuple(row.values()) for row in rows] == [
        ("letter", None, [-0.1, -2.5]),
        ("text", "A", None),
    ]


def test_csv_with_option_columns_and_numbers(bring, lake):
    records = [
        {
            "question": "Up?", "choice_a": "yes", "choice_b": "no", "answer": "B", "model": "m",
            "text": "B", "prompt_tokens": 12, "cost_usd": 0.5, "sample_index": 3,
            "choice_logprobs": "[-1, -0.5]",
        }
    ]  # fmt: skip
    bring(records, "mine.csv")
    rows = query(lake, "SELECT * FROM responses ORDER BY reading")
    assert [r["choice_logprobs"] for r in rows] == [[-1.0, -0.5], None]
    assert {(r["prompt_tokens"], r["cost_usd"], r["sample_index"]) for r in rows} == {(12, 0.5, 3)}


def test_answers_find_stored_questions(bring, lake, stored):
    bring([{"question_id": stored[0], "model": "m", "text": "A"}])
    bring([{"question": "First?", "dataset": "set", "model": "n", "text": "A"}])
    bring([{"question": "First?", "choices": ["one", "two"], "model": "o", "text": "A"}],
          dataset="set")  # fmt: skip
    assert query(lake, "SELECT DISTINCT question_id FROM responses") == [{"question_id": stored[0]}]
    assert len(query(lake, "SELECT * FROM questions")) == 2


def test_a_stored_question_keeps_its_group_and_concept(bring, lake, stored):
    bring([FULL | {"question": "First?", "choices": ["one", "two"], "answer": "A",
                   "dataset": "set", "model": "m", "text": "A"}])  # fmt: skip
    rows = query(lake, "SELECT group_id, concept FROM questions_history ORDER BY group_id")
    assert rows[0] == {"group_id": "First?", "concept": "tides"}
    assert len(rows) == 2


def test_findings_are_about_the_whole_set(bring, lake):
    first = FULL | {"model": "m", "text": "A", "question": "Up? "}
    bring([first])
    bring([first, FULL | {"model": "m", "text": "A", "question": "Down? "}])
    rows = query(lake, "SELECT \"count\", total FROM audits WHERE audit = 'trailing_space'")
    assert rows == [{"count": 2, "total": 2}]


def test_a_row_without_an_answer_is_a_failed_response(bring, lake):
    bring([FULL | {"model": "m", "text": None}, FULL | {"model": "n", "text": "A"}])
    rows = query(lake, "SELECT status, error FROM responses ORDER BY status")
    assert [row["status"] for row in rows] == ["failed", "ok"]
    assert rows[0]["error"] == "the imported row has no answer"


def test_whole_numbers_may_have_a_point_and_gaps(bring, lake):
    records = [
        FULL | {"model": "m", "text": "A", "prompt_tokens": "12.0", "cost_usd": "nan"},
        FULL | {"model": "n", "text": "A", "prompt_tokens": None, "temperature": float("nan")},
    ]
    bring(records)
    rows = query(lake, "SELECT prompt_tokens, cost_usd FROM responses ORDER BY prompt_tokens")
    assert [tuple(row.values()) for row in rows] == [(12, None), (None, None)]
    assert query(lake, "SELECT DISTINCT sampling FROM conditions") == [{"sampling": "{}"}]


def test_status_is_kept(bring, lake):
    bring([FULL | {"model": "m", "text": "I cannot", "status": "Refused"}])
    assert query(lake, "SELECT status FROM responses") == [{"status": "refused"}]


def test_free_questions_have_the_variant_without_options(bring, lake):
    bring([{"question": "Why?", "answer": "because", "model": "m", "text": "because"}])
    assert query(lake, "SELECT variant FROM responses") == [{"variant": "-"}]


def test_the_same_row_twice_under_one_number_is_stored_once(bring):
    record = FULL | {"model": "m", "text": "A", "sample_index": 0}
    result = bring([record, record])
    assert (result["written"], result["repeated"]) == (1, 1)


ANSWER = FULL | {"model": "m", "text": "A"}


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([FULL | {"text": "A"}], "no column 'model'"),
        ([FULL | {"model": "m"}], "no column 'text' or 'choice_logprobs'"),
        ([{"model": "m", "text": "A"}], "no column 'question_id' or 'question' or 'messages'"),
        ([ANSWER, ANSWER | {"model": " "}], "row 2: no model"),
        ([ANSWER | {"question_id": "q1_x"}], "row 1: question_id 'q1_x' is not in the lake"),
        (
            [{"question": "New?", "model": "m", "text": "A"}],
            "row 1: no question of data set 'mine'",
        ),
        ([ANSWER, ANSWER | {"answer": "no"}], "row 2: answer 'no', but an earlier row"),
        ([ANSWER | {"variant": "AC"}], "row 1: variant 'AC' is not an order"),
        ([ANSWER | {"variant": "A"}], "row 1: variant 'A' is not an order"),
        ([ANSWER | {"status": "okay"}], "row 1: unknown status 'okay'. Did you mean 'ok'"),
        ([ANSWER | {"status": "ok", "text": None}], "row 1: status ok, but no answer"),
        ([ANSWER | {"choice_logprobs": [-1.0]}], "row 1: choice_logprobs"),
        ([ANSWER | {"choice_logprobs": [-1.0, None]}], "must be 2 numbers"),
        ([ANSWER | {"choice_logprobs": [0.3, -1.0]}], "must be natural logarithms"),
        ([ANSWER | {"choice_logprobs": "-1;-2"}], "must hold a list of numbers"),
        ([ANSWER | {"choice_logprobs": {"A": -1}}], "must hold a list of numbers"),
        ([ANSWER | {"temperature": "hot"}], "row 1: column 'temperature' holds 'hot'"),
        ([ANSWER | {"temperature": "inf"}], "row 1: column 'temperature' holds 'inf'"),
        ([ANSWER | {"prompt_tokens": 1.5}], "row 1: column 'prompt_tokens' holds '1.5'"),
        ([ANSWER | {"sample_index": -1}], "row 1: sample_index -1 is negative"),
        ([ANSWER | {"sample_index": 0}, ANSWER], "row 2: no sample_index"),
        (
            [ANSWER | {"sample_index": 0}, ANSWER | {"sample_index": 0, "text": "B"}],
            "rows 1 and 2: two different answers",
        ),
        ([ANSWER | {"text": ["A"]}], "column 'text' holds"),
    ],
)
def test_bad_rows_write_nothing(bring, lake, records, sentence):
    with pytest.raises(InputError, match=r"mine\.jsonl") as caught:
        bring(records)
    assert sentence in str(caught.value)
    if lake.exists():
        assert query(lake, "SELECT * FROM responses_history") == []
        assert query(lake, "SELECT * FROM questions_history") == []
        assert query(lake, "SELECT * FROM models") == []


def test_a_second_answer_under_the_same_key_is_refused(bring, lake):
    bring([ANSWER])
    with pytest.raises(InputError, match="row 1: the lake holds another answer"):
        bring([ANSWER | {"text": "B"}])
    assert [row["text"] for row in query(lake, "SELECT text FROM responses")] == ["A"]


def test_another_label_than_the_stored_one_is_refused(bring, stored):
    record = {"question": "Second?", "choices": ["one", "two"], "answer": "A", "dataset": "set"}
    with pytest.raises(InputError, match="row 1: the answer is 'A' here and 'B' in the lake"):
        bring([record | {"model": "m", "text": "A"}])


def test_an_ambiguous_text_is_refused(bring, lake):
    rows = [question("Same?", ("one", "two")), question("Same?", ("one", "three"))]
    ingest_questions(lake, "test", rows, {})
    with pytest.raises(InputError, match="2 questions of data set 'set' have this text"):
        bring([{"question": "Same?", "dataset": "set", "model": "m", "text": "A"}])


anything = st.none() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(st.floats())
fields = st.sampled_from([*responses.KNOWN, "question", "choices", "choice_a", "answer", "x"])
good = {
    "question": "Up?", "choices": ["yes", "no"], "answer": "A", "model": "m", "text": "A",
    "choice_logprobs": [-0.5, -1.0],
}  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=st.lists(st.dictionaries(fields, anything, max_size=3), min_size=1, max_size=4))
def test_random_answers_give_rows_or_one_sentence(tmp_path_factory, reader, changes):
    path = tmp_path_factory.mktemp("random") / "mine.jsonl"
    path.write_text("".join(json.dumps(good | change) + "\n" for change in changes))
    try:
        frame = read_table(path)[0].with_row_index("source_row", 1)
        answers = responses.typed(
            responses.answering(frame.with_columns(dataset=pl.lit("d")), None, path.name), path.name
        )
        matched = match(answers, reader, Source("d", path.name, ""))
        rows = responses.imported(matched.answers, path.name).responses
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert rows["request_key"].is_unique().all()
        assert rows["status"].is_in(responses.STATUSES).all()


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    opened = open_lake(tmp_path_factory.mktemp("lake") / "lake", create=True)
    with opened.reader() as con:
        yield con
    opened.close()


@pytest.mark.parametrize("text", ["[-1, x]", "nonsense", "5", '{"A": -1}', "[[-1], [-2]]"])
def test_log_probabilities_as_text_name_the_row_that_is_no_list(bring, lake, text):
    rows = [{**FULL, "model": "m", "choice_logprobs": value} for value in ("[-1, -2]", text)]
    with pytest.raises(InputError, match=r"^mine\.jsonl, row 2: .*choice_logprobs"):
        bring(rows)
    assert not lake.exists()


def test_minus_infinity_as_python_writes_it_is_a_log_probability(bring, lake):
    bring([{**FULL, "model": "m", "choice_logprobs": "[-0.0, -Infinity]"}])
    [row] = query(lake, "SELECT choice_logprobs FROM responses")
    assert row["choice_logprobs"] == [0.0, float("-inf")]


@pytest.mark.parametrize("name", ["", "  ", "a\x1b[31m", "two\nlines"])
def test_a_name_that_could_not_be_typed_again_is_refused(bring, lake, name):
    for where in ({"dataset": name}, {"concept": name}):
        with pytest.raises(InputError, match="cannot be the name of a"):
            bring([{**FULL, "model": "m", "text": "yes"}], **where)


def test_a_mistyped_data_set_names_the_nearest(bring, stored):
    with pytest.raises(InputError, match=r"no questions 'tt'; .*--dataset. (Did you mean|Known)"):
        bring([{"question": "First?", "model": "m", "text": "A"}], dataset="tt")


def test_a_file_without_models_or_commas_says_what_to_do(bring):
    with pytest.raises(InputError, match=r"no column 'model'; rename one with --map or .*--model"):
        bring([{"question": "First?", "choices": ["a", "b"], "text": "A"}])
    with pytest.raises(InputError, match=r"separated by ';'; separate them by ','"):
        bring([{"question;model": "First?;m"}], name="mine.csv")
