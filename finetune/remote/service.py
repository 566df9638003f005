"""OpenAI's fine-tuning API in the few words that the rest of the package needs.

Fields: OpenAI's reference of /v1/files and /v1/fine_tuning/jobs. A job names the file that it
trains on, and ours is uploaded for it alone, so a job that was created without our hearing of
it is found again for certain; our own name stands in its metadata besides.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from finetune.remote.job import Settings
from generate.remote.trouble import translated, unreadable

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

    from generate.engines.openai import OpenAIProvider

# The metadata field that holds our name of a job.
NAME = "mirrorlake_job"
_ENDED = {"succeeded", "failed", "cancelled"}


@dataclass(frozen=True)
class Remote:
    """A job as the provider tells of it; `tuned` is the name of its model, once there is one."""

    remote_id: str
    created_at: datetime
    status: str
    file: str | None
    name: str | None
    tuned: str | None
    trained_tokens: int | None
    why: str | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in _ENDED


class FineTuning:
    """The fine-tuning jobs of an account; every method may raise `Trouble` or ProviderError."""

    def __init__(self, provider: OpenAIProvider) -> None:
        """Use a provider's client."""
        self.provider = provider

    async def upload(self, lines: Sequence[bytes]) -> str:
        """Upload rows, which costs nothing, and return the file's name there."""
        files = self.provider.client.files
        made = await self._call(
            lambda: files.create(
                # Read anew at each try.
                file=("rows.jsonl", io.BytesIO(b"\n".join(lines) + b"\n")),
                purpose="fine-tune",
            )
        )
        return str(_required(made, "id"))

    async def create(self, name: str, model: str, file: str, settings: Settings) -> str:
        """Start a job under our name and return the provider's name for it."""
        numbers = {
            "n_epochs": settings.epochs,
            "batch_size": settings.batch_size,
            "learning_rate_multiplier": settings.learning_rate_multiplier,
        }
        given = {key: value for key, value in numbers.items() if value is not None}
        more: dict[str, Any] = {} if settings.suffix is None else {"suffix": settings.suffix}
        made = await self._call(
            lambda: self._jobs.create(
                model=model,
                training_file=file,
                seed=settings.seed,
                method={"type": "supervised", "supervised": {"hyperparameters": given}},
                metadata={NAME: name},
                **more,
            )
        )
        return str(_required(made, "id"))

    async def find(self, remote_id: str) -> Remote:
        """Return one job as it stands."""
        return _remote(await self._call(lambda: self._jobs.retrieve(remote_id)))

    async def listed(self, since: datetime) -> AsyncIterator[Remote]:
        """Yield the jobs of the account that were created since a moment, newest first."""
        after: dict[str, str] = {}
        while True:
            page = await self._call(lambda after=after: self._jobs.list(limit=100, **after))
            for job in page.data:
                remote = _remote(job)
                if remote.created_at < since:
                    return
                yield remote
            if not page.has_more or not page.data:
                return
            after = {"after": page.data[-1].id}

    async def last_event(self, remote_id: str) -> str | None:
        """Return what the provider said last about a job."""
        page = await self._call(lambda: self._jobs.list_events(remote_id, limit=1))
        return str(page.data[0].message) if page.data else None

    @property
    def _jobs(self) -> Any:
        return self.provider.client.fine_tuning.jobs

    async def _call(self, call: Any) -> Any:
        return await translated(call, self.provider.address)


def _remote(job: FineTuningJob) -> Remote:
    status = _required(job, "status")
    error = getattr(job, "error", None)
    return Remote(
        remote_id=job.id,
        created_at=datetime.fromtimestamp(job.created_at, UTC).replace(tzinfo=None),
        status=str(status),
        file=job.training_file,
        name=(job.metadata or {}).get(NAME),
        tuned=job.fine_tuned_model,
        trained_tokens=job.trained_tokens,
        why=getattr(error, "message", None) or None,
    )


def _required(reply: Any, field: str) -> Any:
    found = getattr(reply, field, None)
    if not found:
        raise unreadable(f"The reply has no {field}.")
    return found
