"""Run the provider: `python -m tests.provider --port 8080 --settings '{"latency_seconds": 1}'`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json

from tests.provider import server
from tests.provider.settings import Settings


def main() -> None:
    """Serve until killed; the first line on standard output says where."""
    parser = argparse.ArgumentParser(prog="python -m tests.provider")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--settings", type=json.loads, default={}, help="controls as JSON")
    parser.add_argument(
        "--while-stdin-open",
        action="store_true",
        help="end with the process that holds the other end of standard input",
    )
    chosen = parser.parse_args()
    settings = Settings(seed=chosen.seed)
    settings.update(chosen.settings)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve(settings, chosen.port, chosen.while_stdin_open))


if __name__ == "__main__":
    main()
