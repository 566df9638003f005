"""Log-probabilities of continuations under interventions, many at a time.

Where only the end of the prompt is edited, everything before it is the same for all
interventions: it runs once for each prompt, and its keys and values serve all of them. One
pass holds many interventions, each row with its own vector and step, and each prompt once more
without any.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from generate.engines.local import decoding
from generate.engines.local.batches import Encoded, Scored, scored
from generate.engines.local.network import Network, counted
from generate.forward.body import run_body
from generate.forward.edits import Edit
from generate.forward.places import Places
from generate.forward.taps import Taps, tapped
from generate.steering.plan import Intervention

# The strength at which an edit changes nothing; 0 if not named.
_IDLE = {"scale": 1.0}


@dataclass(frozen=True)
class Steered:
    """A request with its intervention."""

    encoded: Encoded
    intervention: Intervention

    @property
    def structure(self) -> tuple[str, ...]:
        """What the edits of one pass must share; vector and step are each row's own."""
        edit = self.intervention.edit
        return tuple(str(edit[name]) for name in ("site", "layer", "head", "kind", "positions"))

    @property
    def prompt(self) -> tuple[str, str, str]:
        """What requests share that differ in their intervention only."""
        request = self.encoded.request
        return request.question_id, request.variant, request.reading


@dataclass(frozen=True)
class Found:
    """Natural-log probabilities of the options, and what the edit costs at the prompt's end.

    `kl` is the divergence KL(p || q), in nats, of the steered next-token distribution p from the
    unsteered q.
    """

    logprobs: list[float]
    kl: float


def parts(items: Sequence[Steered], budget: int) -> Iterator[list[Steered]]:
    """Yield requests of one structure, those of a prompt together, in parts of about one pass."""
    part: list[Steered] = []
    longest = 0
    for item in sorted(items, key=lambda item: (item.structure, item.prompt)):
        longest = max(longest, item.encoded.longest)
        full = (len(part) + 1) * longest > budget
        if part and (full or item.structure != part[0].structure):
            yield part
            part, longest = [], item.encoded.longest
        part.append(item)
    if part:
        yield part


@torch.inference_mode()
def score(network: Network, items: Sequence[Steered]) -> list[Found]:
    """Return what each request's intervention makes of its options; all share one structure.

    Log-probabilities are computed in float32 and summed over an option's tokens in float64.
    """
    number = {prompt: i for i, prompt in enumerate(dict.fromkeys(item.prompt for item in items))}
    prompts = list({item.prompt: item.encoded.prompt for item in items}.values())
    made = [scored(item.encoded) for item in items]
    # Each prompt without an edit first, then the rows of each request.
    rows = [_Row(i, prompt, None) for i, prompt in enumerate(prompts)]
    first = []
    for item, one in zip(items, made, strict=True):
        first.append(len(rows))
        rows += [_Row(number[item.prompt], ids, item.intervention) for ids in one.rows]
    ends = [(row, len(prompts[owner.prompt]) - 1) for row, owner in enumerate(rows)]
    wanted = [
        (start + row, position)
        for start, one in zip(first, made, strict=True)
        for row, position, _, _ in one.targets
    ]
    places = sorted({*ends, *wanted})
    logprobs = _logits(network, prompts, rows, places).log_softmax(-1)
    at = {place: i for i, place in enumerate(places)}
    end = logprobs[[at[place] for place in ends]]
    kl = _divergence(end, end[[row.prompt for row in rows]])
    tokens = [token for one in made for _, _, token, _ in one.targets]
    values = iter(logprobs[[at[place] for place in wanted], tokens].tolist())
    return [Found(_sums(one, values), kl[start]) for one, start in zip(made, first, strict=True)]


@dataclass(frozen=True)
class _Row:
    """A row of the pass: the number of its prompt, its ids from the prompt's first, its edit."""

    prompt: int
    ids: list[int]
    intervention: Intervention | None


