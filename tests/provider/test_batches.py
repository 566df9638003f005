"""Batches through the real SDKs: their life, their bills, and all that can go wrong with them."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest
from anthropic import AsyncAnthropic
from anthropic.types.messages import MessageBatch
from openai import AsyncOpenAI
from openai.types import Batch, FileObject

from tests.provider import Provider
from tests.provider.conftest import Run


def question(name: str, **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"{name}: (A) or (B)?"}], **fields}


def lines(names: list[str], model: str = "gpt-loop") -> bytes:
    rows = [
        {
            "custom_id": name,
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": question(name, model=model),
        }
        for name in names
    ]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


async def submit(client: AsyncOpenAI, data: bytes, **fields: Any) -> Batch:
    file = await client.files.create(file=("requests.jsonl", data), purpose="batch")
    return await client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        **fields,
    )


async def read(client: AsyncOpenAI, file_id: str | None) -> list[dict[str, Any]]:
    if file_id is None:
        return []
    content = await client.files.content(file_id)
    return [json.loads(line) for line in content.text.splitlines()]


async def send(client: AsyncAnthropic, names: list[str], **fields: Any) -> MessageBatch:
    fields = {"model": "claude-loop", "max_tokens": 9, **fields}
    rows = [{"custom_id": name, "params": question(name, **fields)} for name in names]
    return await client.messages.batches.create(requests=rows)


async def collect(client: AsyncAnthropic, name: str) -> list[Any]:
    return [line async for line in await client.messages.batches.results(name)]


NAMES = [f"key-{number}" for number in range(10)]


# A good life


def test_life_of_a_batch_of_openai(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    async def live() -> tuple[Batch, Batch, list[Any], FileObject]:
        made = await submit(openai, lines(NAMES), metadata={"plan_id": "p1"})
        done = await openai.batches.retrieve(made.id)
        file = await openai.files.retrieve(done.output_file_id)
        return made, done, await read(openai, done.output_file_id), file

    made, done, rows, file = run(live())
    assert (made.status, made.request_counts.total, made.output_file_id) == ("validating", 0, None)
    assert (done.status, done.error_file_id) == ("completed", None)
    assert (done.metadata, done.model) == ({"plan_id": "p1"}, "gpt-loop-2026-01-01")
    assert done.request_counts.completed == done.request_counts.total == 10
    assert file.purpose == "batch_output"
    order = [row["custom_id"] for row in rows]
    assert sorted(order) == NAMES != order
    assert {row["response"]["status_code"] for row in rows} == {200}
    bills = server.bills()
    assert [(b.kind, b.request, b.attempt, b.batch_id) for b in bills] == [
        ("batch", name, None, made.id) for name in NAMES
    ]
    usages = [row["response"]["body"]["usage"] for row in rows]
    assert sum(bill.input_tokens for bill in bills) == done.usage.input_tokens
    assert sum(u["completion_tokens"] for u in usages) == done.usage.output_tokens


def test_life_of_a_batch_of_anthropic(server, anthropic: AsyncAnthropic, run: Run) -> None:
    async def live() -> tuple[MessageBatch, MessageBatch, list[Any]]:
        made = await send(anthropic, NAMES)
        done = await anthropic.messages.batches.retrieve(made.id)
        return made, done, await collect(anthropic, made.id)

    made, done, rows = run(live())
    assert (made.processing_status, made.request_counts.processing) == ("in_progress", 10)
    assert (made.results_url, made.ended_at) == (None, None)
    assert (done.processing_status, done.request_counts.succeeded) == ("ended", 10)
    order = [row.custom_id for row in rows]
    assert sorted(order) == NAMES != order
    assert {row.result.message.usage.service_tier for row in rows} == {"batch"}
    assert [(b.request, b.batch_id) for b in server.bills()] == [(n, made.id) for n in NAMES]


def test_clients_are_told_no_more_than_by_the_real_ones(
    server: Provider, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run
) -> None:
    run(submit(openai, lines(NAMES)))
    run(send(anthropic, NAMES))
    for batches, model in (
        (openai.batches, Batch),
        (anthropic.messages.batches, MessageBatch),
    ):
        page = json.loads(run(batches.with_raw_response.list()).http_response.text)
        [listed] = page["data"]
        got = json.loads(run(batches.with_raw_response.retrieve(listed["id"])).http_response.text)
        assert set(listed) == set(got) == set(model.model_fields)
        assert set(page) - {"object"} == {"data", "has_more", "first_id", "last_id"}
        assert "key-" not in json.dumps(page)
    file = run(openai.files.with_raw_response.create(file=b"", purpose="batch"))
    assert set(json.loads(file.http_response.text)) == set(FileObject.model_fields)


def test_batch_is_billed_though_nobody_asks(server: Provider, openai: AsyncOpenAI, run: Run):
    run(submit(openai, lines(NAMES)))
    assert len(server.bills()) == len(server.bills()) == 10
    [told] = server.batches()
    assert (told["custom_ids"], told["fates"]) == (NAMES, {"succeeded": 10})


def test_progress(server, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run) -> None:
    server.control(batch_seconds=0.6)

    async def watch() -> list[str]:
        made = await submit(openai, lines(NAMES))
        seen = [made.status]
        while seen[-1] != "completed":
            seen.append((await openai.batches.retrieve(made.id)).status)
            await asyncio.sleep(0.01)
        return list(dict.fromkeys(seen))

    assert run(watch()) == ["validating", "in_progress", "finalizing", "completed"]


def test_hold(server, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run) -> None:
    server.control(batch_hold=True)
    one, two = run(submit(openai, lines(NAMES))), run(send(anthropic, NAMES))
    held = run(openai.batches.retrieve(one.id))
    assert (held.status, held.request_counts.total) == ("in_progress", 10)
    assert run(anthropic.messages.batches.retrieve(two.id)).processing_status == "in_progress"
    with pytest.raises(anthropic_sdk.AnthropicError, match="Has it finished"):
        run(collect(anthropic, two.id))
    assert server.bills() == []
    server.control(batch_hold=False)
    assert run(openai.batches.retrieve(one.id)).status == "completed"
    assert run(anthropic.messages.batches.retrieve(two.id)).processing_status == "ended"
    assert len(server.bills()) == 20


def test_cancel_openai(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    server.control(batch_hold=True, cancel_share=0.7)
    made = run(submit(openai, lines(NAMES)))
    assert run(openai.batches.cancel(made.id)).status == "cancelling"
    done = run(openai.batches.retrieve(made.id))
    assert (done.status, done.request_counts.completed) == ("cancelled", 3)
    errors = run(read(openai, done.error_file_id))
    assert [row["error"]["code"] for row in errors] == ["batch_cancelled"] * 7
    assert len(server.bills()) == 3
    with pytest.raises(openai_sdk.ConflictError, match="Cannot cancel"):
        run(openai.batches.cancel(made.id))


def test_cancel_anthropic(server: Provider, anthropic: AsyncAnthropic, run: Run) -> None:
    server.control(batch_hold=True)
    made = run(send(anthropic, NAMES))
    assert run(anthropic.messages.batches.cancel(made.id)).processing_status == "canceling"
    done = run(anthropic.messages.batches.retrieve(made.id))
    assert (done.processing_status, done.request_counts.canceled) == ("ended", 10)
    assert {row.result.type for row in run(collect(anthropic, made.id))} == {"canceled"}
    assert server.bills() == []


# Requests that fail


def test_expired_and_failed_requests_of_openai(server, openai: AsyncOpenAI, run: Run) -> None:
    server.control(expire_share=0.3, error_share=0.2)
    made = run(submit(openai, lines(NAMES)))
    done = run(openai.batches.retrieve(made.id))
    assert (done.status, done.request_counts.completed) == ("expired", 5)
    assert done.request_counts.failed == 2
    errors = run(read(openai, done.error_file_id))
    codes = Counter(row["error"]["code"] if row["error"] else "response" for row in errors)
    assert codes == {"batch_expired": 3, "response": 2}
    statuses = {row["response"]["status_code"] for row in errors if row["response"]}
    assert statuses <= {400, 500}
    paid = {bill.request for bill in server.bills()}
    assert paid == {row["custom_id"] for row in run(read(openai, done.output_file_id))}
    assert len(paid) == 5


def test_expired_and_failed_requests_of_anthropic(server, anthropic: AsyncAnthropic, run: Run):
    server.control(expire_share=0.3, error_share=0.2)
    made = run(send(anthropic, NAMES))
    rows = run(collect(anthropic, made.id))
    fates = Counter(row.result.type for row in rows)
    assert fates == {"expired": 3, "errored": 2, "succeeded": 5}
    kinds = {row.result.error.error.type for row in rows if row.result.type == "errored"}
    assert kinds <= {"api_error", "invalid_request_error"}
    assert len(server.bills()) == 5


def test_expired_requests_pass_in_another_batch(server: Provider, openai: AsyncOpenAI, run: Run):
    server.control(expire_share=0.5)
    rest = list(NAMES)
    for _ in range(20):
        made = run(submit(openai, lines(rest)))
        done = run(openai.batches.retrieve(made.id))
        rest = sorted(row["custom_id"] for row in run(read(openai, done.error_file_id)))
        if not rest:
            break
    assert sorted(bill.request for bill in server.bills()) == NAMES


def test_bad_params_are_found_when_the_batch_runs(
    server: Provider, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run
) -> None:
    made = run(submit(openai, lines(["a"], model="missing")))
    done = run(openai.batches.retrieve(made.id))
    [row] = run(read(openai, done.error_file_id))
    assert (done.output_file_id, row["response"]["status_code"]) == (None, 404)
    made = run(send(anthropic, ["a"], temperature=0.5))
    [row] = run(collect(anthropic, made.id))
    assert "Extra inputs are not permitted" in row.result.error.error.message
    assert server.bills() == []


# Results that are not what they should be


def test_missing_and_doubled_results(
    server: Provider, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run
) -> None:
    server.control(missing_results=0.2, duplicate_results=0.3, shuffle_results=False)
    done = run(openai.batches.retrieve(run(submit(openai, lines(NAMES))).id))
    rows = [row["custom_id"] for row in run(read(openai, done.output_file_id))]
    made = run(send(anthropic, NAMES))
    others = [row.custom_id for row in run(collect(anthropic, made.id))]
    for shown in (rows, others):
        assert (len(shown), len(set(shown))) == (11, 8)
        assert shown[:8] == sorted(shown[:8])
    assert done.request_counts.completed == 10 and len(server.bills()) == 20


def test_results_that_break_off(
    server: Provider, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run
) -> None:
    done = run(openai.batches.retrieve(run(submit(openai, lines(NAMES))).id))
    made = run(send(anthropic, NAMES))
    server.control(results_truncated=2)
    with pytest.raises(openai_sdk.APIConnectionError):
        run(read(openai, done.output_file_id))
    # The stream is read outside the SDK's own handling, so the transport's error comes bare.
    with pytest.raises(Exception, match="payload is not completed") as caught:
        run(collect(anthropic, made.id))
    assert type(caught.value).__module__.startswith("httpx2")
    assert len(run(read(openai, done.output_file_id))) == 10
    assert len(run(collect(anthropic, made.id))) == 10


def test_results_that_end_within_a_line(
    server: Provider, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run
) -> None:
    done = run(openai.batches.retrieve(run(submit(openai, lines(NAMES))).id))
    made = run(send(anthropic, NAMES))
    server.control(results_cut=2)
    with pytest.raises(json.JSONDecodeError):
        run(read(openai, done.output_file_id))
    with pytest.raises(json.JSONDecodeError):
        run(collect(anthropic, made.id))


# Making and finding batches


def test_batch_that_was_made_though_no_reply_came(
    server: Provider, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run
) -> None:
    server.control(create_then_timeout=2)
    with pytest.raises(openai_sdk.APIConnectionError):
        run(submit(openai, lines(NAMES), metadata={"plan_id": "p9"}))
    with pytest.raises(anthropic_sdk.APIConnectionError):
        run(send(anthropic, NAMES))
    [found] = run(openai.batches.list(limit=100)).data
    assert found.metadata == {"plan_id": "p9"}
    [found] = run(anthropic.messages.batches.list(limit=1000)).data
    assert sorted(row.custom_id for row in run(collect(anthropic, found.id))) == NAMES
    assert server.seen()["batches_created"] == 2


def test_retries_of_the_sdk_make_a_second_batch(server: Provider, openai: AsyncOpenAI, run: Run):
    server.control(create_then_timeout=1)
    file = run(openai.files.create(file=("r.jsonl", lines(NAMES)), purpose="batch"))
    run(
        openai.with_options(max_retries=1).batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
    )
    assert len(server.bills()) == 20


def test_batch_that_was_not_made(
    server: Provider, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run
) -> None:
    server.control(create_error=2)
    with pytest.raises(openai_sdk.InternalServerError):
        run(submit(openai, lines(NAMES)))
    with pytest.raises(anthropic_sdk.InternalServerError):
        run(send(anthropic, NAMES))
    assert (server.seen()["batches_created"], server.bills()) == (0, [])


def test_upload_without_a_reply(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    server.control(file_upload_timeout=1)
    with pytest.raises(openai_sdk.APIConnectionError):
        run(submit(openai, lines(NAMES)))
    assert run(submit(openai, lines(NAMES))).status == "validating"


def test_poll_that_fails(server, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run) -> None:
    server.control(poll_error=2)
    with pytest.raises(openai_sdk.InternalServerError):
        run(openai.batches.retrieve("batch_x"))
    with pytest.raises(anthropic_sdk.InternalServerError):
        run(anthropic.messages.batches.list())
    with pytest.raises(openai_sdk.NotFoundError):
        run(openai.batches.retrieve("batch_x"))
    with pytest.raises(anthropic_sdk.NotFoundError):
        run(anthropic.messages.batches.retrieve("msgbatch_x"))


def test_new_batch_is_listed_late(
    server: Provider, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run
) -> None:
    server.control(list_lag_seconds=60)
    made, sent = run(submit(openai, lines(NAMES))), run(send(anthropic, NAMES))
    assert run(openai.batches.list()).data == run(anthropic.messages.batches.list()).data == []
    assert run(openai.batches.retrieve(made.id)).id == made.id
    server.control(list_lag_seconds=0)
    assert [batch.id for batch in run(openai.batches.list()).data] == [made.id]
    assert [batch.id for batch in run(anthropic.messages.batches.list()).data] == [sent.id]


def test_pages(server, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run) -> None:
    async def every(pages: Any) -> list[str]:
        return [batch.id async for batch in pages]

    ours = [run(submit(openai, lines(["a"]))).id for _ in range(5)]
    theirs = [run(send(anthropic, ["a"])).id for _ in range(5)]
    assert run(every(openai.batches.list(limit=2))) == ours[::-1]
    batches = anthropic.messages.batches
    assert run(every(batches.list(limit=2))) == theirs[::-1]
    page = run(batches.list(limit=2, before_id=theirs[1]))
    assert ([b.id for b in page.data], page.has_more) == ([theirs[3], theirs[2]], True)
    with pytest.raises(openai_sdk.BadRequestError):
        run(openai.batches.list(limit=101))


# Limits


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (lines(["a", "b", "a"]), {"duplicate_custom_id": 3}),
        (lines(["a"]) + lines(["b"], model="other"), {"mismatched_model": 2}),
        (lines(["a"]) + b"{\n", {"invalid_json_line": 2}),
        (lines([f"k{n}" for n in range(21)]), {"too_many_tasks": None}),
        (b"", {"empty_file": None}),
    ],
)
def test_input_of_openai_is_checked_after_creation(server, openai, run: Run, data, codes) -> None:
    server.control(openai_batch_requests=20)
    made = run(submit(openai, data))
    done = run(openai.batches.retrieve(made.id))
    assert (made.status, done.status) == ("validating", "failed")
    assert {problem.code: problem.line for problem in done.errors.data} == codes
    assert server.bills() == []


def test_separators_within_the_json_do_not_end_a_line(server, openai: AsyncOpenAI, run: Run):
    data = lines(["a"]).replace(b"or", "\u2028 or \x85".encode())
    assert run(openai.batches.retrieve(run(submit(openai, data)).id)).status == "completed"


def test_openai_refuses(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    server.control(openai_batch_bytes=500)
    with pytest.raises(openai_sdk.BadRequestError, match="too large"):
        run(submit(openai, lines(NAMES)))
    with pytest.raises(openai_sdk.BadRequestError, match="metadata"):
        run(submit(openai, lines(["a"]), metadata={"long": "x" * 513}))
    assert server.seen()["batches_created"] == 0


def test_anthropic_refuses(server: Provider, anthropic: AsyncAnthropic, run: Run) -> None:
    server.control(anthropic_batch_requests=20, anthropic_batch_bytes=4000)
    with pytest.raises(anthropic_sdk.ContentTooLargeError):
        run(send(anthropic, ["a"], model="m" * 4000))
    for names, reason in (
        ([f"k{n}" for n in range(21)], "at most 20 items"),
        (["a", "a"], "unique"),
        (["a.b"], re.escape("^[a-zA-Z0-9_-]{1,64}$")),
        (["a" * 65], "custom_id"),
        ([], "requests"),
    ):
        with pytest.raises(anthropic_sdk.BadRequestError, match=reason):
            run(send(anthropic, names))
    assert server.seen()["batches_created"] == 0
