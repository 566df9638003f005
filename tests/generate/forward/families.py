"""A tiny random model of each architecture, and how its parts join the residual stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import nn

from generate.forward.places import Places


def plain(block: Any, pre: torch.Tensor, attention: torch.Tensor, mlp: torch.Tensor):
    """What leaves a block is what enters it and what attention and MLP write."""
    return pre + attention + mlp


def normed(block: Any, pre: torch.Tensor, attention: torch.Tensor, mlp: torch.Tensor):
    """Both outputs are normalised before they join."""
    return pre + block.post_attention_layernorm(attention) + block.post_feedforward_layernorm(mlp)


def scaled(block: Any, pre: torch.Tensor, attention: torch.Tensor, mlp: torch.Tensor):
    return pre + block.residual_multiplier * (attention + mlp)


@dataclass(frozen=True)
class Family:
    """Classes by name, the names of final norm and attention, and settings of a tiny model."""

    name: str
    norm: str = "norm"
    attention: str = "self_attn"
    joins: Callable[..., torch.Tensor] = plain
    common: str = "llama"
    more: tuple[tuple[str, Any], ...] = ()
    config: str = "Config"
    model: str = "ForCausalLM"

    def make(self, **changes: Any) -> Any:
        """Return a seeded model whose parts all matter: biases and norms are random as well."""
        settings = COMMON[self.common] | dict(self.more) | changes
        config = getattr(transformers, self.name + self.config)(**settings)
        torch.manual_seed(5)
        return randomised(getattr(transformers, self.name + self.model)(config).eval())


TOKENS = {"vocab_size": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
COMMON: dict[str, dict[str, Any]] = {
    "llama": TOKENS | {
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128,
    },
    "gpt2": TOKENS | {
        "n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 128, "rotary_dim": 4,
    },
    "bloom": TOKENS | {"hidden_size": 32, "n_layer": 3, "n_head": 4},
    "mpt": TOKENS | {"d_model": 32, "n_layers": 3, "n_heads": 4, "max_seq_len": 128},
    "opt": TOKENS | {
        "hidden_size": 32, "word_embed_proj_dim": 32, "ffn_dim": 48, "num_hidden_layers": 3,
        "num_attention_heads": 4, "max_position_embeddings": 128,
    },
    "neo": TOKENS | {
        "hidden_size": 32, "num_layers": 3, "num_heads": 4, "intermediate_size": 48,
        "attention_types": [[["global", "local", "global"], 1]], "window_size": 4,
        "max_position_embeddings": 128,
    },
}  # fmt: skip
MLA = (
    ("q_lora_rank", 8), ("kv_lora_rank", 8), ("qk_rope_head_dim", 4), ("qk_nope_head_dim", 8),
    ("v_head_dim", 12), ("n_routed_experts", 4), ("num_experts_per_tok", 2), ("n_group", 1),
    ("topk_group", 1), ("moe_intermediate_size", 16), ("first_k_dense_replace", 1),
    ("num_key_value_heads", 4),
)  # fmt: skip
WIDE = (("head_dim", 16),)  # heads wider than hidden_size / heads
GEMMA = (*WIDE, ("sliding_window", 8))

FAMILIES = {
    family.name: family
    for family in (
        Family("Llama"),
        Family("Mistral", more=WIDE),
        Family("Mixtral"),
        Family("Qwen2"),
        Family("Qwen3", more=WIDE),
        Family("Gemma", more=WIDE),
        Family("Gemma2", joins=normed, more=GEMMA),
        Family("Gemma3", joins=normed, more=GEMMA, config="TextConfig"),
        Family("Phi", "final_layernorm"),
        Family("Phi3"),
        Family("Olmo"),
        Family("Olmo2", joins=normed),
        Family("Granite", joins=scaled, more=(("residual_multiplier", 0.5),)),
        Family("Cohere"),
        Family("StableLm"),
        Family("Starcoder2"),
        Family("DeepseekV3", more=MLA),
        Family("GPTNeoX", "final_layer_norm", "attention"),
        Family("Falcon", "ln_f", "self_attention"),
        Family("Bloom", "ln_f", "self_attention", common="bloom"),
        Family("Mpt", "norm_f", "attn", common="mpt"),
        Family("OPT", "decoder.final_layer_norm", common="opt"),
        Family("GPT2", "ln_f", "attn", common="gpt2", model="LMHeadModel"),
        Family("GPTJ", "ln_f", "attn", common="gpt2"),
        Family("GPTNeo", "ln_f", "attn.attention", common="neo"),
    )
}


def randomised(network: Any) -> Any:
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "norm" in name and name.endswith("weight"):
                nn.init.uniform_(weight, 0.5, 1.5)
            else:
                nn.init.normal_(weight, std=0.2)
    return network


def make(name: str, **changes: Any) -> Any:
    return FAMILIES[name].make(**changes)


def ids(rows: int = 1, tokens: int = 9, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, 64, (rows, tokens), generator=generator)


def span(rows: int, start: int, stop: int) -> Places:
    """Return the places from one column to before another, in every row."""
    columns = torch.arange(start, stop)
    return Places(torch.arange(rows).repeat_interleave(len(columns)), columns.repeat(rows))


def noise(*shape: int, seed: int = 3) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
