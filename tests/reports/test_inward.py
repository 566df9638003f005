"""What the page says of self-knowledge: as plainly no as yes, by both estimands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports.build import LARGEST, build_report, write_report
from reports.predictions import CROSSED, Contest, Knower, knowers, side
from reports.study import Series, Study
from tests.reports import example, inward
from tests.reports.conftest import DIGEST
from tests.reports.inward import PROPERTIES, Size
from tests.reports.reading import folds, specs, words
from warehouse.lake import Lake

Tables = dict[str, list[dict[str, Any]]]

ON_ANSWERS = (
    "accuracy", "wordings", "order", "abstention", "missing", "baselines", "pairs", "items",
    "layers", "steering",
)  # fmt: skip
INWARD = ("advantage", "matrix", "scaling", "change", "calibration", "acquisition")


def built(tables: Tables) -> str:
    return build_report(example.connect(tables), DIGEST, "demo")


def section(page: str, key: str) -> str:
    """Return a section of a page, empty where there is none."""
    start = page.find(f'<section id="{key}"')
    return "" if start < 0 else page[start : page.index("</section>", start)]


def figure(page: str, key: str) -> list[dict[str, Any]]:
    """Return the specifications of a figure, each of them whole."""
    part = page.split(f'<figure id="{key}">')[1].split("</figure>")[0]
    found = specs(part)
    return [{**found[s["like"]], **s} if "like" in s else s for s in found]


def answer(size: Size | None = None, models: tuple[str, ...] = ("m1", "m2"), *bases: str) -> str:
    """Return the words of the answer about models, each of a base of its own unless given."""
    tables = inward.tables(models, size)
    return words(section(built(inward.based(tables, *(bases or models))), "answer"))


def change(tables: Tables, metric: str, **changed: Any) -> Tables:
    """Return the tables with the rows of a metric changed."""
    for row in tables["results"]:
        if row["metric"] == metric:
            row |= changed
    return tables


def test_self_knowledge_is_said_with_both_estimands_and_how_sure() -> None:
    text = answer()
    assert (
        "m1 predicts its own answers better than m2 does: 70% right against 20%, +50 points "
        "[+46, +54], adjusted p < .001, 400 strings. The crossed form, which a merely better "
        "predictor does not inflate, is +25 points [+23, +27], adjusted p < .001."
    ) in text


def test_its_absence_is_said_as_plainly_with_what_could_be_missed() -> None:
    text = answer(Size(knowing=()))
    for own, other in (("m1", "m2"), ("m2", "m1")):
        assert (
            f"{own} is not shown to predict its own answers better than {other} does: 20% right "
            "against 20%, 0 points [−4, +4], adjusted p .620, 400 strings. The crossed form, which "
            "a merely better predictor does not inflate, is 0 points [−2, +2], adjusted p .620. "
            "Advantages below 6 points (crossed 3) could have been missed."
        ) in text
    assert "predicts its own answers better" not in text
    assert "What would explain it away" not in text


def test_a_merely_better_predictor_is_not_said_to_know_itself() -> None:
    text = answer(Size(knowing=(), better=(0,)))
    assert "m1 predicts its own answers better than m2 does: 35% right against 20%, +15" in text
    assert (
        "But the crossed form, which a merely better predictor does not inflate, is 0 points "
        "[−2, +2], adjusted p .620: it may only be the better predictor."
    ) in text
    assert "m2 predicts its own answers worse than m1 does: 20% right against 35%, −15" in text


def test_the_crossed_form_does_not_show_what_the_other_model_brings_about() -> None:
    text = answer()
    assert "m2 is not shown to predict its own answers better than m1 does" in text
    assert "The crossed form, of both models together, is +25 points [+23, +27]" in text
    assert "which the other one can bring about alone. Advantages below 6 points could" in text


def test_without_a_crossed_comparison_the_doubt_is_named() -> None:
    text = answer(Size(crossed=()))
    assert "No crossed comparison was made: it may only be the better predictor." in text


def knower(*contests: tuple[str, str | None], kin: str = "") -> Knower:
    """Return a model whose contests ended so, in the plain and in the crossed form."""
    ends = {"above": (0.1, 0.2), "below": (-0.2, -0.1), "none": (-0.1, 0.1)}

    def row(which: str) -> dict[str, Any]:
        low, high = ends[which]
        p = 0.6 if which == "none" else 0.01
        return {"estimate": (low + high) / 2, "ci_low": low, "ci_high": high, "p_adjusted": p}

    made = []
    for number, (plain, crossed) in enumerate(contests):
        contest = Contest(Series(f"r{number}", "", ""), False, row(plain))
        if crossed:
            contest.crossed[CROSSED].append(row(crossed))
        made.append(contest)
    if kin:
        made.append(Contest(Series("kin", "", ""), True, row(kin)))
    return Knower(Series("m", "", ""), made)


@pytest.mark.parametrize(
    ("found", "verdict", "rival"),
    [
        (knower(("above", "above")), "yes", "r0"),
        (knower(("above", "above"), ("above", None)), "yes", "r0"),
        (knower(("above", None)), "plain", "r0"),
        (knower(("above", "none")), "uncrossed", "r0"),
        (knower(("above", "above"), ("above", "none")), "uncrossed", "r1"),
        (knower(("above", "above"), ("none", None)), "no", "r1"),
        (knower(("above", None), ("none", "none"), ("none", None)), "no", "r1"),
        (knower(("none", "none")), "no", "r0"),
        (knower(("none", "above")), "no", "r0"),
        (knower(("none", None), ("below", None)), "worse", "r1"),
        (knower(("above", "above"), kin="none"), "yes", "r0"),
        (knower(("none", None), kin="above"), "no", "r0"),
        (knower(kin="above"), "plain", "kin"),
    ],
)
def test_verdict_depends_on_both_estimands_and_on_models_of_other_bases(
    found: Knower, verdict: str, rival: str
) -> None:
    assert (found.verdict, found.main.rival.label) == (verdict, rival)


@pytest.mark.parametrize(
    ("p", "low", "high", "expected"),
    [(0.01, 0.1, 0.2, "above"), (0.05, 0.1, 0.2, "none"), (0.01, -0.1, 0.2, "none"),
     (0.01, -0.2, -0.1, "below"), (None, 0.1, 0.2, "unknown"), (0.01, None, None, "unknown")],
)  # fmt: skip
def test_a_side_needs_the_adjusted_test_and_the_interval(
    p: float | None, low: float | None, high: float | None, expected: str
) -> None:
    row = {"estimate": 0.15, "p_adjusted": p, "ci_low": low, "ci_high": high}
    assert side(row) == expected


def test_a_crossed_estimate_belongs_to_the_two_whom_it_is_about() -> None:
    size = Size(crossed=((0, 2),))
    con = example.connect(inward.apart(inward.tables(("m1", "m2", "m3"), size)))
    _, found = knowers(Study(con, "demo"), "pair")
    with_crossed = {(k.series.label, c.rival.label) for k in found for c in k.contests if c.crossed}
    assert with_crossed == {("m1", "m3"), ("m3", "m1")}


def test_explanations_are_ruled_out_with_their_numbers() -> None:
    text = answer(Size(agreement=0.9))
    for said in (
        "Guessing does not: the commonest answer gets 15% [12, 18] and the input alone gets 12% "
        "[9, 15], the model itself 70% [67, 73].",
        "What could not be read does not: read were 100% of its answers, 99% of its predictions "
        "and 99% of those by m2.",
        "A value that one model gives oftener does not: with answers rebalanced the crossed form "
        "is +22 points [+20, +24].",
        "An answer that both models give does not: only where the two differ the crossed form is "
        "+30 points [+28, +32].",
        "Two draws of one answer agree in 90% [87, 93], which bounds any prediction.",
    ):
        assert said in text


def test_explanations_that_stand_are_said() -> None:
    tables = inward.apart(inward.tables(size=Size(read={1: 0.3})))
    change(tables, "macro_mode_baseline", estimate=0.69, ci_low=0.66, ci_high=0.72)
    change(tables, f"{CROSSED}_rebalanced", ci_low=-0.01)
    text = words(section(built(tables), "answer"))
    assert "Guessing might: the commonest answer gets 69%" in text
    assert "What could not be read might: read were 100% of its answers, 99% of its pred" in text
    assert "A value that one model gives oftener might: with answers rebalanced" in text


def test_explanations_that_nothing_is_known_of_are_not_ruled_out() -> None:
    text = answer(Size(guesses=False, crossed=()))
    assert "Guessing cannot be judged: no answers to training strings." in text
    assert "that both models give cannot be judged: no crossed comparison was made." in text
    assert "No value for input alone and commonest answer: no answers to training str" in text


def test_unread_predictions_may_hide_what_was_not_found() -> None:
    assert "An advantage may be hidden" not in answer(Size(knowing=()))
    text = answer(Size(knowing=(), read={0: 0.6}))
    assert "could be read, since the others count as wrong: m1 (60%)." in text


def test_a_model_of_the_same_base_does_not_decide() -> None:
    size = Size(knowing=(0, 1), crossed=((0, 2), (1, 2)))
    tables = inward.based(inward.tables(("m1", "m1-b", "m2"), size), "a", "a", "b")
    about = {("m1_0", "m1_1"), ("m1_1", "m1_0")}
    for row in tables["results"]:
        if row["metric"] == "macro_advantage" and (row["model_id"], row["other_model_id"]) in about:
            row |= {"estimate": 0.0, "ci_low": -0.04, "ci_high": 0.04, "p_adjusted": 0.6}
    text = words(section(built(tables), "answer"))
    assert "2 of 3 models know themselves better than others know them." in text
    assert "Sharing a base might for all 2 models:" in text


def test_lines_and_verdicts_replace_paragraphs_as_models_get_many() -> None:
    four = answer(Size(knowing=(0,)), tuple("abcd"))
    assert "1 of 4 models knows itself better than others know it." in four
    assert "a yes: +50 points [+46, +54] over b, crossed +25 [+23, +27] (adjusted p < .001 and" in (
        four
    )
    assert "d no advantage found: 0 points [−4, +4] over a (adjusted p .620)." in four
    none = answer(Size(knowing=()), tuple("abcdefgh"))
    assert "None of 8 models is shown to know itself better than others know it." in none
    assert "No advantage found (8) : a, b, c, d, e, f, g and h; 0 points over the closest" in none
    assert "Advantages below 6 points (crossed 3) could have been missed." in none


@pytest.mark.parametrize(("models", "properties"), [(2, 1), (4, 12), (20, 12)])
def test_the_chart_stays_readable_and_the_page_small(models: int, properties: int) -> None:
    names = tuple(f"tuned:a-rather-long-name-{i}" for i in range(models))
    page = built(inward.apart(inward.tables(names, Size(properties=PROPERTIES[:properties]))))
    assert len(page.encode()) <= LARGEST
    assert "data:text/csv" in page
    drawn = figure(page, "predicted-1")
    assert len(drawn) == (models if models <= 4 else 1)
    for spec in drawn:
        rows = spec["datasets"]["rows"]
        assert len({row["series"] for row in rows}) == 2
        assert len({row["row"] for row in rows}) == (
            models if models > 4 else properties + (properties > 1)
        )
        assert spec["height"] <= 40 * 20


def test_points_of_the_chart_are_those_of_the_rows_and_others_are_outlined() -> None:
    tables = inward.apart(inward.tables())
    first, _ = figure(built(tables), "predicted-1")
    drawn = {(row["series"], round(row["value"], 6)) for row in first["datasets"]["rows"]}
    target = {"other_model_id": "m1_0"}
    for series, model in (("s0", "m1_0"), ("s1", "m1_1")):
        own = {
            (series, round(row["estimate"], 6)) for row in tables["results"]
            if row["metric"] in ("prediction_accuracy", "macro_accuracy")
            and {**target, "model_id": model}.items() <= row.items()
        }  # fmt: skip
        assert own == {pair for pair in drawn if pair[0] == series}
        assert len(own) == 3
    assert {row["null"] for row in first["datasets"]["rows"]} == {0.15}
    assert {row["baseline"] for row in first["datasets"]["rows"]} == {0.12}
    [points] = [layer["encoding"]["fill"] for layer in first["layer"] if "fill" in
                layer["encoding"]]  # fmt: skip
    assert points["scale"]["range"] == ["var(--c0)", "var(--paper)"]


def test_a_study_of_predictions_alone_renders_and_its_sections_come_with_their_rows() -> None:
    tables = inward.apart(inward.tables())
    page = built(tables)
    assert not any(section(page, key) for key in ON_ANSWERS)
    assert [key for key in INWARD if section(page, key)] == ["advantage", "matrix"]
    text = words(page)
    assert "Does a model know itself better than another model knows it?" in text
    assert "No accuracy was estimated" not in text
    assert " 0 answers" not in text
    assert "Every question was asked" not in text
    other = built(example.tables())
    assert not any(section(other, key) for key in (*INWARD, "predicted-items"))


def test_predictions_beside_answers_keep_the_sections_on_both() -> None:
    tables = inward.apart(inward.tables())
    tables["results"] = tables["results"] + example.tables()["results"]
    tables["questions"] += example.tables()["questions"]
    page = built(tables)
    assert section(page, "accuracy")
    text = words(section(page, "answer"))
    assert "m1 predicts its own answers better than m2 does" in text
    assert "is above chance in" in text


def test_nobody_else_predicting_leaves_no_judgement() -> None:
    tables = inward.tables(("m1",))
    page = words(section(built(tables), "answer"))
    assert "No model was predicted by itself and by another" in page
    assert "mirrorlake generate predict --questions pair --target MODEL" in page


def test_sampled_conditions_do_not_split_a_model() -> None:
    tables = inward.apart(inward.tables(size=Size(agreement=0.9)))
    for row in inward.calibration(0):
        sampled = {name: f"{row[name]}_t1" for name in ("condition_id", "other_condition_id")}
        tables["results"].append(row | sampled)
    assert Study(example.connect(tables), "demo").labels == ["m1", "m2"]


def test_advantages_of_the_table_and_figure_are_those_of_the_rows() -> None:
    page = built(inward.apart(inward.tables()))
    text = words(section(page, "advantage"))
    assert (
        "m1 m2 +50 [+46, +54] < .001 +50 [+46, +54] +25 [+23, +27] < .001 5.6 150 410 20 220"
        in (text)
    )
    over = figure(page, "over-1")
    assert [row["value"] for row in over[0]["datasets"]["rows"]] == [50, 25]
    # One scale, so that no small advantage looks like a large one.
    assert len({json.dumps(_scales(spec)) for spec in over}) == 1
    [crossed] = figure(page, "crossed-1")
    assert [row["value"] for row in crossed["datasets"]["rows"]] == [25, 30, 22.5]


def _scales(spec: dict[str, Any]) -> list[Any]:
    return [layer["encoding"].get("x", {}).get("scale") for layer in spec["layer"]]


def test_tasks_of_training_are_told_from_those_held_out() -> None:
    tables = inward.trained(inward.apart(inward.tables(size=Size(tasks=("animals", "stories")))))
    tables["examples"] = [
        {"training_set_id": "s1_1000", "row": 0, "role": "hypothetical", "question_id": "q",
         "group_id": "g", "task": "animals", "messages": "[]", "reply": "a"}
    ]  # fmt: skip
    page = built(tables)
    first, second = figure(page, "tasks-1")
    rows = first["datasets"]["rows"]
    assert {row["label"]: row["series"] for row in rows} == {"stories": "s0", "animals": "s1"}
    assert len({row["series"] for row in second["datasets"]["rows"]}) == 1
    assert 'id="tasks-1"' not in built(inward.apart(inward.tables(size=Size(tasks=("animals",)))))


def test_the_matrix_holds_every_cell_with_its_number() -> None:
    size = Size(knowing=(1,))
    tables = inward.apart(inward.tables(("m1", "m2", "m3"), size))
    # The third only predicts.
    tables["results"] = [row for row in tables["results"] if row.get("other_model_id") != "m1_2"]
    [spec] = figure(built(tables), "matrix-1")
    cells = {(cell["r"], cell["c"]): (cell["v"], cell["t"]) for cell in spec["datasets"]["rows"]}
    assert cells == {
        ("r0", "c0"): (200, ".20"), ("r0", "c1"): (200, ".20"),
        ("r1", "c0"): (200, ".20"), ("r1", "c1"): (700, ".70"),
        ("r2", "c0"): (200, ".20"), ("r2", "c1"): (200, ".20"),
    }  # fmt: skip
    assert [side["t"] for side in spec["datasets"]["sides"]] == ["1 m1", "2 m2", "m3"]


@pytest.mark.parametrize(
    ("new", "old", "said"),
    [(0.6, 0.1, "m2 predicts its new behaviour oftener than its old one. Of 800 items on which it "
      "differs from m1, 60% name the value of now and 10% that of before: +50 points [+44, +56], "
      "p < .001. On items that stayed the same 85% are right. With values rebalanced: 57% against"),
     (0.1, 0.5, "m2 still predicts its old behaviour oftener than its new one."),
     (0.3, 0.3, "m2 is not shown to predict its new behaviour oftener than its old one.")],
)  # fmt: skip
def test_a_change_is_followed_or_not(new: float, old: float, said: str) -> None:
    tables = inward.apart(inward.tables())
    tables["results"] += inward.changes(1, 0, new, old)
    page = built(tables)
    assert said in words(section(page, "change"))
    assert said.split(". Of")[0].removesuffix(".") in words(section(page, "answer"))


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "Checked: none of 6 sums of both shares is above 1, as none can be."),
     (2, "Error: 2 of 6 sums of both shares are above 1, which cannot be: 1.2.")],
)  # fmt: skip
def test_the_audit_of_a_change_is_told(count: int, said: str) -> None:
    tables = inward.apart(inward.tables())
    tables["results"] += inward.changes(1, 0, 0.6, 0.1)
    tables["audits"] = [
        {"dataset": "pair", "concept": "*", "audit": "old_plus_new", "severity": "error",
         "count": count, "total": 6, "example": "1.2", "detail": "sums above 1"}
    ]  # fmt: skip
    assert said in words(section(built(tables), "change"))


def test_calibration_is_drawn_by_rank_beside_what_noise_alone_gives() -> None:
    tables = inward.apart(inward.tables())
    tables["results"] += inward.calibration(0)
    page = built(tables)
    text = words(section(page, "calibration"))
    assert "m1 predicting itself: 6.0 points off on average (MAD); noise alone would give 4.0" in (
        text
    )
    assert "excess 2.0 [1.0, 3.0]; cross-fitted 1.5 [0.3, 2.7]." in text
    drawn = figure(page, "calibration-1")
    assert len(drawn) == 3
    diagonal, *ranks = drawn[0]["datasets"]["curves"]
    assert diagonal["x"] == diagonal["v"] == [0, 1]
    assert [len(rank["x"]) for rank in ranks] == [8, 8, 8]
    for row in tables["results"]:
        row["detail"] = "{}"
    bare = built(tables)
    assert "6.0 points off" in words(section(bare, "calibration"))
    assert "<figure" not in section(bare, "calibration")


def test_curves_join_models_of_one_base_and_recipe_by_size() -> None:
    names = ("s", "m", "l", "other")
    tables = inward.trained(inward.tables(names, Size(knowing=(0, 1, 2))))
    inward.based(tables, "a", "a", "a", "b")
    page = built(tables)
    itself, *of_targets = figure(page, "scaling-1")
    [curve] = itself["datasets"]["curves"]
    assert (curve["x"], curve["v"]) == ([1000, 5000, 30000], [0.7, 0.7, 0.7])
    assert len(of_targets) == len(names)
    scales = [layer["encoding"]["x"]["scale"] for layer in itself["layer"]
              if "x" in layer["encoding"]]  # fmt: skip
    assert {scale["type"] for scale in scales} == {"log"}
    # Another recipe is another curve, and one size is none.
    tables["training_sets"][2]["recipe"] = json.dumps({"shuffle_labels": True})
    [curve] = figure(built(tables), "scaling-1")[0]["datasets"]["curves"]
    assert curve["x"] == [1000, 5000]


def test_gains_by_training_are_told_apart_by_what_was_taught() -> None:
    tables = inward.apart(inward.tables())
    tables["results"] += inward.acquisition(1, 0)
    text = words(section(built(tables), "acquisition"))
    assert (
        "m2 (letter reading), after training less m1 before: belief +20 points [+16, +24] "
        "(adjusted p < .001), over shuffled answers +20 [+16, +24]. Of 2 not taught, 0 changed."
    ) in text


def test_single_predictions_are_shown_as_text() -> None:
    page = built(inward.answered(inward.apart(inward.tables())))
    text = words(section(page, "predicted-items"))
    assert "Answers of m1, predicted by itself and by m2" in text
    for outcome in ("Both are right", "Only the model itself is right", "Neither is right",
                    "Only the other model is right"):  # fmt: skip
        assert f"{outcome}: first character" in text
    assert "Name tree 1." in text
    # The reply that could not be read counts as wrong.
    assert "m1 not read no m2 y no" in text


def test_shown_queries_give_the_csv_and_the_order_of_rows_changes_nothing(
    pages: dict[str, str],
) -> None:
    tables = inward.everything()
    names = {name.removesuffix(".csv") for name, _, _ in folds(pages["inward"])}
    assert {"predicted-1", "over-1", "properties-1", "crossed-1", "tasks-1", "matrix-1",
            "scaling-1", "change-1", "calibration-1", "acquisition-1",
            "predicted-items-1"} <= names  # fmt: skip
    tables["results"] = tables["results"][::-1]
    assert built(tables) == pages["inward"]


def test_rows_of_a_real_lake_make_the_sections(lake: Lake, tmp_path: Path) -> None:
    tables = inward.answered(inward.trained(inward.apart(inward.tables())))
    tables["results"] += inward.changes(1, 0, 0.6, 0.1) + inward.calibration(0)
    with lake.run("example", study="demo") as run:
        for name in ("questions", "responses", "scores", "results"):
            run.append(name, tables[name])
        for name in ("models", "conditions", "training_sets"):
            run.upsert(name, tables[name])
    page = write_report(lake, "demo", tmp_path).read_text("utf-8")
    for key in ("advantage", "matrix", "change", "calibration", "predicted-items"):
        assert section(page, key), key
