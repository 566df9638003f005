"""Reading a page as data: its elements, its CSV files and the queries shown beside them."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from html import unescape
from html.parser import HTMLParser


class Elements(HTMLParser):
    """Collects every start tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """Return every element of a page with its attributes."""
    parser = Elements()
    parser.feed(page)
    return parser.found


def scripts(page: str) -> list[str]:
    """Return the scripts that a browser would run."""
    return re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)


def specs(page: str) -> list[dict]:
    """Return the specification of every chart."""
    blocks = re.findall(r'<script type="application/json" class="spec">(.*?)</script>', page)
    return [json.loads(block) for block in blocks]


def folds(page: str) -> list[tuple[str, list[list[str]], str]]:
    """Return (name, CSV rows, SQL) of every fold that offers a CSV."""
    pattern = re.compile(
        r'href="data:text/csv;charset=utf-8;base64,([^"]*)" download="([^"]*)"'
        r'.*?<pre tabindex="0">((?:SELECT|WITH).*?)</pre>',
        flags=re.DOTALL,
    )
    return [
        (name, list(csv.reader(io.StringIO(base64.b64decode(data).decode()))), unescape(sql))
        for data, name, sql in pattern.findall(page)
    ]


def words(page: str) -> str:
    """Return the page's text without style, scripts and tags."""
    bare = re.sub(r"<(style|script).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())
