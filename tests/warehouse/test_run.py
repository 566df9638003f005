from __future__ import annotations

import json
import os
import threading

import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.samples import answer, condition, question, requests
from warehouse.errors import BusyError, InputError
from warehouse.lake import Lake, open_lake


def rows_of(lake: Lake, sql: str) -> list[tuple]:
    with lake.reader() as con:
        return con.execute(sql).fetchall()


def answer_all(lake: Lake, questions, samples: int = 1, status: str = "ok") -> None:
    with lake.run("generate responses") as run:
        model_id, condition_id = condition(run)
        plan = run.plan(requests(questions, condition_id, samples))
        run.record([answer(row, model_id, status) for row in plan.rows()])


def test_appending_again_writes_nothing(lake):
    rows = [question(i) for i in range(10)]
    with lake.run("ingest") as run:
        assert run.append("questions", rows) == 10
        assert run.append("questions", rows) == 0
    with lake.run("ingest") as run:
        assert run.append("questions", pl.DataFrame(rows)) == 0
    assert rows_of(lake, "SELECT count(*) FROM questions_history") == [(10,)]


def test_changed_metadata_is_a_new_version_of_the_same_question(lake):
    first = question(0)
    with lake.run("ingest") as run:
        run.append("questions", [first])
        assert run.append("questions", [{**first, "answer": "B", "licence": "MIT"}]) == 1
    assert rows_of(lake, "SELECT answer, licence FROM questions") == [("B", "MIT")]
    assert rows_of(lake, "SELECT count(*) FROM questions_history") == [(2,)]


def test_a_question_given_twice_in_one_batch_is_stored_once(lake):
    with lake.run("ingest") as run:
        assert run.append("questions", [question(0), question(0)]) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**question(0), "colour": "red"}, "no column"),
        ({k: v for k, v in question(0).items() if k != "group_id"}, "group_id' is empty"),
        ({**question(0), "source_row": "seven"}, "source_row"),
    ],
)
def test_rows_that_do_not_fit_the_schema_are_refused_whole(lake, row, message):
    with lake.run("ingest") as run, pytest.raises(InputError, match=message):
        run.append("questions", [question(1), row] if "group_id" in row else [row])
    assert rows_of(lake, "SELECT count(*) FROM questions") == [(0,)]


def test_plan_is_what_is_not_finished(lake):
    questions = [question(i) for i in range(6)]
    answer_all(lake, questions[:4])
    with lake.run("generate responses") as run:
        _, condition_id = condition(run)
        plan = run.plan(requests(questions, condition_id))
    assert (plan.total, plan.cached, plan.left) == (12, 8, 4)
    assert {row["attempt"] for row in plan.rows()} == {1}


def test_only_failed_requests_are_asked_again_as_a_new_attempt(lake):
    questions = [question(i) for i in range(5)]
    for status in ("ok", "refused", "truncated", "too_long", "filtered"):
        i = ["ok", "refused", "truncated", "too_long", "filtered"].index(status)
        answer_all(lake, [questions[i]], status=status)
    answer_all(lake, [question(9)], status="failed")
    with lake.run("generate responses") as run:
        model_id, condition_id = condition(run)
        plan = run.plan(requests([*questions, question(9)], condition_id))
        assert plan.left == 2
        assert [row["attempt"] for row in plan.rows()] == [2, 2]
        run.record([answer(row, model_id) for row in plan.rows()])
    current = rows_of(lake, "SELECT status, attempt FROM responses WHERE attempt = 2")
    assert current == [("ok", 2), ("ok", 2)]
    assert rows_of(lake, "SELECT count(*) FROM responses") == [(12,)]
    assert rows_of(lake, "SELECT count(*) FROM responses_history") == [(14,)]


def test_recorded_but_unsealed_answers_are_cached(lake):
    questions = [question(0)]
    with lake.run("generate responses") as run:
        model_id, condition_id = condition(run)
        plan = run.plan(requests(questions, condition_id))
        run.record([answer(row, model_id) for row in plan.rows()])
        again = open_lake(lake.path)
        with again.run("generate responses") as other:
            assert other.plan(requests(questions, condition_id)).cached == 2


def test_the_same_work_twice_is_refused_and_other_work_is_not(lake):
    with lake.run("generate responses") as run:
        _, condition_id = condition(run)
        run.plan(requests([question(0)], condition_id))
        with open_lake(lake.path).run("generate other") as other:
            with pytest.raises(BusyError, match="'mirrorlake generate responses' \\(process"):
                other.plan(requests([question(0), question(1)], condition_id))
            assert other.plan(requests([question(1)], condition_id)).left == 2
    with lake.run("generate responses") as run:
        assert run.plan(requests([question(0)], condition_id)).left == 2


def test_claims_of_two_threads_never_overlap(lake):
    with lake.run("setup") as run:
        _, condition_id = condition(run)
    got: list[int] = []

    def work() -> None:
        mine = open_lake(lake.path)
        with mine.run("generate responses") as run:
            try:
                got.append(run.plan(requests([question(0)], condition_id)).left)
            except BusyError:
                got.append(0)
            barrier.wait(20)

    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [0, 0, 0, 2]


def test_results_of_a_re_run_replace_the_whole_group(lake):
    def result(concept: str, estimate: float, params: str = "{}") -> dict:
        return {
            "analysis": "quantify", "study": "s", "params": params, "metric": "accuracy",
            "concept": concept, "estimate": estimate, "inputs_digest": "d",
        }  # fmt: skip

    with lake.run("analyze") as run:
        run.append("results", [result("a", 0.1), result("b", 0.2), result("a", 0.9, '{"x":1}')])
    with lake.run("analyze") as run:
        run.append("results", [result("a", 0.3)])
    found = rows_of(lake, "SELECT concept, estimate FROM results ORDER BY estimate")
    assert found == [("a", 0.3), ("a", 0.9)]


def test_a_run_is_a_row_with_its_configuration_and_end(lake):
    with pytest.raises(ValueError, match="boom"), lake.run("ingest", {"source": "x"}, "s") as run:
        run.count(rows=3)
        run.count(rows=4)
        raise ValueError("boom")
    [(command, study, status, counts, error, ended)] = rows_of(
        lake, "SELECT command, study, status, counts, error, ended_at IS NOT NULL FROM runs"
    )
    assert (command, study, status, ended) == ("ingest", "s", "failed", True)
    assert json.loads(counts) == {"rows": 7}
    assert "boom" in error


def test_nothing_of_the_environment_reaches_a_file(lake, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-secret")
    answer_all(lake, [question(0)])
    for path in lake.path.rglob("*"):
        if path.is_file():
            assert b"sk-planted-secret" not in path.read_bytes(), path


def test_polars_over_the_manifest_sees_the_same_rows(lake):
    answer_all(lake, [question(i) for i in range(5)])
    manifest = json.loads((lake.path / "manifest.json").read_text())
    files = [lake.path / name for name in manifest["tables"]["responses"]]
    seen = pl.read_parquet(files).get_column("request_key").sort().to_list()
    assert seen == [k for (k,) in rows_of(lake, "SELECT request_key FROM responses ORDER BY 1")]


def test_segments_are_read_only_content_named_and_sorted(lake):
    answer_all(lake, [question(i) for i in range(20)])
    [path] = (lake.path / "segments" / "responses").glob("*.parquet")
    keys = pq.read_table(path).column("request_key").to_pylist()
    assert keys == sorted(keys)
    assert not os.stat(path).st_mode & 0o222
