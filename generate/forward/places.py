"""Which tokens of a batch are read or edited."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from warehouse.errors import InputError


class Places:
    """Tokens of a batch, place i at `(rows[i], columns[i])` of the ids given to one pass.

    Columns count from the left edge of the ids, padding included; what a cache holds already
    has no column.
    """

    def __init__(
        self, rows: torch.Tensor | Sequence[int], columns: torch.Tensor | Sequence[int]
    ) -> None:
        """Take two equally long lists of whole numbers from 0, best on the CPU.

        Raises InputError where they are empty, negative or of unequal length.
        """
        self.rows = torch.as_tensor(rows, dtype=torch.long).cpu()
        self.columns = torch.as_tensor(columns, dtype=torch.long).cpu()
        if self.rows.ndim != 1 or self.rows.shape != self.columns.shape or not len(self.rows):
            raise InputError(
                "Places need as many rows as columns, and at least one; there are rows of shape "
                f"{list(self.rows.shape)} and columns of shape {list(self.columns.shape)}."
            )
        if min(self.rows.min(), self.columns.min()) < 0:
            raise InputError("Rows and columns of places count from 0; one is negative.")
        # Compared as Python numbers: an index out of range would take a whole CUDA context down.
        self._most = int(self.rows.max()), int(self.columns.max())
        self._on: dict[torch.device, tuple[torch.Tensor, torch.Tensor]] = {}

    def within(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return rows and columns on the device of a [batch, tokens, dim] tensor.

        Raises InputError where one lies outside it.
        """
        if self._most[0] >= hidden.shape[0] or self._most[1] >= hidden.shape[1]:
            raise InputError(
                f"Places reach row {self._most[0]} and column {self._most[1]}, but the pass has "
                f"{hidden.shape[0]} rows and {hidden.shape[1]} columns, counted from 0."
            )
        if hidden.device not in self._on:
            self._on[hidden.device] = self.rows.to(hidden.device), self.columns.to(hidden.device)
        return self._on[hidden.device]
