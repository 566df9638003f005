"""One provider and one event loop for all tests here; each test begins with nothing billed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from anthropic import DefaultAioHttpClient as AnthropicTransport
from openai import AsyncOpenAI
from openai import DefaultAioHttpClient as OpenAITransport

from tests.provider import Provider

Run = Callable[[Awaitable[Any]], Any]


@pytest.fixture(scope="package")
def running() -> Iterator[Provider]:
    with Provider(seed=1, hold_seconds=0.1, slow_seconds=0.1) as server:
        yield server


@pytest.fixture
def server(running: Provider) -> Provider:
    running.reset()
    return running


@pytest.fixture(scope="package")
def run() -> Iterator[Run]:
    """Wait for a call; a client of aiohttp belongs to the loop of its first request."""

    async def finish(asked: Awaitable[Any]) -> Any:
        return await asked

    with asyncio.Runner() as runner:
        yield lambda asked: runner.run(finish(asked))


@pytest.fixture(scope="package")
def openai(running: Provider, run: Run) -> Iterator[AsyncOpenAI]:
    """OpenAI's SDK, which here refuses a reply that does not fit its own models."""
    client = AsyncOpenAI(
        base_url=running.url + "/v1",
        api_key="any",
        max_retries=0,
        http_client=OpenAITransport(),
        _strict_response_validation=True,
    )
    yield client
    run(client.close())


@pytest.fixture(scope="package")
def anthropic(running: Provider, run: Run) -> Iterator[AsyncAnthropic]:
    """Anthropic's SDK, which here refuses a reply that does not fit its own models."""
    client = AsyncAnthropic(
        base_url=running.url,
        api_key="any",
        max_retries=0,
        http_client=AnthropicTransport(),
        _strict_response_validation=True,
    )
    yield client
    run(client.close())
