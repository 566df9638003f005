"""Output of the lm-evaluation-harness against its own results (`logs/make_lm_eval.py`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.log_files import lm_eval_line, write_lm_eval_log
from ingest.logs.lm_eval.ingest import ingest_lm_eval
from tests.ingest.test_responses import query
from warehouse.errors import InputError

LOGS = Path(__file__).parent / "logs" / "lm-eval"
TASKS = ("facts_letters", "facts_texts", "facts_free")


def results():
    """What the harness says of every task: its metrics and its number of documents."""
    said = {}
    for path in LOGS.rglob("results_*.json"):
        whole = json.loads(path.read_text("utf-8"))
        for task, metrics in whole["results"].items():
            said[task] = (metrics, whole["n-samples"][task]["effective"])
    return said


def lines(task):
    [path] = LOGS.rglob(f"samples_{task}_*.jsonl")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def doc_id(row):
    return json.loads(row["metadata"])["doc_id"]


@pytest.fixture
def lake(tmp_path):
    return str(tmp_path / "lake")


@pytest.fixture
def bring(lake, tmp_path):
    """Write lines as one run's output and ingest it."""

    def _bring(*rows, **options):
        write_lm_eval_log(tmp_path, rows)
        return ingest_lm_eval(lake, [tmp_path], **options)

    return _bring


def test_counts_and_means_equal_the_results_file(lake):
    result = ingest_lm_eval(lake, [LOGS])
    found = query(
        lake,
        "SELECT q.concept, s.scorer, count(*) AS n, avg(value) AS mean FROM scores s"
        " JOIN responses r USING (request_key) JOIN questions q USING (question_id) GROUP BY ALL",
    )
    by_name = {(row["concept"], row["scorer"]): row for row in found}
    said = results()
    assert set(said) == set(TASKS)
    for task, (metrics, documents) in said.items():
        for name, value in metrics.items():
            metric, comma, filter_ = name.partition(",")
            if not comma or metric.endswith("_stderr"):
                continue
            scorer = f"lm-eval/{metric}" + (f",{filter_}" if filter_ != "none" else "")
            row = by_name.pop((task, scorer))
            assert (row["n"], row["mean"]) == (documents, pytest.approx(value, abs=1e-12))
    assert not by_name
    assert result["samples"] == 8 + 8 + 16


def test_every_line_is_there_as_it_was_written(lake):
    ingest_lm_eval(lake, [LOGS])
    rows = query(
        lake,
        "SELECT q.concept, q.messages, q.answer, r.* FROM responses r JOIN questions q"
        " USING (question_id) ORDER BY sample_index",
    )
    for task in TASKS:
        for line in lines(task):
            named = (task, line["doc_id"])
            mine = [r for r in rows if (r["concept"], doc_id(r)) == named]
            requests = list(line["arguments"].values())
            [message] = json.loads(mine[0]["messages"])
            assert message == {"role": "user", "content": requests[0]["arg_0"]}
            if task == "facts_free":
                assert [row["text"] for row in mine] == line["resps"][0]
                assert mine[0]["answer"] == line["target"]
                continue
            [row] = mine
            assert row["choice_logprobs"] == [float(resp[0][0]) for resp in line["resps"]]
            assert row["answer"] == "ABC"[int(line["target"])]


def test_letters_and_texts_are_read_as_letters_and_cloze(lake):
    ingest_lm_eval(lake, [LOGS])
    rows = query(
        lake,
        "SELECT DISTINCT q.concept, r.reading, r.variant, q.choices FROM responses r JOIN"
        " questions q USING (question_id) WHERE list_contains(q.choices, 'a spoon') ORDER BY 1",
    )
    options = ["a book", "a spoon", "a brick"]
    assert rows == [
        {"concept": "facts_letters", "reading": "letter", "variant": "ABC", "choices": options},
        {"concept": "facts_texts", "reading": "cloze", "variant": "-", "choices": options},
    ]


def test_filters_are_scores_of_one_answer(lake):
    ingest_lm_eval(lake, [*LOGS.rglob("samples_facts_free*")])
    rows = query(
        lake,
        "SELECT sample_index, count(DISTINCT scorer) AS n FROM responses"
        " LEFT JOIN scores USING (request_key) GROUP BY ALL ORDER BY 1",
    )
    assert rows == [{"sample_index": 0, "n": 2}, {"sample_index": 1, "n": 0}]
    [row] = query(
        lake,
        "SELECT count(*) AS n FROM scores WHERE scorer = 'lm-eval/exact_match,first-letter'"
        " AND label = '[invalid]' AND detail ->> 'filtered' = '[invalid]'",
    )
    wanted = [x for x in lines("facts_free") if x["filtered_resps"] == ["[invalid]"]]
    assert row["n"] == len(wanted) > 0


