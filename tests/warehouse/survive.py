"""What the workers of the step tests do: disturb the minimal work at a step, then look.

Each function runs in a process that was forked from a warm one and forks its victims itself,
so that a victim may end in any way. A lake lies in a folder of its own: `PLACE/lake`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from console import catch
from tests.warehouse.faults import After, Before, Half, Shim, Step, kill_at, nothing, refuse
from tests.warehouse.minimal import (
    assert_readers_agree,
    assert_whole,
    contents,
    recover,
    state,
    work,
)
from tests.warehouse.power import Power
from warehouse import compaction, recovery, views
from warehouse.lake import LEDGER

# A worker that hangs is a failure, and names itself by the signal.
WORKER_SECONDS = 600

# Steps that a command can do without: a lock's note, and giving free pages back to the disk.
SPARED = {"write", "vacuum", "close"}


def prepare() -> None:
    """Set up a worker: merge and collect at once, and leave out the views of the analyses.

    Those take most of the time and no step.
    """
    signal.alarm(WORKER_SECONDS)
    compaction.MAX_FILES = 1
    recovery.GRACE_SECONDS = 0.0
    views.analysis_views = dict  # type: ignore[assignment]


def undisturbed(place: str) -> None:
    """Do the work once; write beside the place its rows and the steps it took.

    Raises AssertionError where anything in the folder changes between two steps.
    """
    prepare()
    lake = _lake(place)
    seen: list[dict[str, object]] = [_disk(lake.parent)]

    def before(step: Step, half: Half) -> None:
        assert _disk(lake.parent) == seen[-1], f"unseen change before {step}"

    def after(step: Step) -> None:
        seen.append(_disk(lake.parent))

    shim = Shim(lake.parent, before, after).install()
    work(lake)
    assert _disk(lake.parent) == seen[-1], "unseen change after the last step"
    steps = [[s.kind, str(s.path.relative_to(lake.parent))] for s in shim.steps]
    record = {"rows": contents(lake), "steps": steps}
    lake.parent.with_suffix(".json").write_text(json.dumps(record))


def _disk(folder: Path) -> dict[str, object]:
    """Return name, inode, mode, size and time of all that is neither SQLite's nor growing."""
    found: dict[str, object] = {}
    for path in folder.rglob("*"):
        if path.name.startswith(LEDGER) and path.name != LEDGER:
            continue
        about = path.lstat()
        growing = path.is_dir() or path.suffix in {".tmp", ".lock", ".sqlite"}
        size = () if growing else (about.st_size, about.st_mtime_ns)
        found[str(path)] = (about.st_ino, about.st_mode, *size)
    return found


def kill(place: str, wanted: str, step: str) -> None:
    """Kill the work at a step; the same command then finishes it, and nothing is wrong."""
    lake = _lake(place)
    assert victim(lake, kill_at(int(step)), lambda: work(lake)) == -signal.SIGKILL
    _finish(lake, wanted)


def kill_twice(place: str, wanted: str, step: str) -> None:
    """Kill the work at a step, and what recovers from that at each of its own steps.

    Recovering again must come to the lake to which an undisturbed recovery comes. The number
    of recoveries that were killed is written beside the place.
    """
    once, lake = _lake(f"{place}-once"), _lake(place)
    assert victim(once, kill_at(int(step)), lambda: work(once)) == -signal.SIGKILL
    undisturbed_state = _recovered(once, lake)
    pairs = 0
    while _kill_recovery(once, lake, pairs + 1):
        assert _recovered(lake, lake) == undisturbed_state, f"{step} x {pairs + 1}"
        pairs += 1
    lake.parent.with_suffix(".pairs").write_text(str(pairs))


def _kill_recovery(once: Path, lake: Path, step: int) -> bool:
    """Recover a copy of a lake and kill that at a step; return whether it came so far."""
    signal.alarm(WORKER_SECONDS)
    shutil.rmtree(lake.parent)
    shutil.copytree(once.parent, lake.parent)
    status = victim(lake, kill_at(step), lambda: recover(lake))
    assert status in {0, -signal.SIGKILL}, status
    return status != 0


def _recovered(left: Path, lake: Path) -> str:
    """Recover a lake, or a copy of it, and return the state that it then has."""
    if left != lake:
        shutil.rmtree(lake.parent)
        shutil.copytree(left.parent, lake.parent)
    told = lake.parent.with_suffix(".state")

    def child() -> None:
        recover(lake)
        told.write_text(json.dumps(state(lake)))

    assert in_child(child) == 0
    return told.read_text()


def refusal(place: str, wanted: str, step: str, code: str, ever_after: str) -> None:
    """Let the disk refuse a step; that is one sentence, and the next command finishes the work."""
    lake = _lake(place)
    said = lake.parent.with_suffix(".said")

    def command() -> None:
        sys.stderr = said.open("w")
        catch(work)(lake)

    status = victim(lake, refuse(int(step), int(code), bool(ever_after)), command)
    heard = said.read_text()
    [kind, _] = json.loads(Path(wanted).read_text())["steps"][int(step) - 1]
    if kind in SPARED and heard == "":
        assert status == 0
    else:
        assert status == 2, (status, heard)
        assert heard.startswith("Error: "), heard
        assert heard.count("\n") == 1, heard
    _finish(lake, wanted)


def power_cut(place: str, wanted: str, step: str, seed: str) -> None:
    """Cut the power before a step: only what was flushed is sure, the rest is as `seed` draws.

    Without a seed nothing is left but what was flushed.
    """
    lake = _lake(place)
    left = lake.parent.with_suffix(".left")
    power = Power(lake.parent)
    chance = random.Random(f"{seed} {step}") if seed else None

    def cut(now: Step, half: Half) -> None:
        if now.number == int(step):
            left.mkdir()
            power.lay_out(left, chance)
            os.kill(os.getpid(), signal.SIGKILL)

    assert victim(lake, cut, lambda: work(lake), power.after) == -signal.SIGKILL
    shutil.rmtree(lake.parent)
    left.rename(lake.parent)
    _finish(lake, wanted)


def _lake(place: str) -> Path:
    folder = Path(place)
    folder.mkdir(exist_ok=True)
    return folder / "lake"


def victim(
    lake: Path, before: Before, function: Callable[[], object], after: After = nothing
) -> int:
    """Run a function under a shim in a child; return its exit status, negative for a signal."""

    def child() -> None:
        Shim(lake.parent, before, after).install()
        function()

    return in_child(child)


def in_child(function: Callable[[], object]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            prepare()
            function()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _finish(lake: Path, wanted: str) -> None:
    """Let a reader and then the same command come by; all must be as if nothing had happened."""
    prepare()
    assert_readers_agree(lake)
    work(lake)
    assert_whole(lake, json.loads(Path(wanted).read_text())["rows"])
