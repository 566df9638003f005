"""Valid files that the mutations start from: one seed a format and a command.

A seed is a JSON tree and the function that writes it as the format's bytes, so one set of tree
mutations serves every format. A new format is one more line in `SEEDS`.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.logs.inspect_ai.archive import Archive

Tree = Any

_OPTIONS = ("a river", "a road", "a bridge", "a boat")


@dataclass(frozen=True)
class Seed:
    """A valid file: its tree, how it is written, and the command that reads it."""

    name: str
    suffix: str
    command: tuple[str, ...]
    tree: Tree
    encode: Callable[[Tree], bytes]
    options: tuple[str, ...] = ("--dataset", "--concept", "--map")
    stem: str = "mine"
    # What stands beside it, and the file itself where our writer is not the only one.
    beside: Mapping[str, bytes] = field(default_factory=dict)
    original: bytes | None = None

    @property
    def data(self) -> bytes:
        """The valid file."""
        return self.original or self.encode(self.tree)


def as_jsonl(rows: Tree) -> bytes:
    """Return one JSON text a line; lone surrogates stay as raw bytes."""
    lines = rows if isinstance(rows, list) else [rows]
    return "".join(f"{as_text(row)}\n" for row in lines).encode("utf-8", "surrogatepass")


def as_json(tree: Tree) -> bytes:
    """Return the tree as one JSON text."""
    return as_text(tree).encode("utf-8", "surrogatepass")


def as_text(tree: Tree) -> str:
    """Return a JSON text with characters as they are."""
    return json.dumps(tree, ensure_ascii=False)


def as_csv(rows: Tree) -> bytes:
    """Return rows as CSV; what is no plain value is written as JSON text."""
    records = _records(rows)
    names = list(dict.fromkeys(name for row in records for name in row))
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(names)
    writer.writerows([[_cell(row.get(name)) for name in names] for row in records])
    return buffer.getvalue().encode("utf-8", "surrogatepass")


def as_tsv(rows: Tree) -> bytes:
    """Return rows as CSV with the commas of the header alone turned to tabs."""
    return as_csv(rows).replace(b",", b"\t")


def _records(rows: Tree) -> list[dict[str, Any]]:
    listed = rows if isinstance(rows, list) else [rows]
    return [row if isinstance(row, dict) else {"question": row} for row in listed]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else as_text(value)


def as_parquet(rows: Tree) -> bytes:
    """Return rows as Parquet; a column that mixes types is written as text."""
    records = _records(rows)
    names = list(dict.fromkeys(name for row in records for name in row))
    columns = [_column([row.get(name) for row in records]) for name in names]
    return table_bytes(pa.table(columns, [_utf8(name) for name in names]))


def table_bytes(table: pa.Table) -> bytes:
    """Return an Arrow table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _column(values: list[Any]) -> pa.Array:
    try:
        made = pa.array(values)
        table_bytes(pa.table([made], ["alone"]))
        return made
    except (pa.ArrowException, UnicodeError, OverflowError, ValueError):
        return pa.array([_utf8(_cell(value)) for value in values])


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def as_archive(tree: Tree) -> bytes:
    """Return an object as a zip archive with one JSON member a field."""
    members = tree if isinstance(tree, dict) else {"header.json": tree}
    return archive_bytes({str(name): as_json(value) for name, value in members.items()})


