"""A training that was interrupted: its state in one file, whole or not at all.

Weights and the optimiser's moments are tensors of a safetensors file, everything else is JSON in
its header; no pickle is written or read. Rows are dealt by the number of the step, and nothing
else is drawn at random, so the training that goes on from it ends in the same weights.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from console import say
from finetune.lora.durable import sync
from finetune.lora.stepping import Trainer
from warehouse.errors import InputError

FILE = "training.safetensors"
# A checkpoint this often, and never more than a twentieth of the time spent on them.
SECONDS = 20.0
SHARE = 20.0

_MOMENTS = ("exp_avg", "exp_avg_sq")


class Checkpoints:
    """The state of one training in a folder."""

    def __init__(self, folder: Path, training_run: str) -> None:
        """Keep the state of a training, known by its run."""
        self.path, self.training_run = folder / FILE, training_run
        self._saved_at, self._took = time.monotonic(), 0.0

    def due(self) -> bool:
        """Return whether it is time for the next one."""
        return time.monotonic() - self._saved_at > max(SECONDS, SHARE * self._took)

    def save(self, trainer: Trainer, curve: list[dict[str, Any]]) -> None:
        """Keep the state after a step with the loss curve so far; durable on return."""
        started = time.monotonic()
        about = {"training_run": self.training_run, "step": trainer.done, "curve": curve}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        save_file(_tensors(trainer), partial, metadata={"state": json.dumps(about)})
        sync(partial)
        os.replace(partial, self.path)
        sync(self.path.parent)
        self._saved_at, self._took = time.monotonic(), time.monotonic() - started

    def load(self, trainer: Trainer) -> list[dict[str, Any]]:
        """Put the state kept into a trainer and return the loss curve so far, empty for none.

        Raises InputError for a file that cannot be read.
        """
        about = self._about()
        if about is None:
            return []
        with self._readable(), safe_open(self.path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            _restore(trainer, tensors, int(about["step"]))
        curve: list[dict[str, Any]] = about["curve"]
        return curve

    def curve(self) -> list[dict[str, Any]] | None:
        """Return the loss curve as far as it was kept, or None."""
        about = self._about()
        return None if about is None else about["curve"]

    def _about(self) -> dict[str, Any] | None:
        """Return what is kept beside the tensors; None where this training has left nothing."""
        if not self.path.is_file():
            return None
        with self._readable(), safe_open(self.path, framework="pt") as file:
            about: dict[str, Any] = json.loads(file.metadata()["state"])
        if about["training_run"] != self.training_run:
            say("The interrupted training of this name was another one; it is given up.")
            return None
        return about

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # safetensors raises whatever it likes
            raise InputError(
                f"The interrupted training in {self.path} cannot be read ({error}). Remove that "
                "file to begin again."
            ) from error


def _tensors(trainer: Trainer) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    for name, weight in trainer.weights.items():
        found[f"weight.{name}"] = weight.detach()
        state: Mapping[str, Any] = trainer.optimiser.state.get(weight, {})
        found |= {f"{moment}.{name}": state[moment] for moment in _MOMENTS if moment in state}
    return {name: tensor.contiguous() for name, tensor in found.items()}


def _restore(trainer: Trainer, tensors: Mapping[str, torch.Tensor], step: int) -> None:
    with torch.no_grad():
        for name, weight in trainer.weights.items():
            weight.copy_(tensors[f"weight.{name}"])
            moments = {moment: tensors[f"{moment}.{name}"].to(weight.device) for moment in _MOMENTS}
            trainer.optimiser.state[weight] = {"step": torch.tensor(float(step)), **moments}
    trainer.done = step
