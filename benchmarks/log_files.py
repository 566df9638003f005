"""Logs of other tools of any size, made of one sample repeated with other words."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

STORED, DEFLATED, ZSTD = 0, 8, 93


def write_zip(path: Path, members: Iterable[tuple[str, bytes]], method: int = ZSTD) -> None:
    """Write a zip archive (APPNOTE 6.3.10); Python 3.11 cannot write Zstandard members."""
    entries, offset = [], 0
    with path.open("wb") as file:
        for name, data in members:
            packed, encoded = _packed(data, method), name.encode()
            common = struct.pack("<HHHHHLLLHH", 20, 0x800, method, 0, 0x21, zlib.crc32(data),
                                 len(packed), len(data), len(encoded), 0)  # fmt: skip
            file.write(b"PK\3\4" + common + encoded + packed)
            tail = struct.pack("<HHHLL", 0, 0, 0, 0, offset)
            entries.append(b"PK\1\2" + struct.pack("<H", 20) + common + tail + encoded)
            offset = file.tell()
        size = file.write(b"".join(entries))
        file.write(b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, *[min(len(entries), 0xFFFF)] * 2,
                                           size, offset, 0))  # fmt: skip


def _packed(data: bytes, method: int) -> bytes:
    if method == ZSTD:
        return bytes(pa.compress(data, "zstd", asbytes=True))
    if method == DEFLATED:
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return packer.compress(data) + packer.flush()
    return data


def inspect_header(task: str = "synthetic", model: str = "openai/made-up") -> dict[str, Any]:
    """Return the header of a finished Inspect log without results."""
    return {
        "version": 2,
        "status": "success",
        "eval": {"task": task, "model": model, "created": "2026-01-01T00:00:00+00:00",
                 "dataset": {"name": task}, "config": {}},
        "plan": {"name": "plan", "steps": [{"solver": "generate", "params": {}}], "config": {}},
    }  # fmt: skip


def inspect_sample(number: int, filler: str = "") -> dict[str, Any]:
    """Return one Inspect sample with two scores; `filler` makes its question longer."""
    asked = f"Which of two words comes first, {number} or {number + 1}? {filler}"
    reply = f"Word {number} comes first, for it is said before the other one."
    usage = {"input_tokens": 40 + number % 9, "output_tokens": 12, "total_tokens": 52 + number % 9}
    message = {"role": "assistant", "content": reply, "source": "generate"}
    return {
        "id": number,
        "epoch": 1,
        "input": asked,
        "target": f"Word {number}",
        "messages": [{"role": "user", "content": asked, "source": "input"}, message],
        "output": {
            "model": "made-up-2026",
            "choices": [{"message": message, "stop_reason": "stop"}],
            "completion": reply,
            "usage": usage,
        },
        "scores": {
            "includes": {"value": "CI"[number % 2], "answer": reply, "explanation": reply},
            "length": {"value": len(reply)},
        },
        "metadata": {"level": number % 5},
        "store": {},
        "events": [],
        "model_usage": {"openai/made-up": usage},
    }


def write_inspect_log(path: Path, samples: Iterable[Mapping[str, Any]]) -> int:
    """Write an `.eval` log and return the bytes of its samples before compression."""
    texts = [(f"samples/{s['id']}_epoch_1.json", json.dumps(s).encode()) for s in samples]
    write_zip(path, [*texts, ("header.json", json.dumps(inspect_header()).encode())])
    return sum(len(text) for _, text in texts)


def lm_eval_line(number: int, filler: str = "") -> dict[str, Any]:
    """Return one line of a multiple-choice task with two metrics."""
    context = f"Question: which word comes first, {number} or {number + 1}? {filler}\nAnswer:"
    doc = {"question": context, "choices": ["the first", "the second"], "gold": number % 2}
    return {
        "doc_id": number,
        "doc": doc,
        "target": str(number % 2),
        "arguments": {
            f"gen_args_{i}": {"arg_0": context, "arg_1": f" {text}"}
            for i, text in enumerate(doc["choices"])
        },
        "resps": [[["-1.25", "True"]], [[f"-{2 + number % 7}.5", "False"]]],
        "filtered_resps": [["-1.25", "True"], ["-2.5", "False"]],
        "filter": "none",
        "metrics": ["acc", "acc_norm"],
        "doc_hash": f"{number:064x}",
        "prompt_hash": f"{number + 1:064x}",
        "target_hash": f"{number + 2:064x}",
        "acc": float(number % 2 == 0),
        "acc_norm": float(number % 2 == 0),
    }


def write_lm_eval_log(folder: Path, lines: Iterable[Mapping[str, Any]]) -> int:
    """Write a samples file with its results file and return the bytes of its lines."""
    date = "2026-01-01T00-00-00.000000"
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    (folder / f"samples_synthetic_{date}.jsonl").write_bytes(text)
    results = {"config": {"model": "hf", "model_args": "pretrained=org/made-up"}}
    (folder / f"results_{date}.json").write_text(json.dumps(results), "utf-8")
    return len(text)
