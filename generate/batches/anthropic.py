"""Anthropic's Message Batches: one request that holds all requests, one stream of results.

Limits and fields: Anthropic's guide to Message Batches (100,000 requests or 256 MB). A batch
carries no name of ours: one that was created without our hearing of it can only be known by its
time and size, and for certain by the custom ids in its results.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from generate.batches.service import BatchService, Remote, Result
from generate.engines.anthropic import version_for
from generate.engines.base import Request
from generate.remote.provider import Reply
from generate.remote.trouble import unreadable

if TYPE_CHECKING:
    from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse

    from generate.engines.anthropic import AnthropicProvider


class AnthropicBatches(BatchService):
    """Batches of messages."""

    most_requests = 100_000
    most_bytes = 256 * 10**6

    cursor = "after_id"
    provider: AnthropicProvider

    @property
    def remotes(self) -> Any:
        """The SDK's batches."""
        return self.provider.client.messages.batches

    def remote(self, batch: MessageBatch) -> Remote:
        """Return one of the SDK's batches in our terms."""
        return _remote(batch)

    def line(self, request: Request) -> bytes:
        """Return one of a batch's requests."""
        line = {"custom_id": request.request_key, "params": self.provider.payload(request)}
        return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()

    async def upload(self, lines: Sequence[bytes]) -> str | None:
        """Do nothing: the requests travel with the call that creates the batch."""
        return None

    async def create(self, name: str, lines: Sequence[bytes], file: str | None) -> str:
        """Create a batch of all lines."""
        requests = [json.loads(line) for line in lines]
        version = version_for({name for one in requests for name in one["params"]})
        return await self._made(
            lambda: self.remotes.create(requests=requests, extra_headers=version)
        )

    async def results(self, remote: Remote) -> AsyncIterator[Result]:
        """Yield the results as they stream in."""
        stream = await self._call(lambda: self.remotes.results(remote.remote_id))
        lines = aiter(stream)
        while True:
            try:
                yield _result(await self._call(lambda: anext(lines)))
            except StopAsyncIteration:
                return
            except ValueError as broken:
                raise unreadable("A line of the results is cut or no JSON.") from broken

    def read(self, request: Request, body: Any) -> Reply:
        """Return the reply in the body of a result."""
        return self.provider.read(request, body)


def _remote(batch: MessageBatch) -> Remote:
    if getattr(batch, "request_counts", None) is None:
        raise unreadable("The reply is no batch.")
    counts = batch.request_counts
    total = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
    return Remote(
        remote_id=batch.id,
        created_at=batch.created_at.astimezone(UTC).replace(tzinfo=None),
        ended=batch.processing_status == "ended",
        requests=total,
        detail=batch,
    )


def _result(line: MessageBatchIndividualResponse) -> Result:
    key, result = line.custom_id, line.result
    if result.type == "succeeded":
        return Result(key, body=result.message)
    if result.type == "errored":
        said = result.error.error
        kind = "request" if said.type == "invalid_request_error" else "server"
        return Result(key, error_class=kind, error=f"{said.type}: {said.message}")
    return Result(key, error_class="expired", error=f"the request {result.type} in its batch")
