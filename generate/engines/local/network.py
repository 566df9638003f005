"""The network itself: loading it, and reading logits at chosen places only."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging

from generate.engines.local.checkpoint import RANDOM_SEED, Checkpoint, unloadable
from warehouse.errors import InputError


def load(checkpoint: Checkpoint, device: str, dtype: str, trust_remote_code: bool) -> Network:
    """Return the network on its device, ready to answer; raise InputError if it cannot be."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InputError("torch finds no CUDA device here. Use --device cpu.")
    try:
        model = (_drawn if checkpoint.random else _read)(checkpoint, dtype, trust_remote_code)
    except Exception as error:  # safetensors and model code raise whatever they like
        raise unloadable("network", checkpoint, error) from error
    if checkpoint.adapter is not None:
        # PEFT takes a second to import, and most models have no adapter.
        from generate.engines.local.adapting import adapted

        model = adapted(model, checkpoint, checkpoint.adapter)
    return Network(model.to(device).eval())


def _read(checkpoint: Checkpoint, dtype: str, trust_remote_code: bool) -> Any:
    return AutoModelForCausalLM.from_pretrained(
        checkpoint.folder,
        dtype=getattr(torch, dtype),
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=trust_remote_code,
    )


def _drawn(checkpoint: Checkpoint, dtype: str, trust_remote_code: bool) -> Any:
    """Return the network as its own initialisation draws it, the same on every machine."""
    config = AutoConfig.from_pretrained(
        checkpoint.folder, local_files_only=True, trust_remote_code=trust_remote_code
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(RANDOM_SEED)
        model: Any = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config, dtype=torch.float32, trust_remote_code=trust_remote_code
        )
    return model.to(getattr(torch, dtype))


def counted(mask: torch.Tensor) -> torch.Tensor:
    """Return positions [rows, width] counted from each row's first real token."""
    return (mask.cumsum(-1) - 1).clamp(min=0)


@dataclass(frozen=True)
class After:
    """Cached keys and values of rows, and the mask [rows, width] of the tokens behind them."""

    past: Any
    mask: torch.Tensor

    def positions(self, length: int) -> torch.Tensor:
        """Return the positions [rows, length] of the tokens that follow."""
        here = torch.arange(length, device=self.mask.device)
        return self.mask.sum(-1, keepdim=True) + here

    def masked(self, real: torch.Tensor) -> torch.Tensor:
        """Return the mask with that of the tokens that follow."""
        return torch.cat([self.mask, real], 1)


class Network:
    """A causal language model that computes logits only where they are read."""

    def __init__(self, model: Any) -> None:
        """Wrap a loaded model."""
        self.model = model
        self._head = model.get_output_embeddings()
        self._takes_positions = "position_ids" in inspect.signature(model.forward).parameters

    def tensor(self, values: Any) -> torch.Tensor:
        """Return integers as a tensor on the model's device."""
        return torch.tensor(values, dtype=torch.long, device=self.model.device)

    def padded(
        self, rows: Sequence[Sequence[int]], left: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return rows of ids and the mask of real tokens, each [rows, longest]."""
        width = max(map(len, rows))
        sides = [([0] * (width - len(row)), list(row), [1] * len(row)) for row in rows]
        ids = [pad + row if left else row + pad for pad, row, _ in sides]
        mask = [pad + ones if left else ones + pad for pad, _, ones in sides]
        return self.tensor(ids), self.tensor(mask)

    def after(self, past: Any, mask: torch.Tensor, rows: Sequence[int]) -> After:
        """Return where rows stand that continue cached prompts; keeps `past` for them only.

        `mask` [prompts, width] holds the prompts' real tokens, `rows` the prompt of each row.
        """
        keep = self.tensor(rows)
        past.batch_select_indices(keep)
        return After(past, mask[keep])

    def __call__(
        self, ids: torch.Tensor, where: tuple[torch.Tensor, torch.Tensor], **more: Any
    ) -> tuple[torch.Tensor, Any]:
        """Return float32 logits at the given (rows, columns) as [places, words], and the cache."""
        if not self._takes_positions:
            more.pop("position_ids", None)
        with self._only(*where):
            out = self.model(input_ids=ids, **more)
        return out.logits[0].float(), getattr(out, "past_key_values", None)

    @contextmanager
    def _only(self, rows: torch.Tensor, columns: torch.Tensor) -> Iterator[None]:
        # Selected before the head, a long batch costs no [batch, length, words] logits, and
        # whatever the model does to its logits afterwards (scaling, capping) still happens.
        def select(_: Any, args: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
            return (args[0][rows, columns].unsqueeze(0), *args[1:])

        hook = self._head.register_forward_pre_hook(select)
        try:
            yield
        finally:
            hook.remove()

    def stops(self, *also: int | None) -> frozenset[int]:
        """Return the ids that end a reply: the model's own and those given."""
        own = self.model.generation_config.eos_token_id
        listed = own if isinstance(own, list) else [own]
        return frozenset(token for token in (*listed, *also) if token is not None)
