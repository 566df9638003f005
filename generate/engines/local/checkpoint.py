"""A model as files: where it lies and what names it. Nothing here loads torch.

Identity is a matter of bytes: equal weights, tokenizer and chat template are the same model
wherever the folder lies, and no row ever holds a path.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from generate.engines.local import digests
from warehouse import keys
from warehouse.errors import InputError, nearest

ORGANISM = "mirror-tiny/"
HUB = "hf:"

_WANTED = ["*.json", "*.jinja", "*.safetensors", "*.model", "*.txt", "*.py"]
_TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model",
)  # fmt: skip
_CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "seq_length")


@dataclass(frozen=True)
class Checkpoint:
    """A folder with config, safetensors weights and tokenizer; `name` is what people call it."""

    name: str
    base: str
    folder: Path
    revision: str | None = None

    @cached_property
    def config(self) -> dict[str, Any]:
        """The model's config.json."""
        return _json(self.folder / "config.json")

    @cached_property
    def context(self) -> int | None:
        """The longest sequence in tokens, or None where the config names no limit."""
        text = self.config.get("text_config")
        text = text if isinstance(text, dict) else {}
        found = (source.get(key) for source in (self.config, text) for key in _CONTEXT)
        value = next((value for value in found if value), None)
        if value is not None and not isinstance(value, int):
            raise InputError(f"config.json of {self.name} names the context {value!r:.40}.")
        return value

    @cached_property
    def chat_template(self) -> str | None:
        """The chat template's source, or None."""
        path = self.folder / "chat_template.jinja"
        if path.is_file():
            return _text(path)
        settings = self.folder / "tokenizer_config.json"
        found = _json(settings).get("chat_template") if settings.is_file() else None
        return found if found is None or isinstance(found, str) else json.dumps(found)

    def weights(self) -> list[Path]:
        """Return the weight files; raise InputError where there are none."""
        found = sorted(path for path in self.folder.glob("*.safetensors") if path.is_file())
        if not found:
            raise InputError(
                f"The model {self.name} has no .safetensors weights. "
                "Other formats can run code when they are read; convert it first."
            )
        return found

    def row(self) -> dict[str, Any]:
        """Return the model's row of `models`."""
        card = self.folder / "card.json"
        tokenizer = [path for name in _TOKENIZER if (path := self.folder / name).is_file()]
        template = self.chat_template
        row = {
            "name": self.name,
            "engine": "transformers",
            "base": self.base,
            "revision": self.revision,
            "weights_digest": digests.of_files(self.weights()),
            "tokenizer_digest": digests.of_files(tokenizer),
            "chat_template_digest": None if template is None else digests.of_text(template),
            "context_length": self.context,
            "card": keys.canonical(_json(card)) if card.is_file() else None,
        }
        return {"model_id": keys.model_id(row), **row}


def locate(name: str) -> Checkpoint:
    """Return the checkpoint behind `mirror-tiny/NAME` or `hf:PATH-OR-ID`.

    An id that is no local folder is looked up in the Hugging Face cache, then downloaded.
    Raises InputError for an unknown organism, a folder without a model, or a failed download.
    """
    if name.startswith(ORGANISM):
        found = Checkpoint(name, name, _organism(name.removeprefix(ORGANISM)))
    else:
        found = _from_hub_or_folder(name.removeprefix(HUB))
    if not (found.folder / "config.json").is_file():
        raise InputError(f"The folder of the model {found.name} has no config.json.")
    return found


def organisms() -> list[str]:
    """Return the names of the embedded models that are shipped."""
    folder = _organisms_folder()
    return sorted(p.parent.name for p in folder.glob("*/config.json")) if folder.is_dir() else []


def _organisms_folder() -> Path:
    return Path(str(files("finetune"))) / "organisms"


def _organism(name: str) -> Path:
    known = organisms()
    if name not in known:
        raise InputError(f"There is no embedded model '{name}'.{nearest(name, known)}")
    return _organisms_folder() / name


def _from_hub_or_folder(spec: str) -> Checkpoint:
    folder = Path(spec).expanduser()
    if folder.is_dir():
        base = folder.resolve().name
        return Checkpoint(HUB + base, base, folder)
    if spec.count("/") > 1 or spec.startswith(("/", ".", "~")):
        raise InputError(f"There is no folder {spec}. Check the path after '{HUB}'.")
    snapshot = _snapshot(spec)
    return Checkpoint(HUB + spec, spec, snapshot, revision=snapshot.name)


def _snapshot(repository: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise InputError(MISSING) from error
    try:
        return Path(snapshot_download(repository, allow_patterns=_WANTED, local_files_only=True))
    except Exception:
        try:
            return Path(snapshot_download(repository, allow_patterns=_WANTED))
        except Exception as error:
            raise InputError(
                f"The model '{repository}' is neither a local folder nor to be had from the "
                f"Hugging Face Hub ({_first_line(error)}). Give the path of a folder: {HUB}PATH"
            ) from error


MISSING = (
    "Answering on this machine needs torch and transformers. "
    "Install them: pip install 'mirrorlake[local]'"
)


def unloadable(part: str, checkpoint: Checkpoint, error: Exception) -> InputError:
    """Return the sentence for a model or tokenizer that transformers refuses."""
    return InputError(f"The {part} of {checkpoint.name} cannot be loaded: {_first_line(error)}.")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_text(path), parse_constant=str)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name} of the model cannot be read: {error}.") from error
    if not isinstance(value, dict):
        raise InputError(f"{path.name} of the model is not a JSON object.")
    return value


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} of the model cannot be read: {error}.") from error
