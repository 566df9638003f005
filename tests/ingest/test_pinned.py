"""Downloads against a real HTTP server on this machine."""

from __future__ import annotations

import hashlib
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from ingest.pinned import Pinned, blob_id, download, selfconsciousness
from ingest.selfconsciousness import read_source
from tests.ingest.clone import write_clone
from warehouse.errors import InputError


class Quiet(SimpleHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    root = tmp_path / "served"
    root.mkdir()
    Quiet.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    server.server_close()
    thread.join()


def pin(served: Path) -> Pinned:
    """Write a clone where the server finds it and return its pinned files."""
    clone = write_clone(served / "someone" / "set" / "c0ffee")
    paths = sorted(path for path in clone.rglob("*.json"))
    files = {str(path.relative_to(clone)): blob_id(path.read_bytes()) for path in paths}
    return Pinned("someone/set", "c0ffee", files)


def test_a_download_equals_the_source_and_is_not_repeated(served, tmp_path):
    url, root = served
    pinned = pin(root)
    got = download(pinned, tmp_path / "cache", base_url=url)
    read = read_source(got, lambda _: None)
    assert read == read_source(root / "someone/set/c0ffee", lambda _: None)
    assert len(Quiet.asked) == len(pinned.files)
    download(pinned, tmp_path / "cache", base_url=url)
    assert len(Quiet.asked) == len(pinned.files)


def test_a_damaged_cached_file_is_fetched_again(served, tmp_path):
    url, root = served
    pinned = pin(root)
    cache = download(pinned, tmp_path / "cache", base_url=url)
    path = next(iter(pinned.files))
    (cache / path).write_text("[]")
    download(pinned, cache, base_url=url)
    assert blob_id((cache / path).read_bytes()) == pinned.files[path]


def test_other_bytes_are_refused_by_name_and_not_kept(served, tmp_path):
    url, root = served
    pinned = pin(root)
    path = sorted(pinned.files)[2]
    (root / "someone/set/c0ffee" / path).write_text("{}\n")
    with pytest.raises(InputError, match=path):
        download(pinned, tmp_path / "cache", base_url=url)
    kept = {str(p.relative_to(tmp_path / "cache")) for p in (tmp_path / "cache").rglob("*.*")}
    assert kept == set(sorted(pinned.files)[:2])


def test_a_missing_file_names_the_answer_and_the_way_out(served, tmp_path):
    url, root = served
    pinned = pin(root)
    shutil.rmtree(root / "someone")
    with pytest.raises(InputError, match=r"answered 404.*--source PATH"):
        download(pinned, tmp_path / "cache", base_url=url)


def test_offline_fails_at_once_with_the_way_out(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    pinned = Pinned("a/b", "c", {"x.json": "0" * 40})
    with pytest.raises(InputError, match="--source PATH"):
        download(pinned, tmp_path / "cache", base_url=f"http://127.0.0.1:{port}")
    assert not (tmp_path / "cache").exists()


def test_a_silent_server_is_given_up(tmp_path):
    pinned = Pinned("a/b", "c", {"x.json": "0" * 40})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(InputError, match="--source PATH"):
            download(pinned, tmp_path / "cache", base_url=url, seconds=0.3)
    assert time.monotonic() - start < 5


def test_a_cut_connection_keeps_nothing(tmp_path):
    body = b'{"question": "half'

    def cut(server: socket.socket) -> None:
        reply, _ = server.accept()
        reply.recv(4096)
        reply.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + body)
        reply.close()

    pinned = Pinned("a/b", "c", {"x.json": blob_id(body)})
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        thread = threading.Thread(target=cut, args=(server,), daemon=True)
        thread.start()
        with pytest.raises(InputError, match="--source PATH"):
            download(pinned, tmp_path, base_url=f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert not any(tmp_path.iterdir())


def test_a_blob_id_is_what_git_computes():
    assert blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert blob_id(b"x") == hashlib.sha1(b"blob 1\0x").hexdigest()


def test_the_pinned_files_are_the_ones_of_the_real_clone(shared_data):
    clone = shared_data / "SelfConsciousness"
    present = [path for path in selfconsciousness().files if (clone / path).exists()]
    assert len(present) >= 8
    for path in present:
        assert blob_id((clone / path).read_bytes()) == selfconsciousness().files[path]
