"""The runner: what is missing is asked, what is answered stays, and every end is orderly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from generate.engines.base import Asking, Options, Sampling
from generate.engines.local import scoring
from generate.job import ResponsesJob
from generate.preview import preview_responses
from generate.responses import generate_responses
from tests.generate.conftest import free
from tests.samples import question
from warehouse.errors import InputError, Interrupted, PartialError
from warehouse.lake import Lake, open_lake

ROOT = Path(__file__).resolve().parents[2]


def job(folder: Path, questions: str = "sample", **fields: Any) -> ResponsesJob:
    return ResponsesJob(questions=questions, model=f"hf:{folder}", **fields)


def rows(lake: Lake, query: str) -> list[tuple[Any, ...]]:
    with lake.reader() as con:
        return con.execute(query).fetchall()


def answers(lake: Lake) -> dict[str, tuple[str, list[float]]]:
    query = "SELECT request_key, status, choice_logprobs FROM responses"
    return {key: (status, values) for key, status, values in rows(lake, query)}


def test_every_question_is_answered_once_in_every_way(asked_lake, folders):
    summary = generate_responses(asked_lake, job(folders["llama"]))
    assert (summary.questions, summary.requests, summary.cached) == (12, 36, 0)
    assert summary.statuses == {"ok": 36}
    counts = rows(
        asked_lake, "SELECT reading, variant, count(*) FROM responses GROUP BY ALL ORDER BY ALL"
    )
    assert counts == [("cloze", "-", 12), ("letter", "AB", 12), ("letter", "BA", 12)]
    joined = """SELECT count(*) FROM responses JOIN conditions USING (condition_id, model_id)
        JOIN models USING (model_id) JOIN questions USING (question_id)
        WHERE models.name = 'hf:llama' AND attempt = 1 AND cost_usd = 0 AND origin = 'generated'"""
    assert rows(asked_lake, joined) == [(36,)]


def test_a_finished_plan_does_nothing(asked_lake, folders, capsys):
    generate_responses(asked_lake, job(folders["llama"]))
    before = answers(asked_lake)
    again = generate_responses(asked_lake, job(folders["llama"]))
    assert (again.cached, again.statuses) == (36, {})
    assert "Nothing to do: all 36 answers of hf:llama are in the lake." in capsys.readouterr().err
    assert answers(asked_lake) == before


def test_a_finished_plan_never_loads_torch(asked_lake, folders):
    generate_responses(asked_lake, job(folders["llama"]))
    code = f"""
