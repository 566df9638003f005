"""Imports point one way, and asking for help costs nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What each package may import of the project besides itself. `finetune` also reads the built-in
# question sets: an embedded model is defined by what it is taught of them.
ALLOWED = {
    "warehouse": {"console"},
    "ingest": {"console", "warehouse"},
    "generate": {"console", "warehouse"},
    "analyze": {"console", "warehouse"},
    "finetune": {"console", "warehouse", "generate", "ingest.starter", "ingest.pair"},
    "reports": {"console", "warehouse", "analyze"},
    "studies": {
        "console", "warehouse", "analyze", "reports", "generate", "finetune", "ingest",
    },
}  # fmt: skip

HEAVY = {"torch", "transformers", "polars", "pyarrow", "altair", "duckdb", "numpy", "scipy"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_one_way(package):
    for path in (ROOT / package).rglob("*.py"):
        for name in imported(path):
            top = name.split(".")[0]
            if top not in {*ALLOWED, "console", "cli"} or top == package:
                continue
            fits = any(name == a or name.startswith(a + ".") for a in ALLOWED[package])
            # `from ingest import starter` also names the package itself.
            parent = any(a.startswith(name + ".") for a in ALLOWED[package])
            assert fits or parent, f"{path.relative_to(ROOT)} imports {name}"


def loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["generate", "--help"], ["generate", "responses", "--help"],
     ["ingest", "starter", "--help"], ["ingest", "inspect", "--help"],
     ["ingest", "lm-eval", "--help"], ["ingest", "pair", "--help"],
     ["analyze", "quantify", "--help"], ["report", "--help"], ["run", "--help"],
     ["sql", "--help"], ["lake", "check", "--help"], ["finetune", "--help"]],
    ids=" ".join,
)  # fmt: skip
def test_help_imports_nothing_heavy(arguments):
    code = (
        "from cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as e: assert e.code in (0, None)"
    )
    assert not loaded_by(code) & HEAVY


def test_the_torch_free_path_never_imports_torch():
    code = "\n".join(
        [
            "import warehouse.lake, warehouse.run, warehouse.check, warehouse.sql",
            "import ingest.commands, ingest.starter, analyze.quantify, reports.commands",
            "import generate.responses",
        ]
    )
    assert not loaded_by(code) & {"torch", "transformers"}