def test_models_conditions_and_provenance(lake):
    ingest_lm_eval(lake, [LOGS])
    [model] = query(lake, "SELECT * FROM models")
    assert (model["name"], model["engine"]) == ("finetune/organisms/base", "imported")
    assert json.loads(model["card"])["model_num_parameters"] == 1115264
    conditions = query(lake, "SELECT * FROM conditions ORDER BY template")
    assert [c["template"].rpartition(" ")[0] for c in conditions] == [
        "lm-eval/facts_free, 0-shot, chat template",
        "lm-eval/facts_letters, 0-shot",
        "lm-eval/facts_texts, 0-shot",
    ]
    assert {c["dtype"] for c in conditions} == {"float32"}
    assert json.loads(conditions[0]["sampling"])["temperature"] == 0.9
    assert conditions[1]["sampling"] == "{}"
    [run] = query(lake, "SELECT config FROM runs")
    header = json.loads(run["config"])["logs"][0]["header"]
    assert header["git_hash"] and header["config"]["fewshot_seed"] == 1234


def test_the_same_folder_again_writes_nothing(lake):
    ingest_lm_eval(lake, [LOGS])
    again = ingest_lm_eval(lake, [LOGS])
    assert again["responses_written"] == again["scores_written"] == again["questions_written"] == 0


def test_a_results_file_stands_for_its_samples(lake):
    paths = sorted(LOGS.rglob("results_*.json"))
    assert ingest_lm_eval(lake, paths)["logs"] == 3


def test_older_lines_without_filter_and_with_lists(bring, lake):
    line = lm_eval_line(3)
    old = {k: v for k, v in line.items() if k not in ("filter", "metrics", "acc_norm")}
    old["arguments"] = [list(pair.values()) for pair in line["arguments"].values()]
    old["resps"] = [[[-1.25, True]], [[-5.5, False]]]
    bring(old)
    assert [s["scorer"] for s in query(lake, "SELECT scorer FROM scores")] == ["lm-eval/acc"]
    [row] = query(lake, "SELECT * FROM responses")
    assert row["choice_logprobs"] == [-1.25, -5.5]
    assert json.loads(row["metadata"]) == {
        "doc_id": 3,
        "is_greedy": [True, False],
        "repeat": 0,
    }


def test_mutual_information_asks_again_without_context(bring, lake):
    line = lm_eval_line(1)
    again = {
        f"gen_args_{i + 2}": {**r, "arg_0": ""} for i, r in enumerate(line["arguments"].values())
    }
    line["arguments"] |= again
    line["resps"] += [[["-9.0", "False"]], [["-8.0", "False"]]]
    bring(line)
    [row] = query(lake, "SELECT choice_logprobs, metadata FROM responses")
    assert row["choice_logprobs"] == [-1.25, -3.5]
    assert json.loads(row["metadata"])["unconditional"] == line["resps"][2:]


def test_contexts_that_differ_give_options_from_the_first_difference_on(bring, lake):
    line = lm_eval_line(0) | {"target": "1"}
    for request, name in zip(line["arguments"].values(), ("Ann", "Bob"), strict=True):
        request |= {"arg_0": f"The prize went to {name}", "arg_1": " because of luck."}
    bring(line)
    [row] = query(lake, "SELECT messages, choices, answer FROM questions")
    assert json.loads(row["messages"])[0]["content"] == "The prize went to "
    assert row["choices"] == ["Ann because of luck.", "Bob because of luck."]
    # The names were never scored, so no accuracy by character may be made of them.
    assert row["answer"] is None


# Options, target, whether the first option was right, the letter. Where a target is the place
# of one option and the text of another, the line's own accuracy decides.
TARGETS = [
    ("10 20", "1", 0.0, "B"), ("10 20", "20", 0.0, "B"), ("10 20", "10", 1.0, "A"),
    ("10 20", "7", 0.0, None), ("10 20", "x", 0.0, None),
    ("1 2", "1", 1.0, "A"), ("1 2", "1", 0.0, "B"),
]  # fmt: skip


