"""A model as files: where it lies and what names it. Nothing here loads torch.

Identity is a matter of bytes: equal weights, adapter, tokenizer and chat template are the same
model wherever the folders lie, and no row ever holds a path.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from generate.engines.local import digests
from generate.engines.local.adapter import CONFIG, Adapter
from generate.engines.local.files import json_object, text
from warehouse import keys
from warehouse.errors import InputError, nearest

ORGANISM = "mirror-tiny/"
HUB = "hf:"
# Before the name of an adapter that was trained on rows of a lake and lies in it.
TUNED = "tuned:"
# After a base's name: the same network with weights drawn at random, as a baseline.
RANDOM = "~random"
RANDOM_SEED = 0

_WANTED = ["*.json", "*.jinja", "*.safetensors", "*.model", "*.txt", "*.py"]
_TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model",
)  # fmt: skip
_LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
_CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "seq_length")


@dataclass(frozen=True)
class Checkpoint:
    """A folder with config, safetensors weights and tokenizer, and an adapter where there is one.

    `name` is what people call the whole. With `random` the weights are drawn, not read.
    """

    name: str
    base: str
    folder: Path
    revision: str | None = None
    adapter: Adapter | None = None
    random: bool = False

    @cached_property
    def config(self) -> dict[str, Any]:
        """The model's config.json."""
        return json_object(self.folder / "config.json")

    @cached_property
    def context(self) -> int | None:
        """The longest sequence in tokens, or None where the config names no limit."""
        inner = self.config.get("text_config")
        inner = inner if isinstance(inner, dict) else {}
        found = (source.get(key) for source in (self.config, inner) for key in _CONTEXT)
        value = next((value for value in found if value), None)
        if value is not None and not isinstance(value, int):
            raise InputError(f"config.json of {self.name} names the context {value!r:.40}.")
        return value

    @cached_property
    def chat_template(self) -> str | None:
        """The chat template's source, or None."""
        path = self.folder / "chat_template.jinja"
        if path.is_file():
            return text(path)
        settings = self.folder / "tokenizer_config.json"
        found = json_object(settings).get("chat_template") if settings.is_file() else None
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
        """Return the model's row of `models`; raise InputError if its adapter fits another."""
        tokenizer = [path for name in _TOKENIZER if (path := self.folder / name).is_file()]
        template = self.chat_template
        weights = self._drawn() if self.random else digests.of_files(self.weights())
        row = {
            "name": self.name,
            "engine": "transformers",
            "base": self.base,
            "revision": f"random-{RANDOM_SEED}" if self.random else self.revision,
            "weights_digest": weights,
            "tokenizer_digest": digests.of_files(tokenizer),
            "chat_template_digest": None if template is None else digests.of_text(template),
            "context_length": self.context,
            "card": None if self.random or not self.card else keys.canonical(self.card),
        }
        if self.adapter is not None:
            self.adapter.require_base(weights)
            row |= {"adapter": self.adapter.name, "adapter_digest": self.adapter.digest()}
            card = self.adapter.card or {}
            if card.get("training_run"):
                row |= {"training_run": card["training_run"], "seed": card.get("seed")}
        return {"model_id": keys.model_id(row), **row}

    def _drawn(self) -> str:
        """Return what stands for the digest of random weights: all that decides them."""
        return digests.of_text(keys.canonical(["random", RANDOM_SEED, self.config]))

    def twin(self) -> Checkpoint:
        """Return the base with random weights in the same network."""
        prefix = self.name.partition(":")[0] + ":" if ":" in self.name else ""
        if prefix == TUNED:
            prefix = "" if self.base.startswith(ORGANISM) else HUB
        name = f"{prefix}{self.base}{RANDOM}"
        return Checkpoint(name, self.base, self.folder, self.revision, random=True)

    @property
    def layers(self) -> int:
        """How many blocks the network has."""
        inner = self.config.get("text_config")
        sources = (self.config, inner if isinstance(inner, dict) else {})
        found = (source.get(key) for source in sources for key in _LAYERS)
        count = next((value for value in found if isinstance(value, int)), None)
        if count is None:
            raise InputError(f"config.json of {self.name} does not say how many layers there are.")
        return count

    @property
    def card(self) -> dict[str, Any] | None:
        """What is known about the model, or about its adapter where there is one."""
        if self.adapter is not None:
            return self.adapter.card
        path = self.folder / "card.json"
        return json_object(path) if path.is_file() else None


