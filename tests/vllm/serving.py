"""A real vLLM server on a free port of this machine, and the plainest transport to it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generate.engines.vllm import facts

READY_WITHIN = 240.0
_ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "TORCHDYNAMO_DISABLE": "1",
    "HF_HUB_OFFLINE": "1",
}


class Server:
    """A server's address, with the two calls that `facts` and `wire` want."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    async def get(self, path: str) -> dict[str, Any]:
        return await asyncio.to_thread(self._call, path, None)

    async def post(self, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(self._call, path, json.dumps(payload).encode())

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2):
                return True
        except OSError:
            return False

    def _call(self, path: str, body: bytes | None) -> dict[str, Any]:
        request = urllib.request.Request(
            self.url + path, body, {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise facts.Refused(error.code, error.read().decode()) from error


@contextmanager
def served(folder: Path, name: str, log: Path, *arguments: str) -> Iterator[Server]:
    """Yield a server of a model folder in float32, ready; it is stopped afterwards."""
    port = _free_port()
    command = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder),
        "--served-model-name", name, "--host", "127.0.0.1", "--port", str(port),
        "--dtype", "float32", "--enforce-eager", "--block-size", "32", *arguments,
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env={**os.environ, **_ENVIRONMENT},
            cwd=log.parent,
        )
        try:
            made = Server(port)
            _wait(made, process, log)
            yield made
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while not server.is_ready():
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        assert time.monotonic() < until, "the server is not ready in time"
        time.sleep(0.5)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