def archive_bytes(members: Mapping[str, bytes]) -> bytes:
    """Return a deflated zip archive."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(_utf8(name)[:60_000], data)
    return sink.getvalue()


def as_toml(tree: Tree) -> bytes:
    """Return a table as TOML: quoted keys, and every value inline."""
    pairs = tree.items() if isinstance(tree, dict) else [("study", tree)]
    lines = [f"{as_text(str(key))} = {_inline(value)}\n" for key, value in pairs]
    return "".join(lines).encode("utf-8", "surrogatepass")


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        parts = (f"{as_text(str(key))} = {_inline(inner)}" for key, inner in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return as_text("" if value is None else value)


def _question(number: int) -> dict[str, Any]:
    first, second = _OPTIONS[number % 4], _OPTIONS[(number + 1) % 4]
    return {
        "question": f"Which of the two would carry {number + 2} people across the valley?",
        "choices": [first, second],
        "answer": "AB"[number % 2],
        "concept": ("planning", "belief")[number // 3 % 2],
        "group_id": f"valley-{number // 2}",
        "split": "test",
        "note": {"by": "hand", "tags": ["short", "new"]},
    }


def _answer(number: int) -> dict[str, Any]:
    return {
        **_question(number % 6),
        "model": ("one/model", "two/model")[number % 2],
        "text": f"I would say (A), {_OPTIONS[number % 4]}.",
        "choice_logprobs": [-0.4, -1.2 - number / 10],
        "variant": ("AB", "BA")[number // 6 % 2],
        "sample_index": number // 12,
        "status": "ok",
        "temperature": 0.5,
        "prompt_tokens": 40 + number,
        "cost_usd": 0.001,
    }


QUESTIONS = [_question(number) for number in range(6)]
ANSWERS = [_answer(number) for number in range(12)]
CHAT = [
    {"messages": [{"role": "system", "content": "Be brief."},
                  {"role": "user", "content": f"Is {n} even?"}],
     "choices": ["yes", "no"], "answer": "yes"}
    for n in (2, 4)
]  # fmt: skip
LETTERED = [
    {"question": f"Which is number {n}?", "choice_a": f"left {n}", "choice_b": f"right {n}",
     "answer": f"left {n}"}
    for n in range(4)
]  # fmt: skip
INSIDE = [{"question": f"Choose {n}.\n\n(A) this\n(B) that", "answer": "B"} for n in range(3)]
REFERRING = [
    {"question": row["question"], "model": "three/model", "text": "(B)"} for row in QUESTIONS
]
STUDY = {
    "name": "valley",
    "question": "Which models know how to cross a valley?",
    "source": "our own",
    "ingest": [{"source": "questions", "path": "mine.jsonl", "dataset": "valley"},
               {"source": "responses", "path": "answers.jsonl", "dataset": "valley"}],
    "analyze": [{"analysis": "quantify", "questions": ["valley"]}],
}  # fmt: skip
ASKING = STUDY | {
    # A model that is not there: what is mutated is the file, not the model's answers.
    "generate": [{"questions": "valley", "models": ["mirror-tiny/nobody"], "readings": ["letter"],
                  "samples": 1, "temperature": 0.0, "max_tokens": 64, "system_prompt": "Be brief.",
                  "persona": "brief"}],
}  # fmt: skip

_STUDIED = {"mine.jsonl": as_jsonl(QUESTIONS), "answers.jsonl": as_jsonl(ANSWERS)}
_LOGS = Path(__file__).parents[1] / "ingest" / "logs"


def _inspect(name: str) -> Seed:
    """Return a real log of Inspect as a seed."""
    path = _LOGS / "inspect" / name
    if path.suffix == ".eval":
        with Archive(path) as archive:
            tree = {member: json.loads(archive.read(member)) for member in archive.names()}
        encode = as_archive
    else:
        tree, encode = json.loads(path.read_bytes()), as_json
    return Seed("inspect", path.suffix, ("ingest", "inspect"), tree, encode, _ALSO[:3],
                original=path.read_bytes())  # fmt: skip


def _lm_eval(kind: str, of_results: bool) -> Seed:
    """Return real output of lm-eval as a seed: its samples, or its results beside them."""
    [path] = (_LOGS / "lm-eval").rglob(f"samples_facts_{kind}_*.jsonl")
    date = path.stem.rpartition("_")[2]
    [results] = path.parent.glob(f"results_{date}.json")
    how = ("ingest", "lm-eval")
    if of_results:
        return Seed("results", ".json", how, json.loads(results.read_bytes()), as_json, _ALSO[:3],
                    results.stem, {path.name: path.read_bytes()})  # fmt: skip
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    return Seed("samples", ".jsonl", how, rows, as_jsonl, _ALSO[:3], path.stem,
                {results.name: results.read_bytes()})  # fmt: skip


_ASK = ("ingest", "questions")
_READ = ("ingest", "responses")
_ALSO = ("--dataset", "--concept", "--model", "--map")

SEEDS = (
    Seed("questions", ".jsonl", _ASK, QUESTIONS, as_jsonl),
    Seed("questions", ".json", _ASK, QUESTIONS, as_json),
    Seed("questions", ".csv", _ASK, QUESTIONS, as_csv),
    Seed("questions", ".parquet", _ASK, QUESTIONS, as_parquet),
    Seed("chat", ".jsonl", _ASK, CHAT, as_jsonl),
    Seed("lettered", ".tsv", _ASK, LETTERED, as_tsv),
    Seed("inside", ".csv", _ASK, INSIDE, as_csv),
    Seed("answers", ".jsonl", _READ, ANSWERS, as_jsonl, _ALSO),
    Seed("answers", ".json", _READ, ANSWERS, as_json, _ALSO),
    Seed("answers", ".csv", _READ, ANSWERS, as_csv, _ALSO),
    Seed("answers", ".parquet", _READ, ANSWERS, as_parquet, _ALSO),
    Seed("referring", ".jsonl", _READ, REFERRING, as_jsonl, _ALSO),
    Seed("study", ".toml", ("run",), STUDY, as_toml, (), beside=_STUDIED),
    Seed("asking", ".toml", ("run",), ASKING, as_toml, (), beside=_STUDIED),
    _inspect("choice.eval"),
    _inspect("free.eval"),
    _inspect("killed.eval"),
    _inspect("free.json"),
    _lm_eval("letters", of_results=False),
    _lm_eval("free", of_results=False),
    _lm_eval("texts", of_results=True),
)
