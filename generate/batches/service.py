"""What a provider's batches can do, in the few words that the rest of the package needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from generate.engines.base import Request
from generate.remote.provider import Reply
from generate.remote.trouble import translated, unreadable


@dataclass(frozen=True)
class Remote:
    """A batch as the provider tells of it.

    `name` is our own, where the provider keeps it for us. `why` says what ended a batch that
    was never worked on.
    """

    remote_id: str
    created_at: datetime
    ended: bool
    requests: int | None
    name: str | None = None
    why: str | None = None
    detail: Any = None


@dataclass(frozen=True)
class Result:
    """One line of the results: a parsed body, or the class and words of an error."""

    custom_id: str
    body: Any = None
    error_class: str = ""
    error: str = ""


class BatchService(ABC):
    """The batches of one provider; every method may raise `Trouble` or ProviderError."""

    most_requests: int
    most_bytes: int
    cursor: str
    """The argument of the provider's listing that goes on after a batch."""

    def __init__(self, provider: Any) -> None:
        """Use a provider's client; each service knows its own kind of provider."""
        self.provider = provider

    @property
    @abstractmethod
    def remotes(self) -> Any:
        """The SDK's batches."""

    @abstractmethod
    def remote(self, batch: Any) -> Remote:
        """Return one of the SDK's batches in our terms."""

    @abstractmethod
    def line(self, request: Request) -> bytes:
        """Return a request as one line of a batch (JSON, without its end)."""

    @abstractmethod
    async def upload(self, lines: Sequence[bytes]) -> str | None:
        """Hand over the requests without starting anything; return the file's remote name."""

    @abstractmethod
    async def create(self, name: str, lines: Sequence[bytes], file: str | None) -> str:
        """Start a batch under our name and return the provider's name for it."""

    async def listed(self, since: datetime) -> AsyncIterator[Remote]:
        """Yield the batches of the account that were created since a moment, newest first."""
        after: dict[str, str] = {}
        while True:
            page = await self._call(lambda after=after: self.remotes.list(limit=100, **after))
            for batch in page.data:
                remote = self.remote(batch)
                if remote.created_at < since:
                    return
                yield remote
            if not page.has_more or not page.data:
                return
            after = {self.cursor: page.data[-1].id}

    async def find(self, remote_id: str) -> Remote:
        """Return one batch as it stands."""
        return self.remote(await self._call(lambda: self.remotes.retrieve(remote_id)))

    async def _made(self, call: Callable[[], Awaitable[Any]]) -> str:
        """Return the provider's name of the batch that a call creates."""
        made = await self._call(call)
        if not getattr(made, "id", None):
            raise unreadable("The reply is no batch.")
        return str(made.id)

    async def _call(self, call: Any) -> Any:
        return await translated(call, self.provider.address)

    @abstractmethod
    def results(self, remote: Remote) -> AsyncIterator[Result]:
        """Yield the results of an ended batch, in any order."""

    @abstractmethod
    def read(self, request: Request, body: Any) -> Reply:
        """Return the reply in the body of a result."""
