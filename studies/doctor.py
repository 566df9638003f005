"""What this machine can do, checked rather than guessed."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
import shutil
from collections.abc import Sequence
from contextlib import closing
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

from console import listing
from generate.remote.trouble import Trouble
from warehouse.errors import LakeError
from warehouse.lake import LEDGER, open_lake

if TYPE_CHECKING:
    from generate.remote.provider import Provider

CORE = ("duckdb", "polars", "pyarrow", "numpy", "scipy", "altair", "openai", "anthropic")
LOCAL = ("torch", "transformers", "safetensors", "tokenizers")
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MIRRORLAKE_API_KEY")
# Below this a lake of any size is soon in trouble.
LITTLE_DISK = 2 * 2**30


def diagnose(lake: Path, models: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return one row per check: what was checked, how it stands, what to do.

    Of keys only whether they are set is looked at. The servers of `models` are asked what they
    serve, which costs nothing. Raises InputError for names that no engine knows.
    """
    return [
        _row("python", platform.python_version(), ""),
        _row("cores", str(os.cpu_count()), ""),
        *(_package(name, "pip install mirrorlake") for name in CORE),
        *(_package(name, "pip install 'mirrorlake[local]'") for name in LOCAL),
        _vllm(),
        _row("accelerator", _accelerator(), ""),
        _row("embedded models", ", ".join(_organisms()) or "none", ""),
        _row("browser for report tests", shutil.which("chromium") or "none", ""),
        *(_key(name) for name in KEYS),
        *(_server(name) for name in models),
        _disk(lake),
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


def _vllm() -> dict[str, str]:
    if importlib.util.find_spec("vllm") is None:
        return _row("vllm", "not in this environment", "docs/vllm.md, or vllm:MODEL@URL")
    return _row("vllm", "can be imported", "")


def _key(name: str) -> dict[str, str]:
    return _row(name, "set" if os.environ.get(name, "").strip() else "not set", "")


def _server(name: str) -> dict[str, str]:
    """Say whether a model's server answers and serves it."""
    from generate.engines.base import Options
    from generate.engines.registry import open_engine
    from generate.remote.provider import Provider

    provider = open_engine(name, Options())
    if not isinstance(provider, Provider):
        return _row(name, "is answered on this machine", "")
    try:
        served = asyncio.run(_served(provider))
    except (LakeError, Trouble) as error:
        return _row(name, str(error), "check the URL, the network and the key")
    if provider.address.model in served:
        return _row(name, "reachable, and serves it", "")
    return _row(name, "reachable, but does not list it", f"one of: {listing(served, 5)}")


async def _served(provider: Provider) -> list[str]:
    try:
        return await provider.served()
    finally:
        await provider.close()


def _disk(lake: Path) -> dict[str, str]:
    place = next(p for p in (lake.absolute(), *lake.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    remedy = "free space, or put the lake elsewhere" if free < LITTLE_DISK else ""
    return _row("disk", f"{free / 2**30:,.1f} GiB free", remedy)


def _lake(path: Path) -> dict[str, str]:
    if not (path / LEDGER).exists():
        return _row("lake", f"none yet at {path}", f"mirrorlake ingest starter --lake {path}")
    try:
        with closing(open_lake(path)) as lake:
            lake.ledger.verify()
            waiting = lake.ledger.requests.counts()
    except LakeError as error:
        return _row("lake", str(error), f"mirrorlake lake check --repair --lake {path}")
    if waiting.get("batched"):
        collect = f"mirrorlake generate batches --collect --lake {path}"
        return _row("lake", f"{path} is whole, {waiting['batched']:,} in batches", collect)
    return _row("lake", f"{path} is whole", "")
