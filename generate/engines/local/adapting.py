"""A LoRA adapter onto a loaded network."""

from __future__ import annotations

import warnings
from typing import Any

from peft import PeftModel, get_peft_model_state_dict
from safetensors import safe_open

from generate.engines.local.adapter import Adapter
from generate.engines.local.checkpoint import Checkpoint, unloadable
from warehouse.errors import InputError


def adapted(model: Any, checkpoint: Checkpoint, adapter: Adapter) -> Any:
    """Return the model with the adapter's update in its layers, not merged into its weights.

    Merged into bf16 weights a small update would be rounded away. Raises InputError where the
    adapter's weights and the model's layers do not fit each other.
    """
    weights = adapter.weights()  # refuses pickle before PEFT looks for any
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what PEFT warns of is an error below
            wrapped = PeftModel.from_pretrained(model, str(adapter.folder), torch_device="cpu")
        placed = set(get_peft_model_state_dict(wrapped, save_embedding_layers=False))
        with safe_open(weights, framework="pt") as file:
            stored = set(file.keys())
    except Exception as error:  # PEFT and safetensors raise whatever they like
        raise unloadable("adapter", checkpoint, error) from error
    astray = (placed - stored) | {name for name in stored - placed if "lora_" in name}
    if astray:
        raise InputError(
            f"The adapter {adapter.name} does not fit {checkpoint.base}: {len(astray):,} of its "
            f"weights have no counterpart, such as {min(astray)}."
        )
    return wrapped.get_base_model()
