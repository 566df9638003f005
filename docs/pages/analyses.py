"""Generated parts of the pages on analyses: docstrings of the code that computes."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from analyze.result_audits import AUDITS, OTHERS
from ingest.audits import CONCEPT_AUDITS, DATASET_AUDITS
from ingest.introspection import audits as introspection
from ingest.introspection import result_audits as published
from pages.markdown import grid, link
from pages.views import grain
from warehouse.views import analysis_views

ROOT = Path(__file__).resolve().parents[2]
INFERENCE = ROOT / "analyze" / "inference"

# The views that serve one analysis; all others stand behind quantification.
PROBE_VIEWS = ("question_folds", "probe_labels")
STEER_VIEWS = ("steered_shifts",)
ACQUISITION_VIEWS = ("question_shortcuts",)
PREDICTION_VIEWS = (
    "property_values",
    "predictions",
    "prediction_pairs",
    "trained_on",
    "trained_properties",
)
_OTHERS = (*PROBE_VIEWS, *STEER_VIEWS, *ACQUISITION_VIEWS, *PREDICTION_VIEWS)


def parts() -> dict[str, str]:
    """Return every part that hand-written pages may ask for."""
    return {
        "quantify": _paragraphs(_docstring(ROOT / "analyze" / "quantify.py")),
        "imported-scores": _paragraphs(_docstring(ROOT / "analyze" / "imported_rows.py")),
        "probe": _paragraphs(_docstring(ROOT / "analyze" / "probe.py")),
        "steer": _paragraphs(_docstring(ROOT / "analyze" / "steer.py")),
        "self-prediction": _paragraphs(_docstring(ROOT / "analyze" / "self_prediction.py")),
        "calibration": _paragraphs(_docstring(ROOT / "analyze" / "calibration.py")),
        "behavior-change": _paragraphs(_docstring(ROOT / "analyze" / "behavior_change.py")),
        "acquisition": _paragraphs(_docstring(ROOT / "analyze" / "acquisition.py")),
        "parser": _paragraphs(_docstring(ROOT / "analyze" / "parse.py")),
        "views": _views(name for name in analysis_views() if name not in _OTHERS),
        "probe-views": _views(PROBE_VIEWS),
        "steer-views": _views(STEER_VIEWS),
        "acquisition-views": _views(ACQUISITION_VIEWS),
        "prediction-views": _views(PREDICTION_VIEWS),
        "data-audits": grid(("audit", "over", "what it finds"), _data_audits()),
        "result-audits": grid(("audit", "severity", "what it finds"), _result_audits()),
        "inference": "\n\n".join(_inference()),
    }


def _docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(block.split()) for block in text.split("\n\n"))


def _views(names: Iterable[str]) -> str:
    return "\n".join(f"- {link(name, f'../views/{name}.md')}: {grain(name)}." for name in names)


def _data_audits() -> list[tuple[str, str, str]]:
    kinds: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("a concept", CONCEPT_AUDITS),
        ("a data set", DATASET_AUDITS),
        ("a task of `ingest introspection`", introspection.TASK_AUDITS),
        ("a property question of it", introspection.QUESTION_AUDITS),
        ("all of it", introspection.SET_AUDITS),
        ("published results", published.RESULT_AUDITS),
    )
    return [
        (f"`{name}`", over, inspect.getdoc(check) or "")
        for over, checks in kinds
        for name, check in checks.items()
    ]


def _result_audits() -> list[tuple[str, str, str]]:
    audits = (*AUDITS, *OTHERS)
    return [(f"`{audit.name}`", audit.severity, audit.meaning) for audit in audits]


# What is computed in a published way says so by the year of its source.
_SOURCE = re.compile(r"\b(?:19|20)\d\d\b")


def _inference() -> Iterator[str]:
    """Yield every function of `analyze/inference/` that names a source, with its docstring."""
    for file in sorted(INFERENCE.glob("[!_]*.py")):
        place = link(f"analyze/inference/{file.name}", f"../../analyze/inference/{file.name}")
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                text = ast.get_docstring(node) or ""
                if _SOURCE.search(text):
                    yield f"**`{node.name}`** ({place}). {_paragraphs(text)}"
