"""Chat and message requests through the real SDKs: replies, usage, refusals, faults, bills."""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest
from anthropic import AsyncAnthropic
from anthropic.types.message_create_params import MessageCreateParamsBase
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion
from openai.types.chat.completion_create_params import CompletionCreateParamsBase

from tests.provider import Provider, anthropic_protocol, openai_protocol
from tests.provider.conftest import Run
from tests.provider.process import ROOT
from tests.provider.settings import BILLED, UNBILLED

QUESTION = "Which one? (A) red (B) green (C) blue"
SENTENCE = "Say something."

Call = Callable[..., Awaitable[Any]]


def chat(client: AsyncOpenAI, name: str, text: str = QUESTION, **fields: Any) -> Awaitable[Any]:
    fields = {"model": "gpt-loop", "messages": [{"role": "user", "content": text}], **fields}
    return client.chat.completions.create(**fields, extra_headers={"X-Client-Request-Id": name})


def message(
    client: AsyncAnthropic, name: str, text: str = QUESTION, **fields: Any
) -> Awaitable[Any]:
    messages = [{"role": "user", "content": text}]
    fields = {"model": "claude-loop", "max_tokens": 50, "messages": messages, **fields}
    return client.messages.create(**fields, extra_headers={"X-Client-Request-Id": name})


