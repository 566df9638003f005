"""Inspect logs against what Inspect's own reader says of them (`logs/make_inspect.py`)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.log_files import (
    DEFLATED,
    STORED,
    ZSTD,
    inspect_header,
    inspect_sample,
    write_inspect_log,
    write_zip,
)
from ingest.logs.decode import parse
from ingest.logs.inspect_ai.ingest import ingest_inspect
from tests.ingest.test_responses import query
from warehouse.errors import InputError

LOGS = Path(__file__).parent / "logs" / "inspect"
NAMES = ("choice.eval", "free.eval", "free.json", "killed.eval")


def oracle(name):
    return json.loads((LOGS / f"{name}.oracle.json").read_text("utf-8"))


@pytest.fixture
def lake(tmp_path):
    return str(tmp_path / "lake")


@pytest.fixture
def bring(lake, tmp_path):
    """Write samples as a log and ingest it."""

    def _bring(*samples, name="made.eval", header=None, method=ZSTD, **options):
        path = tmp_path / name
        if name.endswith(".json"):
            path.write_text(json.dumps({**(header or inspect_header()), "samples": samples}))
        else:
            members = [(f"samples/{i}.json", json.dumps(s).encode()) for i, s in enumerate(samples)]
            top = json.dumps(header or inspect_header()).encode()
            write_zip(path, [("header.json", top), *members], method)
        return ingest_inspect(lake, [path], **options)

    return _bring


def imported(lake):
    """The lake's answers as (id, epoch) -> row, with the scores of each by name."""
    rows = query(lake, "SELECT *, metadata ->> 'id' AS item FROM responses")
    scores = query(lake, "SELECT request_key, scorer, value FROM scores")
    for row in rows:
        row["scores"] = {
            s["scorer"].removeprefix("inspect/"): s["value"]
            for s in scores
            if s["request_key"] == row["request_key"]
        }
    return {(row["item"], row["sample_index"] + 1): row for row in rows}


def flat(scores):
    named = {}
    for name, value in scores.items():
        parts = value if isinstance(value, dict) else {None: value}
        named |= {name if key is None else f"{name}/{key}": v for key, v in parts.items()}
    return named


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_says_what_inspects_reader_says(lake, name):
    said = oracle(name)
    result = ingest_inspect(lake, [LOGS / name])
    rows = imported(lake)
    assert result["samples"] == len(said["samples"]) == len(rows)
    for sample in said["samples"]:
        row = rows[str(sample["id"]), sample["epoch"]]
        usage = sample["usage"].get(said["model"], {})
        assert (row["text"] or "") == sample["completion"]
        assert row["finish_reason"] == sample["stop_reason"]
        assert row["error"] == sample["error"] or row["status"] != "failed"
        assert (row["status"] == "failed") == (sample["error"] is not None)
        assert row["prompt_tokens"] == usage.get("input_tokens")
        assert row["completion_tokens"] == usage.get("output_tokens")
        assert row["scores"] == flat(sample["scores"])
        assert row["source_file"] == name


@pytest.mark.parametrize("name", ["choice.eval", "free.eval", "free.json"])
def test_means_equal_the_headers_metrics(lake, name):
    ingest_inspect(lake, [LOGS / name])
    found = {
        row["scorer"]: (row["n"], row["mean"])
        for row in query(
            lake, "SELECT scorer, count(value) n, avg(value) mean FROM scores GROUP BY 1"
        )
    }
    for score in oracle(name)["results"]:
        own = (
            score["name"]
            if score["name"] == score["scorer"]
            else f"{score['scorer']}/{score['name']}"
        )
        n, mean = found.pop(f"inspect/{own}")
        metric = score["metrics"].get("accuracy", score["metrics"].get("mean"))
        assert mean == pytest.approx(metric, abs=1e-12)
        # Inspect counts samples after epochs are reduced to one.
        assert n == score["scored"] * (2 if name == "choice.eval" else 1)
    assert not found


def test_both_containers_of_one_run_hold_the_same_samples(lake):
    result = ingest_inspect(lake, [LOGS / "free.eval", LOGS / "free.json"])
    assert (result["samples"], result["repeated"], result["responses_written"]) == (16, 8, 8)


