"""What the workers of the paid step tests do: end the work at a step, finish it, look at bills.

Arguments are text: the place, the kind of work, the provider's URL, a model name of one's own.
"""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from generate.batches import filling
from tests.generate.remote import paid
from tests.warehouse.faults import Before, Shim, kill_at, nothing
from tests.warehouse.minimal import recover
from tests.warehouse.survive import in_child, prepare


def undisturbed(place: str, kind: str, server: str, name: str) -> None:
    """Do the work once; write the steps that it took beside the place."""
    _prepare()
    lake = _begun(place)
    shim = Shim(lake.parent)
    paid.watch_network(shim)
    shim.install()
    paid.work(lake, kind, server, name)
    steps = [[s.kind, str(s.path.relative_to(lake.parent))] for s in shim.steps]
    lake.parent.with_suffix(".json").write_text(json.dumps(steps))


def kill(place: str, kind: str, server: str, name: str, step: str) -> None:
    """End the work at a step; the same command then finishes it, and every bill is explained."""
    _prepare()
    lake = _begun(place)
    assert _killed(lake, int(step), lambda: paid.work(lake, kind, server, name))
    paid.finish(lake, kind, server, name)
    paid.assert_paid_for(lake, kind, server, name, kills=1)


def kill_twice(place: str, kind: str, server: str, name: str, step: str) -> None:
    """End the work at a step and what comes after it at each of its own; then finish.

    For batches what comes after is `generate batches --collect`, else a recovery.
    """
    _prepare()
    once, lake = _begun(f"{place}-once"), Path(place) / "lake"
    assert _killed(once, int(step), lambda: paid.work(once, kind, server, name))
    pairs = 0
    while True:
        signal.alarm(600)
        shutil.rmtree(lake.parent, ignore_errors=True)
        shutil.copytree(once.parent, lake.parent)
        after = paid.collect if kind.endswith("batch") else recover
        if not _killed(lake, pairs + 1, lambda after=after: after(lake)):
            break
        pairs += 1
    # The provider is one for all copies: only one of them can be finished and looked at.
    paid.finish(lake, kind, server, name)
    paid.assert_paid_for(lake, kind, server, name, kills=1)
    lake.parent.with_suffix(".pairs").write_text(str(pairs))


def _prepare() -> None:
    prepare()
    filling.FIRST_WAIT = 0.03


def _begun(place: str) -> Path:
    folder = Path(place)
    folder.mkdir(exist_ok=True)
    paid.begin(folder / "lake")
    return folder / "lake"


def _killed(lake: Path, step: int, function: Callable[[], object]) -> bool:
    """Run a function in a child that dies at a step; return whether it came so far."""
    status = _victim(lake, kill_at(step), function)
    assert status in {0, -signal.SIGKILL}, status
    return status != 0


def _victim(lake: Path, before: Before, function: Callable[[], object]) -> int:
    def child() -> None:
        shim = Shim(lake.parent, before, nothing)
        filling.FIRST_WAIT = 0.03
        paid.watch_network(shim)
        shim.install()
        function()

    return in_child(child)
