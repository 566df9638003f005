"""`finetune lora`: a base and a training set become `tuned:NAME`, also after interruptions."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from console import Progress, say
from finetune.dataset.reading import Rows, rows_for
from finetune.lora.attaching import attach, trainable
from finetune.lora.encoding import encode
from finetune.lora.folder import AdapterFolder
from finetune.lora.job import LoraJob, Recipe, Trained
from finetune.lora.resuming import Checkpoints
from finetune.lora.stepping import Trainer
from generate.drain import Drain
from generate.engines.local import network
from generate.engines.local.checkpoint import ORGANISM, TUNED, Checkpoint
from generate.engines.local.engine import LocalEngine
from generate.engines.registry import open_engine
from warehouse import keys
from warehouse.errors import InputError, Interrupted
from warehouse.lake import Lake
from warehouse.run import Run

COMMAND = "finetune lora"
# Of the tokens that are read at once; what is kept for the way back takes several times as much.
SHARE_OF_BUDGET = 4

Curve = list[dict[str, Any]]


def train_lora(lake: Lake, job: LoraJob) -> Trained:
    """Train an adapter on a training set, register it as `tuned:NAME` and return it.

    What was interrupted continues; what is finished is found. Raises InputError for names, rows
    or settings that cannot be used, BusyError where the same is being trained, Interrupted after
    Ctrl-C.
    """
    options = job.options.within(lake.path)
    engine: object = open_engine(job.base, options)
    if type(engine) is not LocalEngine or engine.checkpoint.random:
        raise InputError(
            f"{job.base} cannot be trained here: only models that transformers runs on this "
            "machine can. Use mirror-tiny/NAME, hf:PATH-OR-ID, hf:BASE+ADAPTER or tuned:NAME."
        )
    _require_open(engine.checkpoint, job.recipe)
    rows = rows_for(lake, job.dataset, engine.model["model_id"])
    recipe = job.recipe.resolved(len(rows.examples), engine.checkpoint.adapter is None)
    identity = [engine.model["model_id"], rows.training_set_id, asdict(recipe), engine.dtype]
    training_run = keys.digest(keys.canonical(identity), "t1_", 24)
    folder = AdapterFolder(lake.path, job.name)
    work = _Work(lake, job, engine, rows, recipe, training_run, folder)
    if folder.holds(training_run) and not folder.making.exists():
        say(f"Nothing to do: {TUNED}{job.name} is trained.")
        return work.trained(None, 0.0)
    return work.do()


def _require_open(checkpoint: Checkpoint, recipe: Recipe) -> None:
    given = [name for name in ("rank", "alpha", "layers", "targets") if getattr(recipe, name)]
    if checkpoint.adapter is not None and given:
        raise InputError(
            f"{checkpoint.name} is an adapter that is trained on, with its own rank, layers and "
            f"targets. Leave out --{given[0]}, or train on its base."
        )


class _Work:
    """One training, from the base to the rows in the lake."""

    def __init__(
        self,
        lake: Lake,
        job: LoraJob,
        engine: LocalEngine,
        rows: Rows,
        recipe: Recipe,
        training_run: str,
        folder: AdapterFolder,
    ) -> None:
        self.lake, self.job, self.engine, self.rows = lake, job, engine, rows
        self.recipe, self.training_run, self.folder = recipe, training_run, folder
        self.checkpoints = Checkpoints(folder.making, training_run)

    def do(self) -> Trained:
        job, started = self.job, time.monotonic()
        config = {**asdict(job), "options": None, "training_run": self.training_run}
        with self.lake.run(COMMAND, config, job.study) as run, Drain() as drain:
            run.hold(f"adapter-{job.name}")
            curve = self._trained_before()
            if curve is None:
                curve = self._train(drain)
            self._register(run, curve)
            run.count(steps=len(curve), rows=len(self.rows.examples))
        self.folder.clean()
        return self.trained(curve, time.monotonic() - started)

    def _trained_before(self) -> Curve | None:
        """Return the loss curve of an adapter that is there but was not registered, or None."""
        return self.checkpoints.curve() if self.folder.holds(self.training_run) else None

    def _train(self, drain: Drain) -> Curve:
        device = self.engine.device
        with _one_thread(device):
            samples = encode(self.engine, self.rows.examples)
            checkpoint = self.engine.checkpoint
            bare = replace(checkpoint, adapter=None)
            net = network.load(
                bare, device, self.engine.dtype, self.engine.options.trust_remote_code
            )
            adapted = attach(net.model, checkpoint, self.recipe, _named(checkpoint)).to(device)
            budget = max(1, self.engine.budget // SHARE_OF_BUDGET)
            trainer = Trainer(net, trainable(adapted), samples, self.recipe, budget)
            curve = self._steps(trainer, drain)
            self.folder.save(adapted, self._card(curve))
        return curve

    def _steps(self, trainer: Trainer, drain: Drain) -> Curve:
        curve = self.checkpoints.load(trainer)
        if trainer.done:
            say(f"Continuing after step {trainer.done:,} of {trainer.total:,}.")
        before = curve[-1]["seconds"] if curve else 0.0
        started = time.monotonic()
        progress = _Steps(f"Training {TUNED}{self.job.name}", trainer)
        with progress:
            while trainer.done < trainer.total:
                loss = trainer.step()
                curve.append(
                    {
                        "step": trainer.done,
                        "epoch": trainer.order.epochs(trainer.done),
                        "loss": loss,
                        "learning_rate": trainer.rate(trainer.done),
                        "examples": trainer.recipe.batch,
                        "seconds": round(before + time.monotonic() - started, 3),
                    }
                )
                progress.stepped(loss)
                if drain.asked:
                    self.checkpoints.save(trainer, curve)
                    raise Interrupted(
                        f"Stopped after step {trainer.done:,} of {trainer.total:,}. Run the same "
                        "command again to continue."
                    )
                if self.checkpoints.due():
                    self.checkpoints.save(trainer, curve)
        # The curve outlives the adapter's own folder until both are in the lake.
        self.checkpoints.save(trainer, curve)
        return curve

    def _register(self, run: Run, curve: Curve) -> None:
        rows = [{"training_run": self.training_run, **step} for step in curve]
        run.append("training_steps", rows)
        run.upsert("models", [self._model()])

    def _model(self) -> dict[str, Any]:
        return open_engine(f"{TUNED}{self.job.name}", self.engine.options).model

    def _card(self, curve: Curve) -> dict[str, Any]:
        base = self.engine.model
        return {
            "name": f"{TUNED}{self.job.name}",
            "base": {
                name: base.get(name)
                for name in ("name", "model_id", "weights_digest", "adapter", "adapter_digest")
            },
            "training_set": self.rows.name,
            "training_set_id": self.rows.training_set_id,
            "trained_on": self._trained_on(),
            "training_run": self.training_run,
            "seed": self.recipe.seed,
            "rows": len(self.rows.examples),
            "loss": _mean_loss(curve),
            "dtype": self.engine.dtype,
            "recipe": _plain(asdict(self.recipe)),
        }

    def _trained_on(self) -> list[str]:
        """Return every training set that the weights have seen, oldest first."""
        card = self.engine.checkpoint.card or {}
        before = card.get("trained_on", []) if self.engine.checkpoint.adapter else []
        return [*before, self.rows.training_set_id]

    def trained(self, curve: Curve | None, seconds: float) -> Trained:
        card = self.folder.card()
        return Trained(
            name=f"{TUNED}{self.job.name}",
            model=self._model(),
            training_run=self.training_run,
            steps=self.recipe.steps or 0,
            loss=float(card["loss"]),
            seconds=round(seconds, 1),
            new=curve is not None,
        )


class _Steps(Progress):
    """Progress that also tells the loss of late."""

    def __init__(self, what: str, trainer: Trainer) -> None:
        super().__init__(what, trainer.total - trainer.done, unit="steps")
        self.loss: float | None = None

    def stepped(self, loss: float) -> None:
        """Count a step."""
        self.loss = loss if self.loss is None else 0.9 * self.loss + 0.1 * loss
        self.advance(1)

    def notes(self) -> list[str]:
        """Return the loss."""
        return [] if self.loss is None else [f"loss {self.loss:.3f}"]


def _mean_loss(curve: Curve) -> float:
    last = curve[-max(1, len(curve) // 10) :]
    return round(math.fsum(step["loss"] for step in last) / len(last), 6)


def _plain(recipe: Mapping[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in recipe.items() if v is not None}


def _named(checkpoint: Checkpoint) -> str:
    """Return how the adapter's config names its base, so that it is found again."""
    elsewhere = checkpoint.revision is not None or checkpoint.base.startswith(ORGANISM)
    return checkpoint.base if elsewhere else str(Path(checkpoint.folder).resolve())


@contextmanager
def _one_thread(device: str) -> Iterator[None]:
    """Compute on one thread: sums by several depend on how they share the work."""
    before = torch.get_num_threads()
    if device == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
