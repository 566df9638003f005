"""What this machine can do, checked rather than guessed."""

from __future__ import annotations

import os
import platform
import shutil
from importlib import metadata, resources
from pathlib import Path

from warehouse.errors import LakeError
from warehouse.lake import LEDGER, open_lake

CORE = ("duckdb", "polars", "pyarrow", "numpy", "scipy", "altair")
LOCAL = ("torch", "transformers", "safetensors", "tokenizers")


def diagnose(lake: Path) -> list[dict[str, str]]:
    """Return one row per check: what was checked, how it stands, what to do."""
    return [
        _row("python", platform.python_version(), ""),
        _row("cores", str(os.cpu_count()), ""),
        *(_package(name, "pip install mirrorlake") for name in CORE),
        *(_package(name, "pip install 'mirrorlake[local]'") for name in LOCAL),
        _row("accelerator", _accelerator(), ""),
        _row("embedded models", ", ".join(_organisms()) or "none", ""),
        _row("browser for report tests", shutil.which("chromium") or "none", ""),
        _lake(lake),
    ]


def _row(what: str, found: str, remedy: str) -> dict[str, str]:
    return {"check": what, "found": found, "to do": remedy}


def _package(name: str, remedy: str) -> dict[str, str]:
    try:
        return _row(name, metadata.version(name), "")
    except metadata.PackageNotFoundError:
        return _row(name, "missing", remedy)


def _accelerator() -> str:
    try:
        import torch
    except ImportError:
        return "unknown without torch"
    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none, the CPU is used"


def _organisms() -> list[str]:
    folder = resources.files("finetune") / "organisms"
    return sorted(item.name for item in folder.iterdir() if item.is_dir())


def _lake(path: Path) -> dict[str, str]:
    if not (path / LEDGER).exists():
        return _row("lake", f"none yet at {path}", f"mirrorlake ingest starter --lake {path}")
    try:
        open_lake(path).close()
    except LakeError as error:
        return _row("lake", str(error), f"mirrorlake lake check --repair --lake {path}")
    return _row("lake", f"{path} opens", "")
