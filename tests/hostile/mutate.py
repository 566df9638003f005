"""Mutations of files: of their bytes, of their JSON tree, of Parquet types, and of the place.

Every mutation is a function of a `random.Random`, so a case is made again from its number.
"""

from __future__ import annotations

import copy
import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from tests.hostile.seeds import Tree, archive_bytes, table_bytes

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m\x9b31m\x08\x08\r"
BIDI = "\u202eevil\u202c\u2066\u200b\u200d\ufeff\u2028\u2029"
LONG = "long " * 200_000
# Written into JSON as they are, where a value stands.
RAW = (
    "9" * 5000, "1e999999", "-1e999999", "-", "01", "0x10", "1.", "nul", "NaN", "-Infinity",
    '"\\ud800"', '"\\u0000"', '"\\udc00\\ud800"', '{"a":1,"a":2}', '{"a":', "]", "/* no */ 1",
    *("[" * depth + "]" * depth for depth in (100, 300, 900, 940, 960, 980, 100_000)),
    '{"a":' * 50_000 + "1" + "}" * 50_000,
)  # fmt: skip
TEXTS = (
    "", " ", "\0", "a\0b", "\ud800", "\ufeff", ESCAPES, BIDI, LONG, "=cmd|' /C calc'!A0", "+1+1",
    "@SUM(1)", "NaN", "null", "inf", "-", "AB", "A", "\u00e9" * 40, "\U0001f9d1\u200d\U0001f680",
    "a\r\nb", "{0}{question}%s", "../../etc/passwd", "'; DROP TABLE responses; --", "[]", "[1",
    "Choose.\n\n(A) one\n(B) two", "\n(B) ", "9" * 400, "1e400", "\u0130\u0131\ufb03", "\x85",
    "A" * 300, "q1_" + "0" * 40,
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308, 5e-324, 1e-400,
    float("nan"), float("inf"), float("-inf"), 12.0, True, False, None,
)  # fmt: skip
LISTS: tuple[Any, ...] = (
    [], {}, [[]], [None], [None, None], [1, "a"], [[1], ["a"]], {"": ""}, {"\0": 1}, {"a": [{}]},
    [{"role": "user"}], [{"role": 1, "content": 2}], [{"role": "user", "content": ""}],
    ["x", "x"], ["yes", "no", "perhaps"], ["A"] * 30, list(range(1000)), [float("nan"), -1.0],
    [-1e308, -1e308], [float("-inf")] * 2, ["-0.5", "-0.6"], {"key": {"key": {"key": [1]}}},
)  # fmt: skip
NAMES = (
    "question", "choices", "answer", "messages", "model", "text", "variant", "choice_logprobs",
    "sample_index", "question_id", "dataset", "status", "choice_a", "choice_z", "concept",
    "Question", "*",
    "^q.*$", "", " ", "\0", "\ud800", ESCAPES, BIDI, "a" * 100_000, "qestion", "None",
    "persona", "seed", "top_k", "cost_usd",
)  # fmt: skip
# Columns that the lake makes itself.
OURS = (
    "source_row", "row", "place", "reading", "request_key", "n_choices", "stored", "model_id",
    "condition_id", "question_id", "metadata", "origin", "attempt", "run_id", "values",
)  # fmt: skip
MARK = "\ue000raw\ue000"


def value(rng: Random) -> Any:
    """Return a value that some reader will not expect."""
    return copy.deepcopy(rng.choice(rng.choice((TEXTS, NUMBERS, LISTS))))


# --- the bytes of a file -------------------------------------------------------------------------


