"""A warm process that forks workers, so that a killed worker costs milliseconds, not imports.

The parent only imports: it never opens a lake, so no thread or lock is alive when it forks.

    with Warm("tests.warehouse.crash_work") as warm:
        pid = warm.start("fill", "/path/of/lake")
        os.kill(pid, signal.SIGKILL)
        warm.wait()
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Warm:
    """A process that has imported a module and runs its functions in forked children."""

    def __init__(self, module: str) -> None:
        """Start the process and wait until its imports are done."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            bufsize=1,
        )
        assert self._read() == "ready"

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)

    def start(self, function: str, *arguments: str) -> int:
        """Fork a child that calls a function of the module with text; return its pid."""
        assert self.process.stdin is not None
        self.process.stdin.write("\t".join([function, *arguments]) + "\n")
        return int(self._read())

    def wait(self) -> int:
        """Return the exit status of the child, negative for the signal that ended it."""
        return int(self._read())

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def serve(module: str) -> None:
    """Run forked children one at a time, as told on standard input."""
    work = importlib.import_module(module)
    print("ready", flush=True)
    for line in sys.stdin:
        function, *arguments = line.rstrip("\n").split("\t")
        pid = os.fork()
        if pid == 0:
            # Never print on the protocol's channel.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            getattr(work, function)(*arguments)
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
