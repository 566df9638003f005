"""The pages are up to date, their links lead somewhere, and each can be found from the index."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS, ROOT
from warehouse.schema import TABLES

PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> list[tuple[Path, str]]:
    """Return the files and anchors that a page links to within this repository."""
    text = _FENCED.sub("", page.read_text("utf-8"))
    found = re.findall(r"\]\((?!https?:|mailto:)([^)#]*)#?([^)]*)\)", text)
    return [((page.parent / file).resolve() if file else page, anchor) for file, anchor in found]


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ (.*)$", _FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def build(*arguments: str) -> tuple[int, str, str]:
    # In a process of its own: click remembers how a command's help was first asked for.
    done = subprocess.run(
        [sys.executable, str(DOCS / "build.py"), *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_generated_pages_are_up_to_date():
    assert build("--check") == (0, "", "")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for target, anchor in links(page):
        assert target.exists(), f"{name(page)} links to {target}"
        assert not anchor or anchor in anchors(target), f"{name(page)} links to #{anchor}"


def test_every_page_is_found_from_the_index():
    seen: set[Path] = set()
    todo = [DOCS / "index.md"]
    while todo:
        page = todo.pop()
        seen.add(page)
        todo += [file for file, _ in links(page) if file.suffix == ".md" and file not in seen]
    assert sorted(map(name, set(DOCS.rglob("*.md")) - seen)) == []
    assert DOCS / "index.md" in [file for file, _ in links(ROOT / "README.md")]


def test_every_table_and_column_says_what_it_is():
    for table in TABLES.values():
        assert table.doc.endswith(".")
        for column in table.columns:
            assert len(column.doc) > 5, f"{table.name}.{column.name}"
