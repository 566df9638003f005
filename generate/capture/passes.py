"""Forward passes that read: prompts first, then each reply on the prompt's keys and values.

Prompts are padded on the left, so that replies follow at one end; the padding is masked and
positions are counted from each row's own first token. Neither the head nor any block after
the deepest one that is read is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch

from generate.capture.buffer import Floats, Place
from generate.capture.plan import Unit
from generate.capture.prompts import Prompt
from generate.engines.local.network import counted
from generate.forward.body import run_body
from generate.forward.places import Places
from generate.forward.sites import SITES, Site
from generate.forward.taps import Taps, tapped

if TYPE_CHECKING:
    from generate.engines.local.encoding import Encoder
    from generate.engines.local.network import Network

Read = tuple[str, int, list[Place], Floats]
"""Site, layer, the places that were read, and their vectors."""


class Reader:
    """Reads units of prompts in one network."""

    def __init__(self, network: Network, encoder: Encoder, units: frozenset[Unit]) -> None:
        """Prepare to read the sites, layers and positions of `units`."""
        self.network, self.encoder = network, encoder
        self.last = _sites(units, "last")
        self.choice = _sites(units, "choice")

    @torch.inference_mode()
    def read(self, prompts: Sequence[Prompt]) -> Iterator[Read]:
        """Yield what is read of a batch of prompts; each site, layer and position once."""
        ids, mask = self.network.padded([prompt.ids for prompt in prompts], left=True)
        places = Places(range(len(prompts)), [ids.shape[1] - 1] * len(prompts))
        # The replies' deepest site as well, so that the cache reaches as far.
        sites = sorted({*self.last, *self.choice[-1:]})
        with tapped(self.network.model, sites, places) as taps:
            past = run_body(taps, ids, mask, counted(mask), use_cache=bool(self.choice))
        read = [
            Place(prompt.question_id, prompt.variant, "last", self._text(prompt.ids[-1]))
            for prompt in prompts
        ]
        yield from _found(taps, self.last, read)
        if self.choice:
            yield from self._replies(prompts, mask, past)

    def _replies(self, prompts: Sequence[Prompt], mask: torch.Tensor, past: Any) -> Iterator[Read]:
        owners = [i for i, prompt in enumerate(prompts) for _ in prompt.replies]
        replies = [reply for prompt in prompts for reply in prompt.replies]
        ids, real = self.network.padded([reply for _, reply in replies], left=False)
        after = self.network.after(past, mask, owners)
        positions = after.positions(ids.shape[1])
        places = Places(range(len(replies)), [len(reply) - 1 for _, reply in replies])
        with tapped(self.network.model, self.choice, places, prefix=mask.shape[1]) as taps:
            run_body(taps, ids, after.masked(real), positions, after.past, use_cache=True)
        read = [
            Place(prompts[owner].question_id, variant, "choice", self._text(reply[-1]))
            for owner, (variant, reply) in zip(owners, replies, strict=True)
        ]
        yield from _found(taps, self.choice, read)

    def _text(self, token: int) -> str:
        return str(self.encoder.tokenizer.decode([token], skip_special_tokens=False))


def _sites(units: frozenset[Unit], position: str) -> list[Site]:
    """Return the sites that are read at a position, the deepest last."""
    found = {(site, layer) for site, layer, where in units if where == position}
    return sorted(found, key=lambda unit: (unit[1], SITES.index(unit[0])))


def _found(taps: Taps, sites: Sequence[Site], places: list[Place]) -> Iterator[Read]:
    for site, layer in sites:
        yield site, layer, places, taps.vectors[site, layer].float().numpy()