def _logits(
    network: Network,
    prompts: Sequence[list[int]],
    rows: Sequence[_Row],
    places: Sequence[tuple[int, int]],
) -> torch.Tensor:
    """Return float32 logits [places, words] at (row, position from the prompt's first token)."""
    edit = next(row.intervention.edit for row in rows if row.intervention)
    skipped = [0 if edit["positions"] == "all" else len(prompt) - 1 for prompt in prompts]
    rests = [row.ids[skipped[row.prompt] :] for row in rows]
    ids, real = network.padded(rests, left=False)
    columns = [position - skipped[rows[row].prompt] for row, position in places]
    where = network.tensor([row for row, _ in places]), network.tensor(columns)
    more, width = _prefix(network, prompts, skipped, rows, real)
    edits = [_edit(edit, rows, _edited(edit, rests))]
    with tapped(network.model, edits=edits, prefix=width):
        logits, _ = network(ids, where, **more)
    return logits


def _prefix(
    network: Network,
    prompts: Sequence[list[int]],
    skipped: Sequence[int],
    rows: Sequence[_Row],
    real: torch.Tensor,
) -> tuple[dict[str, Any], int]:
    """Run what stands before the first edit once a prompt; return what the pass needs of it."""
    if not any(skipped):
        return {"use_cache": False}, 0
    before = [prompt[:end] for prompt, end in zip(prompts, skipped, strict=True)]
    ids, mask = network.padded(before, left=True)
    with tapped(network.model) as taps:
        past = run_body(taps, ids, mask, counted(mask), use_cache=True)
    after = network.after(past, mask, [row.prompt for row in rows])
    return {
        "past_key_values": after.past,
        "use_cache": True,
        "attention_mask": after.masked(real),
        "position_ids": after.positions(real.shape[1]),
    }, ids.shape[1]


def _edited(edit: dict[str, Any], rests: Sequence[list[int]]) -> Places:
    """Return the tokens that are edited, in what stands after the prefix."""
    reach = [1 if edit["positions"] == "last" else len(rest) for rest in rests]
    tokens = [(row, column) for row, last in enumerate(reach) for column in range(last)]
    return Places([row for row, _ in tokens], [column for _, column in tokens])


def _edit(edit: dict[str, Any], rows: Sequence[_Row], at: Places) -> Edit:
    given = [row.intervention for row in rows if row.intervention]
    # A row without an edit takes a vector that does nothing at its strength.
    each = [row.intervention or given[0] for row in rows]
    return Edit(
        kind=edit["kind"],
        site=edit["site"],
        layer=edit["layer"],
        vectors=torch.from_numpy(np.stack([one.vector for one in each])),
        strength=torch.tensor([_strength(row.intervention, edit["kind"]) for row in rows]),
        phase="prefill",
        at=at,
        head=edit["head"],
    )


def _strength(intervention: Intervention | None, kind: str) -> float:
    if intervention is None:
        return _IDLE.get(kind, 0.0)
    strength = intervention.edit["strength"]
    return 1.0 if strength is None else float(strength)


def _divergence(steered: torch.Tensor, plain: torch.Tensor) -> list[float]:
    """Return KL(steered || plain) in nats, by rows of log-probabilities."""
    values: list[float] = (steered.exp() * (steered - plain)).sum(-1).clamp(min=0).tolist()
    return values


def _sums(one: Scored, values: Iterator[float]) -> list[float]:
    """Return the sum of each option's values, which come in the order of the targets."""
    parts: list[list[float]] = [[] for _ in one.encoded.continuations]
    for *_, option in one.targets:
        parts[option].append(next(values))
    return [math.fsum(part) for part in parts]


def writing(network: Network, intervention: Intervention) -> decoding.Steered:
    """Return what steers text: the context for passes over prompts padded on the left."""
    edit = intervention.edit

    def context(rows: int, width: int) -> AbstractContextManager[Taps]:
        end = Places(range(rows), [width - 1] * rows)
        written = Edit(
            kind=edit["kind"],
            site=edit["site"],
            layer=edit["layer"],
            vectors=torch.from_numpy(intervention.vector),
            strength=_strength(intervention, edit["kind"]),
            phase="prefill" if edit["positions"] == "last" else "both",
            at=None if edit["positions"] == "all" else end,
            head=edit["head"],
        )
        return tapped(network.model, edits=[written])

    return context