import sys
from generate.job import ResponsesJob
from generate.responses import generate_responses
from warehouse.lake import open_lake
job = ResponsesJob(questions="sample", model="hf:{folders["llama"]}")
assert generate_responses(open_lake("{asked_lake.path}"), job).cached == 36
assert not {{"torch", "transformers"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_new_questions_are_added_to_the_old_answers(asked_lake, folders):
    generate_responses(asked_lake, job(folders["llama"], concepts=("belief",)))
    rest = generate_responses(asked_lake, job(folders["llama"]))
    assert (rest.cached, rest.statuses["ok"]) == (18, 18)


def test_an_interrupted_run_continues_to_the_same_answers(
    asked_lake, folders, tmp_path, monkeypatch
):
    undisturbed = open_lake(tmp_path / "undisturbed", create=True)
    with undisturbed.run("ingest") as run:
        run.append(
            "questions", [question(i, concept=("belief", "intention")[i % 2]) for i in range(12)]
        )
    generate_responses(undisturbed, job(folders["llama"]))

    small = job(folders["llama"], options=Options(batch_tokens=200))
    record, calls = scoring.logprobs, []

    def stumbling(network, batch):
        calls.append(len(batch))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return record(network, batch)

    monkeypatch.setattr(scoring, "logprobs", stumbling)
    with pytest.raises(Interrupted):
        generate_responses(asked_lake, small)
    kept = len(answers(asked_lake))
    assert 0 < kept < 36
    rest = generate_responses(asked_lake, small)
    assert (rest.cached, rest.statuses["ok"]) == (kept, 36 - kept)

    first, second = answers(undisturbed), answers(asked_lake)
    assert first.keys() == second.keys()
    for key, (status, values) in first.items():
        assert second[key][0] == status
        assert second[key][1] == pytest.approx(values, abs=1e-4)


def test_a_failing_request_fails_alone_and_is_asked_again(asked_lake, folders, monkeypatch):
    work, culprit = scoring.logprobs, question(2)["question_id"]

    def failing(network, batch):
        asked = {item.encoded.request.question_id for group in batch for item in group.items}
        if culprit in asked:
            raise RuntimeError("out of memory\nmore lines")
        return work(network, batch)

    monkeypatch.setattr(scoring, "logprobs", failing)
    with pytest.raises(PartialError, match="3 requests failed"):
        generate_responses(asked_lake, job(folders["llama"]))
    failed = (
        "SELECT DISTINCT error_class, error, question_id FROM responses WHERE status = 'failed'"
    )
    assert rows(asked_lake, failed) == [("engine", "RuntimeError: out of memory", culprit)]
    assert rows(asked_lake, "SELECT count(*) FROM responses WHERE status = 'ok'") == [(33,)]

    monkeypatch.setattr(scoring, "logprobs", work)
    again = generate_responses(asked_lake, job(folders["llama"]))
    assert (again.cached, again.statuses) == (33, {"ok": 3})
    assert rows(asked_lake, "SELECT DISTINCT attempt FROM responses WHERE question_id = $$"
                f"{culprit}$$") == [(2,)]  # fmt: skip


def test_a_prompt_too_long_is_a_row_and_final(lake, folders):
    long = question(1)
    messages = [{"role": "user", "content": "planet " * 300}]
    with lake.run("ingest") as run:
        run.append("questions", [question(0), {**long, "messages": json.dumps(messages)}])
    summary = generate_responses(lake, job(folders["short"]))
    assert summary.statuses == {"ok": 3, "too_long": 3}
    assert generate_responses(lake, job(folders["short"])).cached == 6


def test_limit_takes_the_same_questions_each_time(asked_lake, folders):
    few = job(folders["llama"], readings=("letter",), limit=4)
    assert generate_responses(asked_lake, few).statuses == {"ok": 8}
    assert generate_responses(asked_lake, few).cached == 8
    more = generate_responses(asked_lake, job(folders["llama"], readings=("letter",), limit=5))
    assert (more.questions, more.cached) == (5, 8)


def test_stored_order_and_samples_and_readings(asked_lake, folders):
    sampling = Sampling(temperature=1.0, max_tokens=5)
    summary = generate_responses(
        asked_lake,
        job(folders["llama"], readings=("letter", "text"), orders="stored", samples=3,
            asking=Asking(sampling=sampling), limit=2),
    )  # fmt: skip
    assert summary.requests == 2 * (1 + 3)
    drawn = """SELECT variant, count(DISTINCT sample_index), count(text) FROM responses
        WHERE reading = 'text' GROUP BY ALL"""
    texts = rows(asked_lake, drawn)
    assert texts == [("AB", 3, 6)]
    assert rows(asked_lake, "SELECT count(*) FROM conditions") == [(2,)]


def test_a_persona_is_another_condition(asked_lake, folders):
    generate_responses(asked_lake, job(folders["llama"], limit=1))
    asking = Asking("Answer as a pirate.", "pirate")
    assert generate_responses(asked_lake, job(folders["llama"], limit=1, asking=asking)).cached == 0
    spread = """SELECT max(choice_logprobs[1]) - min(choice_logprobs[1]) FROM responses
        WHERE variant = 'AB'"""
    assert rows(asked_lake, spread)[0][0] > 1e-6
    named = "SELECT persona, system_prompt FROM conditions WHERE persona IS NOT NULL"
    assert rows(asked_lake, named) == [("pirate", "Answer as a pirate.")]


def test_free_questions_are_answered_in_text_and_refused_in_letters(asked_lake, folders):
    with pytest.raises(InputError, match="3 questions of 'free' cannot be asked"):
        generate_responses(asked_lake, job(folders["llama"], "free"))
    written = generate_responses(asked_lake, job(folders["llama"], "free", readings=("text",)))
    assert written.requests == 3


def test_questions_without_options_are_skipped_aloud(asked_lake, folders, capsys):
    mixed = {**question(50), "choices": [], "question_id": "q1_mixed"}
    with asked_lake.run("ingest") as run:
        run.append("questions", [mixed])
    summary = generate_responses(asked_lake, job(folders["llama"]))
    assert (summary.questions, summary.skipped, summary.requests) == (12, 1, 36)
    assert "Skipping 1 question without options" in capsys.readouterr().err


def test_a_dry_run_counts_and_writes_nothing(asked_lake, folders):
    before = sorted(path.name for path in asked_lake.path.rglob("*.parquet"))
    preview = preview_responses(asked_lake, job(folders["llama"]))
    assert (preview.requests, preview.cached) == (36, 0)
    generate_responses(asked_lake, job(folders["llama"], concepts=("belief",)))
    [(tokens,)] = rows(asked_lake, "SELECT sum(prompt_tokens) FROM responses")
    generate_responses(asked_lake, job(folders["llama"]))
    [(all_tokens,)] = rows(asked_lake, "SELECT sum(prompt_tokens) FROM responses")
    assert preview.prompt_tokens == all_tokens > tokens > 0
    assert sorted(set(before)) == before
    assert preview_responses(asked_lake, job(folders["llama"])).prompt_tokens == 0


def test_no_row_holds_a_path(asked_lake, folders):
    generate_responses(asked_lake, job(folders["llama"]))
    for table in ("models", "conditions", "responses", "runs"):
        assert str(folders["llama"].parent) not in str(rows(asked_lake, f"SELECT * FROM {table}"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"questions": "sampel"}, "Did you mean 'sample'"),
        ({"questions": "samp"}, "There are no questions 'samp'"),
        ({"concepts": ("beleif",)}, "has no concept 'beleif'. Did you mean 'belief'"),
        ({"split": "tset"}, "has no split 'tset'. Did you mean 'test'"),
        ({"readings": ("leter",)}, "Did you mean 'letter'"),
        ({"samples": 3}, "Log-probabilities have no samples"),
        ({"samples": 3, "readings": ("text",)}, "temperature 0"),
        ({"asking": Asking(persona="pirate")}, "named system prompt"),
    ],
)
def test_bad_requests_are_one_sentence(asked_lake, folders, fields, sentence):
    with pytest.raises(InputError, match=sentence):
        generate_responses(asked_lake, job(folders["llama"], **fields))
    assert answers(asked_lake) == {}


