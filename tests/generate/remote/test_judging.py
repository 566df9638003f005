"""Answers judged by a model behind a real server, and read as values of a property."""

from __future__ import annotations

import json

import pytest

from analyze.introspection.scoring import score_predictions
from generate.judging import JudgingJob, generate_judgements
from tests.analyze.introspection.lakes import (
    DATASET,
    condition_row,
    hypothetical_row,
    model_row,
    object_row,
    response_row,
)
from tests.provider import Provider
from warehouse.errors import InputError

NAME = "main_character_name"
PROMPT = "Who is it about? $response Cost: $5 for $name."
ANSWERS = ["Ada went home.", "Ada went home.", "Bob $response slept.", ""]


@pytest.fixture
def provider(monkeypatch):
    monkeypatch.setenv("MIRRORLAKE_API_KEY", "loopback")
    with Provider(seed=3) as made:
        yield made


@pytest.fixture
def stories(lake):
    """Four answers, two of them equal and one empty, whose heroes a judge has to name."""
    model = model_row("teller")
    condition = condition_row(model)
    objects = [object_row(f"story {i}") for i in range(len(ANSWERS))]
    asked = [
        hypothetical_row(f"story {i}", NAME) | {"metadata": json.dumps({"judge_prompt": PROMPT})}
        for i in range(len(ANSWERS))
    ]
    with lake.run("by hand") as run:
        run.append("questions", [*objects, *asked])
        run.upsert("models", [model])
        run.upsert("conditions", [condition])
        run.append("responses", [
            response_row(question, condition, text)
            for question, text in zip(objects, ANSWERS, strict=True)
        ])  # fmt: skip
    return lake


def judged(lake, provider) -> list[tuple]:
    job = JudgingJob(DATASET, f"openai:judge@{provider.url}/v1")
    generate_judgements(lake, job)
    score_predictions(lake, "default")
    with lake.reader() as con:
        return con.execute(
            "SELECT r.text, s.label, s.valid, s.detail FROM scores s JOIN responses r"
            f" USING (request_key) WHERE s.scorer = 'property:{NAME}' ORDER BY r.text"
        ).fetchall()


def test_equal_answers_are_judged_once_and_the_judge_is_named(stories, provider):
    rows = judged(stories, provider)
    assert [row[0] for row in rows] == [text for text in sorted(ANSWERS) if text]
    assert rows[0][1:] == rows[1][1:] and rows[0][1] != rows[2][1]
    assert all(valid and json.loads(detail)["judge"].startswith("openai:judge")
               for _, _, valid, detail in rows)  # fmt: skip
    with stories.reader() as con:
        query = "SELECT messages, text FROM responses JOIN questions USING (question_id)"
        asked = con.execute(f"{query} WHERE dataset = '{DATASET}/judged' ORDER BY ALL").fetchall()
    # Only the answer is put in; what an answer contains is text.
    assert [json.loads(messages)[0]["content"] for messages, _ in asked] == [
        "Who is it about? Ada went home. Cost: $5 for $name.",
        "Who is it about? Bob $response slept. Cost: $5 for $name.",
    ]
    assert {row[1] for row in rows} == {text.strip().rstrip(".").lower() for _, text in asked}


def test_a_judgement_is_not_asked_for_again(stories, provider):
    first = judged(stories, provider)
    billed = len(provider.bills())
    assert judged(stories, provider) == first
    assert len(provider.bills()) == billed == 2


def test_what_cannot_be_judged_is_named(stories, provider):
    with pytest.raises(InputError, match=r"'main_character'.*main_character_name"):
        generate_judgements(stories, JudgingJob(DATASET, "openai:judge", ("main_character",)))
    with pytest.raises(InputError, match="needs a judge"):
        generate_judgements(stories, JudgingJob("pair", "openai:judge"))
