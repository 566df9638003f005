"""The provider in a process of its own, as a context manager for tests."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.provider.bills import Bill

ROOT = Path(__file__).resolve().parents[2]

# A proxy of the environment must not come between a test and its own loopback.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Provider:
    """A running provider; `settings` are its controls, by name."""

    url: str
    """Anthropic's base URL; OpenAI's is this with `/v1`."""

    def __init__(self, seed: int = 0, **settings: Any) -> None:
        self.arguments = ["--seed", str(seed), "--settings", json.dumps(settings)]

    def __enter__(self) -> Provider:
        # It ends when its standard input closes: also when the test that holds it is killed.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.provider", "--while-stdin-open", *self.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"The provider ended with status {self.process.wait(10)}.")
        self.url = json.loads(line)["url"]
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.kill()
        self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()

    def bills(self) -> list[Bill]:
        """Return everything that was billed, in order."""
        return [Bill(**row) for row in self._ask("/_bills")]

    def seen(self) -> dict[str, Any]:
        """Return the counters: received, returned, faults, batches_created, most_in_flight."""
        counters: dict[str, Any] = self._ask("/_seen")
        return counters

    def inflight(self) -> list[str]:
        """Return the ids of the calls to models that are in flight now."""
        names: list[str] = self._ask("/_inflight")["requests"]
        return names

    def batches(self) -> list[dict[str, Any]]:
        """Return every batch with its custom ids and fates, oldest first."""
        batches: list[dict[str, Any]] = self._ask("/_batches")
        return batches

    def jobs(self) -> list[dict[str, Any]]:
        """Return every fine-tuning job as it stands now, oldest first."""
        jobs: list[dict[str, Any]] = self._ask("/_jobs")
        return jobs

    def control(self, **settings: Any) -> dict[str, Any]:
        """Change controls by name and return all of them; a wrong name is a ValueError."""
        try:
            changed: dict[str, Any] = self._ask("/_control", settings)
        except urllib.error.HTTPError as error:
            raise ValueError(error.read().decode()) from error
        return changed

    def reset(self) -> None:
        """Forget bills, counters and batches, and set the controls as they were at the start."""
        self._ask("/_reset", {})

    def _ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with DIRECT.open(urllib.request.Request(self.url + path, data), timeout=60) as reply:
            return json.load(reply)
