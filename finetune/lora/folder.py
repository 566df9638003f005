"""An adapter's folder in the lake: made whole under another name, then given its own."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peft import PeftModel

from finetune.lora.durable import sync
from generate.engines.base import ADAPTERS
from generate.engines.local.adapter import CONFIG, WEIGHTS
from warehouse import keys
from warehouse.errors import InputError

CARD = "card.json"


class AdapterFolder:
    """Where `tuned:NAME` lies in a lake, and where it is being made."""

    def __init__(self, lake: Path, name: str) -> None:
        """Name the two folders; nothing is made yet."""
        self.name = name
        self.path = lake / ADAPTERS / name
        # A name that no adapter can have, so that it is never taken for one.
        self.making = lake / ADAPTERS / f".{name}"

    def holds(self, training_run: str) -> bool:
        """Return whether the adapter of a training is there.

        Raises InputError where another training's is.
        """
        if not self.path.exists():
            return False
        card = self.card()
        if card.get("training_run") != training_run:
            raise InputError(
                f"There is an adapter '{self.name}' in the lake that was trained otherwise. "
                f"Choose another --name, or remove {self.path}."
            )
        return True

    def card(self) -> dict[str, Any]:
        """Return the adapter's card, empty where it has none that can be read."""
        try:
            found = json.loads((self.path / CARD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def save(self, adapted: PeftModel, card: Mapping[str, Any]) -> None:
        """Write the adapter with its card; it is there whole or not at all."""
        whole = self.making / "adapter"
        shutil.rmtree(whole, ignore_errors=True)
        whole.mkdir(parents=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Asked to decide about embeddings itself, PEFT looks the base up on the Hub.
            adapted.save_pretrained(str(whole), save_embedding_layers=False)
        self._tidy(whole)
        (whole / CARD).write_text(keys.canonical(card) + "\n", encoding="utf-8")
        (whole / WEIGHTS).chmod(0o644)  # safetensors leaves it to its owner alone
        for path in (*whole.iterdir(), whole):
            sync(path)
        os.rename(whole, self.path)
        sync(self.path.parent)

    @staticmethod
    def _tidy(whole: Path) -> None:
        """Leave weights and config alone, the config with its sets in order."""
        for path in whole.iterdir():
            if path.name not in {CONFIG, WEIGHTS}:
                path.unlink()
        config = json.loads((whole / CONFIG).read_text(encoding="utf-8"))
        ordered = {k: sorted(v) if k == "target_modules" else v for k, v in config.items()}
        (whole / CONFIG).write_text(
            json.dumps(ordered, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )

    def clean(self) -> None:
        """Remove what was only needed to make it."""
        shutil.rmtree(self.making, ignore_errors=True)
