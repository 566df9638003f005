"""The controls: what the provider does wrong, how slow it is and what it allows.

Set when it starts or at any time by `POST /_control`; a name that does not exist is refused,
because a test that asks for a fault and silently gets none proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

UNBILLED = ("rate_limit", "rate_limit_bare", "server_error", "overloaded")
"""Faults of chat and message requests that come before any work is done."""

BILLED = (
    "server_error_billed",
    "timeout_after_billing",
    "slow_body",
    "truncated_json",
    "disconnect",
    "wrong_type",
)
"""Faults of chat and message requests that come after the work was done and billed."""

KINDS = UNBILLED + BILLED


@dataclass
class Settings:
    """Every control with its default; times are seconds and shares lie between 0 and 1."""

    seed: int = 0

    # Chat and message requests
    faults: dict[str, float] = field(default_factory=dict)
    """Probability of each kind of fault; what is left of 1 is a good reply."""
    faults_a_request: int | None = None
    """The most faults that one request key meets over all its attempts."""
    latency_seconds: float = 0.0
    most_in_flight: int | None = None
    requests_a_minute: float | None = None
    """Enforced second by second, as the real ones do: 600 a minute allows 10 at once."""
    retry_after_seconds: float = 0.05
    hold_seconds: float = 0.5
    """How long a connection is held that is closed without a reply."""
    slow_seconds: float = 0.5
    """How long a slow body takes."""
    logprobs_status: int = 400
    """Status when a reasoning model is asked for logprobs; users of the real one report 403."""
    cache_from_tokens: int = 1024
    """Shortest prompt prefix that OpenAI caches."""

    # Progress of batches, and of fine-tuning jobs
    batch_seconds: float = 0.0
    """A batch or job ends that long after its creation; 0 is at the first look after it."""
    batch_hold: bool = False
    """Keeps batches and jobs in progress until released."""
    cancel_share: float = 1.0
    """Share of a cancelled batch that was not done yet."""
    expire_share: float = 0.0
    error_share: float = 0.0
    list_lag_seconds: float = 0.0
    """A new batch or job is not listed for so long."""

    # Results of batches
    shuffle_results: bool = True
    duplicate_results: float = 0.0
    missing_results: float = 0.0

    # The next N times
    create_then_timeout: int = 0
    create_error: int = 0
    file_upload_timeout: int = 0
    poll_error: int = 0
    """Retrieving or listing a batch or job answers 500."""
    job_failure: int = 0
    """A fine-tuning job ends without a model."""
    results_truncated: int = 0
    """The connection breaks in the middle of a line of results."""
    results_cut: int = 0
    """The results end in the middle of a line although the transfer is complete."""

    # Limits
    openai_batch_requests: int = 50_000
    openai_batch_bytes: int = 200_000_000
    anthropic_batch_requests: int = 100_000
    anthropic_batch_bytes: int = 256_000_000

    def update(self, changes: Mapping[str, Any]) -> None:
        """Change controls by name; a kind of fault may stand for its entry in `faults`."""
        known = {*KINDS, *(known.name for known in fields(self))}
        unknown = {*changes} - known | {*changes.get("faults", {})} - {*KINDS}
        if unknown:
            raise ValueError(f"no such control: {', '.join(sorted(unknown))}")
        for name, value in changes.items():
            if name in KINDS:
                self.faults = {**self.faults, name: value}
            else:
                setattr(self, name, value)

    def take(self, name: str) -> bool:
        """Return whether one of the next N times is left, and use it up."""
        left: int = getattr(self, name)
        setattr(self, name, max(left - 1, 0))
        return left > 0
