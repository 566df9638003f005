"""From a lake to a file: empty and partial states, names that collide, whole or not at all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from reports.build import build_report, write_report
from reports.commands import report
from reports.queries import fill
from reports.sections.answer import verdict
from reports.study import Study
from tests.reports import example
from tests.reports.conftest import DIGEST
from tests.reports.reading import specs, words
from warehouse.errors import InputError
from warehouse.lake import Lake


def _fill(lake: Lake, tables: dict) -> None:
    with lake.run("example", study="demo") as run:
        for name in ("questions", "responses", "scores", "results"):
            if tables[name]:
                run.append(name, tables[name])
        for name in ("models", "conditions"):
            run.upsert(name, tables[name])


def test_report_of_a_lake_is_one_whole_file(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, example.tables())
    path = write_report(lake, "demo", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["index.html"]
    text = path.read_text("utf-8")
    assert text.endswith("</html>\n")
    assert lake.digest()[:16] in text
    assert write_report(lake, "demo", tmp_path / "again").read_bytes() == path.read_bytes()


def test_failure_leaves_the_old_report(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(lake, example.tables())
    path = write_report(lake, "demo", tmp_path)
    before = path.read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_report(lake, "demo", tmp_path)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".index-*"))


def test_lake_without_results_says_which_command_makes_them(lake: Lake, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        report, ["--lake", str(lake.path), "--out", str(tmp_path / "out")], catch_exceptions=False
    )
    assert result.exit_code == 2
    assert "mirrorlake analyze quantify" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_unknown_study_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"name one that has with --study\. Known: demo"):
        build_report(example.connect(example.tables()), DIGEST, "nonsense")


def test_page_of_accuracies_alone_has_a_state_for_every_empty_section() -> None:
    rows = example.tables()
    accuracies = [row for row in rows["results"] if row["metric"] == "accuracy"]
    tables = {"results": accuracies, "models": rows["models"]}
    text = words(build_report(example.connect(tables), DIGEST, "demo"))
    for command in (
        "mirrorlake analyze quantify --questions starter",
        "mirrorlake generate responses --questions starter --model tiny/base",
        "mirrorlake ingest starter",
    ):
        assert command in text
    assert "no model was" not in text


def test_missing_concepts_and_failed_requests_are_named_on_top() -> None:
    tables = example.tables(concepts=("belief", "harm"))
    tables["responses"][0]["status"] = "failed"
    tables["questions"].append(tables["questions"][0] | {"question_id": "q1_unasked"})
    text = words(build_report(example.connect(tables), DIGEST, "demo"))
    assert "8 of the ten concepts: situational awareness" in text
    assert "1 of the 17 questions of starter" in text
    assert "1 request failed" in text


def test_estimates_without_number_or_interval_say_why() -> None:
    tables = example.tables()
    row = next(r for r in tables["results"] if r["metric"] == "accuracy")
    row |= {"estimate": None, "ci_low": None, "ci_high": None, "reason": "no answer was readable"}
    text = words(build_report(example.connect(tables), DIGEST, "demo"))
    assert "Situational awareness: no answer was readable." in text


def test_bounds_are_shown_when_more_than_one_percent_is_missing() -> None:
    tables = example.tables()
    accuracy = next(r for r in tables["results"] if r["metric"] == "accuracy")
    accuracy["n_missing"] = 40
    for side, value in (("wrong", 0.31), ("right", 0.69)):
        bound = accuracy | {"metric": f"accuracy_if_missing_{side}", "estimate": value}
        tables["results"].append(bound)
    text = words(build_report(example.connect(tables), DIGEST, "demo"))
    assert "all wrong all right" in text
    assert "31% 69%" in text


def test_newest_of_two_estimates_is_shown() -> None:
    tables = example.tables()
    old = next(r for r in tables["results"] if r["metric"] == "accuracy")
    new = old | {
        "estimate": 0.123, "ci_low": 0.1, "ci_high": 0.15, "params": '{"newer":true}',
        "computed_at": example.NOON + timedelta(hours=1),
    }  # fmt: skip
    tables["results"].append(new)
    page = build_report(example.connect(tables), DIGEST, "demo")
    rows = specs(page)[0]["datasets"]["rows"]
    assert [row["value"] for row in rows if row["label"] == "situational awareness"] == [0.123]


def test_a_model_has_one_colour_whatever_its_condition() -> None:
    tables = example.tables(("tiny/base", "tiny/base"))
    second = {"condition_id": "c1_9", "persona": "pirate", "model_id": "m1_0"}
    tables["conditions"].append(tables["conditions"][0] | second)
    tables["results"] += [
        row | {"condition_id": "c1_9"}
        for row in tables["results"]
        if row.get("model_id") == "m1_0" and row["metric"] == "accuracy"
    ]
    study = Study(example.connect(tables), "demo")
    rows = study.estimates("starter", "accuracy").rows
    series = study.all_series(rows)
    assert len({s.label for s in series}) == 3
    assert len({s.colour for s in series}) == 2
    assert any("pirate" in s.label for s in series)


def test_only_adjusted_differences_are_called_differences() -> None:
    tables = example.tables(("first", "second"))
    pairs = [
        row
        for row in tables["results"]
        if row["metric"] == "accuracy_difference" and row["concept"]
    ]
    for row in pairs:
        row |= {"p_value": 0.01, "p_adjusted": 0.1}
    pairs[0] |= {"p_value": 0.001, "p_adjusted": 0.01}
    text = words(build_report(example.connect(tables), DIGEST, "demo"))
    assert f"Of {len(pairs)} paired comparisons between models or conditions, 1 differ" in text


def test_two_system_prompts_of_one_model_are_two_series() -> None:
    tables = example.tables()
    prompts = {"c1_8": "Be brief.", "c1_9": "Be wrong."}
    plain = tables["conditions"][0]
    tables["conditions"] += [
        plain | {"condition_id": key, "system_prompt": text} for key, text in prompts.items()
    ]
    tables["results"] += [
        row | {"condition_id": key}
        for row in tables["results"]
        if row["metric"] == "accuracy"
        for key in prompts
    ]
    study = Study(example.connect(tables), "demo")
    assert study.labels == [
        f"tiny/base · {manner}"
        for manner in ("plain (c1_0)", "system prompt (c1_8)", "system prompt (c1_9)")
    ]


def test_several_question_sets_have_a_part_each() -> None:
    tables = example.tables()
    tables["results"] += [row | {"dataset": "other"} for row in tables["results"]]
    page = build_report(example.connect(tables), DIGEST, "demo")
    assert page.count("<h3>other</h3>") == page.count("<h3>starter</h3>") == 10


@pytest.mark.parametrize(
    ("share", "p_adjusted", "expected"),
    [(0.6, 0.01, "above"), (0.6, 0.05, "none"), (0.4, 0.01, "below"), (0.6, None, "unknown"),
     (None, None, "unknown")],
)  # fmt: skip
def test_verdict_is_that_of_the_test_that_the_tables_show(
    share: float | None, p_adjusted: float | None, expected: str
) -> None:
    assert verdict({"estimate": share, "null_value": 0.5, "p_adjusted": p_adjusted}) == expected


def test_names_become_literals_that_cannot_end_early() -> None:
    name = "x'; DROP TABLE results; -- :study"
    sql = fill("SELECT :name AS name, :study AS study", {"name": name, "study": "s"})
    assert example.connect({}).execute(sql).fetchone() == (name, "s")
