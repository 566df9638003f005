"""Many small pieces of work, each in a forked process, on as many warm processes as cores.

The warm processes of one module are kept from call to call, since their imports take longer than
most pieces.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from tests.warm import Warm

CORES = min(os.cpu_count() or 1, 8)
_warm: dict[str, list[Warm]] = {}


def failures(
    module: str, function: str, pieces: Sequence[Sequence[str]]
) -> list[tuple[tuple[str, ...], int]]:
    """Call a function of a module once for each piece, in a process of its own each time.

    Returns the arguments and exit status of the calls that failed; what they said is on stderr.
    """
    idle: SimpleQueue[Warm] = SimpleQueue()
    for process in _processes(module, min(CORES, len(pieces))):
        idle.put(process)

    def call(piece: Sequence[str]) -> int:
        warm = idle.get()
        try:
            warm.start(function, *piece)
            return warm.wait()
        finally:
            idle.put(warm)

    with ThreadPoolExecutor(CORES) as pool:
        statuses = list(pool.map(call, pieces))
    return [(tuple(p), status) for p, status in zip(pieces, statuses, strict=True) if status]


def _processes(module: str, number: int) -> list[Warm]:
    """Return so many warm processes of a module; those of other modules end."""
    if module not in _warm:
        _end()
    kept = _warm.setdefault(module, [])
    kept += [Warm(module) for _ in range(number - len(kept))]
    return kept[:number]


@atexit.register
def _end() -> None:
    while _warm:
        _, processes = _warm.popitem()
        for process in processes:
            process.__exit__()
