"""Low-rank adapters (LoRA, Hu et al. 2021) on a frozen model, by PEFT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model

# Every matrix of a Llama layer.
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def attach(
    model: Any, base: str, rank: int, scale: float, layers: Sequence[int], seed: int
) -> PeftModel:
    """Return the model, frozen, with an untrained adapter that changes nothing yet.

    `base` is the model's name as the adapter's config is to give it; the adapter's update is
    multiplied by `scale` (PEFT's `lora_alpha` over its rank) and made in `layers`, from 0.
    """
    torch.manual_seed(seed)
    config = LoraConfig(
        r=rank,
        lora_alpha=round(scale * rank),
        target_modules=TARGETS,
        layers_to_transform=list(layers),
        base_model_name_or_path=base,
        task_type="CAUSAL_LM",
    )
    made = get_peft_model(model, config)
    assert isinstance(made, PeftModel)
    # PEFT writes the folder that the model came from, which is no one's business.
    made.peft_config["default"].base_model_name_or_path = base
    return made


def save(adapted: PeftModel, folder: Path) -> None:
    """Write the adapter in bf16, the form in which it is shipped and measured."""
    adapted.bfloat16()
    # Asked to decide about embeddings itself, PEFT looks the base up on the Hub.
    adapted.save_pretrained(str(folder), save_embedding_layers=False)
