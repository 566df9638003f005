"""An edit at work, on the rows and the device that the states have."""

from __future__ import annotations

import torch

from generate.forward.edits import FORMULAS, Edit
from warehouse.errors import InputError


class Writer:
    """An edit that follows its rows through a shrinking batch, and states across devices."""

    def __init__(self, edit: Edit) -> None:
        """Start with the rows in the order in which the edit lists them."""
        self.edit = edit
        strength = torch.as_tensor(edit.strength)
        self._vectors = edit.vectors.reshape(-1, edit.vectors.shape[-1])
        self._strength = strength.reshape(-1, 1)
        self._on: dict[tuple[torch.device, torch.dtype], tuple[torch.Tensor, torch.Tensor]] = {}

    def select_rows(self, index: torch.Tensor) -> None:
        """Make row i of the batch what was row `index[i]`."""
        if len(self._vectors) > 1:
            self._vectors = self._vectors[index.to(self._vectors.device)]
        if len(self._strength) > 1:
            self._strength = self._strength[index.to(self._strength.device)]
        self._on.clear()

    def write(self, states: torch.Tensor, decode: bool) -> None:
        """Change a [batch, tokens, dim] tensor in place.

        Raises InputError where the vectors, strengths or places do not fit it.
        """
        vectors, strength = self._placed(states)
        where: tuple[slice | torch.Tensor, ...]
        if self.edit.at is None or decode:
            where = slice(None), slice(-1, None) if decode else slice(None)
            vectors, strength = vectors.unsqueeze(1), strength.unsqueeze(1)
        else:
            where = self.edit.at.within(states)
            vectors, strength = vectors[where[0]], strength[where[0]]
        # A copy even where it is a view: gradients may need the states as they were.
        found = states[where].to(vectors.dtype, copy=True)
        states[where] = FORMULAS[self.edit.kind](found, vectors, strength).to(states.dtype)

    def _placed(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return [batch, dim] vectors and [batch, 1] strengths on the device of the states."""
        batch, _, width = states.shape
        vectors, strength = self._vectors, self._strength
        if vectors.shape[1] != width or {len(vectors), len(strength)} - {1, batch}:
            raise InputError(
                f"An edit at {self.edit.site} of layer {self.edit.layer} has vectors of shape "
                f"{list(vectors.shape)} and {len(strength)} strengths; the pass has {batch} rows "
                f"of width {width}."
            )
        key = states.device, torch.promote_types(states.dtype, torch.float32)
        if key not in self._on:
            self._on[key] = vectors.to(*key), strength.to(*key)
        vectors, strength = self._on[key]
        return vectors.expand(batch, -1), strength.expand(batch, -1)