def test_choices_become_options_and_clusters_are_samples(lake):
    ingest_inspect(lake, [LOGS / "choice.eval"])
    rows = query(lake, "SELECT * FROM questions ORDER BY group_id")
    assert [row["group_id"] for row in rows] == [f"sizes/size-{i}" for i in range(1, 7)]
    assert rows[0]["choices"] == ["a wren", "a horse", "a whale", "a cat"]
    assert {(row["dataset"], row["concept"], row["task"], row["group_kind"]) for row in rows} == {
        ("inspect/sizes", "sizes", "sizes", "stem")
    }
    assert "".join(row["answer"] for row in rows) == "CACBDA"
    [(labels, n)] = Counter(
        row["label"] for row in query(lake, "SELECT label FROM scores")
    ).most_common(1)
    assert (labels, n) == ("C", 6)


def test_failures_limits_and_filters_are_statuses(lake):
    ingest_inspect(lake, [LOGS / "free.eval"])
    rows = {item: row for (item, _), row in imported(lake).items()}
    assert {item: rows[item]["status"] for item in ("broken", "filtered", "long", "1")} == {
        "broken": "failed", "filtered": "filtered", "long": "truncated", "1": "ok",
    }  # fmt: skip
    assert rows["broken"]["text"] is None and "did not answer" in rows["broken"]["error"]
    assert rows["broken"]["scores"] == {}


def test_messages_pictures_and_attachments_are_kept(lake):
    result = ingest_inspect(lake, [LOGS / "free.json"])
    rows = query(lake, "SELECT group_id, messages, answer, metadata FROM questions")
    by_item = {row["group_id"].removeprefix("riddles/"): row for row in rows}
    assert [m["role"] for m in json.loads(by_item["chat"]["messages"])] == ["system", "user"]
    assert "🙂" in by_item["chat"]["messages"]
    assert json.loads(by_item["chat"]["metadata"])["metadata"]["source"]["page"] == 7
    assert by_item["2"]["answer"] is None
    assert json.loads(by_item["2"]["metadata"])["target"] == ["white", "red"]
    picture = by_item["picture"]
    assert json.loads(picture["messages"])[0]["content"].startswith(
        "Which colour is this?\n[image "
    )
    [message] = json.loads(picture["metadata"])["input"]
    assert message["content"][1]["image"].startswith("data:image/png;base64,")
    assert result["not_kept"] == {"event transcripts": 8}


def test_a_killed_run_is_read_and_said_to_be_incomplete(lake):
    result = ingest_inspect(lake, [LOGS / "killed.eval"])
    assert result["samples"] == 4
    [note] = result["notes"]
    assert "killed.eval: the run was killed" in note


def test_the_same_log_again_writes_nothing(lake):
    ingest_inspect(lake, [LOGS])
    again = ingest_inspect(lake, [LOGS])
    written = [again[f"{what}_written"] for what in ("questions", "responses", "scores")]
    assert written == [0, 0, 0]


def test_models_conditions_and_the_header_are_kept(lake):
    ingest_inspect(lake, [LOGS / "free.eval"])
    [model] = query(lake, "SELECT * FROM models")
    assert (model["name"], model["engine"]) == ("mockllm/pocket", "imported")
    [condition] = query(lake, "SELECT * FROM conditions")
    assert json.loads(condition["sampling"]) == {"max_tokens": 9, "temperature": 0.5}
    assert condition["template"].startswith("inspect/failing_on+generate#")
    [run] = query(lake, "SELECT * FROM runs")
    [log] = json.loads(run["config"])["logs"]
    assert log["file"] == "free.eval" and len(log["digest"]) == 64
    assert log["header"]["eval"]["packages"]["inspect_ai"]
    assert log["header"]["results"]["scores"][0]["name"] == "match"


@pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTD])
def test_every_compression_of_members_is_read(bring, method):
    assert bring(inspect_sample(1), inspect_sample(2), method=method)["responses_written"] == 2


def test_version_1_logs_have_one_score(bring, lake):
    sample = inspect_sample(1)
    sample["score"] = sample.pop("scores")["includes"]
    header = {**inspect_header(), "version": 1, "results": {"scorer": {"name": "includes"}}}
    bring(sample, header=header, name="old.json")
    assert query(lake, "SELECT scorer, value FROM scores") == [
        {"scorer": "inspect/includes", "value": 0.0}
    ]


