"""What the workers of the kill test do: end a training at a step, continue it, compare the end."""

from __future__ import annotations

import json
import signal
from contextlib import closing
from pathlib import Path

import torch

from finetune.lora import resuming
from generate.capture import fill  # noqa: F401  imported before forking
from tests.finetune.lora import tiny
from tests.warehouse.faults import Shim, kill_at, nothing
from tests.warehouse.survive import in_child, prepare
from warehouse.lake import open_lake

torch.set_num_threads(1)


def undisturbed(place: str, base: str) -> None:
    """Train once; write the steps that it took, and what came of it, beside the place."""
    _prepare()
    lake = _begun(place)
    shim = Shim(lake.parent).install()
    digest = _train(lake, base)
    steps = [[step.kind, str(step.path.relative_to(lake.parent))] for step in shim.steps]
    lake.parent.with_suffix(".json").write_text(json.dumps({"steps": steps, "digest": digest}))


def kill(place: str, base: str, step: str, digest: str) -> None:
    """End the training at a step; the same command then ends in the same weights and rows."""
    _prepare()
    lake = _begun(place)

    def victim() -> None:
        _prepare()
        Shim(lake.parent, kill_at(int(step)), nothing).install()
        _train(lake, base)

    assert in_child(victim) == -signal.SIGKILL
    assert _train(lake, base) == digest
    with closing(open_lake(lake)) as opened, opened.reader() as con:
        query = "SELECT step FROM training_steps_history ORDER BY step"
        assert con.execute(query).fetchall() == [(1,), (2,), (3,)]
        assert con.execute("SELECT name FROM models").fetchall() == [("tuned:new",)]
    assert [path.name for path in (lake / "adapters").iterdir()] == ["new"]


def _train(lake: Path, base: str) -> str:
    with closing(open_lake(lake)) as opened:
        found = tiny.train(opened, f"hf:{base}", "new", steps=3)
    return str(found.model["adapter_digest"])


def _prepare() -> None:
    prepare()
    # A checkpoint after every step.
    resuming.SECONDS = resuming.SHARE = 0.0


def _begun(place: str) -> Path:
    folder = Path(place)
    folder.mkdir(exist_ok=True)
    # In a child: Polars' threads, once started here, would be missing in what is forked later.
    assert in_child(lambda: tiny.make(folder / "lake").close()) == 0
    return folder / "lake"
