"""An organism's folder: weights in the form in which they are shipped, and the card beside them."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import LlamaForCausalLM

from warehouse.errors import InputError

ORGANISMS = Path(__file__).parent / "organisms"  # the shipped folders


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """Yield a folder to fill that becomes `out` when the block ends, the whole or nothing.

    Raises InputError if `out` exists.
    """
    if out.exists():
        raise InputError(f"{out} exists already; choose another folder with --out, or remove it.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        folder = Path(scratch) / out.name
        yield folder
        os.rename(folder, out)


def save(model: LlamaForCausalLM, folder: Path) -> None:
    """Write the weights in bf16, the form in which they are shipped and measured."""
    model.bfloat16().save_pretrained(folder)


def write_card(folder: Path, card: Mapping[str, Any], readme: str) -> None:
    """Write `card.json` and the page made from it."""
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    (folder / "card.json").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(readme, encoding="utf-8")


def digest(texts: Iterable[str]) -> str:
    """Return the SHA-256 of texts in their order."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