def flip(rng: Random, data: bytes) -> bytes:
    """Change one to twenty bytes."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def truncate(rng: Random, data: bytes) -> bytes:
    """Cut the end off, or the beginning."""
    cut = rng.randrange(len(data))
    return data[:cut] if rng.random() < 0.7 else data[cut:]


def splice(rng: Random, data: bytes) -> bytes:
    """Put a piece of the file somewhere else in it."""
    start, place = rng.randrange(len(data)), rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 200)]
    return data[:place] + piece * rng.choice((1, 2, 50)) + data[place:]


def remove(rng: Random, data: bytes) -> bytes:
    """Leave a piece out."""
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randrange(1, 60) :]


def insert(rng: Random, data: bytes) -> bytes:
    """Put bytes in that are no text, or drive a terminal, a spreadsheet or a parser."""
    pieces = (
        b"\0", b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1b]0;x\x07", b"\r",
        b"\r\n", b"\n\n", b"\x1a", b'"', b"'", b"\\", b"{", b"}", b"[", b",", b",,,,", b"\t", b"#",
        b"\xe2\x80\xa8", b"\x85", b"\xf4\x90\x80\x80", b"=1+1", b'""', b"\\u0000", b"\\ud83d",
        LONG.encode(),
    )  # fmt: skip
    place = rng.randrange(len(data))
    return data[:place] + rng.choice(pieces) + data[place:]


def swap_bytes(rng: Random, data: bytes) -> bytes:
    """Put another structural character where one stands."""
    marks = [i for i, byte in enumerate(data[:200_000]) if byte in b'{}[]:,"\n=']
    if not marks:
        return flip(rng, data)
    place = rng.choice(marks)
    return data[:place] + rng.choice((b"{", b"]", b":", b'"', b"\n", b"")) + data[place + 1 :]


def recode(rng: Random, data: bytes) -> bytes:
    """Write the text in another encoding, with or without its mark."""
    encodings = ("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "cp1252")
    encoding = rng.choice(encodings)
    return data.decode("utf-8", "replace").encode(encoding, "replace")


def line_ends(rng: Random, data: bytes) -> bytes:
    """Mix the ends of lines."""
    lines = data.split(b"\n")
    return b"".join(line + rng.choice((b"\n", b"\r\n", b"\r", b"\n\n")) for line in lines)


def header_only(rng: Random, data: bytes) -> bytes:
    """Keep the first line alone, or the first and the last."""
    lines = data.splitlines(keepends=True)
    return lines[0] if rng.random() < 0.5 else lines[0] + lines[-1]


def blank(rng: Random, _: bytes) -> bytes:
    """Leave nothing, or nothing that says anything."""
    return rng.choice((b"", b"\n", b" \t\n" * 9, b"\xef\xbb\xbf", b"\0" * 4096, b"[]", b"{}",
                       b"null", b"PAR1", b"PAR1" + b"\0" * 40 + b"PAR1"))  # fmt: skip


def noise(rng: Random, data: bytes) -> bytes:
    """Keep the first four bytes and make the rest random."""
    return data[:4] + rng.randbytes(rng.choice((4, 100, 5000)))


def repeat(rng: Random, data: bytes) -> bytes:
    """Write the file behind itself."""
    return data * rng.choice((2, 3, 20))


BYTES: tuple[Callable[[Random, bytes], bytes], ...] = (
    flip, flip, flip, truncate, truncate, splice, splice, remove, insert, insert, insert,
    swap_bytes, swap_bytes, recode, line_ends, header_only, blank, noise, repeat,
)  # fmt: skip


# --- the tree of a file --------------------------------------------------------------------------


def _inner(tree: Tree) -> list[tuple[Any, Any]]:
    """Return every (container, key) of a tree."""
    found: list[tuple[Any, Any]] = []
    if isinstance(tree, dict):
        found = [(tree, key) for key in tree]
    elif isinstance(tree, list):
        found = [(tree, key) for key in range(len(tree))]
    return found + [place for holder, key in found for place in _inner(holder[key])]


def _objects(tree: Tree) -> list[dict[str, Any]]:
    objects = [holder[key] for holder, key in _inner(tree) if isinstance(holder[key], dict)]
    return [tree, *objects] if isinstance(tree, dict) else objects


def replace(rng: Random, tree: Tree) -> None:
    """Put an odd value at one to four places."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = _inner(tree)
        if places:
            holder, key = rng.choice(places)
            holder[key] = value(rng)


def replace_raw(rng: Random, tree: Tree) -> None:
    """Mark a place where text that is no JSON, or hardly any, is written."""
    holder, key = rng.choice(_inner(tree))
    holder[key] = f"{MARK}{rng.randrange(len(RAW))}{MARK}"


def replace_column(rng: Random, tree: Tree) -> None:
    """Put one odd value into one field of every record, or an odd one into each."""
    records = _objects(tree)
    name = rng.choice(list(rng.choice(records)))
    same = value(rng)
    each = rng.random() < 0.3
    for record in records:
        if name in record:
            record[name] = value(rng) if each else same


def drop(rng: Random, tree: Tree) -> None:
    """Leave a field out of one object or of all."""
    records = _objects(tree)
    name = rng.choice(list(rng.choice(records)) or [""])
    for record in records if rng.random() < 0.6 else [rng.choice(records)]:
        record.pop(name, None)


def rename(rng: Random, tree: Tree) -> None:
    """Give a field another name in one object or in all."""
    records = _objects(tree)
    name, other = rng.choice(list(rng.choice(records)) or [""]), rng.choice(NAMES)
    for record in records if rng.random() < 0.6 else [rng.choice(records)]:
        if name in record:
            record[other] = record.pop(name)