def locate(name: str, prefix: str = HUB, adapters: Path | None = None) -> Checkpoint:
    """Return the checkpoint behind `mirror-tiny/NAME`, `hf:PATH-OR-ID` or `hf:BASE+ADAPTER`.

    `tuned:NAME` is an adapter in the folder `adapters`. Any of them with `~random` behind it is
    its base with random weights.

    A folder or repository that holds an adapter alone names its base. An id that is no local
    folder is looked up in the Hugging Face cache, then downloaded. Another engine that runs
    the same files gives its own `prefix` in place of `hf:`; the checkpoint's name then begins
    with it, an embedded model's too. Raises InputError for an unknown organism, a folder
    without a model, or a failed download.
    """
    spec = name.removeprefix(prefix)
    if spec.endswith(RANDOM):
        return locate(name.removesuffix(RANDOM), prefix, adapters).twin()
    if name.startswith(TUNED):
        own = Adapter(name.removeprefix(TUNED), _tuned(name, adapters))
        return _checkpoint(_place(own.base), name, own)
    base, plus, adapter = spec.rpartition("+")
    if plus and not Path(spec).expanduser().is_dir():
        named, on = _place(base), _place(adapter)
        return _checkpoint(named, f"{_shown(named, prefix)}+{on.name}", Adapter(on.name, on.folder))
    found = _place(spec)
    if (found.folder / CONFIG).is_file() and not (found.folder / "config.json").is_file():
        own = Adapter(found.name, found.folder)
        return _checkpoint(_place(own.base), _shown(found, prefix), own)
    return _checkpoint(found, _shown(found, prefix))


def _checkpoint(place: _Place, name: str, adapter: Adapter | None = None) -> Checkpoint:
    if not (place.folder / "config.json").is_file():
        raise InputError(f"The folder of the model {place.name} has no config.json.")
    if adapter is not None and not (adapter.folder / CONFIG).is_file():
        raise InputError(f"The folder of the adapter {adapter.name} has no {CONFIG}.")
    return Checkpoint(name, place.name, place.folder, place.revision, adapter)


@dataclass(frozen=True)
class _Place:
    """A folder with the name that rows give it, and the commit if it came from the Hub."""

    name: str
    folder: Path
    revision: str | None = None


def _place(spec: str) -> _Place:
    if spec.startswith(ORGANISM):
        return _Place(spec, _organism(spec.removeprefix(ORGANISM)))
    folder = Path(spec).expanduser()
    if folder.is_dir():
        return _Place(folder.resolve().name, folder)
    if spec.count("/") > 1 or spec.startswith(("/", ".", "~")):
        raise InputError(f"There is no folder {spec}. Check the path.")
    snapshot = _snapshot(spec)
    return _Place(spec, snapshot, revision=snapshot.name)


def _tuned(name: str, adapters: Path | None) -> Path:
    if adapters is None:
        raise InputError(
            f"{name} lies in a lake and this command works on none. Give its folder as hf:FOLDER."
        )
    found = adapters.iterdir() if adapters.is_dir() else ()
    known = {path.name: path for path in found if not path.name.startswith(".")}
    if name.removeprefix(TUNED) not in known:
        raise InputError(
            f"There is no model '{name}' in the lake."
            f"{nearest(name, [TUNED + one for one in known])} Train one: mirrorlake finetune lora"
        )
    return known[name.removeprefix(TUNED)]


def _shown(place: _Place, prefix: str) -> str:
    embedded = prefix == HUB and place.name.startswith(ORGANISM)
    return place.name if embedded else prefix + place.name


def organisms() -> list[str]:
    """Return the names of the embedded models that are shipped."""
    folder = _organisms_folder()
    return sorted(
        path.name
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (path / "config.json").is_file() or (path / CONFIG).is_file()
    )


def _organisms_folder() -> Path:
    return Path(str(files("finetune"))) / "organisms"


def _organism(name: str) -> Path:
    known = organisms()
    if name not in known:
        raise InputError(f"There is no embedded model '{name}'.{nearest(name, known)}")
    return _organisms_folder() / name


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
                f"Hugging Face Hub ({_first_line(error)}). Give the path of a folder instead."
            ) from error


MISSING = (
    "Answering on this machine needs torch, transformers and peft. "
    "Install them: pip install 'mirrorlake[local]'"
)


def unloadable(part: str, checkpoint: Checkpoint, error: Exception) -> InputError:
    """Return the sentence for a model or tokenizer that transformers refuses."""
    return InputError(f"The {part} of {checkpoint.name} cannot be loaded: {_first_line(error)}.")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
