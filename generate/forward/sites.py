"""Where the sites of a model are, found by the names its modules go by.

| site           | what it is, for block l counted from 0                       | shape         |
|----------------|--------------------------------------------------------------|---------------|
| `resid_pre`    | the residual stream that enters the block                    | [hidden]      |
| `attn_head_in` | the input of the attention's output projection, by head      | [heads, head] |
| `mlp_out`      | the output of the MLP, before what the block does to it      | [hidden]      |
| `resid_post`   | the residual stream that leaves the block, before final norm | [hidden]      |

Heads are the input of the output projection: its output mixes them. Some blocks normalise
(Gemma 2 and 3, OLMo 2) or scale (Granite) `mlp_out` before it joins the residual stream. A
mixture of experts counts as one MLP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse.errors import InputError, nearest

if TYPE_CHECKING:
    from torch import nn

Site = tuple[str, int]  # a name and a layer

SITES = ("resid_pre", "attn_head_in", "mlp_out", "resid_post")
INPUTS = ("resid_pre", "attn_head_in")  # what a module takes; the others are what it gives

# Tried in this order below the body, that is, the model without its head.
BLOCKS = (
    "layers",  # Llama and all built like it, GPT-NeoX
    "h",  # GPT-2, GPT-J, GPT-Neo, Falcon, BLOOM
    "blocks",  # MPT
    "decoder.layers",  # OPT
    "language_model.layers",  # models that also see or hear
    "language_model.model.layers",
    "model.layers",  # remote code whose body has no name
    "transformer.h",
)

# Tried in this order below a block.
PROJECTIONS = (
    "self_attn.o_proj",  # Llama, Mistral, Qwen, Gemma, Phi-3, OLMo, Granite, Cohere, ...
    "self_attn.dense",  # Phi, Persimmon
    "self_attn.out_proj",  # OPT, LFM2, XGLM
    "self_attention.dense",  # Falcon, BLOOM
    "attention.dense",  # GPT-NeoX
    "attn.c_proj",  # GPT-2, GPT-BigCode
    "attn.out_proj",  # GPT-J, CodeGen, MPT
    "attn.attention.out_proj",  # GPT-Neo
)
MLPS = (
    "mlp.dense_4h_to_h",  # BLOOM, whose MLP module adds the residual itself; Falcon, GPT-NeoX
    "ffn.down_proj",  # MPT, likewise
    "mlp",
    "feed_forward",  # Llama 4, LFM2, Jamba
    "fc2",  # OPT and XGLM, whose blocks hold the MLP's layers themselves
)


class Anatomy:
    """A model's body, its blocks and the modules at which their sites are read and written."""

    def __init__(self, model: Any) -> None:
        """Find the blocks of a causal model, of its body alone, or of either under PEFT.

        Raises InputError, naming what was looked for, where no list of blocks is found.
        """
        if hasattr(model, "get_base_model"):
            model = model.get_base_model()
        self.name = type(model).__name__
        self.body: Any = getattr(model, "base_model", model)
        found = _first(self.body, BLOCKS)
        if found is None:
            raise InputError(
                f"No blocks were found in {self.name}, so it has no sites to read or edit; its "
                f"body {type(self.body).__name__} has none of {', '.join(BLOCKS)}. Add where "
                "its blocks are to generate/forward/sites.py."
            )
        self.blocks: list[nn.Module] = list(found)
        config = model.config.get_text_config()
        self.hidden = int(config.hidden_size)
        self.heads: int | None = getattr(config, "num_attention_heads", None)

    def sites(self, layer: int) -> tuple[str, ...]:
        """Return the names of the sites that a block has; raise InputError if there is no block."""
        return tuple(site for site in SITES if self._find(site, layer) is not None)

    def module(self, site: str, layer: int) -> nn.Module:
        """Return the module whose input (where in `INPUTS`) or output is the site.

        Raises InputError, naming the sites there are, where the block has none of this name.
        """
        if site not in SITES:
            raise InputError(f"There is no site '{site}'.{nearest(site, SITES)}")
        found = self._find(site, layer)
        if found is None:
            raise InputError(
                f"Layer {layer} of {self.name} has no site {site}: under the names that are known "
                f"it has {', '.join(self.sites(layer))}. Ask for one of these, or add its "
                "module's name to generate/forward/sites.py."
            )
        return found

    def head_dim(self, layer: int) -> int:
        """Return the width of one head of a block; raise InputError if it has no heads."""
        return _width(self.module("attn_head_in", layer)) // (self.heads or 1)

    def _find(self, site: str, layer: int) -> nn.Module | None:
        if not 0 <= layer < len(self.blocks):
            raise InputError(
                f"{self.name} has no layer {layer}; its {len(self.blocks)} layers count from 0."
            )
        block: nn.Module = self.blocks[layer]
        if site == "mlp_out":
            # Gemma 4's mixtures add the experts to the MLP outside both: no module is the whole.
            return None if hasattr(block, "experts") else _first(block, MLPS)
        if site == "attn_head_in":
            projection = _first(block, PROJECTIONS)
            return projection if projection is not None and self._splits(projection) else None
        return block

    def _splits(self, projection: Any) -> bool:
        width = _width(projection)
        return bool(self.heads and width and width % self.heads == 0)


def _first(module: nn.Module, names: tuple[str, ...]) -> Any:
    """Return the first submodule that goes by one of the dotted names, or None."""
    for name in names:
        found: Any = module
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return found
    return None


def _width(projection: Any) -> int:
    """Return the width of what a projection reads: Linear, quantised, LoRA, or GPT-2's Conv1D."""
    return int(getattr(projection, "in_features", getattr(projection, "nx", 0)))
