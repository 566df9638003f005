"""Write the generated pages of the documentation: `make docs`.

Whole pages come from the commands' help, the schema, the views, the errors and the study
settings. Hand-written pages may hold generated parts between two comments:

    <!-- make docs: NAME -->
    <!-- end -->

With `--check` nothing is written and a stale page is an error, as a test demands.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pages import analyses, commands, errors, parts, studies, tables, views

DOCS = Path(__file__).resolve().parent
# Every page in these folders is generated; one that nothing generates any more is removed.
GENERATED = ("commands", "tables", "views")


def pages() -> dict[Path, str]:
    """Return the text of every page that is generated, in whole or in part."""
    whole: dict[str, str] = {}
    for kind in (commands, tables, views, errors, studies):
        whole |= kind.pages()
    found = {DOCS / name: text for name, text in whole.items()}
    written = sorted(page for page in DOCS.rglob("*.md") if page not in found)
    kept = {page: page.read_text("utf-8") for page in written if page not in _left_over(found)}
    made = analyses.parts()
    return found | {page: parts.filled(text, made, page.name) for page, text in kept.items()}


def _left_over(found: dict[Path, str]) -> list[Path]:
    return [page for folder in GENERATED for page in (DOCS / folder).glob("*.md")
            if page not in found]  # fmt: skip


def main(check: bool) -> int:
    """Write what changed, or with `check` name it; return the exit code."""
    found = pages()
    left_over = _left_over(found)
    stale = [page for page, text in found.items()
             if not page.exists() or page.read_text("utf-8") != text]  # fmt: skip
    for page in sorted(stale + left_over):
        print(f"{page.relative_to(DOCS.parent)}{' is stale: make docs' if check else ''}")
    if check:
        return int(bool(stale or left_over))
    for page in left_over:
        page.unlink()
    for page in stale:
        page.parent.mkdir(exist_ok=True)
        page.write_text(found[page], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