# Value, number, label and reason of a score.
VALUES = [
    ("C", 1.0, None, None), ("P", 0.5, None, None), ("I", 0.0, None, None), ("N", 0.0, None, None),
    (True, 1.0, None, None), ("yes", 1.0, None, None), ("False", 0.0, None, None),
    ("2.5", 2.5, None, None), (-3, -3.0, None, None), (10**400, None, None, "not a number"),
    ("great", None, "great", "not a number"), ([1, 2], None, None, "not a number"),
    (float("nan"), None, "NaN", "unscored"), (None, None, None, "unscored"),
]  # fmt: skip


def test_values_of_scores(bring, lake):
    scores = {str(i): {"value": value, "answer": "B"} for i, (value, *_) in enumerate(VALUES)}
    bring(inspect_sample(1) | {"scores": scores}, name="v.json")
    rows = {row["scorer"]: row for row in query(lake, "SELECT * FROM scores")}
    for i, (_, number, label, reason) in enumerate(VALUES):
        row = rows[f"inspect/{i}"]
        said = (row["value"], row["label"], row["reason"], row["valid"])
        assert said == (number, label, reason, number is not None)
        assert json.loads(row["detail"])["answer"] == "B"


def test_samples_with_one_text_are_further_answers_to_one_question(bring, lake):
    samples = [inspect_sample(1) | {"id": f"x{i}", "epoch": e} for i in range(2) for e in (1, 2)]
    result = bring(*samples)
    assert (result["questions_written"], result["sharing_a_question"]) == (1, 4)
    rows = query(lake, "SELECT sample_index FROM responses ORDER BY 1")
    assert [row["sample_index"] for row in rows] == [0, 1, 2, 3]


def test_a_failed_sample_gives_way_to_its_retry(bring, lake):
    failed = inspect_sample(1) | {"error": {"message": "no route"}, "output": {}, "scores": {}}
    bring(failed, inspect_sample(2), name="first.eval")
    assert bring(inspect_sample(1), inspect_sample(2), name="retry.eval")["responses_written"] == 1
    again = bring(failed, inspect_sample(2), name="first.eval")
    assert (again["responses_written"], again["given_way"]) == (0, 1)
    rows = query(lake, "SELECT status, attempt FROM responses ORDER BY attempt")
    assert rows == [{"status": "ok", "attempt": 1}, {"status": "ok", "attempt": 2}]
    assert len(query(lake, "SELECT * FROM responses_history")) == 3
    assert {s["attempt"] for s in query(lake, "SELECT * FROM scores")} == {1, 2}


def test_two_runs_that_contradict_are_refused_and_nothing_is_written(bring, lake):
    bring(inspect_sample(1), name="first.eval")
    other = inspect_sample(1)
    other["output"]["completion"] = "Neither."
    with pytest.raises(InputError, match=r"second.eval, sample 2: the lake holds another answer"):
        bring(inspect_sample(2), other, name="second.eval")
    assert len(query(lake, "SELECT * FROM responses")) == 1
    assert bring(other, name="second.eval", model="second run")["responses_written"] == 1


def test_two_values_of_one_scorer_are_refused(bring, lake):
    bring(inspect_sample(1), name="first.eval")
    other = inspect_sample(1)
    other["scores"]["length"]["value"] = 1
    with pytest.raises(InputError, match="another value of inspect/length"):
        bring(other, name="rescored.eval")


def test_one_bad_log_keeps_all_out(lake, tmp_path):
    write_inspect_log(tmp_path / "good.eval", [inspect_sample(1)])
    (tmp_path / "bad.eval").write_bytes((tmp_path / "good.eval").read_bytes()[:200])
    with pytest.raises(InputError, match=r"bad\.eval: not a whole zip archive"):
        ingest_inspect(lake, [tmp_path / "good.eval", tmp_path / "bad.eval"])
    assert not Path(lake).exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"id": None}, "'id' must be"), ({"epoch": 0}, "'epoch' must count from 1"),
     ({"epoch": "1"}, "'epoch' must be a whole number"), ({"input": 5}, "'input' must be"),
     ({"input": [5]}, "every message"), ({"choices": [1, 2]}, "'choices' must be a list of texts"),
     ({"target": {}}, "'target' must be"), ({"scores": []}, "'scores' must be an object"),
     ({"scores": {"a": 1}}, "score 'a' must be"), ({"output": []}, "'output' must be an object"),
     ({"limit": "x"}, "'limit' must be"), ({"model_usage": 1}, "'model_usage' must be")],
)  # fmt: skip
def test_a_sample_of_another_shape_is_one_sentence_that_names_its_member(bring, change, sentence):
    with pytest.raises(InputError, match=rf"made.eval, member samples/1.json: .*{sentence}"):
        bring(inspect_sample(1), inspect_sample(2) | change)


