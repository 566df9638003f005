"""Quantification of responders whose truth is known."""

from __future__ import annotations

import json
import math

import pytest
from click.testing import CliRunner
from responders import condition, fill, knows, model, prefers_first, questions, responses

from analyze.quantify import run_quantify
from ingest.commands import ingest
from warehouse.errors import InputError

OTHERS = ("belief", "intention")


def pick(results, metric, **wanted):
    found = [
        row
        for row in results
        if row["metric"] == metric and all(row[k] == v for k, v in wanted.items())
    ]
    assert found, (metric, wanted)
    return found


def one(results, metric, **wanted):
    [row] = pick(results, metric, **wanted)
    return row | {"detail": json.loads(row["detail"])}


def of(trial, name, metric, **wanted):
    return one(trial.results, metric, model_id=trial.ids[name], **wanted)


@pytest.mark.parametrize("concept", [*OTHERS, "harm"])
def test_a_known_responder_is_detected(trial, concept):
    row = of(trial, "expert", "accuracy", concept=concept)
    assert row["ci_low"] <= 0.85 <= row["ci_high"]
    assert row["detail"]["adjusted_low"] > row["null_value"] == 0.5
    assert row["p_adjusted"] < 0.001
    assert (row["n"], row["n_clusters"], row["n_missing"]) == (160, 40, 0)
    assert "Holm, 3" in row["family"]


@pytest.mark.parametrize("name", ["coin", "first"])
@pytest.mark.parametrize("concept", [*OTHERS, "harm"])
def test_who_knows_nothing_stays_silent(trial, name, concept):
    row = of(trial, name, "accuracy", concept=concept)
    assert row["p_adjusted"] > 0.05
    assert row["detail"]["adjusted_low"] < 0.5 < row["detail"]["adjusted_high"]


def test_a_preference_for_a_place_shows_and_leaves_accuracy_at_chance(trial):
    assert of(trial, "first", "accuracy", concept="belief")["estimate"] == 0.5
    bias = of(trial, "first", "position_bias", concept="belief")
    assert (bias["estimate"], bias["ci_high"], bias["null_value"]) == (0.5, 0.5, 0.0)
    assert bias["p_adjusted"] < 1e-6
    assert of(trial, "first", "order_consistency", concept="belief")["estimate"] == 0.0
    assert of(trial, "expert", "order_consistency", concept="belief")["estimate"] == 1.0
    assert of(trial, "expert", "position_bias", concept="belief")["estimate"] == 0.0


def test_the_standard_error_is_of_clusters_not_rows(trial):
    row = of(trial, "lumpy", "accuracy", concept="belief")
    p = row["estimate"]
    by_row = math.sqrt(p * (1 - p) / row["n"])
    by_family = math.sqrt(p * (1 - p) / (row["n_clusters"] - 1))
    assert row["std_error"] == pytest.approx(by_family, rel=1e-6)
    assert row["std_error"] > 1.9 * by_row


def test_all_paraphrases_correct_has_the_chance_of_a_family(trial):
    row = of(trial, "lumpy", "all_paraphrases_correct", concept="belief")
    accuracy = of(trial, "lumpy", "accuracy", concept="belief")
    assert row["estimate"] == pytest.approx(accuracy["estimate"])
    assert row["null_value"] == 0.5**4
    assert (row["n"], row["n_clusters"]) == (40, 40)
    fewer = of(trial, "expert", "all_paraphrases_correct", concept="belief")
    assert fewer["ci_low"] < 0.85**4 < fewer["ci_high"]


def test_harm_is_in_no_mean(trial):
    macro = of(trial, "harmless", "macro_accuracy")
    parts = [of(trial, "harmless", "accuracy", concept=c)["estimate"] for c in OTHERS]
    assert macro["estimate"] == pytest.approx(sum(parts) / 2)
    assert macro["detail"]["concepts"] == list(OTHERS)
    assert (macro["concept"], macro["n"]) == (None, 320)
    assert of(trial, "harmless", "accuracy", concept="harm")["estimate"] == 0.5


def difference(trial, first, second, concept):
    a, b = sorted((trial.ids[first], trial.ids[second]))
    sign = 1 if a == trial.ids[first] else -1
    row = one(trial.results, "accuracy_difference", model_id=a, other_model_id=b, concept=concept)
    return sign * row["estimate"], row


