"""In a real browser: hostile rows of predictions stay text, and the page fits 360 px."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from tests.reports import example
from tests.reports.reading import specs
from tests.reports.test_browser import WATCHER, _root, browse


def test_hostile_predictions_are_drawn_as_text(
    chromium: str, pages: dict[str, str], tmp_path: Path
) -> None:
    dom, requests = browse(chromium, tmp_path, pages["inward"])
    assert 'data-charts="drawn"' in _root(dom)
    assert "data-owned" not in _root(dom)
    assert requests == []
    assert "chart failed" not in dom
    assert dom.count('class="marks"') == len(specs(pages["inward"]))
    assert escape(example.SCRIPT, quote=False) in dom


def test_predictions_do_not_scroll_sideways(
    chromium: str, pages: dict[str, str], tmp_path: Path
) -> None:
    inside = escape(pages["inward"], quote=True)
    outer = f'<!DOCTYPE html><iframe srcdoc="{inside}" width=360 height=800 frameborder=0>'
    dom, _ = browse(chromium, tmp_path, f"{outer}</iframe><script>{WATCHER}</script>")
    root = _root(dom)
    assert 'data-charts="drawn"' in root
    assert 'data-wide=""' in root
    width = re.search(r'data-width="(\d+) of 360"', root)
    assert width
    assert int(width[1]) <= 360
