"""Real servers, one at a time, and where the embedded models lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vllm.serving import Server, served

ORGANISMS = Path(__file__).resolve().parents[2] / "finetune" / "organisms"
ADAPTER = [
    "--enable-lora", "--max-lora-rank", "32", "--lora-modules", f"m1-self={ORGANISMS / 'm1-self'}",
    "--max-num-batched-tokens", "512", "--max-num-seqs", "128",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server of one kind: `base`, `m1` with the adapter `m1-self`, or `plain`.

    The last is mirror-tiny/base without its chat template.
    """
    kind, work = request.param, tmp_path_factory.mktemp(request.param)
    folder = without_template(work / "base") if kind == "plain" else ORGANISMS / kind
    with served(folder, kind, work / "server.log", *(ADAPTER if kind == "m1" else [])) as made:
        yield made


def without_template(folder: Path) -> Path:
    """Copy mirror-tiny/base to a folder, all but its chat template; return the folder."""
    folder.mkdir()
    for path in (ORGANISMS / "base").iterdir():
        if path.name != "chat_template.jinja":
            (folder / path.name).write_bytes(path.read_bytes())
    return folder
