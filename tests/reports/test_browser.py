"""What only a real browser can show: nothing in the rows runs, no request leaves, 360 px fit."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path

from tests.reports import example
from tests.reports.reading import specs

# Headless windows are at least 500 px wide, so the narrow page stands in a frame; the watcher
# beside it sorts a table and keeps measuring, so that the last frame counts.
WATCHER = """
const root = document.documentElement;
const frame = document.querySelector("iframe");
const sort = (inner) => {
  const button = inner.querySelector(".behind th button");
  button.click();
  button.click();
  const head = button.closest("th");
  root.dataset.sorted = head.getAttribute("aria-sort");
  root.dataset.top = head.closest("table").tBodies[0].rows[0].cells[0].textContent;
};
frame.addEventListener("load", () => {
  const inner = frame.contentDocument;
  sort(inner);
  setInterval(() => {
    const page = inner.documentElement;
    root.dataset.charts = page.dataset.charts;
    root.dataset.width = `${page.scrollWidth} of ${frame.contentWindow.innerWidth}`;
    root.dataset.wide = [...inner.querySelectorAll("body *")].filter(
      (e) => !e.closest(".scroll, svg, .skip") && e.getBoundingClientRect().right > 361,
    ).map((e) => `${e.tagName}.${e.className}`).slice(0, 9).join(" ");
  }, 50);
});"""
# Hosts that the browser asks on its own account.
OWN = (b"google.com", b"googleapis.com", b"gvt1.com")


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that answers nothing and remembers what it was asked for."""
    server = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                with suppress(TimeoutError):
                    asked.append(connection.recv(4096))

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1], asked
    server.close()


def browse(chromium: str, tmp_path: Path, page: str) -> tuple[str, list[bytes]]:
    """Return a page's DOM after its scripts ran, and the requests that reached the network."""
    file = tmp_path / "page.html"
    file.write_text(page, "utf-8")
    with listening() as (port, asked):
        done = subprocess.run(
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-sync",
                "--disable-component-update", "--disable-default-apps", "--disable-extensions",
                f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1280,800",
                f"--proxy-server=http://127.0.0.1:{port}", "--proxy-bypass-list=<-loopback>",
                "--virtual-time-budget=15000", "--dump-dom", file.as_uri(),
            ],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
    return done.stdout, [r for r in asked if not any(host in r for host in OWN)]


def _root(dom: str) -> str:
    match = re.search(r"<html[^>]*>", dom)
    assert match
    return match[0]


def test_hostile_rows_do_not_run_and_no_request_leaves(
    chromium: str, pages: dict[str, str], tmp_path: Path
) -> None:
    dom, requests = browse(chromium, tmp_path, pages["hostile"])
    assert 'data-charts="drawn"' in _root(dom)
    assert "data-owned" not in _root(dom)
    assert requests == []
    assert "chart failed" not in dom
    assert dom.count('class="marks"') == len(specs(pages["hostile"]))
    assert escape(example.SCRIPT, quote=False) in dom


def test_the_same_text_unescaped_does_run(chromium: str, tmp_path: Path) -> None:
    """The proof above can fail: raw, the attack leaves its mark and its request."""
    dom, requests = browse(chromium, tmp_path, f"<!DOCTYPE html><script>{example.HOSTILE}")
    assert "data-owned" in _root(dom)
    assert any(b"leak.invalid" in request for request in requests)


def test_narrow_page_does_not_scroll_sideways_and_tables_sort(
    chromium: str, pages: dict[str, str], tmp_path: Path
) -> None:
    inside = escape(pages["hostile"], quote=True)
    outer = f'<!DOCTYPE html><iframe srcdoc="{inside}" width=360 height=800 frameborder=0>'
    dom, _ = browse(chromium, tmp_path, f"{outer}</iframe><script>{WATCHER}</script>")
    root = _root(dom)
    assert 'data-charts="drawn"' in root
    assert 'data-wide=""' in root
    width = re.search(r'data-width="(\d+) of 360"', root)
    assert width
    assert int(width[1]) <= 360
    assert 'data-sorted="descending"' in root
    assert 'data-top="tiny/base"' in root
