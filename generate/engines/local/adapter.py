"""A LoRA adapter as files: what names it, and what speaks against it. Nothing here loads torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from generate.engines.local import digests
from generate.engines.local.files import json_object
from warehouse import keys
from warehouse.errors import InputError

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True)
class Adapter:
    """A folder as PEFT writes it; `name` is what people call it."""

    name: str
    folder: Path

    @cached_property
    def config(self) -> dict[str, Any]:
        """The adapter's config; raise InputError for one that is not LoRA."""
        config = json_object(self.folder / CONFIG)
        kind = config.get("peft_type")
        if kind != "LORA":
            raise InputError(
                f"The adapter {self.name} is of kind {kind!r:.40}; only LoRA can be read."
            )
        return config

    @property
    def base(self) -> str:
        """The name of the model that it was trained on, as its config gives it."""
        base = self.config.get("base_model_name_or_path")
        if not isinstance(base, str) or not base:
            raise InputError(
                f"The adapter {self.name} does not name its base. Give both: hf:BASE+ADAPTER"
            )
        return base

    @cached_property
    def card(self) -> dict[str, Any] | None:
        """The adapter's card.json, or None."""
        path = self.folder / "card.json"
        return json_object(path) if path.is_file() else None

    def weights(self) -> Path:
        """Return the weight file; raise InputError where there is none that is safe to read."""
        path = self.folder / WEIGHTS
        if not path.is_file():
            pickled = (self.folder / "adapter_model.bin").exists()
            raise InputError(
                f"The adapter {self.name} has no {WEIGHTS}"
                + (", only adapter_model.bin, which can run code when it is read" * pickled)
                + ". Save it as safetensors first."
            )
        return path

    def digest(self) -> str:
        """Return the SHA-256 of what the adapter does, wherever its base may lie."""
        settings = {**self.config, "base_model_name_or_path": None}
        return digests.of_text(keys.canonical([settings, digests.of_file(self.weights())]))

    def require_base(self, weights_digest: str) -> None:
        """Raise InputError if the card names other base weights than these."""
        named = (self.card or {}).get("base")
        wanted = named.get("weights_digest") if isinstance(named, dict) else None
        if wanted not in (None, weights_digest):
            raise InputError(
                f"The adapter {self.name} was trained on other weights than these of its base "
                f"(its card.json says {str(wanted)[:12]}, they are {weights_digest[:12]})."
            )
