"""`generate responses` as it is: planned, priced, every answer durable before it counts.

    python -m benchmarks.providers.ours URL REQUESTS IN_FLIGHT [in-memory]

Timed from the first request planned to the last answer committed; a start of Python and the
making of the lake are left out, as they are for the others. `in-memory` is the same without the
durable ledger under it: what durability costs is the difference.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.providers.words import prompt
from generate.job import Limits, ResponsesJob
from generate.remote import sender
from generate.responses import generate_responses
from warehouse import keys
from warehouse.lake import open_lake


def question(i: int) -> dict[str, object]:
    """Return a question without options."""
    messages = [{"role": "user", "content": prompt(i)}]
    return {
        "question_id": keys.question_id("bench", messages, []),
        "dataset": "bench",
        "group_id": str(i),
        "messages": keys.canonical(messages),
        "choices": [],
    }


def ask(url: str, requests: int, in_flight: int, folder: Path) -> float:
    """Return the seconds that the whole command took."""
    import openai  # noqa: F401  the SDK's import is nobody's work

    lake = open_lake(folder / "lake", create=True)
    with lake.run("ingest questions") as run:
        run.append("questions", [question(i) for i in range(requests)])
    job = ResponsesJob(
        questions="bench",
        model=f"openai:tiny@{url}",
        readings=("text",),
        limits=Limits(in_flight=in_flight),
    )
    started = time.perf_counter()
    done = generate_responses(lake, job)
    assert done.statuses == {"ok": requests}
    return time.perf_counter() - started


class Forgetful:
    """A journal that keeps nothing."""

    def __init__(self, ledger: Path) -> None:
        """Open nothing."""

    async def __aenter__(self) -> Forgetful:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def write(self, change: object) -> None:
        """Return at once."""


if __name__ == "__main__":
    if "in-memory" in sys.argv:
        sender.Journal = Forgetful  # type: ignore[misc, assignment]
    url, requests, in_flight = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps({"seconds": ask(url, requests, in_flight, Path(place))}))
