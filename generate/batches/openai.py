"""OpenAI's Batch API: a file of requests, a batch that names it, two files of results.

Limits and fields: OpenAI's guide to the Batch API (50,000 requests and 200 MB a batch, results
out of order, failed lines in a second file). A batch carries our name in its metadata, so one
that was created without our hearing of it is found again for certain.
"""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from generate.batches.service import BatchService, Remote, Result
from generate.engines.base import Request
from generate.remote.provider import Reply
from generate.remote.trouble import MALFORMED, unreadable

if TYPE_CHECKING:
    from openai.types import Batch

    from generate.engines.openai import OpenAIProvider

ENDPOINT: Final = "/v1/chat/completions"
# The metadata field that holds our name of a batch.
NAME = "mirrorlake_batch"
_ENDED = {"completed", "failed", "expired", "cancelled"}


class OpenAIBatches(BatchService):
    """Batches of chat completions."""

    most_requests = 50_000
    most_bytes = 200 * 10**6

    cursor = "after"
    provider: OpenAIProvider

    @property
    def remotes(self) -> Any:
        """The SDK's batches."""
        return self.provider.client.batches

    def remote(self, batch: Batch) -> Remote:
        """Return one of the SDK's batches in our terms."""
        return _remote(batch)

    def line(self, request: Request) -> bytes:
        """Return a line of the input file."""
        line = {
            "custom_id": request.request_key,
            "method": "POST",
            "url": ENDPOINT,
            "body": self.provider.payload(request),
        }
        return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()

    async def upload(self, lines: Sequence[bytes]) -> str | None:
        """Upload the input file; an upload costs nothing."""
        file = ("requests.jsonl", io.BytesIO(b"\n".join(lines)))
        files = self.provider.client.files
        made = await self._call(lambda: files.create(file=file, purpose="batch"))
        return str(getattr(made, "id", ""))

    async def create(self, name: str, lines: Sequence[bytes], file: str | None) -> str:
        """Create the batch of an uploaded file."""
        return await self._made(
            lambda: self.remotes.create(
                input_file_id=file or "",
                endpoint=ENDPOINT,
                completion_window="24h",
                metadata={NAME: name},
            )
        )

    async def results(self, remote: Remote) -> AsyncIterator[Result]:
        """Yield what stands in the output file and in the error file."""
        for file in (remote.detail.output_file_id, remote.detail.error_file_id):
            if file:
                content = await self._call(
                    lambda file=file: self.provider.client.files.content(file)
                )
                for line in content.content.splitlines():
                    if line.strip():
                        yield _result(line)

    def read(self, request: Request, body: Any) -> Reply:
        """Return the reply in the body of a result."""
        from openai.types.chat import ChatCompletion

        return self.provider.read(request, ChatCompletion.model_validate(body))


def _remote(batch: Batch) -> Remote:
    if getattr(batch, "status", None) is None:
        raise unreadable("The reply is no batch.")
    errors = batch.errors.data if batch.errors and batch.errors.data else []
    why = "; ".join(str(error.message) for error in errors[:3]) or "no reason was given"
    return Remote(
        remote_id=batch.id,
        created_at=datetime.fromtimestamp(batch.created_at, UTC).replace(tzinfo=None),
        ended=batch.status in _ENDED,
        requests=batch.request_counts.total if batch.request_counts else None,
        name=(batch.metadata or {}).get(NAME),
        why=why if batch.status == "failed" else None,
        detail=batch,
    )


def _result(line: bytes) -> Result:
    try:
        found = json.loads(line)
        key, response, error = found["custom_id"], found.get("response"), found.get("error")
    except MALFORMED as broken:
        raise unreadable("A line of the results is cut or no JSON.") from broken
    if response and response.get("status_code") == 200:
        return Result(key, body=response.get("body"))
    inner = error or ((response or {}).get("body") or {}).get("error") or {}
    code = str(inner.get("code") or (response or {}).get("status_code") or "")
    return Result(key, error_class=_class(code), error=f"{code}: {inner.get('message')}")


def _class(code: str) -> str:
    if code in {"batch_expired", "batch_cancelled"}:
        return "expired"
    return "request" if code.startswith("4") or not code[:1].isdigit() else "server"