@pytest.mark.parametrize("concept", [*OTHERS, None])
def test_a_paired_difference_is_detected_and_its_absence_is_not(trial, concept):
    estimate, row = difference(trial, "expert", "coin", concept)
    assert estimate == pytest.approx(0.35, abs=0.09)
    assert row["p_adjusted"] < 0.01
    assert row["detail"]["mde"] < 0.2
    estimate, row = difference(trial, "expert", "rival", concept)
    assert row["p_value"] > 0.05
    assert row["ci_low"] < 0 < row["ci_high"]


def test_paired_counts_add_up(trial):
    _, row = difference(trial, "expert", "rival", "belief")
    detail = row["detail"]
    both = detail["both_right"] + detail["both_wrong"]
    assert both + detail["first_better"] + detail["other_better"] == row["n"] == 160
    net = detail["first_better"] - detail["other_better"]
    assert row["estimate"] == pytest.approx(net / 160)


def test_every_pair_is_compared_once_and_adjusted_in_one_family(trial):
    rows = [r for r in pick(trial.results, "accuracy_difference") if r["concept"]]
    assert len(rows) == 15 * 3
    assert {r["family"] for r in rows} == {
        "accuracy differences over pairs and concepts, within reading (Holm, 45)"
    }


def test_averaging_the_rows_of_its_query_gives_every_estimate(trial):
    with trial.lake.reader() as con:
        for row in (r for r in trial.results if r["concept"] in ("belief", None)):
            sql = f"SELECT avg(value), count(*), count(value) FROM ({row['sql']})"
            [(value, listed, valued)] = con.execute(sql).fetchall()
            assert value == pytest.approx(row["estimate"], abs=1e-9), row["metric"]
            assert listed == valued
            if row["concept"]:
                assert listed == row["n"], row["metric"]