@pytest.fixture(params=["openai", "anthropic"])
def provider(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def call(provider: str, openai: AsyncOpenAI, anthropic: AsyncAnthropic) -> Call:
    """Ask either provider in the same way."""
    if provider == "openai":
        return lambda name, *rest, **fields: chat(openai, name, *rest, **fields)
    return lambda name, *rest, **fields: message(anthropic, name, *rest, **fields)


@pytest.fixture
def lenient(provider: str, server: Provider, run: Run) -> Iterator[Call]:
    """Ask either provider as the SDK does it unless told otherwise: it believes any JSON."""
    if provider == "openai":
        client = AsyncOpenAI(
            base_url=server.url + "/v1",
            api_key="any",
            max_retries=0,
            http_client=openai_sdk.DefaultAioHttpClient(),
        )
        yield lambda name, **fields: chat(client, name, **fields)
    else:
        client = AsyncAnthropic(
            base_url=server.url,
            api_key="any",
            max_retries=0,
            http_client=anthropic_sdk.DefaultAioHttpClient(),
        )
        yield lambda name, **fields: message(client, name, **fields)
    run(client.close())


# Good replies


def test_chat(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    reply: ChatCompletion = run(chat(openai, "k1.2"))
    [choice], usage = reply.choices, reply.usage
    assert choice.message.content in [
        style.format(letter)
        for letter in "ABC"
        for style in ("({})", "{}.", "{}", "The answer is ({}).")
    ]
    assert (choice.finish_reason, choice.message.refusal, choice.logprobs) == ("stop", None, None)
    assert (reply.model, reply.system_fingerprint) == ("gpt-loop-2026-01-01", "fp_loopback")
    assert usage.prompt_tokens == len(QUESTION) // 4 + 1
    assert usage.completion_tokens == len(choice.message.content) // 4 + 1
    [bill] = server.bills()
    assert (bill.kind, bill.request, bill.attempt, bill.batch_id) == ("chat", "k1", 2, None)
    assert (bill.input_tokens, bill.output_tokens) == (usage.prompt_tokens, usage.completion_tokens)
    assert (bill.provider, bill.model) == ("openai", reply.model)


def test_message(server: Provider, anthropic: AsyncAnthropic, run: Run) -> None:
    reply = run(message(anthropic, "k1.2", SENTENCE, system="Be brief."))
    [block] = reply.content
    assert (reply.stop_reason, reply.model) == ("end_turn", "claude-loop-2026-01-01")
    assert reply.usage.input_tokens == len("Be brief." + SENTENCE) // 4 + 1
    assert reply.usage.output_tokens == len(block.text) // 4 + 1
    [bill] = server.bills()
    assert (bill.request, bill.attempt, bill.provider) == ("k1", 2, "anthropic")
    assert bill.input_tokens == reply.usage.input_tokens


def test_replies_depend_only_on_model_and_messages(call: Call, run: Run, server: Provider) -> None:
    async def texts(model: str) -> list[str]:
        replies = [await call(f"k{n}.1", f"{QUESTION} {n}", model=model) for n in range(8)]
        return [str(getattr(r, "choices", None) or r.content) for r in replies]

    first = run(texts("one"))
    assert run(texts("one")) == first != run(texts("two"))


def test_cut_reply(server: Provider, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run):
    reply = run(chat(openai, "a.1", SENTENCE, max_completion_tokens=3))
    assert (reply.choices[0].finish_reason, reply.usage.completion_tokens) == ("length", 3)
    assert len(reply.choices[0].message.content) // 4 + 1 == 3
    reply = run(message(anthropic, "b.1", SENTENCE, max_tokens=3))
    assert (reply.stop_reason, reply.usage.output_tokens) == ("max_tokens", 3)
    assert [bill.output_tokens for bill in server.bills()] == [3, 3]


def test_request_without_an_id_is_known_by_its_body(server, openai: AsyncOpenAI, run: Run) -> None:
    body = {"model": "gpt-loop", "messages": [{"role": "user", "content": "é"}]}
    run(openai.chat.completions.create(**body))
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    [bill] = server.bills()
    assert (bill.request, bill.attempt) == (sha256(canonical.encode()).hexdigest(), None)


def test_logprobs(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    asked = {"logprobs": True, "top_logprobs": 20}
    [choice] = run(chat(openai, "k.1", **asked)).choices
    tokens = choice.logprobs.content
    assert "".join(token.token for token in tokens) == choice.message.content
    first = tokens[0].top_logprobs
    assert {"A", "B", "C"} <= {top.token for top in first}
    assert len(first) == len({top.token for top in first}) == 20
    assert [top.logprob for top in first] == sorted((t.logprob for t in first), reverse=True)
    assert sum(math.exp(top.logprob) for top in first) == pytest.approx(0.98)
    assert (first[0].token, first[0].logprob) == (tokens[0].token, tokens[0].logprob)
    again = run(chat(openai, "k.2", **asked)).choices[0]
    assert again.logprobs == choice.logprobs


def test_prompt_cache_of_openai(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    prompt = "x" * 6000
    cached = [
        run(chat(openai, f"k{n}.1", prompt + end)).usage.prompt_tokens_details.cached_tokens
        for n, end in enumerate(["", "", "other"])
    ]
    assert cached == [0, 1408, 1408]
    assert [bill.cache_read_tokens for bill in server.bills()] == cached


@pytest.mark.parametrize("ttl", ["5m", "1h"])
def test_prompt_cache_of_anthropic(server, anthropic: AsyncAnthropic, run: Run, ttl: str) -> None:
    system = [
        {"type": "text", "text": "s" * 400, "cache_control": {"type": "ephemeral", "ttl": ttl}}
    ]
    first, second = (run(message(anthropic, f"k{n}.1", system=system)).usage for n in (1, 2))
    assert (first.cache_creation_input_tokens, first.cache_read_input_tokens) == (101, 0)
    assert getattr(first.cache_creation, f"ephemeral_{ttl}_input_tokens") == 101
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, 101)
    assert second.input_tokens == (400 + len(QUESTION)) // 4 + 1 - 101
    bills = server.bills()
    assert [bill.cache_write_tokens for bill in bills] == [101, 0]
    assert bills[0].input_tokens == bills[1].input_tokens == second.input_tokens + 101


def test_models(server, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run) -> None:
    async def listed(client: Any) -> list[str]:
        return [model.id async for model in client.models.list()]

    assert run(listed(openai)) == run(listed(anthropic))
    assert run(openai.models.retrieve("any")).id == "any"
    assert run(anthropic.models.retrieve("any")).lifecycle == "active"
    for client, sdk in ((openai, openai_sdk), (anthropic, anthropic_sdk)):
        with pytest.raises(sdk.NotFoundError):
            run(client.models.retrieve("missing"))


# Special models and refusals


def test_refusals(server, openai: AsyncOpenAI, anthropic: AsyncAnthropic, run: Run) -> None:
    [choice] = run(chat(openai, "k.1", model="refuser-1")).choices
    assert choice.message.content is None and choice.message.refusal
    reply = run(message(anthropic, "k.1", model="refuser-1"))
    assert (reply.stop_reason, reply.stop_details.type) == ("refusal", "refusal")
    [choice] = run(chat(openai, "k.1", model="filter")).choices
    assert choice.finish_reason == "content_filter"


def test_reasoning_model(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    whole = run(chat(openai, "k.1", model="o9-reason"))
    thought = whole.usage.completion_tokens_details.reasoning_tokens
    text = whole.choices[0].message.content
    assert thought > 0 and whole.usage.completion_tokens == thought + len(text) // 4 + 1
    spent = run(chat(openai, "k.2", model="o9-reason", max_completion_tokens=5))
    assert spent.usage.completion_tokens_details.reasoning_tokens == 5
    assert (spent.choices[0].message.content, spent.choices[0].finish_reason) == ("", "length")


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ({"temperature": 0}, "temperature", "unsupported_value"),
        ({"logprobs": True}, None, None),
    ],
)
def test_reasoning_model_refuses(server, openai: AsyncOpenAI, run: Run, fields, param, code):
    with pytest.raises(openai_sdk.BadRequestError) as caught:
        run(chat(openai, "k.1", model="o9-reason", **fields))
    assert (caught.value.param, caught.value.code) == (param, code)
    assert server.bills() == []


def test_logprobs_refused_as_users_report_it(server, openai: AsyncOpenAI, run: Run) -> None:
    server.control(logprobs_status=403)
    with pytest.raises(openai_sdk.PermissionDeniedError, match="not allowed to request logprobs"):
        run(chat(openai, "k.1", model="o9-reason", logprobs=True))


def test_openai_refuses(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    with pytest.raises(openai_sdk.NotFoundError) as missing:
        run(chat(openai, "k.1", model="missing"))
    with pytest.raises(openai_sdk.BadRequestError) as long:
        run(chat(openai, "k.1", "TOO LONG"))
    with pytest.raises(openai_sdk.AuthenticationError) as wrong:
        run(chat(openai.with_options(api_key="wrong"), "k.1"))
    codes = [caught.value.code for caught in (missing, long, wrong)]
    assert codes == ["model_not_found", "context_length_exceeded", "invalid_api_key"]
    assert wrong.value.request_id and server.bills() == []


def test_anthropic_refuses(server: Provider, anthropic: AsyncAnthropic, run: Run) -> None:
    with pytest.raises(anthropic_sdk.NotFoundError) as missing:
        run(message(anthropic, "k.1", model="missing"))
    with pytest.raises(anthropic_sdk.BadRequestError, match="prompt is too long") as long:
        run(message(anthropic, "k.1", "TOO LONG"))
    with pytest.raises(anthropic_sdk.AuthenticationError) as wrong:
        run(message(anthropic.with_options(api_key="wrong"), "k.1"))
    types = [caught.value.type for caught in (missing, long, wrong)]
    assert types == ["not_found_error", "invalid_request_error", "authentication_error"]
    assert wrong.value.request_id == wrong.value.body["request_id"] and server.bills() == []


def test_new_version_of_anthropic_refuses_sampling(server, anthropic: AsyncAnthropic, run: Run):
    warm = {"extra_body": {"temperature": 1.0}}
    body = {
        "model": "claude-loop",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "?"}],
    }
    with pytest.raises(anthropic_sdk.BadRequestError, match="Extra inputs are not permitted"):
        run(anthropic.messages.create(**body, **warm))
    old = {"extra_headers": {"anthropic-version": "2023-06-01"}}
    assert run(anthropic.messages.create(**body, **warm, **old)).stop_reason == "end_turn"


def test_fields_that_the_sdk_does_not_know_are_refused(server, call: Call, run: Run) -> None:
    with pytest.raises((openai_sdk.BadRequestError, anthropic_sdk.BadRequestError), match="top_k"):
        run(call("k.1", extra_body={"top_k": 5}))
    with_headers = {"user_profile_id", "workspace_id"}
    known = {*CompletionCreateParamsBase.__annotations__, "stream"}
    assert known == openai_protocol.FIELDS
    known = {*MessageCreateParamsBase.__annotations__, "stream"} - with_headers
    assert known == anthropic_protocol.FIELDS


# Faults

RAISED = {
    "openai": {
        "rate_limit": openai_sdk.RateLimitError,
        "rate_limit_bare": openai_sdk.RateLimitError,
        "server_error": openai_sdk.InternalServerError,
        "overloaded": openai_sdk.InternalServerError,
        "server_error_billed": openai_sdk.InternalServerError,
        # The SDK calls every lost connection a timeout: its table maps it to ConnectTimeout.
        "timeout_after_billing": openai_sdk.APITimeoutError,
        "truncated_json": json.JSONDecodeError,
        "disconnect": openai_sdk.APIConnectionError,
    },
    "anthropic": {
        "rate_limit": anthropic_sdk.RateLimitError,
        "rate_limit_bare": anthropic_sdk.RateLimitError,
        "server_error": anthropic_sdk.InternalServerError,
        "overloaded": anthropic_sdk.OverloadedError,
        "server_error_billed": anthropic_sdk.InternalServerError,
        "timeout_after_billing": anthropic_sdk.APIConnectionError,
        "truncated_json": json.JSONDecodeError,
        "disconnect": anthropic_sdk.APIConnectionError,
    },
}


@pytest.mark.parametrize("kind", RAISED["openai"])
def test_fault(server: Provider, provider: str, lenient: Call, run: Run, kind: str) -> None:
    server.control(faults={kind: 1.0})
    with pytest.raises(RAISED[provider][kind]) as caught:
        run(lenient("k.1"))
    assert type(caught.value) is RAISED[provider][kind]
    assert len(server.bills()) == (kind in BILLED)
    assert server.seen()["faults"] == {kind: 1}
    if kind.startswith("rate_limit"):
        assert ("retry-after" in caught.value.response.headers) == (kind == "rate_limit")


def test_slow_body_arrives_whole(server: Provider, lenient: Call, run: Run) -> None:
    server.control(slow_body=1.0)
    assert run(lenient("k.1")).usage
    assert len(server.bills()) == 1


def test_slow_body_outlasts_the_timeout_of_a_read(server, provider: str, lenient: Call, run: Run):
    server.control(slow_body=1.0, slow_seconds=0.4)
    assert run(lenient("k.1", timeout=0.2)).usage


def test_page_of_a_proxy_is_returned_as_text(server: Provider, lenient: Call, run: Run) -> None:
    server.control(wrong_type=1.0)
    assert isinstance(run(lenient("k.1")), str)
    assert len(server.bills()) == 1


def test_client_that_hangs_up_has_paid(server, provider: str, lenient: Call, run: Run) -> None:
    server.control(latency_seconds=0.2)

    async def impatient() -> None:
        with pytest.raises((openai_sdk.APITimeoutError, anthropic_sdk.APITimeoutError)):
            await lenient("k.1", timeout=0.05)
        assert (server.inflight(), server.bills()) == (["k.1"], [])
        while server.inflight():
            await asyncio.sleep(0.01)

    run(impatient())
    assert len(server.bills()) == 1


def test_faults_repeat_with_the_seed(server: Provider, call: Call, run: Run) -> None:
    async def struck(seed: int) -> list[bool]:
        server.reset()
        server.control(seed=seed, faults={"server_error": 0.5})
        replies = [await _passed(call(f"k{n}.1")) for n in range(16)]
        return [not passed for passed in replies]

    first = run(struck(1))
    assert run(struck(1)) == first != run(struck(2))
    assert 0 < sum(first) < 16


def test_request_that_is_sent_again_passes(server: Provider, call: Call, run: Run) -> None:
    server.control(faults={kind: 0.08 for kind in (*UNBILLED, "server_error_billed")})

    async def every() -> list[int]:
        return [await attempts_of(call, f"k{n}") for n in range(12)]

    assert max(run(every())) > 1
    assert {bill.request for bill in server.bills()} == {f"k{n}" for n in range(12)}


async def attempts_of(call: Call, name: str) -> int:
    for attempt in range(1, 99):
        if await _passed(call(f"{name}.{attempt}")):
            return attempt
    raise AssertionError(f"{name} never passed")


async def _passed(asked: Awaitable[Any]) -> bool:
    try:
        await asked
    except (openai_sdk.APIError, anthropic_sdk.APIError):
        return False
    return True


def test_retries_of_the_sdk_carry_one_id(server: Provider, openai: AsyncOpenAI, run: Run) -> None:
    server.control(faults={"rate_limit": 1.0}, faults_a_request=2, retry_after_seconds=0.01)
    assert run(chat(openai.with_options(max_retries=2), "k.1")).usage
    assert server.seen()["returned"] == {"/v1/chat/completions": {"429": 2, "200": 1}}


# Limits


def test_most_in_flight(server: Provider, call: Call, run: Run) -> None:
    server.control(most_in_flight=3, latency_seconds=0.3)

    async def crowd() -> list[bool]:
        return await asyncio.gather(*(_passed(call(f"k{n}.1")) for n in range(5)))

    assert sum(run(crowd())) == 3 == len(server.bills())
    assert server.seen()["most_in_flight"] in (4, 5)


def test_requests_a_minute(server: Provider, call: Call, run: Run) -> None:
    server.control(requests_a_minute=60)

    async def rush() -> list[bool]:
        return [await _passed(call(f"k{n}.1")) for n in range(3)]

    assert run(rush()) == [True, False, False]


# Driving the provider


def test_wrong_control_is_refused(server: Provider) -> None:
    with pytest.raises(ValueError, match="no such control: rate_limits"):
        server.control(rate_limits=0.5)
    with pytest.raises(ValueError, match="no such control: latency_seconds"):
        server.control(faults={"latency_seconds": 1})
    assert server.control(rate_limit=0.5)["faults"] == {"rate_limit": 0.5}


def test_provider_ends_with_its_holder() -> None:
    command = [sys.executable, "-m", "tests.provider", "--while-stdin-open"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout.readline().startswith(b'{"url": "http://127.0.0.1:')
        process.stdin.close()
        assert process.wait(10) == 0