def add(rng: Random, tree: Tree) -> None:
    """Add a field with an odd name and an odd value to one object or to all."""
    records, name, what = _objects(tree), rng.choice(rng.choice((NAMES, OURS))), value(rng)
    for record in records if rng.random() < 0.6 else [rng.choice(records)]:
        record[name] = what


def exchange(rng: Random, tree: Tree) -> None:
    """Exchange two values."""
    places = _inner(tree)
    (one, i), (two, j) = rng.choice(places), rng.choice(places)
    if one is not two[j] and two is not one[i] and not (_holds(one[i], two) or _holds(two[j], one)):
        one[i], two[j] = two[j], one[i]


def _holds(tree: Tree, wanted: Tree) -> bool:
    return any(holder[key] is wanted for holder, key in _inner(tree)) or tree is wanted


def wrap(rng: Random, tree: Tree) -> None:
    """Put a value into lists or objects of some depth."""
    holder, key = rng.choice(_inner(tree))
    for _ in range(rng.choice((1, 2, 20, 80))):
        holder[key] = [holder[key]] if rng.random() < 0.5 else {"a": holder[key]}


def multiply(rng: Random, tree: Tree) -> None:
    """Repeat an element of a list, as it is or with another value in it."""
    lists = [holder[key] for holder, key in _inner(tree) if isinstance(holder[key], list)]
    lists = [found for found in [tree, *lists] if isinstance(found, list) and found]
    if lists:
        chosen = rng.choice(lists)
        again = copy.deepcopy(rng.choice(chosen))
        chosen.extend(copy.deepcopy(again) for _ in range(rng.choice((1, 2, 40))))
        replace(rng, chosen[-1])


TREE: tuple[Callable[[Random, Tree], None], ...] = (
    replace, replace, replace, replace_raw, replace_column, replace_column, drop, rename, add,
    exchange, wrap, multiply,
)  # fmt: skip


def mutated_tree(rng: Random, tree: Tree, encode: Callable[[Tree], bytes]) -> bytes:
    """Return the bytes of a tree after one to three mutations."""
    changed = copy.deepcopy(tree)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if _objects(changed) and all(_objects(changed)):
            rng.choice(TREE)(rng, changed)
    data = encode(changed)
    if MARK.encode() in data:
        for number, raw in enumerate(RAW):
            data = data.replace(json.dumps(f"{MARK}{number}{MARK}", ensure_ascii=False).encode(),
                                raw.encode())  # fmt: skip
    return data


# --- the types of a Parquet file -----------------------------------------------------------------

_MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
_TYPES: tuple[tuple[pa.DataType, Any], ...] = (
    (pa.dictionary(pa.int32(), pa.string()), "A"), (pa.decimal128(38, 10), Decimal("1.5")),
    (pa.decimal256(70, 2), Decimal("1.5")), (pa.timestamp("ns", "Asia/Kathmandu"), _MOMENT),
    (pa.timestamp("us"), _MOMENT.replace(tzinfo=None)), (pa.date32(), date(2026, 1, 1)),
    (pa.time64("ns"), time(1, 2)), (pa.duration("us"), timedelta(days=1)), (pa.float16(), 0.5),
    (pa.uint64(), 2**64 - 1), (pa.int8(), -1), (pa.null(), None), (pa.bool_(), True),
    (pa.binary(), b"\xff\0"), (pa.binary(4), b"abcd"), (pa.large_string(), "A"),
    (pa.large_list(pa.string()), ["a", None, "b"]), (pa.list_(pa.float32(), 2), [-0.5, -1.0]),
    (pa.list_(pa.list_(pa.int64())), [[1], [], None]), (pa.string(), "a\0b"),
    (pa.struct([("role", pa.string()), ("x", pa.list_(pa.binary()))]), 
     {"role": "a", "x": [b"\xff"]}),
    (pa.map_(pa.string(), pa.int64()), [("a", 1), ("a", 2)]), (pa.list_(pa.null()), [None, None]),
    (pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])),
     [{"role": "user", "content": "Is 2 even?"}]),
    (pa.list_(pa.decimal128(10, 2)), [Decimal("-0.50"), Decimal("-1.00")]),
    (pa.list_(pa.dictionary(pa.int8(), pa.string())), ["x", "y"]),
    (pa.list_(pa.timestamp("s")), [_MOMENT.replace(tzinfo=None)]),
)  # fmt: skip