def test_texts_that_no_file_can_hold_are_mended(bring, lake, tmp_path):
    sample = inspect_sample(1)
    sample["output"]["completion"] = "half \ud83d of it \0 and \ud83d\ude42 whole, \\u0000 said"
    bring(sample)
    [row] = query(lake, "SELECT text FROM responses")
    assert row["text"] == "half \ufffd of it \ufffd and 🙂 whole, \\u0000 said"


def test_a_folder_without_logs_and_json_of_other_kinds(lake, tmp_path):
    (tmp_path / "logs.json").write_text('{"some": "manifest"}')
    with pytest.raises(InputError, match="holds no Inspect log"):
        ingest_inspect(lake, [tmp_path])
    write_inspect_log(tmp_path / "a.eval", [inspect_sample(1)])
    assert ingest_inspect(lake, [tmp_path])["files_skipped"] == ["logs.json"]
    with pytest.raises(InputError, match=r"logs\.json: no Inspect log"):
        ingest_inspect(lake, [tmp_path / "logs.json"])


def test_ids_with_slashes_lose_no_sample(lake, tmp_path):
    path = tmp_path / "humaneval.eval"
    ids = ["HumanEval/0", "HumanEval/1", "plain"]
    samples = [inspect_sample(number) | {"id": item} for number, item in enumerate(ids)]
    members = [(f"samples/{one['id']}_epoch_1.json", json.dumps(one).encode()) for one in samples]
    write_zip(path, [("header.json", json.dumps(inspect_header()).encode()), *members], ZSTD)
    ingest_inspect(lake, [path])
    assert {item for item, _ in imported(lake)} == set(ids)


def test_a_number_beyond_all_numbers_is_kept_as_its_text():
    assert parse(b'{"x": 1e999, "y": 1e3}', "here") == {"x": "1e999", "y": 1000.0}


def test_samples_with_one_text_come_in_one_by_one_as_together(bring, lake):
    items = [inspect_sample(1) | {"id": item} for item in ("b", "a", "c")]
    items[1]["output"] = {"completion": "Neither."}
    items[2] |= {"error": {"message": "no route"}, "output": {}, "scores": {}}
    for item in items:
        bring(item, name=f"{item['id']}.eval")
    found = "SELECT metadata ->> 'id' AS id, sample_index, status FROM responses ORDER BY 2"
    rows = query(lake, found)
    assert [(r["id"], r["sample_index"]) for r in rows] == [("b", 0), ("a", 1), ("c", 2)]
    again = bring(*items, name="all.eval")
    assert again["responses_written"] == again["given_way"] == 0
    retried = inspect_sample(1) | {"id": "c"}
    assert bring(retried, name="retry.eval")["responses_written"] == 1
    assert [r["status"] for r in query(lake, found)] == ["ok", "ok", "ok"]


def test_one_log_with_two_right_answers_keeps_neither(bring, lake):
    one = inspect_sample(1)
    two = one | {"id": "other", "target": "A" if one["target"] != "A" else "B"}
    assert bring(one, two)["several_right_answers"] == 1
    assert query(lake, "SELECT answer FROM questions") == [{"answer": None}]


def test_two_logs_that_differ_in_the_right_option_are_refused(lake, tmp_path):
    for name, target in (("one", "A"), ("two", "B")):
        sample = inspect_sample(1) | {"choices": ["this", "that"], "target": target}
        write_inspect_log(tmp_path / f"{name}.eval", [sample])
    with pytest.raises(InputError, match=r"two.eval, sample 1: the right option is B here and A"):
        ingest_inspect(lake, [tmp_path / "one.eval", tmp_path / "two.eval"])
    assert not Path(lake, "segments", "responses").exists()
