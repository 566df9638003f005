"""The loops of SelfConsciousness, written from its fact sheet: what they do, as they do it.

Capture: one prompt a forward, hidden states of all layers and outputs of all attention
projections and MLPs copied to the CPU for every token, logits for every position, the last
token kept. Steering: at every dose the prompt is read anew and three tokens are generated
greedily, with hooks put on for each prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


@torch.no_grad()
def capture(model: Any, prompts: Sequence[Sequence[int]]) -> tuple[np.ndarray, int]:
    """Return the last token's hidden states [prompts, layers + 1, dim], and the bytes copied."""
    kept, copied = [], 0
    for prompt in prompts:
        traced: list[torch.Tensor] = []

        def keep(_: Any, __: Any, out: Any, into: list[torch.Tensor] = traced) -> None:
            into.append(out[0] if isinstance(out, tuple) else out)

        modules = [m for b in model.model.layers for m in (b.self_attn.o_proj, b.mlp)]
        hooks = [module.register_forward_hook(keep) for module in modules]
        out = model(torch.tensor([prompt]), output_hidden_states=True)
        for hook in hooks:
            hook.remove()
        states = [state[0].cpu().numpy().copy() for state in out.hidden_states]
        copies = [*states, *(state[0].cpu().numpy().copy() for state in traced)]
        copied += sum(array.nbytes for array in copies)
        kept.append(np.stack([state[-1] for state in states]))
    return np.stack(kept), copied


@torch.no_grad()
def sweep(
    model: Any,
    prompts: Sequence[Sequence[int]],
    layer: int,
    directions: torch.Tensor,
    doses: Sequence[float],
) -> int:
    """Generate three tokens for every prompt, direction and dose; return how many replies."""
    replies = 0
    for dose in doses:
        for direction in directions:
            for prompt in prompts:
                with _pushed(model, layer, dose * direction):
                    model.generate(
                        torch.tensor([prompt]),
                        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
                        max_new_tokens=3,
                        do_sample=False,
                        pad_token_id=0,
                    )
                replies += 1
    return replies


@contextmanager
def _pushed(model: Any, layer: int, step: torch.Tensor) -> Iterator[None]:
    def push(_: Any, __: Any, out: Any) -> Any:
        hidden = out[0] if isinstance(out, tuple) else out
        hidden[:, -1] += step
        return out

    hook = model.model.layers[layer].register_forward_hook(push)
    try:
        yield
    finally:
        hook.remove()
