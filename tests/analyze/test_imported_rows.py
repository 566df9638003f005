"""Another tool's scores as estimates: its own numbers, with clusters and intervals."""

from __future__ import annotations

import json

import pytest

from analyze.quantify import run_quantify
from benchmarks.log_files import inspect_header, inspect_sample
from ingest.logs.inspect_ai.ingest import ingest_inspect
from ingest.logs.lm_eval.ingest import ingest_lm_eval
from reports.build import build_report
from tests.ingest.test_inspect_logs import LOGS as INSPECT
from tests.ingest.test_inspect_logs import oracle
from tests.ingest.test_lm_eval_logs import LOGS as LM_EVAL
from tests.ingest.test_lm_eval_logs import results
from warehouse.lake import open_lake


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    """A lake with real logs of both tools, analysed: its path and the estimates."""
    path = tmp_path_factory.mktemp("logs") / "lake"
    ingest_inspect(str(path), [INSPECT / "choice.eval", INSPECT / "free.eval"])
    ingest_lm_eval(str(path), [LM_EVAL])
    lake = open_lake(path)
    rows = run_quantify(lake)
    yield lake, rows
    lake.close()


def imported(rows):
    chosen = [row for row in rows if row["metric"] == "imported_score"]
    return {(row["dataset"], row["reading"]): row for row in chosen}


def test_estimates_equal_the_tools_own(analysed):
    found = imported(analysed[1])
    for name, dataset in (("choice.eval", "inspect/sizes"), ("free.eval", "inspect/riddles")):
        for score in oracle(name)["results"]:
            part = "" if score["name"] == score["scorer"] else f"/{score['name']}"
            row = found.pop((dataset, f"inspect/{score['scorer']}{part}"))
            metric = score["metrics"].get("accuracy", score["metrics"].get("mean"))
            assert row["estimate"] == pytest.approx(metric, abs=1e-9)
            assert row["n"] == score["scored"]
    for task, (metrics, documents) in results().items():
        for name in [n for n in metrics if "," in n and "_stderr" not in n]:
            metric, _, filter_ = name.partition(",")
            own = metric if filter_ == "none" else name
            row = found.pop((f"lm-eval/{task}", f"lm-eval/{own}"))
            assert (row["estimate"], row["n"]) == (pytest.approx(metrics[name]), documents)
    assert not found


def test_each_has_an_interval_clusters_and_the_rows_behind_it(analysed):
    lake, rows = analysed
    with lake.reader() as con:
        for row in imported(rows).values():
            assert row["ci_low"] < row["estimate"] < row["ci_high"]
            assert row["n_clusters"] == row["n"]
            values = con.sql(row["sql"]).pl()["value"]
            assert (len(values), values.mean()) == (row["n"], pytest.approx(row["estimate"]))


def test_failed_samples_are_missing(analysed):
    found = imported(analysed[1])
    assert found["inspect/riddles", "inspect/match"]["n_missing"] == 1
    assert found["inspect/sizes", "inspect/choice"]["n_missing"] == 0


def test_our_readings_agree_where_they_read_the_same(analysed):
    rows = {(r["dataset"], r["metric"]): r["estimate"] for r in analysed[1] if r["concept"]}
    found = imported(analysed[1])
    assert rows["lm-eval/facts_letters", "accuracy"] == pytest.approx(
        found["lm-eval/facts_letters", "lm-eval/acc"]["estimate"]
    )
    # The cloze reading divides by characters, as acc_norm does.
    assert rows["lm-eval/facts_texts", "accuracy"] == pytest.approx(
        found["lm-eval/facts_texts", "lm-eval/acc_norm"]["estimate"]
    )


def test_imported_scores_stay_out_of_accuracy(analysed):
    accuracy = [row for row in analysed[1] if row["metric"] == "accuracy"]
    assert {row["reading"] for row in accuracy} == {"letter", "cloze", "text"}
    assert all("/" not in row["reading"] for row in accuracy)


def test_a_second_run_computes_nothing(analysed, capsys):
    lake, rows = analysed
    assert run_quantify(lake) == rows
    assert "Nothing changed" in capsys.readouterr().err


def test_the_report_shows_them(analysed):
    lake, _ = analysed
    with lake.reader() as con:
        page = build_report(con, lake.digest(), "default")
    section = page[page.index('id="elsewhere"') :]
    section = section[: section.index("</section>")]
    for scorer in ("inspect/match", "inspect/manner/words", "lm-eval/acc_norm", "inspect/choice"):
        assert scorer in section
    assert "67% [" in section and "3.29 [" in section


def test_questions_weigh_the_same_and_new_scores_are_seen(tmp_path):
    path = tmp_path / "log.json"

    def log(values):
        samples = [
            inspect_sample(item) | {"epoch": epoch, "scores": {"s": {"value": value}}}
            for item, epoch, value in values
        ]
        path.write_text(json.dumps(inspect_header() | {"samples": samples}))
        ingest_inspect(str(tmp_path / "lake"), [path])
        lake = open_lake(tmp_path / "lake")
        try:
            [row] = run_quantify(lake)
        finally:
            lake.close()
        return row

    # Item 1 is right in one of two epochs, item 2 in its only one.
    row = log([(1, 1, 1), (1, 2, 0), (2, 1, 1)])
    assert (row["estimate"], row["n"]) == (0.75, 2)
    assert json.loads(row["detail"])["mean_over_samples"] == pytest.approx(2 / 3)
    more = log([(3, 1, 10)])
    assert (more["estimate"], more["n"]) == (pytest.approx((0.5 + 1 + 10) / 3), 3)
    assert json.loads(more["detail"])["unit"] == "number"


def test_a_scorer_has_one_unit_whichever_model_it_judges(tmp_path):
    paths = []
    for model, values in (("weak", (0, 1)), ("strong", (7, 9))):
        samples = [
            inspect_sample(item) | {"scores": {"grade": {"value": value}}}
            for item, value in enumerate(values)
        ]
        paths.append(tmp_path / f"{model}.json")
        paths[-1].write_text(json.dumps(inspect_header(model=model) | {"samples": samples}))
    ingest_inspect(str(tmp_path / "lake"), paths)
    lake = open_lake(tmp_path / "lake")
    try:
        rows = [row for row in run_quantify(lake) if row["metric"] == "imported_score"]
    finally:
        lake.close()
    assert [json.loads(row["detail"])["unit"] for row in rows] == ["number", "number"]
