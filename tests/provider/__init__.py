"""A provider of our own on loopback: the protocols of OpenAI and Anthropic, bills and faults.

    with Provider(seed=3, faults={"rate_limit": 0.2}) as server:
        client = AsyncOpenAI(base_url=server.url + "/v1", api_key="any")
        ...
        assert len(server.bills()) == 1

It runs in a process of its own, so that it outlives the clients which a test kills.
"""

from __future__ import annotations

from tests.provider.bills import Bill
from tests.provider.process import Provider

__all__ = ["Bill", "Provider"]
