"""What may be spent: a request leaves only if its highest price still fits.

What is in flight counts at its maximum, and so does a try whose outcome nobody learned. When
the next request does not fit, it waits for those in flight: they may turn out cheaper.
"""

from __future__ import annotations

from generate.remote.signal import Signal
from warehouse.errors import BudgetError


class Purse:
    """A limit in US dollars, or none, and what has been and may yet be spent of it."""

    def __init__(
        self, limit: float | None = None, spent: float = 0.0, of: str = "--max-usd"
    ) -> None:
        """Begin with what was `spent` already; `of` names the limit to people."""
        self.limit, self.spent, self.of = limit, spent, of
        self.in_flight = 0.0
        self._reserved = 0
        self._changed = Signal()

    def fits(self, most: float) -> bool:
        """Return whether so much can be spent beside what is in flight."""
        return self.limit is None or self.spent + self.in_flight + most <= self.limit

    def spend(self, cost: float) -> None:
        """Count what is spent, or given back."""
        self.spent += cost

    async def reserve(self, most: float) -> None:
        """Set aside the most that a request can cost.

        Raises BudgetError when it does not fit and nothing is in flight any more.
        """
        while not self.fits(most):
            if not self._reserved:
                raise BudgetError(self.reached(most))
            await self._changed.wait()
        self.in_flight += most
        self._reserved += 1

    def settle(self, most: float, cost: float) -> None:
        """Replace what was set aside by what it cost."""
        self._reserved -= 1
        # Rounding of many small sums must not stay behind when nothing is in flight.
        self.in_flight = self.in_flight - most if self._reserved else 0.0
        self.spent += cost
        self._changed.wake()

    def reached(self, most: float) -> str:
        """Return the sentence for a budget that the next request does not fit."""
        return (
            f"The budget ({self.of}) is reached: ${self.spent:,.4f} of ${self.limit:,.4f} is spent "
            f"and the next request may cost ${most:,.4f}. All answers are kept; raise the budget "
            "and run the same command to continue."
        )
