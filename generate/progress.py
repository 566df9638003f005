"""One display of progress for all engines, and the counts behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from console import Progress
from generate.engines.base import Row
from generate.remote.purse import Purse


class Answering(Progress):
    """Answers of one job: by status, failures by class, tokens, dollars."""

    def __init__(self, what: str, total: int, cached: int, purse: Purse) -> None:
        """Start at zero of `total` answers; `cached` are already in the lake."""
        super().__init__(what, total, cached)
        self.purse = purse
        self.in_flight: Callable[[], int] = int
        self.statuses: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.prompt_tokens = self.completion_tokens = self.unpriced = 0
        self.cost_usd = 0.0

    def answered(self, rows: Sequence[Row]) -> None:
        """Count finished rows and redraw when it is time."""
        for row in rows:
            self.statuses[row["status"]] += 1
            if row["status"] == "failed":
                self.failures[row.get("error_class") or "engine"] += 1
            self.prompt_tokens += row.get("prompt_tokens") or 0
            self.completion_tokens += row.get("completion_tokens") or 0
            self._pay(row)
        self.advance(len(rows), self.failures.total() - self.failed)

    def _pay(self, row: Row) -> None:
        cost = row.get("cost_usd")
        if cost is not None:
            self.cost_usd += cost
        elif row["status"] not in {"failed", "unknown"}:
            self.unpriced += 1

    def notes(self) -> list[str]:
        """Return what stands between the counts and the rate."""
        by_class = ", ".join(f"{kind} {n:,}" for kind, n in self.failures.most_common())
        failed = f"{self.failed:,} failed" + (f" ({by_class})" if by_class else "")
        found = [f"{self.cached:,} cached", failed]
        if flying := self.in_flight():
            found.insert(1, f"{flying:,} in flight")
        return found

    def rates(self, seconds: float) -> list[str]:
        """Return what stands after the rate of answers: tokens a second, dollars of budget."""
        tokens = self.prompt_tokens + self.completion_tokens
        found = [f"{tokens / max(seconds, 1e-9):,.0f} tokens/s"] if tokens else []
        if self.purse.limit is not None:
            found.append(f"${self.purse.spent:,.4f} of ${self.purse.limit:,.2f}")
        elif self.cost_usd:
            found.append(f"${self.cost_usd:,.4f}")
        if self.unpriced:
            found.append(f"{self.unpriced:,} at unknown price")
        return found
