"""Names beside a chart keep apart, and charts draw what they are given in a real browser."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from reports.apart import apart
from tests.reports.reading import specs
from tests.reports.test_browser import browse
from tests.reports.test_probes import FIVE


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([0.2, 0.8], [0.2, 0.8]),
        ([0.5, 0.5], [0.45, 0.55]),
        ([0.5, 0.5, 0.5], [0.4, 0.5, 0.6]),
        ([0.0, 0.0], [0.0, 0.1]),
        ([1.0, 1.0], [0.9, 1.0]),
        ([0.1, 0.5, 0.52, 0.9], [0.1, 0.46, 0.56, 0.9]),
    ],
)
def test_names_move_as_little_as_needed(values: list[float], expected: list[float]) -> None:
    assert apart(values, 0.1, 0.0, 1.0) == pytest.approx(expected)


def test_names_keep_their_order_and_their_gap() -> None:
    places = apart([0.5, 0.51, 0.515, 0.52, 0.63, 0.64], 0.08, 0.4, 1.0)
    gaps = [after - before for before, after in pairwise(places)]
    assert min(gaps) > 0.08 - 1e-12
    assert places[0] >= 0.4
    assert places[-1] <= 1.0


def test_every_chart_is_drawn_with_every_cell_point_and_band(
    chromium: str, pages: dict[str, str], tmp_path: Path
) -> None:
    page = pages["inside"]
    dom, requests = browse(chromium, tmp_path, page)
    assert requests == []
    assert 'data-charts="drawn"' in dom[: dom.index("<body")]
    assert 'class="chart failed"' not in dom
    assert dom.count('class="marks"') == len(specs(page))
    canvases = "".join(re.findall(r'<svg[^>]*class="marks".*?</svg>', dom, flags=re.DOTALL))
    # Two labels: a map of 16 heads a concept, and a matrix of the concepts.
    cells = 2 * (16 * len(FIVE) + len(FIVE) ** 2)
    assert len(re.findall(r'fill="var\(--d\d+\)"', canvases)) == cells
    layers = _section(dom, "layers")
    # Two labels: a point and an interval a layer, a band and two curves a panel.
    panels = 2 * len(FIVE)
    marks = {kind: _marks(layers, kind) for kind in ("symbol", "area", "line")}
    assert marks == {"symbol": 4 * panels, "area": panels, "line": 2 * panels}
    assert layers.count(">flipped 95%</text>") == panels


def _section(dom: str, key: str) -> str:
    start = dom.index(f'<section id="{key}"')
    return dom[start : dom.index("</section>", start)]


def _marks(part: str, kind: str) -> int:
    """Return how many shapes the groups of one kind of mark hold."""
    groups = re.findall(rf'<g class="mark-{kind} role-mark[^>]*>(.*?)</g>', part, flags=re.DOTALL)
    return sum(len(re.findall(r"<path[^>]* d=\"[^\"]+\"|<path aria[^>]*>", g)) for g in groups)
