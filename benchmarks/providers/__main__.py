"""How fast providers are asked, beside the bare SDK and Inspect AI: `make bench-providers`.

    python -m benchmarks.providers [PYTHON_WITH_INSPECT_AI]

All ask the same trivial server on loopback, a hundred at a time, in turns. Rates are requests a
second; a ratio above 1 is in our favour. Without the other Python its lines are left out.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.measure import PYTHON, ROOT, measure

IN_FLIGHT = 100
ROUNDS = 3
# A hundred in flight, each answered after half a second, are two hundred a second.
HALF_A_SECOND = 0.5


@contextmanager
def server(latency: float) -> Iterator[str]:
    """Run the trivial server and give its URL."""
    command = [*PYTHON, "-m", "benchmarks.providers.server", str(latency)]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def compare(what: str, requests: int, latency: float, other: tuple[str, ...], name: str) -> None:
    """Print the rates of both sides, in turns, and their ratio."""
    mine = (*PYTHON, "-m", "benchmarks.providers.ours")
    seconds: dict[tuple[str, ...], list[float]] = {mine: [], other: []}
    with server(latency) as url:
        for _ in range(ROUNDS):
            for side, taken in seconds.items():
                program, *more = " ".join(side).split(" -- ")
                command = (*program.split(" "), url, str(requests), str(IN_FLIGHT), *more)
                taken.append(measure(*command).seconds)
    ours, theirs = (requests / median(taken) for taken in seconds.values())
    line = f"| {what} | {requests:,} | {ours:,.0f} | {name} | {theirs:,.0f} | {ours / theirs:.2f} |"
    print(line, flush=True)


def main() -> None:
    """Print the table."""
    print("| server | requests | mirrorlake, a second | against | a second | ratio |")
    print("|---|---|---|---|---|---|")
    sdk = (*PYTHON, "-m", "benchmarks.providers.sdk")
    compare("answers at once", 10_000, 0.0, sdk, "bare openai SDK, aiohttp")
    compare("answers after 0.5 s", 4_000, HALF_A_SECOND, sdk, "bare openai SDK, aiohttp")
    kept_nowhere = (*PYTHON, "-m", "benchmarks.providers.ours", "--", "in-memory")
    compare("answers after 0.5 s", 4_000, HALF_A_SECOND, kept_nowhere, "the same, nothing durable")
    if len(sys.argv) > 1:
        script = Path(__file__).with_name("inspect_ai_eval.py")
        compare("answers at once", 1_000, 0.0, (sys.argv[1], str(script)), "Inspect AI 0.3.285")


if __name__ == "__main__":
    main()
