"""An adapter to be trained on a loaded base: a new one, or another's to go on with."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors import safe_open
from transformers.pytorch_utils import Conv1D

from finetune.lora.job import Recipe
from generate.engines.local.checkpoint import Checkpoint, unloadable
from generate.forward.sites import Anatomy
from warehouse.errors import InputError, nearest

# GPT-2 and its kin keep their matrices in modules of their own.
_LINEAR = (torch.nn.Linear, Conv1D)


def attach(model: Any, checkpoint: Checkpoint, recipe: Recipe, named: str) -> PeftModel:
    """Return a loaded base, frozen, with an adapter of which the weights take gradients.

    Where the checkpoint has an adapter, its weights are where training begins; else the adapter
    is new and changes nothing yet. `named` is the base's name as the adapter's config is to give
    it. Raises InputError for layers or targets that the network does not have.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what PEFT decides for Conv1D, and says so
        made = _continued(model, checkpoint) if checkpoint.adapter else _new(model, recipe)
    made.peft_config["default"].base_model_name_or_path = named
    made.train(False)  # Dropout would draw at random; nothing else depends on it.
    return made


def _new(model: Any, recipe: Recipe) -> PeftModel:
    blocks = Anatomy(model).blocks
    for layer in recipe.layers or ():
        if not 0 <= layer < len(blocks):
            raise InputError(f"The base has no layer {layer}, only 0 to {len(blocks) - 1}.")
    config = LoraConfig(
        r=recipe.rank,  # type: ignore[arg-type]
        lora_alpha=recipe.alpha,  # type: ignore[arg-type]
        target_modules=_targets(blocks, recipe.targets),
        layers_to_transform=None if recipe.layers is None else list(recipe.layers),
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        made = get_peft_model(model, config)
    assert isinstance(made, PeftModel)
    return made


def _targets(blocks: list[Any], wanted: tuple[str, ...] | None) -> list[str]:
    """Return the last names of the linear modules in the blocks, all of them or those wanted."""
    found = {
        name.rpartition(".")[2]
        for block in blocks
        for name, module in block.named_modules()
        if isinstance(module, _LINEAR)
    }
    for name in wanted or ():
        if name not in found:
            raise InputError(f"The base has no linear module '{name}'.{nearest(name, found)}")
    if not found:
        raise InputError("The blocks of the base have no linear modules that LoRA can adapt.")
    return sorted(wanted or found)


def _continued(model: Any, checkpoint: Checkpoint) -> PeftModel:
    adapter = checkpoint.adapter
    assert adapter is not None
    weights = adapter.weights()  # refuses pickle before PEFT looks for any
    try:
        made = PeftModel.from_pretrained(
            model, str(adapter.folder), is_trainable=True, torch_device="cpu"
        )
        placed = set(get_peft_model_state_dict(made, save_embedding_layers=False))
        with safe_open(weights, framework="pt") as file:
            stored = set(file.keys())
    except Exception as error:  # PEFT and safetensors raise whatever they like
        raise unloadable("adapter", checkpoint, error) from error
    if placed != stored:
        raise InputError(
            f"The adapter {adapter.name} holds other weights than LoRA's matrices, or not all of "
            f"them ({min(placed ^ stored)}); it cannot be trained on."
        )
    return made


def trainable(adapted: PeftModel) -> dict[str, torch.nn.Parameter]:
    """Return the adapter's weights by name, in the order of the network."""
    return {name: weight for name, weight in adapted.named_parameters() if weight.requires_grad}
