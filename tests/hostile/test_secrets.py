"""Keys in the environment are found nowhere: not in rows, ledger, reports, spills or narration."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.hostile.seeds import QUESTIONS, SEEDS, STUDY, as_json, as_jsonl, as_toml
from tests.provider import Provider
from tests.warm import ROOT

NAMES = (
    "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN",
    "AWS_SECRET_ACCESS_KEY", "GOOGLE_API_KEY", "MIRRORLAKE_API_KEY", "MIRRORLAKE_OPENAI_KEY",
    "MIRRORLAKE_GENERATE_KEY",
)  # fmt: skip
# In a place of the environment where people also leave them.
PROXY = "http://someone:planted-in-the-proxy-7f3a@127.0.0.1:9/"
SECRETS = {name: f"planted-{name.lower()}-5e9c41" for name in NAMES}
MARKS = (b"planted-", b"7f3a@127")
# A word of the questions: what finds it would find a key.
CONTROL = b"across the valley"

DIE = "import os, warehouse.ledger as l; l.Ledger.close = lambda self: os._exit(9)"
BREAK = "import analyze.quantify as q; q.run_quantify = lambda *_, **__: {}['no such row']"
ENTER = "import sys; from cli import main; main(sys.argv[1:], prog_name='mirrorlake')"


class Sandbox:
    """A folder with everything that commands may write, and everything that they said."""

    def __init__(self, place: Path) -> None:
        self.place, self.said = place, b""
        self.lake = str(place / "lake")
        (place / "home").mkdir()
        (place / "spill").mkdir()
        (place / "mine.jsonl").write_bytes(as_jsonl(QUESTIONS))
        study = {**STUDY, "name": "secret", "ingest": [{"source": "questions",
                 "path": "mine.jsonl", "dataset": "valley"}]}  # fmt: skip
        asked = {"questions": "valley", "models": ["mirror-tiny/base"],
                 "readings": ["letter", "text"], "max_tokens": 8}  # fmt: skip
        (place / "study.toml").write_bytes(as_toml({**study, "generate": [asked]}))

    def run(self, *words: str, first: str = "") -> int:
        """Run a command with the keys in its environment; keep what it says."""
        own = {"HOME": str(self.place / "home"), "TMPDIR": str(self.place / "spill"),
               "HTTPS_PROXY": PROXY, "PATH": os.environ["PATH"]}  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", f"{first}\n{ENTER}", *words], cwd=ROOT, env=own | SECRETS,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        return done.returncode

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Yield all bytes under the folder, and once more what is compressed or encoded in them."""
        yield "stdout and stderr", self.said
        for path in sorted(p for p in self.place.rglob("*") if p.is_file()):
            data = path.read_bytes()
            yield path.name, data
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                yield f"rows of {path.name}", str(table.to_pylist()).encode()
                yield f"footer of {path.name}", str(table.schema.metadata).encode()
            for block in re.findall(rb"base64,([A-Za-z0-9+/=]+)", data):
                yield f"CSV in {path.name}", base64.b64decode(block)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A sandbox after the main job, mistakes, a crash and a death."""
    box = Sandbox(tmp_path_factory.mktemp("secrets"))
    lake = ("--lake", box.lake)
    file, study = str(box.place / "mine.jsonl"), str(box.place / "study.toml")
    asks = ("generate", "responses", "--questions", "valley", *lake)
    jobs: list[tuple[int, tuple[str, ...]]] = [
        (0, ("run", study, *lake, "--out", str(box.place / "report"))),
        (0, ("sql", "FROM responses", "--format", "parquet", "--out",
             str(box.place / "out.parquet"), *lake)),
        (0, ("doctor", "--json", *lake)),
        (0, ("lake", "compact", *lake)),
        (2, ("ingest", "questions", str(box.place / "none.csv"), *lake)),
        (2, ("sql", "SELECT getenv('OPENAI_API_KEY')", *lake)),
        (2, (*asks, "--model", "openai:gpt@http://me:planted-in-the-url@127.0.0.1/v1")),
        # The provider itself cannot be reached from here; its key must not be in what is said.
        (3, (*asks, "--model", "openai:gpt-4o", "--reading", "text", "--deadline", "3")),
    ]  # fmt: skip
    for code, words in jobs:
        assert box.run(*words) == code, (words, box.said[-2000:].decode())
    with Provider(seed=1) as server, echo() as echoing:
        asked = {"openai": f"openai:plain@{server.url}/v1", "claude": f"anthropic:a@{server.url}"}
        for model in asked.values():
            assert box.run(*asks, "--model", model, "--reading", "text", "--limit", "2") == 0
            assert box.run(*asks, "--model", model, "--reading", "text", "--batch") == 0
            assert box.run("doctor", "--model", model, *lake) == 0
        for path, code in (("echo", 0), ("refuse", 3)):
            model = f"openai:{path}@{echoing}/{path}/v1"
            assert box.run(*asks, "--model", model, "--reading", "text") == code, box.said[-900:]
    assert box.run("analyze", "quantify", *lake, first=BREAK) == 1
    assert box.run("ingest", "questions", file, "--dataset", "died", *lake, first=DIE) == 9
    return box


@contextmanager
def echo() -> Iterator[str]:
    """Run a server that sends back the headers of a request, in a reply or in an error."""

    class Echo(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            heard = str(self.headers)
            message = {"role": "assistant", "content": heard}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            reply = {"id": "1", "object": "chat.completion", "created": 1, "model": heard,
                     "system_fingerprint": heard, "choices": [choice]}  # fmt: skip
            refused = self.path.startswith("/refuse")
            body = json.dumps({"error": {"message": heard}} if refused else reply).encode()
            self.send_response(400 if refused else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_keys_in_the_environment_are_found_nowhere(worked: Sandbox) -> None:
    searched = list(worked.everything())
    found = [name for name, data in searched if any(mark in data.lower() for mark in MARKS)]
    size = sum(len(data) for _, data in searched)
    sought = f"{len(SECRETS) + 1} keys, {len(searched)} places, {size / 1e6:.1f} MB"
    print(f"\n{sought}: {len(found)} hits")
    assert not found


def test_the_search_finds_what_is_there(worked: Sandbox) -> None:
    places = {name for name, data in worked.everything() if CONTROL in data}
    assert any(name.startswith("rows of questions") for name in places)
    assert {"mine.jsonl", "index.html"} <= places
    names = {name for name, _ in worked.everything()}
    assert {"ledger.sqlite-wal", "stdout and stderr", "out.parquet"} <= names
    assert b"Traceback" in worked.said
    # What a server sends back of a key stands in rows, without the key.
    assert any(b"[key]" in data for name, data in worked.everything() if "responses" in name)


def test_a_key_in_the_header_of_a_log_is_kept_in_no_row(worked: Sandbox) -> None:
    mark = "logged-8d1f"
    arguments = {"api_key": mark, "headers": {"Authorization": f"Bearer {mark}"}, "max_tokens": 7}
    [inspect] = [s for s in SEEDS if s.name == "inspect" and s.suffix == ".json"]
    server = f"https://me:{mark}@127.0.0.1/v1"
    spec = inspect.tree["eval"] | {"model_args": arguments, "model_base_url": server}
    log = worked.place / "log.json"
    log.write_bytes(as_json(inspect.tree | {"eval": spec}))
    [results] = [s for s in SEEDS if s.name == "results"]
    config = results.tree["config"] | {"model_args": f"model=m,api_key={mark},max_tokens=7"}
    logged = worked.place / f"{results.stem}.json"
    logged.write_bytes(as_json(results.tree | {"config": config}))
    for name, data in results.beside.items():
        (worked.place / name).write_bytes(data)
    for tool, path in (("inspect", log), ("lm-eval", logged)):
        assert worked.run("ingest", tool, str(path), "--lake", worked.lake) == 0, worked.said
    kept = {name for name, data in worked.everything() if mark.encode() in data}
    assert kept == {"log.json", logged.name}
    models = [data for name, data in worked.everything() if name.startswith("rows of models")]
    assert b"".join(models).count(b"max_tokens") >= 2


def test_a_key_typed_into_a_model_name_is_kept_in_no_row(worked: Sandbox) -> None:
    for model in ("hf:https://me:typed-in-4c2e@127.0.0.1/m", "openai:gpt@https://typed-in-4c2e@h/"):
        words = ("generate", "responses", "--questions", "valley", "--model", model)
        assert worked.run(*words, "--lake", worked.lake) == 2
    kept = [name for name, data in worked.everything()
            if b"typed-in-4c2e" in data and name != "stdout and stderr"]  # fmt: skip
    assert kept == []
