"""What is read of a pass: gathered where it is computed, copied once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch

from generate.forward.places import Places
from generate.forward.sites import Site
from warehouse.errors import InputError


class Reader:
    """The states of some sites at some places of one pass."""

    def __init__(self, sites: Iterable[Site], at: Places | None) -> None:
        """Note what to read; None means all tokens."""
        self.sites, self._at = frozenset(sites), at
        self._gathered: dict[Site, torch.Tensor] = {}

    def gather(self, site: Site, states: torch.Tensor) -> None:
        """Keep the wanted part of [batch, tokens, ...] states, on their device."""
        if site in self._gathered:
            raise InputError("A context reads one prefill pass; open one for each batch.")
        # Cloned where all is read: Falcon adds to its MLP's output in place.
        found = states.clone() if self._at is None else states[self._at.within(states)]
        self._gathered[site] = found.detach()

    def copied(self) -> dict[Site, torch.Tensor]:
        """Return the tensors on the CPU, moved by one copy a device and number format."""
        groups: defaultdict[tuple[torch.device, torch.dtype], list[Site]] = defaultdict(list)
        for site, found in self._gathered.items():
            groups[found.device, found.dtype].append(site)
        copied: dict[Site, torch.Tensor] = {}
        for sites in groups.values():
            parts = [self._gathered.pop(site) for site in sites]
            flat = torch.cat([part.reshape(-1) for part in parts]).cpu()
            pieces = flat.split_with_sizes([part.numel() for part in parts])
            for site, part, piece in zip(sites, parts, pieces, strict=True):
                copied[site] = piece.view(part.shape)
        return copied
