"""A pass through a model's body, without its head and no deeper than asked."""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from typing import Any

import torch
from transformers import DynamicCache

from generate.forward.taps import Taps


@torch.inference_mode()
def run_body(
    taps: Taps,
    ids: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    position_ids: torch.Tensor | None = None,
    past_key_values: Any = None,
    use_cache: bool = False,
    early_exit: bool = True,
) -> Any:
    """Run [batch, tokens] ids through the tapped model and return the cache, or None without.

    No logits are computed, and with `early_exit` nothing behind the deepest site; the cache
    then covers the layers that ran. Rows padded on the left need the mask, and position ids
    (`attention_mask.cumsum(-1) - 1`, at least 0), since a model with absolute positions counts
    the padding otherwise; causal models need neither for rows padded on the right.
    """
    body = taps.anatomy.body
    if use_cache and past_key_values is None:
        past_key_values = DynamicCache(config=body.config)
    told: dict[str, Any] = {"attention_mask": attention_mask, "past_key_values": past_key_values}
    # Models without learned or rotary positions (BLOOM, MPT) read them off the mask.
    if "position_ids" in inspect.signature(body.forward).parameters:
        told["position_ids"] = position_ids
    with taps.early_exit() if early_exit else nullcontext():
        body(input_ids=ids, use_cache=use_cache, **told)
    return past_key_values
