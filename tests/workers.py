"""Many small pieces of work, each in a forked process, on as many warm processes as cores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from tests.warm import Warm

CORES = min(os.cpu_count() or 1, 8)


def failures(
    module: str, function: str, pieces: Sequence[Sequence[str]]
) -> list[tuple[tuple[str, ...], int]]:
    """Call a function of a module once for each piece, in a process of its own each time.

    Returns the arguments and exit status of the calls that failed; what they said is on stderr.
    """
    idle: SimpleQueue[Warm] = SimpleQueue()
    for _ in range(CORES):
        idle.put(Warm(module))

    def call(piece: Sequence[str]) -> int:
        warm = idle.get()
        try:
            warm.start(function, *piece)
            return warm.wait()
        finally:
            idle.put(warm)

    with ThreadPoolExecutor(CORES) as pool:
        statuses = list(pool.map(call, pieces))
    while not idle.empty():
        idle.get().__exit__()
    return [(tuple(p), status) for p, status in zip(pieces, statuses, strict=True) if status]