def test_a_chat_template_that_refuses_is_one_sentence(asked_lake, tmp_path):
    from tests.generate import models

    refusing = "{{ raise_exception('no system role') }}"
    folder = models.save(tmp_path / "refusing", chat=refusing)
    with pytest.raises(InputError, match=r"refuses the messages \(user\): no system role"):
        generate_responses(asked_lake, job(folder))


def command(lake: Lake, folder: Path, *more: str) -> list[str]:
    return [sys.executable, "cli.py", "generate", "responses", "--lake", str(lake.path),
            "--questions", "sample", "--model", f"hf:{folder}", *more]  # fmt: skip


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(lake, folders):
    with lake.run("ingest") as run:
        run.append("questions", [question(i) for i in range(1500)])
    slow = [*command(lake, folders["llama"]), "--batch-tokens", "64", "--device", "cpu"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(slow, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while _unsealed(lake) < 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Run the same command again to continue." in said
    assert "Traceback" not in said
    kept = len(answers(lake))
    assert 20 <= kept < 4500
    assert f"{kept:,} of 4,500 answers kept" in said
    assert rows(lake, "SELECT status FROM runs WHERE command = 'generate responses'") == [
        ("interrupted",)
    ]
    assert preview_responses(lake, job(folders["llama"])).cached == kept


def _unsealed(lake: Lake) -> int:
    return sum(1 for row in lake.ledger.requests.unsealed() if row[2] == "done")


def test_the_command_prints_json_and_the_next_step(asked_lake, folders):
    done = subprocess.run(
        [*command(asked_lake, folders["llama"], "--json", "--limit", "2", "--reading", "letter")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    (summary,) = json.loads(done.stdout)
    assert (summary["model"], summary["requests"], summary["statuses"]) == (
        "hf:llama",
        4,
        {"ok": 4},
    )
    assert "mirrorlake analyze quantify" in done.stderr
    assert "Loading weights" not in done.stderr
    assert free(0)["dataset"] not in done.stdout


def test_no_lake_is_one_sentence(tmp_path, folders):
    missing = [*command(open_lake(tmp_path / "x", create=True), folders["llama"])]
    missing[missing.index("--lake") + 1] = str(tmp_path / "none")
    done = subprocess.run(missing, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: There is no lake at")