def test_a_target_is_a_place_or_a_text(bring, lake):
    lines_ = []
    for number, (options, target, acc, _) in enumerate(TARGETS):
        line = lm_eval_line(number) | {"target": target, "acc": acc}
        line["resps"] = [[["-1.0", "True"]], [["-2.0", "False"]]]
        for request, text in zip(line["arguments"].values(), options.split(), strict=True):
            request["arg_1"] = f" {text}"
        lines_.append(line)
    bring(*lines_)
    rows = query(lake, "SELECT group_id, answer FROM questions")
    letters = {row["group_id"]: row["answer"] for row in rows}
    assert letters == {f"synthetic/{i}": wanted for i, (*_, wanted) in enumerate(TARGETS)}


def test_rolling_log_probabilities_and_chats(bring, lake):
    rolling = lm_eval_line(0) | {
        "arguments": {"gen_args_0": {"arg_0": "A whole text."}}, "resps": [[["-12.5"]]],
        "metrics": ["word_perplexity"], "word_perplexity": [-12.5, 3],
    }  # fmt: skip
    chat = json.dumps(
        [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hm?"}]
    )
    asked = lm_eval_line(1) | {
        "arguments": {"gen_args_0": {"arg_0": chat, "arg_1": {"until": ["."]}}},
        "resps": [["Yes."]], "filtered_resps": ["Yes"], "target": "Yes",
    }  # fmt: skip
    bring(rolling)
    [row] = query(lake, "SELECT choice_logprobs, reading, text FROM responses")
    assert row == {"choice_logprobs": [-12.5], "reading": "cloze", "text": None}
    [score] = query(lake, "SELECT value, reason, detail FROM scores")
    assert score == {"value": None, "reason": "not a number", "detail": '{"value":[-12.5,3]}'}
    bring(asked)
    messages = query(lake, "SELECT messages FROM questions WHERE answer = 'Yes'")[0]["messages"]
    assert [m["role"] for m in json.loads(messages)] == ["system", "user"]


def test_impossible_log_probabilities_fail_the_answer_but_keep_its_scores(bring, lake):
    bring(lm_eval_line(0) | {"resps": [[["nan", "False"]], [["-1.0", "True"]]]})
    [row] = query(lake, "SELECT status, error, choice_logprobs, metadata FROM responses")
    assert (row["status"], row["choice_logprobs"]) == ("failed", None)
    assert json.loads(row["metadata"])["logprobs"] == ["nan", "-1.0"]
    assert len(query(lake, "SELECT * FROM scores")) == 2


def test_without_a_results_file_the_model_must_be_named(lake, tmp_path):
    path = tmp_path / "samples_x.jsonl"
    path.write_text(json.dumps(lm_eval_line(1)))
    with pytest.raises(InputError, match="name it with --model"):
        ingest_lm_eval(lake, [path])
    result = ingest_lm_eval(lake, [path], model="mine", dataset="d", concept="c")
    assert "no results_<date>.json beside it" in result["notes"][0]
    assert query(lake, "SELECT dataset, concept FROM questions") == [
        {"dataset": "d", "concept": "c"}
    ]


def test_fewer_documents_than_the_results_count_is_said(lake, tmp_path):
    write_lm_eval_log(tmp_path, [lm_eval_line(1)])
    [results] = tmp_path.glob("results_*")
    said = json.loads(results.read_text()) | {"n-samples": {"synthetic": {"effective": 9}}}
    results.write_text(json.dumps(said))
    [note] = ingest_lm_eval(lake, [tmp_path])["notes"]
    assert "holds 1 documents, its results count 9" in note


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"doc_id": None}, "'doc_id' must be"), ({"arguments": {}}, "'arguments' must list requests"),
     ({"arguments": [1]}, "must begin with its context"), ({"resps": []}, "2 requests, but 0"),
     ({"resps": [[["x"]], [["-1"]]]}, "must hold log-probabilities, not 'x'"),
     ({"resps": [[["-1"], ["-1"]], [["-1"]]]}, "repeats some options"),
     ({"metrics": ["f1"]}, "has no value of the metric 'f1'"), ({"metrics": "a"}, "'metrics' must"),
     ({"arguments": [["a", "b"], ["a", 5]]}, "pair every context"), ({"filter": 3}, "'filter' mu")],
)  # fmt: skip
def test_a_line_of_another_shape_is_one_sentence_that_names_it(bring, lake, change, sentence):
    with pytest.raises(InputError, match=rf"samples_synthetic_.*, line 2: .*{sentence}"):
        bring(lm_eval_line(0), lm_eval_line(1) | change)
    assert not Path(lake).exists()


def test_one_document_answered_twice_is_refused(bring):
    other = lm_eval_line(0) | {"resps": [[["-7.0", "False"]], [["-1.0", "True"]]]}
    with pytest.raises(InputError, match="line 2: document 0 under filter 'none' was answered"):
        bring(lm_eval_line(0), other)
