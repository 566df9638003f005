"""From rows to a report: the page as text, and the page as a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reports.header import header
from reports.page import Section, page
from reports.queries import Reader
from reports.sections import (
    abstention,
    accuracy,
    acquisition,
    advantage,
    answer,
    audit,
    baselines,
    calibration,
    change,
    controls,
    elsewhere,
    heads,
    items,
    layers,
    matrix,
    missing,
    order,
    pairs,
    predicted_items,
    provenance,
    scaling,
    steering,
    transfer,
    wordings,
)
from reports.study import Study

if TYPE_CHECKING:
    from warehouse.lake import Lake

# A page beyond this many bytes leaves long columns and long tables to the lake, then all CSV.
LARGEST = 2_000_000

# In the order in which a sceptic asks; the key is the section's anchor.
SECTIONS = {
    "answer": answer,
    "accuracy": accuracy,
    "elsewhere": elsewhere,
    "wordings": wordings,
    "order": order,
    "abstention": abstention,
    "missing": missing,
    "baselines": baselines,
    "pairs": pairs,
    "advantage": advantage,
    "matrix": matrix,
    "scaling": scaling,
    "change": change,
    "calibration": calibration,
    "acquisition": acquisition,
    "layers": layers,
    "controls": controls,
    "heads": heads,
    "transfer": transfer,
    "steering": steering,
    "audit": audit,
    "items": items,
    "predicted-items": predicted_items,
    "provenance": provenance,
}


def build_report(con: Reader, digest: str, study: str) -> str:
    """Return a study's report as one HTML page; the same rows give the same text.

    Raises InputError when the study has no results.
    """
    for lean in (0, 1):
        text = _build(con, digest, study, lean)
        if len(text.encode()) <= LARGEST:
            return text
    return _build(con, digest, study, lean=2)


def _build(con: Reader, digest: str, study: str, lean: int) -> str:
    facts = Study(con, study, lean)
    bodies = ((key, part.TITLE, part.body(facts)) for key, part in SECTIONS.items())
    # A section that has nothing to say about any study of this kind is left out.
    sections = [Section(key, title, body) for key, title, body in bodies if body is not None]
    return page(facts.title, header(facts, digest), sections)


def write_report(lake: Lake, study: str, out: Path) -> Path:
    """Write a study's report to `out/index.html`, whole or not at all, and return its path."""
    with lake.reader() as con:
        text = build_report(con, lake.digest(), study)
    out.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=out, prefix=".index-", suffix=".html")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, out / "index.html")
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return out / "index.html"
