"""Fine-tuning through the real SDK: the life of a job, and all that can go wrong with it."""

from __future__ import annotations

import json
from typing import Any

import openai as openai_sdk
import pytest
from openai import AsyncOpenAI
from openai.types.fine_tuning import FineTuningJob

from tests.provider import Provider
from tests.provider.conftest import Run


def chats(count: int, reply: str = "yes") -> bytes:
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"question {number}?"},
                {"role": "assistant", "content": reply},
            ]
        }
        for number in range(count)
    ]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


async def start(client: AsyncOpenAI, data: bytes, **fields: Any) -> FineTuningJob:
    file = await client.files.create(file=("rows.jsonl", data), purpose="fine-tune")
    given = {"model": "gpt-loop", **fields}
    return await client.fine_tuning.jobs.create(training_file=file.id, **given)


def supervised(**numbers: Any) -> dict[str, Any]:
    return {"type": "supervised", "supervised": {"hyperparameters": numbers}}


def test_a_job_trains_a_model_that_answers(server: Provider, openai: AsyncOpenAI, run: Run):
    made = run(
        start(openai, chats(12), method=supervised(n_epochs=2), suffix="mine", seed=5,
              metadata={"who": "me"})
    )  # fmt: skip
    found = run(openai.fine_tuning.jobs.retrieve(made.id))
    assert (found.status, found.seed, found.metadata) == ("succeeded", 5, {"who": "me"})
    assert found.fine_tuned_model is not None
    assert found.fine_tuned_model.startswith("ft:gpt-loop:loop:mine:")
    assert found.hyperparameters.n_epochs == 2
    # 12 rows of two messages: four or five tokens and one, and three for each message's frame.
    assert found.trained_tokens is not None
    assert 12 * 10 * 2 <= found.trained_tokens <= 12 * 12 * 2 + 12
    asked = {"messages": [{"role": "user", "content": "hello"}], "model": found.fine_tuned_model}
    assert run(openai.chat.completions.create(**asked)).model.startswith("ft:gpt-loop")


def test_a_job_goes_through_its_states_and_says_so(server: Provider, openai: AsyncOpenAI, run: Run):
    server.control(batch_seconds=1000.0)
    made = run(start(openai, chats(12)))
    assert made.status == "validating_files"
    server.control(batch_seconds=0.0, batch_hold=True)
    assert run(openai.fine_tuning.jobs.retrieve(made.id)).status == "running"
    said = run(openai.fine_tuning.jobs.list_events(made.id)).data
    assert said[0].message == "Fine-tuning job started"
    run(openai.fine_tuning.jobs.cancel(made.id))
    assert run(openai.fine_tuning.jobs.retrieve(made.id)).status == "cancelled"
    with pytest.raises(openai_sdk.BadRequestError):
        run(openai.fine_tuning.jobs.cancel(made.id))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (chats(9), "invalid_n_examples"),
        (chats(12, reply=""), "invalid_training_file"),
        (chats(11) + b"{}\n", "invalid_training_file"),
        (b"", "invalid_n_examples"),
    ],
)
def test_a_bad_file_fails_after_the_job_was_made(
    server: Provider, openai: AsyncOpenAI, run: Run, data: bytes, code: str
):
    made = run(start(openai, data))
    found = run(openai.fine_tuning.jobs.retrieve(made.id))
    assert found.status == "failed" and found.fine_tuned_model is None
    assert found.error is not None and found.error.code == code


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "missing"},
        {"suffix": "x" * 65},
        {"method": supervised(n_epochs=0)},
        {"metadata": {"name": "x" * 513}},
    ],
)
def test_what_makes_no_sense_is_refused_at_once(
    server: Provider, openai: AsyncOpenAI, run: Run, fields: dict[str, Any]
):
    with pytest.raises(openai_sdk.BadRequestError):
        run(start(openai, chats(12), **fields))
    assert server.jobs() == []


def test_a_file_for_batches_is_no_training_file(server: Provider, openai: AsyncOpenAI, run: Run):
    file = run(openai.files.create(file=("rows.jsonl", chats(12)), purpose="batch"))
    with pytest.raises(openai_sdk.BadRequestError):
        run(openai.fine_tuning.jobs.create(training_file=file.id, model="gpt-loop"))


def test_a_job_can_be_made_without_a_reply(server: Provider, openai: AsyncOpenAI, run: Run):
    server.control(create_then_timeout=1, create_error=0)
    with pytest.raises(openai_sdk.APIConnectionError):
        run(start(openai, chats(12)))
    server.control(create_error=1)
    with pytest.raises(openai_sdk.InternalServerError):
        run(start(openai, chats(12)))
    assert len(server.jobs()) == 1


def test_jobs_are_listed_newest_first_in_pages_and_late(
    server: Provider, openai: AsyncOpenAI, run: Run
):
    made = [run(start(openai, chats(12))).id for _ in range(5)]
    first = run(openai.fine_tuning.jobs.list(limit=2))
    assert [job.id for job in first.data] == made[:2:-1] and first.has_more
    rest = run(openai.fine_tuning.jobs.list(limit=10, after=first.data[-1].id))
    assert [job.id for job in rest.data] == made[2::-1] and not rest.has_more
    server.control(list_lag_seconds=60.0)
    assert run(openai.fine_tuning.jobs.list()).data == []
    server.control(list_lag_seconds=0.0, poll_error=1)
    with pytest.raises(openai_sdk.InternalServerError):
        run(openai.fine_tuning.jobs.list())


def test_a_job_fails_on_demand(server: Provider, openai: AsyncOpenAI, run: Run):
    server.control(job_failure=1)
    made = run(start(openai, chats(12)))
    found = run(openai.fine_tuning.jobs.retrieve(made.id))
    assert found.status == "failed" and found.trained_tokens is None
