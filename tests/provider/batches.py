"""Batches of either protocol: how they progress, what becomes of their requests, what is billed.

A batch ends on the provider's clock whether or not anyone asks for it, and each request that was
done is billed then, once. Nothing here is shown to clients: the protocols choose what is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from tests.provider import chance
from tests.provider.bills import Ledger
from tests.provider.dialects import Answer, Body, Dialect, Failure
from tests.provider.settings import Settings

Stage = Literal["failed", "validating", "in_progress", "finalizing", "ended"]
Fate = Literal["succeeded", "errored", "expired", "canceled"]
FATES: tuple[Fate, ...] = get_args(Fate)


@dataclass(frozen=True)
class Item:
    """One request of a batch."""

    custom_id: str
    body: Body


@dataclass(frozen=True)
class Done:
    """What became of one request."""

    custom_id: str
    fate: Fate
    answer: Answer | None = None
    failure: Failure | None = None


@dataclass(frozen=True)
class Outcome:
    """The end of a batch: the truth, and the lines that its results show."""

    ended_at: float
    finished: list[Done]
    lines: list[Done]

    def count(self, fate: Fate) -> int:
        """Return how many requests ended so."""
        return sum(done.fate == fate for done in self.finished)


@dataclass
class Batch:
    """One batch as the provider knows it."""

    id: str
    ordinal: int
    provider: str
    items: list[Item]
    created_at: float
    about: dict[str, Any]
    """What its protocol shows besides: the input file, metadata, the API version."""
    by: str
    problems: list[Body] = field(default_factory=list)
    """Why its input is refused; such a batch fails."""
    cancelling_at: float | None = None
    outcome: Outcome | None = None


class Batches:
    """All batches of one provider."""

    def __init__(self, settings: Settings, ledger: Ledger, dialects: Mapping[str, Dialect]) -> None:
        self.settings = settings
        self.ledger = ledger
        self.dialects = dialects
        self.known: dict[str, Batch] = {}

    def create(
        self,
        provider: str,
        prefix: str,
        items: list[Item],
        by: str,
        problems: Iterable[Body] = (),
        **about: Any,
    ) -> Batch:
        """Make a batch; its id begins with the prefix."""
        ordinal = len(self.known)
        name = prefix + chance.token(self.settings.seed, "batch", ordinal)
        batch = Batch(name, ordinal, provider, items, time.time(), about, by, list(problems))
        self.known[name] = batch
        return batch

    def find(self, provider: str, name: str) -> Batch | None:
        """Return a batch by id."""
        batch = self.known.get(name)
        return batch if batch and batch.provider == provider else None

    def listed(self, provider: str) -> list[Batch]:
        """Return the batches that a listing shows, newest first."""
        latest = time.time() - self.settings.list_lag_seconds
        own = [batch for batch in self.known.values() if batch.provider == provider]
        return [batch for batch in reversed(own) if batch.created_at <= latest]

    def stage(self, batch: Batch) -> Stage:
        """Return how far a batch is by now; one that is due ends here and is billed."""
        if batch.problems:
            return "failed"
        part = self._part(batch)
        if part < 1:
            return "validating" if part < 0.1 else "in_progress" if part < 0.9 else "finalizing"
        if batch.outcome is None:
            batch.outcome = self._settle(batch)
        return "ended"

    def advance(self) -> None:
        """End every batch that is due, though nobody asked."""
        for batch in self.known.values():
            self.stage(batch)

    def _part(self, batch: Batch) -> float:
        if batch.outcome or batch.cancelling_at is not None:
            return 1.0
        if self.settings.batch_hold:
            return 0.5
        passed = time.time() - batch.created_at
        return passed / self.settings.batch_seconds if self.settings.batch_seconds > 0 else 1.0

    def _settle(self, batch: Batch) -> Outcome:
        fates = self._fates(batch)
        finished = [self._finish(batch, item, fates[item.custom_id]) for item in batch.items]
        for done in finished:
            if done.answer:
                self.ledger.add_batch(batch.provider, done.custom_id, batch.id, done.answer)
        return Outcome(time.time(), finished, self._shown(batch, finished))

    def _fates(self, batch: Batch) -> dict[str, Fate]:
        """Return what becomes of each request; who meets what is drawn anew for each batch."""
        settings, names = self.settings, [item.custom_id for item in batch.items]
        cancelled = 0.0 if batch.cancelling_at is None else settings.cancel_share
        shares: dict[Fate, float] = {
            "canceled": cancelled,
            "expired": settings.expire_share,
            "errored": settings.error_share,
        }
        fates: dict[str, Fate] = dict.fromkeys(names, "succeeded")
        left = self._order(batch, "fate", names)
        for fate, share in shares.items():
            struck = chance.count(share, len(names), settings.seed, fate, batch.ordinal)
            fates.update(dict.fromkeys(left[:struck], fate))
            left = left[struck:]
        return fates

    def _finish(self, batch: Batch, item: Item, fate: Fate) -> Done:
        if fate in ("expired", "canceled"):
            return Done(item.custom_id, fate)
        dialect = self.dialects[batch.provider]
        failure = dialect.check(item.body, batch.about.get("version"))
        if fate == "errored" and failure is None:
            odd = chance.uniform(self.settings.seed, "odd", item.custom_id) < 0.5
            failure = dialect.failure("server_error") if odd else dialect.invalid("Invalid prompt.")
        if failure:
            return Done(item.custom_id, "errored", failure=failure)
        return Done(item.custom_id, "succeeded", dialect.answer(item.body, "batch"))

    def _shown(self, batch: Batch, finished: list[Done]) -> list[Done]:
        """Return the lines of the results: some left out, some twice, in no order."""
        seed, ordinal = self.settings.seed, batch.ordinal
        good = self._order(batch, "show", [d.custom_id for d in finished if d.fate == "succeeded"])
        lost = chance.count(self.settings.missing_results, len(good), seed, "lost", ordinal)
        twice = chance.count(self.settings.duplicate_results, len(good), seed, "twice", ordinal)
        gone, again = set(good[:lost]), set(good[lost : lost + twice])
        lines = [done for done in finished if done.custom_id not in gone]
        lines += [done for done in finished if done.custom_id in again]
        if not self.settings.shuffle_results:
            return lines
        places = self._order(batch, "line", [str(place) for place in range(len(lines))])
        return [lines[int(place)] for place in places]

    def _order(self, batch: Batch, what: str, names: list[str]) -> list[str]:
        seed, ordinal = self.settings.seed, batch.ordinal
        return sorted(names, key=lambda name: chance.token(seed, what, ordinal, name))
