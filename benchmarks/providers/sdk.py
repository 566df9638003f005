"""The bare official SDK with its fastest transport: as many requests at once, nothing kept.

python -m benchmarks.providers.sdk URL REQUESTS IN_FLIGHT
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from openai import AsyncOpenAI, DefaultAioHttpClient

from benchmarks.providers.words import prompt


async def ask(url: str, requests: int, in_flight: int) -> float:
    """Return the seconds that all requests took."""
    left = iter(range(requests))
    async with AsyncOpenAI(
        api_key="none", base_url=url, max_retries=0, http_client=DefaultAioHttpClient()
    ) as client:

        async def work() -> None:
            for i in left:
                await client.chat.completions.create(
                    model="tiny",
                    messages=[{"role": "user", "content": prompt(i)}],
                    max_tokens=64,
                    temperature=0,
                )

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        return time.perf_counter() - started


if __name__ == "__main__":
    url, requests, in_flight = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps({"seconds": asyncio.run(ask(url, requests, in_flight))}))
