"""Scores of single responses, read back from a real lake."""

from __future__ import annotations

import math

import pytest
from responders import condition, fill, model, questions, responses

from analyze.score import unscored
from warehouse.lake import open_lake

CONDITION = condition(model("m"))


def generated(*logprobs: float | None):
    """What a provider reports of its most probable tokens: the others are not among them."""
    return {"choice_logprobs": [*logprobs], "origin": "generated"}


YES_NO = ("yes", "no")
# name: (options, right letter, reading, variant, reply)
CASES = {
    "right": (YES_NO, "A", "letter", "AB", {"choice_logprobs": [-0.1, -2.0]}),
    "right, shown second": (YES_NO, "A", "letter", "BA", {"choice_logprobs": [-0.1, -2.0]}),
    "wrong, shown first": (YES_NO, "A", "letter", "BA", {"choice_logprobs": [-3.0, -2.0]}),
    "tie": (YES_NO, "A", "letter", "AB", {"choice_logprobs": [-1.0, -1.0]}),
    "three": (("x", "y", "z"), "B", "letter", "CAB", {"choice_logprobs": [-2.0, -1.0, -1.5]}),
    "cloze": (("a long option", "no"), "A", "cloze", "-", {"choice_logprobs": [-6.5, -2.0]}),
    "accents": (("été été", "no"), "A", "cloze", "-", {"choice_logprobs": [-7.0, -2.4]}),
    "other not reported": (YES_NO, "A", "letter", "AB", generated(-0.1, None)),
    "right one not reported": (YES_NO, "A", "letter", "AB", generated(None, -0.1)),
    "third not reported": (("x", "y", "z"), "B", "letter", "ABC", generated(-2.0, -1.0, None)),
    "no answer": (YES_NO, None, "letter", "AB", {"choice_logprobs": [-1.0, -2.0]}),
}
UNREADABLE = {
    "too_long": {"status": "too_long", "choice_logprobs": None},
    "failed": {"status": "failed", "error_class": "network"},
    "none": {"choice_logprobs": None},
    "too few": {"choice_logprobs": [-1.0]},
    "nan": {"choice_logprobs": [-1.0, math.nan]},
    "not given": {"choice_logprobs": [-1.0, None]},
    "none reported": generated(None, None),
    "impossible": {"choice_logprobs": [-math.inf, -math.inf]},
}
# text, variant -> letter in stored order, or the reason why there is none
TEXTS = {
    ("B", "AB"): "B",
    ("B", "BA"): "A",
    ("The correct answer is (A).", "BA"): "B",
    ("Yes.", "BA"): "A",
    ("no", "AB"): "B",
    ("The answer is: the yes!", "AB"): "A",
    ("an no", "AB"): "B",
    ("yes light", "AB"): "unparseable",
    ("As an AI", "AB"): "refused",
    ("Both", "AB"): "unparseable",
    ("", "AB"): "unparseable",
    ("yes", "-"): "A",
    ("A", "-"): "unparseable",
}


def cases():
    yield from CASES.items()
    for name, reply in UNREADABLE.items():
        yield name, (YES_NO, "A", "letter", "AB", reply)
    for (text, variant), _ in TEXTS.items():
        yield f"{text}/{variant}", (YES_NO, "A", "text", variant, {"text": text})


def ask(name, options, answer):
    [question] = questions([name], 1, 1, options=lambda *_: list(options))
    return {**question, "answer": answer}


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """The score of every case by name, all read in one pass."""
    lake = open_lake(tmp_path_factory.mktemp("score") / "lake", create=True)
    asked, rows, names = [], [], {}
    for name, (options, answer, reading, variant, reply) in cases():
        question = ask(name, options, answer)
        [row] = responses([question], CONDITION, lambda *_, r=reply: r, reading, [variant])
        asked, rows = [*asked, question], [*rows, row]
        names[row["request_key"]] = name
    fill(lake, asked, {"m": rows})
    with lake.reader() as con:
        table = unscored(con).read_all()
    lake.close()
    return {names[row["request_key"]]: row for row in table.to_pylist()}


@pytest.mark.parametrize(
    ("name", "value", "label", "place", "margin"),
    [
        ("right", 1.0, "A", 0, 1.9),
        ("right, shown second", 1.0, "A", 1, 1.9),
        ("wrong, shown first", 0.0, "B", 0, -1.0),
        ("tie", 0.5, None, None, 0.0),
        ("three", 1.0, "B", 2, 0.5),
        # -6.5 over 13 characters against -2.0 over 2
        ("cloze", 1.0, "A", None, 0.5),
        # -7 over 7 characters, 11 bytes, against -2.4 over 2
        ("accents", 1.0, "A", None, 0.2),
        ("other not reported", 1.0, "A", 0, None),
        ("right one not reported", 0.0, "B", 1, None),
        ("third not reported", 1.0, "B", 1, 1.0),
        ("no answer", None, "A", 0, None),
    ],
)
def test_log_probabilities(scores, name, value, label, place, margin):
    score = scores[name]
    assert (score["value"], score["label"], score["place"]) == (value, label, place)
    assert score["margin"] == (None if margin is None else pytest.approx(margin))
    assert score["scorer"] == CASES[name][2]
    assert score["valid"]


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_has_a_reason_and_no_value(scores, name):
    score = scores[name]
    assert (score["valid"], score["value"], score["label"]) == (False, None, None)
    status = UNREADABLE[name].get("status")
    assert score["reason"] == (status or "no log-probabilities")


@pytest.mark.parametrize(("case", "expected"), TEXTS.items())
def test_text_is_read_in_the_order_shown(scores, case, expected):
    text, variant = case
    score = scores[f"{text}/{variant}"]
    label = expected if len(expected) == 1 else None
    assert (score["label"], score["valid"]) == (label, label is not None)
    assert score["reason"] == (None if label else expected)
    assert score["value"] == (None if label is None else float(label == "A"))
    if label and variant != "-":
        assert variant[score["place"]] == label


def test_only_new_responses_and_new_attempts_are_scored(lake):
    question = ask("retried", YES_NO, "A")
    failed = responses([question], CONDITION, lambda *_: {"status": "failed"}, variants=["AB"])
    fill(lake, [question], {"m": failed})
    with lake.reader() as con:
        first = unscored(con).read_all()
    again = responses(
        [question],
        CONDITION,
        lambda *_: {"choice_logprobs": [-1.0, -2.0]},
        variants=["AB"],
        attempt=2,
    )
    with lake.run("score") as run:
        assert run.append("scores", first) == 1
        with lake.reader() as con:
            assert unscored(con).read_all().num_rows == 0
        run.append("responses", again)
    with lake.reader() as con:
        [score] = unscored(con).read_all().to_pylist()
    assert (score["attempt"], score["value"]) == (2, 1.0)
