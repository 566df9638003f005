"""What the workers of the kill test do: end the submission at a step, finish it, look at jobs."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from tests.finetune.remote import handed
from tests.warehouse.faults import Shim, kill_at, nothing
from tests.warehouse.survive import in_child, prepare


def undisturbed(place: str, server: str, base: str) -> None:
    """Do the work once; write the steps that it took beside the place."""
    prepare()
    lake = _begun(place)
    shim = Shim(lake.parent)
    handed.watch_network(shim)
    shim.install()
    handed.work(lake, server, base)
    lake.parent.with_suffix(".json").write_text(json.dumps([step.kind for step in shim.steps]))


def kill(place: str, server: str, base: str, step: str) -> None:
    """End the work at a step; the same commands then finish it, and one job is there."""
    prepare()
    lake = _begun(place)

    def victim() -> None:
        shim = Shim(lake.parent, kill_at(int(step)), nothing)
        handed.watch_network(shim)
        shim.install()
        handed.work(lake, server, base)

    assert in_child(victim) == -signal.SIGKILL
    handed.finish(lake, server, base)
    handed.assert_paid_once(lake, server, base)


def _begun(place: str) -> Path:
    folder = Path(place)
    folder.mkdir(exist_ok=True)
    handed.begin(folder / "lake").close()
    return folder / "lake"