def test_a_second_run_writes_nothing(trial, capsys):
    def rows():
        with trial.lake.reader() as con:
            return con.execute(
                "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM results_history),"
                " (SELECT count(*) FROM scores_history)"
            ).fetchall()

    before = rows()
    assert run_quantify(trial.lake) == trial.results
    assert rows() == before
    assert "Nothing changed" in capsys.readouterr().err


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Small concepts with one oddity each, answered by one patchy model."""
    from warehouse.lake import open_lake

    texts = {
        "abstain": lambda f: ["I do not know", f"I know {f}"],
        "decline": lambda f: ["I do not know", f"It is {f}"],
        "same": lambda f: ["Yes", "Yes"] if f < 3 else [f"a{f}", f"b{f}"],
        "longer": lambda f: [f"a very long text {f}", f"short {f}"],
        "shorter": lambda f: [f"short {f}", f"a very long text {f}"],
        "prior": lambda f: ["often right", "often wrong"] if f < 10 else [f"p{f}", f"q{f}"],
    }
    asked = questions(list(texts), 20, 1, dataset="odd", options=lambda c, f, _: texts[c](f))
    for question in asked:
        number = int(question["group_id"].split("-")[1])
        if question["concept"] != "decline":
            question["answer"] = "A"
        else:
            question["answer"] = "AB"[number % 2]
    lake = open_lake(tmp_path_factory.mktemp("odd") / "lake", create=True)
    cond = condition(model("patchy"))

    def replies(question, variant):
        number = int(question["group_id"].split("-")[1])
        if question["concept"] == "longer" and number < 4:
            return [{"text": "I'm sorry, I cannot answer."}, {"text": "Both"},
                    {"status": "too_long"}, {"status": "failed"}][number]  # fmt: skip
        shown = "AB"[variant.index("A")]
        return {"text": f"The answer is ({shown})."}

    rows = responses(asked, cond, replies, reading="text")
    single = condition(model("single"))
    rows_single = responses(asked, single, knows(0.9, 5), variants=["AB"])
    other = condition(model("other"))
    rows_other = responses(asked, other, prefers_first, variants=["AB"])
    ids = fill(lake, asked, {"patchy": rows, "single": rows_single, "other": rows_other})
    results = run_quantify(lake, ["odd"])
    yield lake, ids, results
    lake.close()


def test_missing_answers_are_counted_bounded_and_never_wrong(odd):
    _, ids, results = odd
    patchy = {"model_id": ids["patchy"], "concept": "longer"}
    row = one(results, "accuracy", **patchy)
    assert (row["estimate"], row["n"], row["n_missing"]) == (1.0, 16, 4)
    assert row["detail"]["missing_responses"] == {
        "failed": 2, "refused": 2, "too_long": 2, "unparseable": 2,
    }  # fmt: skip
    assert one(results, "accuracy_if_missing_wrong", **patchy)["estimate"] == 0.8
    assert one(results, "accuracy_if_missing_right", **patchy)["estimate"] == 1.0
    assert one(results, "refusal_rate", **patchy)["estimate"] == 0.05
    assert one(results, "unparseable_rate", **patchy)["estimate"] == 0.05
    assert not [
        r for r in results
        if r["metric"] == "accuracy_if_missing_wrong" and r["concept"] == "abstain"
    ]  # fmt: skip


def test_unread_samples_of_read_questions_are_bounded_too(lake):
    asked, cond = questions(["belief"], 10, 2), condition(model("m"))
    draws = [{"text": "The answer is (A)."}, {"text": "Well."}]
    rows = [
        row
        for i, draw in enumerate(draws)
        for row in responses(asked, cond, lambda *_, d=draw: d, "text", sample_index=i)
    ]
    fill(lake, asked, {"m": rows})
    results = run_quantify(lake)
    row = one(results, "accuracy")
    assert (row["estimate"], row["n"], row["n_missing"]) == (0.5, 20, 0)
    assert row["detail"]["missing_responses"] == {"unparseable": 40}
    assert one(results, "accuracy_if_missing_wrong")["estimate"] == 0.25
    assert one(results, "accuracy_if_missing_right")["estimate"] == 0.75


def test_one_unread_order_makes_the_question_missing(lake):
    asked, cond = questions(["belief"], 10, 1), condition(model("m"))

    def first_unless_swapped(question, variant):
        dead = question in asked[:5] and variant == "BA"
        return {"status": "failed"} if dead else prefers_first(question, variant)

    fill(lake, asked, {"m": responses(asked, cond, first_unless_swapped)})
    results = run_quantify(lake)
    row = one(results, "accuracy")
    assert (row["estimate"], row["n"], row["n_missing"]) == (0.5, 5, 5)
    assert one(results, "position_bias")["n"] == one(results, "margin")["n"] == 5
    wrong, right = (one(results, f"accuracy_if_missing_{side}") for side in ("wrong", "right"))
    assert right["estimate"] - wrong["estimate"] == pytest.approx(5 / 20)


def test_chance_is_that_of_each_questions_options(lake):
    three = questions(["belief"], 10, 2, options=lambda *_: ["x", "y", "z"])
    two = [{**q, "group_id": f"two {q['group_id']}"} for q in questions(["belief"], 5, 2, seed=1)]
    cond = condition(model("m"))

    def first(question, variant):
        shown = [variant.index(letter) for letter in sorted(variant)]
        return {"choice_logprobs": [-1.0 - place for place in shown]}

    rows = responses(three, cond, first, variants=["ABC", "BCA", "CAB"])
    fill(lake, [*three, *two], {"m": rows + responses(two, cond, first)})
    results = run_quantify(lake)
    chance = pytest.approx((20 / 3 + 10 / 2) / 30)
    row = one(results, "accuracy")
    assert (row["estimate"], row["null_value"]) == (chance, chance)
    assert row["p_value"] == 1.0
    assert one(results, "position_bias")["estimate"] == pytest.approx(1 - (20 / 3 + 10 / 2) / 30)
    assert one(results, "all_paraphrases_correct")["null_value"] == pytest.approx(
        (10 / 9 + 5 / 4) / 15
    )


def test_an_exact_tie_prefers_no_place(lake):
    asked, cond = questions(["belief"], 10, 1), condition(model("m"))
    fill(lake, asked, {"m": responses(asked, cond, lambda *_: {"choice_logprobs": [-1.0, -1.0]})})
    results = run_quantify(lake)
    for metric, value in (("accuracy", 0.5), ("position_bias", 0.0), ("order_consistency", 0.0)):
        assert one(results, metric)["estimate"] == value


def test_identical_options_are_excluded_and_counted(odd):
    _, ids, results = odd
    row = one(results, "accuracy", model_id=ids["patchy"], concept="same")
    assert (row["n"], row["n_missing"]) == (17, 0)
    assert row["detail"]["excluded_identical_options"] == 3


def test_a_single_wording_is_no_family(odd):
    assert not [r for r in odd[2] if r["metric"] == "all_paraphrases_correct"]


def test_abstention_apart_from_error(odd):
    _, ids, results = odd
    always = {"model_id": ids["patchy"], "concept": "abstain"}
    assert one(results, "abstention_rate", **always)["estimate"] == 1.0
    over = one(results, "over_abstention_rate", **always)
    assert (over["estimate"], over["n"]) == (None, 0)
    assert "no question" in over["reason"]
    half = {"model_id": ids["patchy"], "concept": "decline"}
    assert one(results, "over_abstention_rate", **half)["estimate"] == 1.0
    assert one(results, "over_abstention_rate", **half)["n"] == 10
    assert one(results, "accuracy", **half)["estimate"] == 0.5
    assert not [r for r in results if r["metric"] == "abstention_rate" and r["concept"] == "same"]


def test_declining_where_it_is_right_is_not_over_abstention(lake):
    asked = questions(["belief"], 10, 2, options=lambda _, f, w: ["I do not know", f"{f} {w}"])
    asked = [{**q, "answer": "AB"[i % 2]} for i, q in enumerate(asked)]
    cond = condition(model("m"))
    fill(lake, asked, {"m": responses(asked, cond, knows(1.0, 0))})
    results = run_quantify(lake)
    assert one(results, "abstention_rate")["estimate"] == 0.5
    over = one(results, "over_abstention_rate")
    assert (over["estimate"], over["n"], over["n_clusters"]) == (0.0, 10, 10)


def test_surface_baselines_by_hand(odd):
    _, _, results = odd

    def baseline(name, concept):
        row = one(results, f"baseline_{name}", concept=concept)
        assert (row["model_id"], row["reading"]) == (None, None)
        return row["estimate"]

    assert baseline("longer_option", "longer") == 1.0
    assert baseline("longer_option", "same") == 0.5
    assert baseline("majority_letter", "longer") == 1.0
    assert baseline("majority_letter", "decline") == 0.5
    # 10 families share texts that were right or wrong in all others; 10 have texts of their own.
    assert baseline("option_prior", "prior") == 0.75
    # "I do not know" was right in 9 or 10 of 19 other families; the other text is new: 1/2.
    # Where it was right, 9 of 19 elsewhere favour the new text; where wrong, 10 of 19 favour it.
    assert baseline("option_prior", "decline") == 0.0


def test_a_baseline_near_the_score_is_named(odd, trial):
    _, ids, results = odd
    row = one(results, "accuracy", model_id=ids["patchy"], concept="longer")
    assert row["detail"]["flag"] == "baseline_longer_option"
    single = one(results, "accuracy", model_id=ids["single"], concept="longer")
    assert single["detail"]["flag"] == "baseline_majority_letter, baseline_longer_option"
    row = one(results, "accuracy", model_id=ids["patchy"], concept="shorter")
    assert row["detail"]["flag"] == "shorter_option"
    for name in ("expert", "coin"):
        assert "flag" not in of(trial, name, "accuracy", concept="belief")["detail"]


def test_single_questions_in_one_order_are_compared_by_mcnemar(odd):
    _, ids, results = odd
    a, b = sorted((ids["single"], ids["other"]))
    row = one(results, "accuracy_difference", model_id=a, other_model_id=b, concept="abstain")
    assert "McNemar mid-p" in row["method"]
    assert not [r for r in results if r["metric"] == "position_bias" and r["model_id"] == a]


def test_a_pair_counts_the_questions_that_one_side_left_unread(lake):
    asked = questions(["belief", "intention", "harm"], 10, 2)
    sides = {name: condition(model(name)) for name in ("patchy", "whole")}
    mute = {asked[0]["question_id"], *(q["question_id"] for q in asked if q["concept"] == "harm")}
    expert = knows(0.8, 1)

    def patchy(question, variant):
        return (
            {"status": "failed"} if question["question_id"] in mute else expert(question, variant)
        )

    rows = {
        "patchy": responses(asked, sides["patchy"], patchy),
        "whole": responses(asked[:-20], sides["whole"], knows(0.6, 2)),
    }
    fill(lake, asked, rows)
    results = run_quantify(lake)
    found = {r["concept"]: r for r in pick(results, "accuracy_difference")}
    counts = {concept: (r["n"], r["n_clusters"], r["n_missing"]) for concept, r in found.items()}
    assert counts == {"belief": (19, 10, 1), "intention": (20, 10, 0), None: (39, 20, 1)}


def test_queries_of_the_odd_concepts_agree_too(odd):
    lake, _, results = odd
    with lake.reader() as con:
        for row in results:
            [(value,)] = con.execute(f"SELECT avg(value) FROM ({row['sql']})").fetchall()
            expected = row["estimate"]
            assert value == (None if expected is None else pytest.approx(expected, abs=1e-9))


def test_new_answers_replace_the_results(lake):
    asked = questions(["belief"], 6, 2)
    cond = condition(model("m"))
    half, rest = asked[:6], asked[6:]
    fill(lake, asked, {"m": responses(half, cond, knows(0.9, 1))})
    [first] = pick(run_quantify(lake, study="s"), "accuracy")
    with lake.run("more") as run:
        run.append("responses", responses(rest, cond, knows(0.9, 1)))
    [second] = pick(run_quantify(lake, study="s"), "accuracy")
    assert (first["n"], second["n"]) == (6, 12)
    assert first["inputs_digest"] != second["inputs_digest"]
    with pytest.raises(InputError, match="Did you mean 'trial'"):
        run_quantify(lake, ["trail"])


def test_a_lake_without_answers_says_what_to_run(lake):
    with pytest.raises(InputError, match="mirrorlake generate responses"):
        run_quantify(lake)


KNOWN_BASELINES = {
    ("sequential_planning", "majority_letter"): 0.538,
    ("deception", "longer_option"): 0.58,
    ("known_unknowns", "longer_option"): 1.0,
    ("known_unknowns", "option_prior"): 1.0,
}


def test_baselines_and_exclusions_of_the_real_questions(lake, shared_data):
    """Figures measured on the published files, by other means than these queries."""
    source = shared_data / "SelfConsciousness"
    CliRunner().invoke(
        ingest, ["selfconsciousness", "--source", str(source), "--lake", str(lake.path)],
        catch_exceptions=False,
    )  # fmt: skip
    with lake.reader() as con:
        for (concept, name), expected in KNOWN_BASELINES.items():
            sql = f"SELECT avg({name}) FROM question_baselines WHERE concept = '{concept}'"
            [(value,)] = con.execute(sql).fetchall()
            assert value == pytest.approx(expected, abs=0.006), (concept, name)
        excluded = con.execute(
            "SELECT concept, count(*) FROM question_facts WHERE identical_options"
            " GROUP BY concept ORDER BY concept"
        ).fetchall()
    assert excluded == [("deception", 1), ("self_improve", 17), ("situational_awareness", 1)]


def test_nothing_readable_one_family_and_no_concept_are_said_not_guessed(lake):
    asked = [{**q, "concept": None} for q in questions(["belief"], 1, 3)]
    lone, mute = condition(model("lone")), condition(model("mute"))
    ids = fill(
        lake,
        asked,
        {
            "lone": responses(asked, lone, knows(1.0, 0)),
            "mute": responses(asked, mute, lambda *_: {"status": "failed"}),
        },
    )
    results = run_quantify(lake)
    row = one(results, "accuracy", model_id=ids["lone"], concept="trial")
    assert (row["estimate"], row["ci_low"], row["p_value"]) == (1.0, None, None)
    assert row["reason"] == "one cluster has no interval"
    row = one(results, "accuracy", model_id=ids["mute"], concept="trial")
    assert (row["estimate"], row["n"], row["n_missing"]) == (None, 0, 3)
    assert row["reason"] == "no readable answer"
    wrong = one(results, "accuracy_if_missing_wrong", model_id=ids["mute"])
    right = one(results, "accuracy_if_missing_right", model_id=ids["mute"])
    assert (wrong["estimate"], right["estimate"]) == (0.0, 1.0)
    assert not [r for r in results if r["metric"] in ("macro_accuracy", "accuracy_difference")]