def odd_types(rng: Random, records: list[dict[str, Any]]) -> bytes:
    """Return Parquet whose columns have types that few writers use, or names that repeat."""
    names = list(records[0])
    columns = [pa.array([row[name] for row in records]) for name in names]
    for _ in range(rng.choice((1, 1, 2, 4))):
        kind, held = rng.choice(_TYPES)
        values = [None if rng.random() < 0.1 else held for _ in records]
        columns[rng.randrange(len(names))] = pa.array(values, kind)
    shape = rng.random()
    if shape < 0.08:
        columns = [column.slice(0, 0) for column in columns]
    elif shape < 0.16:
        names[rng.randrange(len(names))] = rng.choice(names)
    elif shape < 0.2:
        names, columns = [], []
    return table_bytes(pa.table(columns, names))


# --- the members of an archive ------------------------------------------------------------------


@cache
def _bomb() -> bytes:
    """Return 300 MB of zeros, deflated piece by piece into a third of a megabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = packer.compress(b"\0" * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    return first * 300 + packer.flush()


def odd_archive(rng: Random, members: dict[str, Any]) -> bytes:
    """Return an archive that lies about its members, or holds ones that nobody expects."""
    parts = {name: json.dumps(value).encode() for name, value in members.items()}
    name = rng.choice(list(parts))
    what = rng.choice(("listing", "listing", "listing", "bomb", "names", "less", "many"))
    if what == "names":
        for other in ("../../escaped.json", "/etc/escaped", "samples/\x1b[2J.json", "samples/"):
            parts[other] = parts[name]
    elif what == "less":
        del parts[name]
    elif what == "many":
        parts |= {f"samples/{n}_epoch_1.json": parts[name] for n in range(300)}
    data = bytearray(archive_bytes(parts))
    if what == "bomb":
        return _with_bomb(rng, name, parts)
    if what == "listing":
        _spoil_listing(rng, data)
    return bytes(data)


def _with_bomb(rng: Random, name: str, parts: dict[str, bytes]) -> bytes:
    """Return an archive of one honest or lying member that grows a thousandfold."""
    parts = parts | {name: b"x" * len(_bomb())}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for member, data in parts.items():
            archive.writestr(member, data)
    data = bytearray(sink.getvalue().replace(parts[name], _bomb()))
    size = rng.choice((300 * 2**20, 100, 2**32 - 2))
    for place in _listed(data):
        if data[place + 46 :].startswith(name.encode()):
            data[place + 10 : place + 12] = (8).to_bytes(2, "little")
            data[place + 24 : place + 28] = size.to_bytes(4, "little")
    return bytes(data)


def _listed(data: bytearray) -> list[int]:
    """Return where the entries of the central directory begin (APPNOTE 4.3.12)."""
    return [match.start() for match in re.finditer(rb"PK\x01\x02", bytes(data))]


def _spoil_listing(rng: Random, data: bytearray) -> None:
    """Change one field of one entry: flags, method, CRC, sizes, name's length or the offset."""
    place = rng.choice(_listed(data))
    offset, size = rng.choice(
        ((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4))
    )
    new = rng.choice((b"\0" * size, b"\xff" * size, b"\x5d\0\0\0"[:size], rng.randbytes(size)))
    data[place + offset : place + offset + size] = new


# --- what stands at the path ---------------------------------------------------------------------


def folder(_: Random, path: Path, data: bytes) -> None:
    """Put a folder of that name there."""
    path.mkdir()
    (path / "inner.jsonl").write_bytes(data)


def loop(_: Random, path: Path, data: bytes) -> None:
    """Put a link to itself there."""
    path.symlink_to(path)


def dangling(_: Random, path: Path, data: bytes) -> None:
    """Put a link to nothing there."""
    path.symlink_to(path.with_name("nothing"))


def pipe(_: Random, path: Path, data: bytes) -> None:
    """Put a pipe there into which nobody writes."""
    os.mkfifo(path)


def endless(_: Random, path: Path, data: bytes) -> None:
    """Put a link to a device there that never ends."""
    path.symlink_to("/dev/zero")


def nothing(_: Random, path: Path, data: bytes) -> None:
    """Put nothing there."""


def empty(_: Random, path: Path, data: bytes) -> None:
    """Put a file without bytes there."""
    path.touch()


PLACES: tuple[Callable[[Random, Path, bytes], None], ...] = (
    folder, loop, dangling, pipe, endless, nothing, empty,
)  # fmt: skip
FILE_NAMES = (
    ESCAPES.replace("\r", ""), BIDI, "n" * 240, "new\nline", "-dash", "it's", 'qu"ote',
    "$(touch x)",
    "*", "^a$", "\udcff", "CON", ".hidden", "a b", "%s{0}", "\u00e9", ";--",
)  # fmt: skip
SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".JSONL", ".txt", "", ".jsonl.gz")
